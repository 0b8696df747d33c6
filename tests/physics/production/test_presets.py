from __future__ import annotations

from dataclasses import replace

import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.core.records import decode
from feebly.core.tables import parse_toml
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay
from feebly.physics.production.mixing import VECTOR_MESONS, Mixing
from feebly.physics.production.presets import (
    PRODUCTION_TAGS,
    _PresetFile,
    preset,
    presets,
    production_channels,
)

every_preset = pytest.mark.parametrize("name", presets())


def test_names():
    assert presets() == (
        *("na62-conservative", "na62-ff-mixing", "na62-ff-mixing-alt"),
        *("current", "band-low", "band-high"),
    )


@pytest.mark.parametrize(
    ("name", "form_factor", "meson_weight", "mixing", "scale"),
    [
        ("na62-conservative", "none", 0.20, "none", 1.0),
        ("na62-ff-mixing", "time-like", 0.5, "R", 1.0),
        ("na62-ff-mixing-alt", "time-like", 0.4, "R", 0.7),
        ("current", "none", 1.0, "none", 1.0),
        ("band-low", "none", 0.2, "none", 1.0),
        ("band-high", "none", 1.0, "none", 1.0),
    ],
)
def test_physics_choices(name, form_factor, meson_weight, mixing, scale):
    p = preset(name)
    assert (p.form_factor, p.meson_weight, p.mixing, p.mixing_scale) == (
        form_factor,
        meson_weight,
        mixing,
        scale,
    )
    assert (p.width_table, p.splitting) == ("deliver", "bb")


@every_preset
def test_production_tags(name):
    p = preset(name)
    mesons_and_brems = [t for t in PRODUCTION_TAGS if t not in VECTOR_MESONS]
    assert list(p.production) == (list(PRODUCTION_TAGS) if p.mixing == "R" else mesons_and_brems)


@every_preset
def test_weight_acts_on_mesons_and_scale_on_mixing_only(name):
    p = preset(name)
    for channel in production_channels(p):
        rate = channel.rate(0.3, 1e-6, 1.0)
        if isinstance(channel, MesonDecay):
            assert_allclose(rate, p.meson_weight * MesonDecay(channel.tag).rate(0.3, 1e-6, 1.0), rtol=1e-12)
        elif isinstance(channel, Mixing):
            assert_allclose(rate, p.mixing_scale * Mixing(channel.tag).rate(0.3, 1e-6, 1.0), rtol=1e-12)
        else:
            expected = 1.526 if p.form_factor == "time-like" else 1.0  # |F1|² at 0.3 GeV, 2108.05900
            assert_allclose(rate, 1e-12 * expected, rtol=1e-3)
    assert [c.tag for c in production_channels(p)] == list(p.production)


@every_preset
def test_every_tuned_number_says_what_it_was_tuned_on(name):
    p = preset(name)
    assert {"form_factor", "meson_weight"} <= set(p.origin)
    if p.mixing == "R":
        assert p.origin["mixing_scale"].kind == "calibrated"
    tuned = p.origin["meson_weight"].kind == "calibrated"
    assert tuned == name.startswith("na62-")


def test_response_sets():
    assert preset("na62-conservative").response_set("mumu") == "2303"
    assert preset("na62-conservative").response_set("ee") == "2312"
    assert preset("na62-ff-mixing").response_set("pipi") == "2502"
    assert preset("na62-ff-mixing-alt").response_set("ee") == "2502-alt"
    assert preset("current").response_set("ee") == "default"
    with pytest.raises(ConfigError, match=r"names no response set for 'pipi'.*--response pipi=none"):
        preset("na62-conservative").response_set("pipi")


def test_presets_that_differ_in_weights_share_their_tables():
    # DESIGN: what does not depend on the event is not part of the sample
    full, reduced = (production_channels(preset(name)) for name in ("na62-ff-mixing", "na62-conservative"))
    shared = {c.tag: c.sampling() for c in full}
    assert all(shared[c.tag] == c.sampling() for c in reduced)


def test_beam_momentum_goes_to_bremsstrahlung():
    (brems,) = (
        c for c in production_channels(preset("current"), beam_momentum_gev=120.0) if c.tag == "brems"
    )
    assert brems.sampling().beam_momentum_gev == 120.0


def test_unknown_preset():
    with pytest.raises(ConfigError, match=r"unknown preset 'na62-ff-mixin'.*did you mean 'na62-ff-mixing'\?"):
        preset("na62-ff-mixin")


MINIMAL = """
[[preset]]
name = "mine"
title = "t"
form_factor = "none"
meson_weight = 1.0
mixing = "none"
production = ["brems"]
response = { all = "none" }
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("meson_weight", "meson_wieght"),
            r"mine.toml:6 unknown key 'meson_wieght'.*mean 'meson_weight'\?",
        ),
        (('mixing = "none"', 'mixing = "theta"'), "expected one of none, R"),
        (('["brems"]', '["brem"]'), r"unknown production 'brem'.*did you mean 'brems'\?"),
        (('["brems"]', '["mixing-rho"]'), r'mixing = "none": expected "R" for production \'mixing-rho\''),
        (
            ('form_factor = "none"', 'form_factor = "dipole"'),
            'form_factor = "dipole": expected one of none',
        ),
        (
            ("meson_weight = 1.0", "meson_weight = -0.1"),
            "meson_weight = -0.1: expected zero",
        ),
        (("meson_weight = 1.0", 'meson_weight = "1.0"'), "expected a number, got text; remove the quotes"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_mend(change, message):
    with pytest.raises(ConfigError, match=message):
        decode(_PresetFile, parse_toml(MINIMAL.replace(*change), "mine.toml"))


def test_a_preset_can_be_varied_in_python():
    halved = replace(preset("current"), meson_weight=0.5)
    (pi0,) = (c for c in production_channels(halved) if c.tag == "pi0")
    assert pi0.weight == 0.5
    assert len([t for t in halved.production if t in MESON_MODES]) == 10

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
        *("na62-conservative", "na62-ff-mixing", "na62-ff-mixing-hadrons", "na62-ff-mixing-alt"),
        *("current", "band-low", "band-high", "fr24", "fr21"),
    )


@pytest.mark.parametrize(
    ("name", "form_factor", "meson_weight", "mixing", "scale"),
    [
        ("na62-conservative", "none", 0.20, "none", 1.0),
        ("na62-ff-mixing", "time-like", 0.5, "R", 1.0),
        ("na62-ff-mixing-hadrons", "time-like", 0.5, "R", 1.0),
        ("na62-ff-mixing-alt", "time-like", 0.4, "R", 0.7),
        ("current", "none", 1.0, "none", 1.0),
        ("band-low", "none", 0.2, "none", 1.0),
        ("band-high", "none", 1.0, "none", 1.0),
        ("fr24", "time-like", 1.0, "none", 1.0),
        ("fr21", "time-like", 1.0, "none", 1.0),
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
    # the quasi-real splittings come with the off-shell factor instead of a tight cut on pT
    quasi_real = name in ("fr24", "fr21")
    assert (p.width_table, p.splitting) == ("deliver", name if quasi_real else "bb")
    assert (p.lambda_p_gev, p.pt_max_gev) == ((1.5, 4.0) if quasi_real else (None, 1.0))
    assert (p.sigma_weight, p.polarisation, p.mixing_kinematics) == ("total", "isotropic", "lab-momentum")


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
    assert preset("na62-ff-mixing").response_set("mumu") == "2502"
    assert preset("na62-ff-mixing").response_set("pipi") == "default"
    assert preset("na62-ff-mixing-alt").response_set("ee") == "2502-alt"
    assert preset("current").response_set("ee") == "default"
    with pytest.raises(ConfigError, match=r"names no response set for 'pipi'.*--response pipi=none"):
        preset("na62-conservative").response_set("pipi")


def test_hadrons_are_all_that_a_shipped_preset_adds_to_the_one_it_extends():
    base, extended = preset("na62-ff-mixing"), preset("na62-ff-mixing-hadrons")
    assert base.channels == ()
    assert {"mumu", "ee", "pipi", "kk"} <= set(extended.channels)
    assert set(extended.origin) - set(base.origin) == {"channels"}
    same = {"name": base.name, "title": base.title, "channels": (), "origin": base.origin}
    assert replace(extended, **same) == base


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
        (('mixing = "none"', 'mixing = "thet"'), r"expected one of none, R, theta; did you mean 'theta'\?"),
        (('["brems"]', '["brem"]'), r"unknown production 'brem'.*did you mean 'brems'\?"),
        (
            ('["brems"]', '["mixing-rho"]'),
            r'mixing = "none": expected "R" or "theta" for production \'mixing',
        ),
        (
            ("meson_weight = 1.0", 'meson_weight = 1.0\nsplitting = "fr25"'),
            r"mine.toml:7 splitting = \"fr25\": expected one of bb, fr21, fr24; did you mean 'fr24'\?",
        ),
        (
            ("meson_weight = 1.0", 'meson_weight = 1.0\npolarisation = "T"'),
            'polarisation = "T": expected one of isotropic, transverse, longitudinal, by-production',
        ),
        (("meson_weight = 1.0", "meson_weight = 1.0\nz_max = 0.05"), "between z_min = 0.1 and 1"),
        (("meson_weight = 1.0", "meson_weight = 1.0\nlambda_p_gev = -1.0"), "expected a positive number"),
        (
            ('form_factor = "none"', 'form_factor = "dipol"'),
            r'form_factor = "dipol": expected one of none, time-like, dipole; did you mean',
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


def test_a_file_says_what_differs_from_a_shipped_preset(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "na62-ff-mixing"\nsplitting = "fr24"\nlambda_p_gev = 1.0\nmeson_weight = 0.8\n'
    )
    own, base = preset(str(path)), preset("na62-ff-mixing")
    assert (own.name, own.splitting, own.lambda_p_gev, own.meson_weight) == ("mine", "fr24", 1.0, 0.8)
    assert (own.form_factor, own.production, own.response) == (
        base.form_factor,
        base.production,
        base.response,
    )
    assert own.origin["meson_weight"].kind == "assumed"  # no longer what was calibrated
    assert own.origin["mixing_scale"] == base.origin["mixing_scale"]
    (brems,) = (c for c in production_channels(own) if c.tag == "brems")
    assert (brems.sampling().splitting, brems.sampling().lambda_p_gev) == ("fr24", 1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'extends = "curent"',
            r"unknown preset that \S*mine.toml extends 'curent'.*did you mean 'current'\?",
        ),
        ('extends = "current"\nsplitting = "fr"', r'mine.toml:2 splitting = "fr": expected one of bb, fr21'),
        (
            'extends = "current"\nspliting = "bb"',
            r"mine.toml:2 unknown key 'spliting'.*did you mean 'splitting'",
        ),
        (
            'splitting = "bb"',
            "mine.toml missing keys 'name', 'title', 'form_factor', 'meson_weight', 'mixing', 'production', "
            "'response'$",
        ),
    ],
)
def test_a_wrong_file_of_a_user_is_refused(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        preset(path)


def test_options_of_a_preset_reach_the_channels():
    options = {
        **{"splitting": "fr24", "sigma_weight": "nsd", "lambda_p_gev": 2.0, "z_max": 0.95, "pt_max_gev": 2.0},
        **{"polarisation": "transverse", "mixing": "theta", "mixing_kinematics": "cm-energy"},
    }
    for channel in production_channels(replace(preset("na62-ff-mixing"), **options)):
        sampling = channel.sampling()
        assert sampling.polarisation == "transverse"
        if channel.tag == "brems":
            told = {name: getattr(sampling, name) for name in options if hasattr(sampling, name)}
            assert told == {name: options[name] for name in told}
            assert len(told) == 6
        if isinstance(channel, Mixing):
            assert (channel.weight_kind, sampling.kinematics) == ("theta", "cm-energy")

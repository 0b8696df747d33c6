from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.formfactors.b_to_kaon import KAON_STATES
from feebly.physics.production.b_to_scalar import BToScalar, br_exclusive
from feebly.physics.production.families import FAMILIES, any_preset, preset_of
from feebly.physics.production.presets import Preset
from feebly.physics.production.scalar_presets import (
    B_TO_S,
    DARK_SCALAR,
    DARK_SCALAR_QUARTIC,
    NUMBERS,
    OPTIONS,
    ScalarPreset,
)

NAMES = DARK_SCALAR.names()


def test_default_is_every_kaon_state_and_bremsstrahlung():
    *channels, brems = DARK_SCALAR.load(NAMES[0]).production_channels(120.0)
    assert {channel.tag for channel in channels} == {f"b-{state}" for state in KAON_STATES}
    assert {channel.parent for channel in channels} == {"B"}
    assert (brems.tag, brems.parent, brems.sampling().beam_momentum_gev) == ("brems", None, 120.0)
    # 100 B mesons, sin θ = 1e-3
    rates = sum(channel.rate(0.4, 1e-3, 100.0) for channel in channels)
    assert_allclose(rates, 1e-4 * br_exclusive(0.4, "B"), rtol=1e-12)


@pytest.mark.parametrize("tag", ["b-k", "b-k2star1430", "b-inclusive"])
def test_channel_is_an_isotropic_decay_to_its_end(tag):
    channel = {each.tag: each for each in map(BToScalar, (*KAON_STATES, "inclusive"))}[tag]
    sampling = channel.sampling()
    end = channel.mass_range_gev((0.001, 5.0))[1]
    assert (sampling.parent, sampling.polarisation) == ("B", "isotropic")
    assert_allclose(sampling.parent_mass_gev - sampling.recoil_mass_gev, end, rtol=1e-12)
    if tag == "b-k":
        assert_allclose(end, 5.27941 - 0.493677, rtol=1e-9)
    inside = channel.rate(np.array([0.3, end - 0.1]), 1.0, 1.0)
    assert np.all(inside > 0)


def test_inclusive_rate():
    # 1710.09387: 5.6 sin²θ (1 - m²/m_B²)², 100 B mesons at sin θ = 1e-3
    (channel,) = DARK_SCALAR.load("b-inclusive").production_channels()
    assert_allclose(channel.rate(1.0, 1e-3, 100.0), 5.6e-4 * (1 - 5.27941**-2) ** 2, rtol=1e-9)


def test_every_number_has_an_origin():
    for name in NAMES:
        chosen = DARK_SCALAR.load(name)
        assert {"production", "width_table", "spectrum"} <= set(chosen.origin)
        assert all(origin.kind != "calibrated" for origin in chosen.origin.values())
        for channel in chosen.production_channels():
            text, origin = channel.numbers
            assert ("g_SNN" if channel.tag == "brems" else "BR") in text
            assert origin.kind == "published"


def test_family_by_model():
    assert preset_of("dark-photon", None, "na62-ff-mixing").name == "na62-ff-mixing"
    assert preset_of("dark-scalar", None, "na62-ff-mixing").name == "scalar-exclusive"
    assert preset_of("dark-scalar", "b-inclusive", "current").name == "b-inclusive"
    assert isinstance(preset_of("dark-photon", "current", "current"), Preset)
    assert [c.tag for c in preset_of("dark-scalar", "b-inclusive", "").production_channels()] == [
        "b-inclusive"
    ]
    assert preset_of("dark-photon", "current", "").production_channels()[0].tag == "brems"
    with pytest.raises(ConfigError, match=r"unknown preset 'current'; known: scalar-exclusive, "):
        preset_of("dark-scalar", "current", "current")
    for family in FAMILIES.values():
        for name in family.names():
            assert family.load(name).name == name


def test_preset_of_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ntitle = "K and K* only"\nproduction = ["b-k", "b-kstar892"]\n'
        'response = { ee = "none" }\nwidth_table = "leading-order"\n'
    )
    chosen = DARK_SCALAR.load(path)
    assert chosen.production == ("b-k", "b-kstar892")
    assert chosen.response_set("ee") == "none"
    with pytest.raises(
        ConfigError, match=r"names no response set for 'mumu' \(it has ee\); give one: --response mumu=none"
    ):
        chosen.response_set("mumu")


def test_refusals():
    shared = {"name": "x", "title": "x", "response": {"all": "none"}}
    with pytest.raises(ConfigError, match=r"unknown production 'b-kk'.*did you mean 'b-k'\?"):
        ScalarPreset(production=("b-kk",), **shared)
    with pytest.raises(ConfigError, match='width_table = "deliver": expected one of dispersive'):
        ScalarPreset(production=("b-k",), width_table="deliver", **shared)
    with pytest.raises(ConfigError, match=r'brems_norm = "8pi": expected one of 16pi2, 8pi2; did you mean'):
        ScalarPreset(production=("brems",), brems_norm="8pi", **shared)
    with pytest.raises(ConfigError, match="unknown source of spectra 'pythia9'"):
        ScalarPreset(production=("b-k",), spectrum="pythia9", **shared)
    with pytest.raises(ConfigError, match="unknown kaon state 'kk'"):
        BToScalar("kk")
    with pytest.raises(ConfigError, match="production 'b-k' needs the multiplicity of its parent 'B'"):
        BToScalar("k").rate(0.3, 1e-3)


def test_other_spectrum_is_recorded():
    chosen = DARK_SCALAR.load("b-exclusive").with_spectrum("feynman-power")
    assert chosen.spectrum == "feynman-power"
    assert "asked for in the run" in chosen.origin["spectrum"].source
    assert chosen.name == "b-exclusive+feynman-power"
    assert chosen.with_spectrum("feynman-power") is chosen


def test_file_that_extends_a_preset(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "b-inclusive"\nbeauty = "ship"\nresponse = { ee = "none" }\n')
    own, base = DARK_SCALAR.load(path), DARK_SCALAR.load("b-inclusive")
    assert (own.name, own.production, own.beauty) == ("mine", base.production, "ship")
    assert own.origin["beauty"].source == "mine.toml"
    assert own.origin["production"] == base.origin["production"]
    assert any_preset(str(path)) == own  # found by the preset that it extends
    path.write_text('name = "x"\ntitle = "x"\nproduction = ["b-k"]\nresponse = {all="none"}\nbeauty = "ship"')
    assert any_preset(str(path)).spectrum_options == {"heavy": "ship"}  # found by its keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'extends = "current"',
            r"unknown preset that \S*mine.toml extends 'current'; known: scal",
        ),
        ('title = "x"', r"mine.toml missing keys 'name', 'production', 'response'$"),
        ('extends = "b-inclusive"\nbeauty = "shop"', 'mine.toml:2 beauty = "shop": expected one of alpinist'),
        ('extends = "b-inclusive"\nband = ["b_to_d"]', "unknown option in band 'b_to_d'.*mean 'b_to_s'"),
        (
            'extends = "b-inclusive"\n[origin.width]\nkind = "assumed"\nsource = "x"',
            "unknown key in origin 'width'.*did you mean 'width_table'",
        ),
    ],
)
def test_a_wrong_file_of_a_user_is_refused(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        DARK_SCALAR.load(path)


@pytest.mark.parametrize("name", DARK_SCALAR_QUARTIC.names())
def test_quartic_presets_add_pairs_to_those_of_the_mixing(name):
    chosen, mixing = DARK_SCALAR_QUARTIC.load(name), DARK_SCALAR.load("scalar-exclusive")
    assert chosen.origin["higgs_br"].kind == "assumed"
    tags = {channel.tag: channel for channel in chosen.production_channels()}
    added = set(tags) - set(mixing.production)
    kaons = {"quartic-exclusive": set(KAON_STATES), "quartic-k": {"k"}}[name]
    assert added == {f"b-{state}-ss" for state in kaons} | {"bs-ss"}
    assert set(mixing.production) <= set(tags)
    assert (tags["b-k-ss"].parent, tags["bs-ss"].parent) == ("B", "Bs")
    tenfold = replace(chosen, higgs_br=0.1).production_channels()
    more = {channel.tag: channel for channel in tenfold}["b-k-ss"].rate(0.5, 1e-4, 1.0)
    assert_allclose(more, 10 * tags["b-k-ss"].rate(0.5, 1e-4, 1.0), rtol=1e-9)
    assert chosen.described()["quartic"][0] == "BR(h -> S S) = 0.01, lambda = 0.00146"
    with pytest.raises(ConfigError, match="unknown production 'b-k-ss'"):
        replace(mixing, production=("b-k-ss",))


@pytest.mark.parametrize("name", NAMES)
def test_variations_change_one_option(name):
    base = DARK_SCALAR.load(name)
    found = base.variations()
    of_b = {"b_to_s", "beauty", "spectrum", "width_table"}
    assert {each.option for each in found} == ({*OPTIONS, *NUMBERS} if "brems" in base.production else of_b)
    assert len({each.name for each in found}) == len(found)
    for each in found:
        changed = each.of(base)
        assert changed != base
        assert changed.production_channels()
        if each.option == "b_to_s":
            assert set(B_TO_S[each.value]) <= set(changed.production)
        else:
            told = getattr(changed, each.option)
            assert each.value == (told if isinstance(told, str) else f"{told:g}")
    other = "inclusive" if "exclusive" in name else "exclusive"
    assert [each.value for each in found if each.option == "b_to_s"] == [other]
    ((_, *kept),) = [each.of(base).production for each in found if each.value == "inclusive"] or [
        (0, "brems")
    ]
    assert kept == (["brems"] if name.startswith("scalar") else kept)


def test_options_reach_the_channels():
    changes = {"brems_norm": "8pi2", "brems_form_factor": "none", "lambda_p_gev": 1.0, "z_max": 0.95}
    (*_, brems) = replace(DARK_SCALAR.load("scalar-inclusive"), **changes).production_channels()
    assert_allclose(brems.rate(0.5, 1e-3), 2e-6, rtol=1e-12)
    assert (brems.sampling().lambda_p_gev, brems.sampling().z_max) == (1.0, 0.95)
    only = replace(DARK_SCALAR.load("scalar-inclusive"), production=("brems",))
    assert {each.option for each in only.variations()} == {
        *("brems_form_factor", "brems_norm", "sigma_weight", "width_table", "lambda_p_gev", "z_max")
    }

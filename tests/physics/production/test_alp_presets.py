from __future__ import annotations

from dataclasses import replace

import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.models.alp import Alp
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.physics.models.registry import MODELS
from feebly.physics.production.alp_presets import ALP_FAMILIES, ALP_PRESETS, ALP_TAGS, AlpPreset
from feebly.physics.production.families import FAMILIES, in_convention, preset_of

FERMION = ALP_FAMILIES["alp-fermion"].load("alp-fermion")
EVERY = AlpPreset(
    "every",
    "all channels",
    "alp-gluon",
    ALP_TAGS,
    {"all": "none"},
    scale_gev=2000.0,
    bc11_kbs="rg",
    mixing_basis="equal",
    mixing_kinematics="lab-energy",
    eta_angle_deg=-13.0,
    absorption="alpinist",
    epa_cut="none",
)


def test_choices_reach_every_channel():
    channels = {channel.tag: channel for channel in EVERY.production_channels(120.0)}
    assert tuple(channels) == ALP_TAGS
    for channel in channels.values():
        assert channel.couplings == AlpCouplings(c_gg=1.0)
    assert channels["primakoff"].sampling().cut == "none"
    assert channels["primakoff"].sampling().beam_momentum_gev == 120.0
    assert channels["photon-eta"].absorption == "alpinist"
    assert channels["mixing-eta"].angles.basis == "equal"
    assert channels["mixing-eta"].sampling().kinematics == "lab-energy"
    assert channels["b-k"].bc11_kbs == "rg"
    assert channels["b-k"].scale_gev == channels["d0-pi0"].scale_gev == 2000.0
    assert channels["photon-pi0"].angles.eta_angle_deg == -13.0


def test_rates_scale_with_the_coupling_in_its_convention():
    # C_ff/Λ = 2/f: one unit of 1/f is two of C/Λ
    other = in_convention(FERMION, "1/f")
    for own, converted in zip(FERMION.production_channels(), other.production_channels(), strict=True):
        assert_allclose(converted.rate(0.3, 1e-7, 0.1), own.rate(0.3, 2e-7, 0.1), rtol=1e-9)
    model, converted_model = (Alp.benchmark("alp-fermion", **p.model_options) for p in (FERMION, other))
    assert_allclose(converted_model.ctau_m(0.3, 1e-7), model.ctau_m(0.3, 2e-7), rtol=1e-9)
    assert converted_model.coupling_name == "1/f"
    with pytest.raises(ConfigError, match="'g_agamma' is not defined for alp-fermion"):
        in_convention(FERMION, "g_agamma")
    with pytest.raises(ConfigError, match="preset na62-ff-mixing has one coupling only"):
        in_convention(preset_of("dark-photon", "na62-ff-mixing", "current"), "1/f")


def test_any_mixture_of_couplings():
    mixture = replace(EVERY, couplings=AlpCouplings(c_gg=1.0, c_bb=0.5))
    assert mixture.direction.c_bb == 0.5
    model = Alp.benchmark("alp-gluon", **mixture.model_options)
    assert model.couplings == mixture.direction
    assert "C_BB/Lambda = 0.5, C_GG/Lambda = 1 per unit" in mixture.described()["coupling"][0]
    with pytest.raises(ConfigError, match="a mixture of couplings has C/Lambda only"):
        replace(mixture, convention="1/f")


def test_mixture_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "alp-fermion"\n[couplings]\nc_ff = 1.0\nc_ww = 0.1\n')
    preset = ALP_FAMILIES["alp-fermion"].load(path)
    assert preset.direction == AlpCouplings(c_ff=1.0, c_ww=0.1)
    assert preset.name == "mine"
    path.write_text('extends = "alp-fermion"\n[couplings]\nc_gg = 0.0\n')
    with pytest.raises(ConfigError, match="expected finite numbers, not all of them zero"):
        ALP_FAMILIES["alp-fermion"].load(path)


def test_scale_must_be_said_where_b_mesons_count():
    with pytest.raises(ConfigError, match=r"scale_gev = null: expected Λ in GeV for b-k"):
        replace(FERMION, scale_gev=None)
    assert replace(FERMION, production=("mixing-eta",), scale_gev=None).scale_gev is None
    assert FERMION.described()["scale Lambda"] == ("1000 GeV", "scale_gev")
    b_to_k = FERMION.production_channels()[0]
    assert "Lambda = 1000 GeV" in str(b_to_k.numbers[1])


def test_only_options_that_matter_are_varied():
    options = {variation.option for variation in FERMION.variations()}
    assert options == {"beauty", "matrix_elements", "mixing_kinematics"}
    every = {variation.option for variation in EVERY.variations()}
    assert every == {
        "absorption", "bc11_kbs", "beauty", "epa_cut", "matrix_elements", "mixing_basis",
        "mixing_kinematics",
    }  # fmt: skip
    light = replace(EVERY, production=("mixing-pi0",))
    assert {v.value for v in light.variations() if v.option == "spectrum"} == {"bmpt"}
    for variation in EVERY.variations():
        assert variation.of(EVERY) != EVERY


def test_the_band_of_the_open_coupling_is_an_option():
    rates = []
    for variation in [v for v in EVERY.variations() if v.option == "bc11_kbs"]:
        channel = next(c for c in variation.of(EVERY).production_channels() if c.tag == "b-k")
        rates.append(float(channel.branching_ratio(0.5)))
    own = next(c for c in EVERY.production_channels() if c.tag == "b-k").branching_ratio(0.5)
    assert float(own) / min(rates) > 50


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"production": ("b-k2",)}, r"unknown production 'b-k2'"),
        ({"benchmark": "alp"}, r"unknown ALP benchmark 'alp'"),
        ({"mixing_basis": "octet"}, r"mixing_basis = \"octet\": expected one of inverse-mass"),
        ({"bc11_kbs": "none"}, r"bc11_kbs = \"none\": expected one of fixed, rg, inclusive"),
        ({"spectrum": "pythia6"}, r"unknown source of spectra 'pythia6'"),
        ({"band": ("mass",)}, r"unknown option in band 'mass'"),
    ],
)
def test_wrong_values(change, message):
    with pytest.raises(ConfigError, match=message):
        replace(EVERY, **change)


def test_every_registered_alp_has_presets():
    for tag, family in ALP_FAMILIES.items():
        assert tag in MODELS
        assert FAMILIES[tag] is family


def test_every_benchmark_has_presets():
    for tag, family in ALP_PRESETS.items():
        for name in family.names():
            preset = family.load(name)
            assert preset.benchmark == tag
            model = Alp.benchmark(tag, **preset.model_options)
            assert model.tag == tag
            assert set(preset.channels) <= set(model.channels)
            for channel in preset.production_channels():
                assert channel.tag in preset.production

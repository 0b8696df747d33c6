"""One change at a time: what varies, what changes with it, and what is left alone."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from feebly.physics.production.mixing import VECTOR_MESONS
from feebly.physics.production.photon_options import NUMBERS, OPTIONS, variations
from feebly.physics.production.presets import Preset, preset, presets, production_channels

every_preset = pytest.mark.parametrize("name", presets())


@every_preset
def test_each_variation_is_a_preset_that_differs_in_its_option(name: str) -> None:
    base = preset(name)
    found = variations(base)
    assert len({each.name for each in found}) == len(found)
    for each in found:
        changed = each.of(base)
        assert getattr(changed, each.option) != getattr(base, each.option)
        told = getattr(changed, each.option)
        assert each.value == (told if isinstance(told, str) else f"{told:g}")
        others = {f.name for f in fields(Preset) if getattr(changed, f.name) != getattr(base, f.name)}
        assert others == set(each.changes) & others
        assert others <= {each.option, "lambda_p_gev", "pt_max_gev", "production"}
        assert production_channels(changed)


def test_every_named_option_is_varied() -> None:
    base = preset("na62-ff-mixing")
    found = {(each.option, each.value) for each in variations(base)}
    assert found >= {
        (option, name) for option, names in OPTIONS.items() for name in names if name != getattr(base, option)
    }
    assert {each.option for each in variations(base)} == {*OPTIONS, *NUMBERS} - {"lambda_p_gev"}


def test_quasi_real_splittings_bring_the_off_shell_factor() -> None:
    by_name = {each.name: each for each in variations(preset("current"))}
    changed = by_name["splitting = fr24"].of(preset("current"))
    assert (changed.splitting, changed.lambda_p_gev, changed.pt_max_gev) == ("fr24", 1.5, 4.0)
    assert by_name["splitting = fr21"].mass_min_gev == 0.3
    assert by_name["splitting = fr24"].mass_min_gev == 0.0
    back = {each.name: each for each in variations(preset("fr24"))}["splitting = bb"].of(preset("fr24"))
    assert (back.lambda_p_gev, back.pt_max_gev) == (None, 1.0)
    own = replace(preset("fr24"), lambda_p_gev=1.2)
    kept = {each.name: each for each in variations(own)}["splitting = fr21"].of(own)
    assert kept.lambda_p_gev == 1.2


def test_mixing_switches_its_production_on_and_off() -> None:
    mixed, current = preset("na62-ff-mixing"), preset("current")
    off = {each.name: each for each in variations(mixed)}["mixing = none"].of(mixed)
    assert off.production == current.production
    on = {each.name: each for each in variations(current)}["mixing = theta"].of(current)
    assert on.production == (*current.production, *VECTOR_MESONS)
    assert not [each for each in variations(current) if each.option == "mixing_kinematics"]

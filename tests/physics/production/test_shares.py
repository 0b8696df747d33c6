"""Shares of a sum: known where rates tell, and the errors of the modes add up to the asked one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.physics.production.b_to_scalar import EXCLUSIVE, SCALAR_CHANNELS
from feebly.physics.production.families import every_preset
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay
from feebly.physics.production.shares import LEAST_SHARE, added_to, share_of
from feebly.physics.spectra.library import load_spectrum
from feebly.workflow.combinations import sources

KAONS = tuple(f"b-{state}" for state in EXCLUSIVE)
PHOTONS = ("primakoff", "photon-pi0", "photon-eta")
MESONS = tuple(MESON_MODES)
SUMS = (KAONS, PHOTONS, MESONS)


def shares(tags: tuple[str, ...], mass_gev: float) -> np.ndarray:
    return np.array([share_of(tag, tags, mass_gev) for tag in tags])


def asked_of_the_sum(true: np.ndarray, tags: tuple[str, ...], mass_gev: float) -> float:
    """Square of the error of the sum, in units of the asked one, if each mode has what it is asked for."""
    return float(np.sum(true**2 / shares(tags, mass_gev)))


def masses(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)


@given(masses(0.01, 4.7))
def test_kaons_share_by_rate(mass: float) -> None:
    rates = np.array([SCALAR_CHANNELS[tag].rate(mass, 1.0, 1.0) for tag in KAONS])
    true = rates / rates.sum()
    assert_allclose(shares(KAONS, mass), np.maximum(true, LEAST_SHARE), rtol=1e-9)
    assert asked_of_the_sum(true, KAONS, mass) <= 1 + 1e-9


@given(masses(1e-3, 0.95))
def test_mesons_share_by_rate_with_a_margin(mass: float) -> None:
    rates = np.array(
        [
            MesonDecay(tag).rate(mass, 1.0, load_spectrum(MESON_MODES[tag].parent).multiplicity)
            for tag in MESONS
        ]
    )
    true = rates / rates.sum()
    assert_allclose(shares(MESONS, mass), np.clip(1.1 * true, LEAST_SHARE, 1), rtol=1e-9)
    assert asked_of_the_sum(true, MESONS, mass) <= 1 + 1e-9


# Shares of the yield, coarse tables of NA62 with the spectra of Pythia: (mass, shares of `tags`).
MEASURED = {
    # ee at 1e-2 of the maximum, where they are furthest from the shares by rate
    ("pi0", "eta", "etaprime", "omega-pi0"): (
        (0.02, (0.899, 0.088, 0.001, 0.012)),
        (0.1, (0.611, 0.333, 0.004, 0.051)),
        (0.45, (0.0, 0.616, 0.048, 0.336)),
        (0.5, (0.0, 0.304, 0.107, 0.589)),
        (0.63, (0.0, 0.0, 0.68, 0.32)),
    ),
    # gammagamma at a long lifetime, and at 1e-2 of the maximum
    PHOTONS: (
        (0.0015, (0.43, 0.568, 0.002)),
        (0.1, (0.084, 0.883, 0.033)),
        (1.0, (0.083, 0.842, 0.075)),
        (2.8, (0.006, 0.891, 0.103)),
    ),
}


@pytest.mark.parametrize("tags", MEASURED, ids="-".join)
def test_shares_hold_for_yields(tags: tuple[str, ...]) -> None:
    for mass, true in MEASURED[tags]:
        assert 0.5 < asked_of_the_sum(np.array(true), tags, mass) <= 1.1


@given(st.sampled_from(SUMS), masses(1e-3, 6), st.data())
def test_shares_sum_to_one_or_a_little_more(tags: tuple[str, ...], mass: float, data: st.DataObject) -> None:
    some = tuple(data.draw(st.lists(st.sampled_from(tags), min_size=1, unique=True)))
    together = added_to(some[0], some)
    assert set(together) == (set(some) if len(some) > 1 else set())
    found = shares(together, mass)
    assert np.all((found >= LEAST_SHARE) & (found <= 1))
    unknown = "photon-pi0" not in together and set(together) <= set(PHOTONS)
    assert np.sum(found[found > LEAST_SHARE]) <= (len(together) if unknown else 1.375) + 1e-9


@pytest.mark.parametrize("tag", [*KAONS, *PHOTONS, *MESONS, "brems", "mixing-rho", "mixing-pi0", "d-pi"])
def test_a_mode_alone_has_the_full_precision(tag: str) -> None:
    assert added_to(tag, [tag]) == ()
    assert added_to(tag, [tag, "brems", "mixing-phi", "mixing-eta"]) == ()
    assert share_of(tag, (), 0.1) == 1


def test_a_mode_has_all_where_the_others_are_closed() -> None:
    assert share_of("b-k", KAONS, 4.7) == pytest.approx(1, rel=1e-12, abs=0)
    assert share_of("etaprime", MESONS, 0.9) == 1
    assert share_of("pi0", MESONS, 0.14) == LEAST_SHARE
    assert share_of("photon-pi0", PHOTONS, 1.0) == 1
    assert (
        share_of("primakoff", ("photon-eta", "primakoff"), 1.0) == 1
    )  # which of them is larger is not known


def test_sums_are_those_of_the_list_of_combinations() -> None:
    listed = [set(source.tags) for of_model in sources().values() for source in of_model]
    for tags in SUMS:
        assert any(set(tags) <= modes for modes in listed)


def test_every_preset_knows_what_is_added_up() -> None:
    """No mode is counted in two sums, whatever a preset has."""
    for preset in every_preset():
        tags = [channel.tag for channel in preset.production_channels()]
        for tag in tags:
            for other in added_to(tag, tags):
                assert added_to(other, tags) == added_to(tag, tags)

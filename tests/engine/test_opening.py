"""Lowest visible mass of a channel: no pair that passes is lighter, and the lightest one comes close."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.analysis.analysis import PairSeparation
from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from feebly.engine.opening import opening_mass_gev
from feebly.engine.setup import ChannelSetup
from twins.channels import channel, na62
from twins.kinematics import four_vector, invariant_mass_gev

Z_STRAW1, Z_FIRST, R_STRAW1 = 183.508, 96.96, 1.05


def hard(tag: str, decay: str, d0: float = 0.025) -> ChannelSetup:
    return channel(tag, decay, PairSeparation("hard", d0))


@pytest.mark.parametrize("separation", [PairSeparation(), PairSeparation("smooth", 0.035)])
def test_without_a_hard_cut_it_is_the_threshold_of_the_decay(separation: PairSeparation) -> None:
    assert opening_mass_gev(channel("brems", "mumu", separation)) == 2 * MUON_MASS_GEV


@pytest.mark.parametrize(
    ("tag", "decay", "lepton", "harder"),
    [
        ("pi0", "ee", ELECTRON_MASS_GEV, 10.0),
        ("eta", "mumu", MUON_MASS_GEV, 10.0),
        ("brems", "ee", ELECTRON_MASS_GEV, 30.0),
        ("brems", "mumu", MUON_MASS_GEV, 30.0),
    ],
)
def test_by_hand(tag: str, decay: str, lepton: float, harder: float) -> None:
    # an A' of bremsstrahlung has at least 0.1 of 400 GeV; each track at least 10 GeV: 10 and 30 GeV
    opened = opening_mass_gev(hard(tag, decay))
    by_hand = np.sqrt(4 * lepton**2 + 10.0 * harder * (0.025 / (Z_STRAW1 - Z_FIRST)) ** 2)
    assert_allclose(opened, by_hand, rtol=1e-3)
    assert opened < by_hand, "a bound, with the slopes of the aperture"


def pair_mass(vertex: np.ndarray, hits: list[np.ndarray], p: tuple[float, float], lepton: float) -> float:
    """Invariant mass of two straight tracks from a vertex through points of STRAW1."""
    total = np.zeros(4)
    for hit, momentum in zip(hits, p, strict=True):
        way = np.array([*hit, Z_STRAW1]) - vertex
        total += four_vector(momentum * way / np.linalg.norm(way), lepton)
    return float(invariant_mass_gev(total))


unit = st.floats(0.0, 1.0)


def disc(radius: float, angle: float) -> np.ndarray:
    return radius * np.array([np.cos(2 * np.pi * angle), np.sin(2 * np.pi * angle)])


@given(
    vertex=st.tuples(st.floats(Z_FIRST, 183.0), unit, unit),
    hit=st.tuples(unit, unit),
    distance=st.tuples(st.floats(0.0, 1.5).map(lambda u: 0.025 * 10**u), unit),
    softest=st.floats(1.0, 2.3).map(lambda u: 10**u),
)
def test_no_pair_that_passes_is_lighter(vertex, hit, distance, softest) -> None:
    z, r, phi = vertex
    origin = np.array([*disc(0.8 * R_STRAW1 * r, phi), z])
    first = disc(R_STRAW1 * hit[0], hit[1])
    second = first + disc(distance[0] * (1 + 1e-9), distance[1])
    assume(np.hypot(*second) < R_STRAW1)
    p = (softest, max(10.0, 40.0 - softest))
    for decay, lepton in (("ee", ELECTRON_MASS_GEV), ("mumu", MUON_MASS_GEV)):
        assert pair_mass(origin, [first, second], p, lepton) > opening_mass_gev(hard("brems", decay))


def test_the_lightest_pair_comes_close() -> None:
    vertex = np.array([0.0, 0.0, Z_FIRST])
    hits = [np.array([0.0125, 0.0]), np.array([-0.0125, 0.0])]
    assert_allclose(
        pair_mass(vertex, hits, (10.0, 10.0), ELECTRON_MASS_GEV),
        opening_mass_gev(hard("pi0", "ee")),
        rtol=2e-3,
    )


def test_wider_cut_higher_opening() -> None:
    masses = [opening_mass_gev(hard("brems", "ee", d0)) for d0 in (0.01, 0.02, 0.04)]
    assert masses[0] < masses[1] < masses[2]
    above = np.sqrt(np.square(masses) - 4 * ELECTRON_MASS_GEV**2)
    assert_allclose(above / above[0], [1, 2, 4], rtol=1e-9)


def test_a_softer_cut_on_the_momentum_opens_earlier() -> None:
    setup = hard("pi0", "ee")
    softer = replace(setup, final_state=replace(setup.final_state, momentum_min_gev=5.0))
    threshold = 2 * ELECTRON_MASS_GEV
    above = [np.sqrt(opening_mass_gev(s) ** 2 - threshold**2) for s in (setup, softer)]
    assert_allclose(above[0] / above[1], 2, rtol=1e-9)


def test_the_separation_is_measured_where_it_is_said() -> None:
    near, far = (channel("pi0", "ee", PairSeparation("hard", 0.025, plane=p)) for p in ("STRAW1", "STRAW2"))
    ratio = np.sqrt(
        np.subtract(np.square([opening_mass_gev(near), opening_mass_gev(far)]), 4 * ELECTRON_MASS_GEV**2)
    )
    assert_allclose(
        ratio[0] / ratio[1], (na62().plane("STRAW2").z_m - Z_FIRST) / (Z_STRAW1 - Z_FIRST), rtol=1e-3
    )

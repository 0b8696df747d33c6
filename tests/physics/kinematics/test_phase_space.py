"""Volumes of phase space against closed forms and recursion; refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import PION_MASS_GEV
from feebly.core.errors import DomainError
from feebly.physics.kinematics.phase_space import chain_integral, chain_nodes, phase_space_volume


@given(st.floats(-2, 2).map(lambda u: 10.0**u), st.sampled_from([2, 3, 4]))
def test_massless_volumes(mass: float, n: int) -> None:
    """RAMBO (Kleiss, Stirling, Ellis 1986): (pi/2)^(n-1) s^(n-2)/((n-1)! (n-2)!) (2 pi)^(4-3n)."""
    factorials = {2: 1, 3: 2, 4: 12}[n]
    expected = (np.pi / 2) ** (n - 1) * mass ** (2 * n - 4) / factorials * (2 * np.pi) ** (4 - 3 * n)
    assert_allclose(phase_space_volume(mass, [0.0] * n), expected, rtol=1e-9)


def test_three_bodies_of_one_mass_are_the_area_of_the_dalitz_plot() -> None:
    """1/(128 pi^3 M^2) int ds sqrt(lambda lambda)/s, by another rule."""
    mass, m = 0.78, PION_MASS_GEV
    s = np.linspace((2 * m) ** 2, (mass - m) ** 2, 400_001)[1:-1]
    root = np.sqrt((s**2 - 4 * m**2 * s) * (mass**4 + s**2 + m**4 - 2 * (mass**2 * (s + m**2) + s * m**2)))
    expected = np.sum(root / s) * (s[1] - s[0]) / (128 * np.pi**3 * mass**2)
    assert_allclose(phase_space_volume(mass, [m, m, m]), expected, rtol=1e-5)


def test_order_of_the_bodies_does_not_matter() -> None:
    masses = [0.1, 0.2, 0.3, 0.05]
    volumes = [phase_space_volume(1.2, order) for order in (masses, masses[::-1], sorted(masses))]
    assert_allclose(volumes, volumes[0], rtol=1e-7)


def test_mean_of_a_pair_mass_by_symmetry() -> None:
    """<m12^2> = (M^2 + 3 m^2)/3 for three equal masses."""
    mass, m = 0.9, PION_MASS_GEV
    nodes = chain_nodes(mass, [m, m, m])
    mean = np.sum(nodes.weight * nodes.m12**2) / np.sum(nodes.weight)
    assert_allclose(mean, (mass**2 + 3 * m**2) / 3, rtol=1e-9)


def test_weight_is_averaged_over_the_cosine() -> None:
    plain = chain_integral(1.0, [0.1, 0.2, 0.0])
    assert_allclose(chain_integral(1.0, [0.1, 0.2, 0.0], lambda m12, m123, c: 3 * c**2 + 0 * m12), plain)


def test_closed_and_unknown_decays_are_refused() -> None:
    with pytest.raises(DomainError, match="is closed"):
        chain_integral(0.4, [0.14, 0.14, 0.135])
    with pytest.raises(DomainError, match="expected 2, 3 or 4"):
        phase_space_volume(2.0, [0.1] * 5)

"""A plane of two couplings: quadratic forms of widths and rates give the yield of every direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import HBARC_GEV_M
from feebly.limits.coupling_plane import Direction, QuadraticForm, plane_through

MASS = 0.3
COUPLINGS = st.tuples(*[st.floats(-30.0, 0.0).map(np.exp)] * 2)


@dataclass(frozen=True)
class TwoAmplitudes:
    """Widths |x A + y B|² with a complex A and B for each of two channels, and one without x."""

    x: float
    y: float
    channels: tuple[str, ...] = ("seen", "other", "silent")

    def partial_width_gev(self, channel, mass_gev, coupling):
        a, b = {"seen": (1 + 2j, -1.5 + 0.1j), "other": (0.3, 2j), "silent": (0.0, 1.0)}[channel]
        return 1e-3 * abs(self.x * a + self.y * b) ** 2 * mass_gev**3 * coupling**2


@dataclass(frozen=True)
class Interfering:
    x: float
    y: float
    tag: str = "made"

    def rate(self, mass_gev, coupling, multiplicity):
        return multiplicity * abs(0.7 * self.x - (0.2 + 0.4j) * self.y) ** 2 * mass_gev * coupling**2


class Exponential:
    """Decays between 10 m and 20 m for γ = 1."""

    def expected_events(self, production, final_state, mass_gev, ctau_m):
        assert (production, final_state, mass_gev) == ("made", "seen", MASS)
        return np.exp(-10 / ctau_m) * -np.expm1(-10 / ctau_m)


def direction(x, y):
    return Direction(TwoAmplitudes(x, y), (Interfering(x, y),))


PLANE = plane_through(
    (direction(1.0, 0.0), direction(0.0, 1.0), direction(1.0, 1.0)),
    MASS, {"made": 2.5}, {"seen": 0.6}, (("made", "seen"),), Exponential(), 1e17,
)  # fmt: skip


@given(COUPLINGS)
def test_any_direction_has_the_yield_of_its_own_model(couplings):
    x, y = couplings
    model, channel = TwoAmplitudes(x, y), Interfering(x, y)
    widths = {tag: model.partial_width_gev(tag, MASS, 1.0) for tag in model.channels}
    ctau = HBARC_GEV_M / sum(widths.values())
    assert_allclose(PLANE.ctau_m(x, y), ctau, rtol=1e-9)
    expected = (
        1e17 * 0.6 * channel.rate(MASS, 1.0, 2.5) * widths["seen"] / sum(widths.values())
        * Exponential().expected_events("made", "seen", MASS, ctau)
    )  # fmt: skip
    assert_allclose(PLANE.events(x, y), expected, rtol=1e-8)


def test_unit_of_the_coupling_does_not_matter():
    small = plane_through(
        (direction(1.0, 0.0), direction(0.0, 1.0), direction(1.0, 1.0)),
        MASS, {"made": 2.5}, {"seen": 0.6}, (("made", "seen"),), Exponential(), 1e17, unit=1e-6,
    )  # fmt: skip
    x = np.geomspace(1e-9, 1e-5, 7)
    assert_allclose(small.events(x, 3 * x), PLANE.events(x, 3 * x), rtol=1e-12)


def test_points_broadcast_to_a_grid():
    x, y = np.geomspace(1e-9, 1e-5, 4)[:, None], np.geomspace(1e-8, 1e-6, 3)[None, :]
    grid = PLANE.events(x, y)
    assert grid.shape == (4, 3)
    assert_allclose(grid[2, 1], PLANE.events(x[2, 0], y[0, 1]), rtol=1e-14)


@pytest.mark.parametrize(
    ("x", "y", "value"), [(1.0, 0.0, 2.0), (0.0, 1.0, 3.0), (1.0, 1.0, 10.0), (2.0, 1.0, 21.0)]
)
def test_form(x, y, value):
    assert QuadraticForm.through(2.0, 3.0, 10.0)(np.array(x), np.array(y)) == value


def test_a_cancellation_is_not_below_zero():
    form = QuadraticForm.through(1.0, 1.0, 0.0)  # (x - y)²
    x = np.geomspace(1e-9, 1.0, 50)
    assert np.all(form(x, x) >= 0.0)
    assert np.all(form(x, x * (1 + 1e-9)) < 1e-14 * x**2)

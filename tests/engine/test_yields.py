"""Tables between the sampled masses: closed forms at the knots and between them, edges, missing channels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import DataError, DomainError
from feebly.engine.histogram import BINS_PER_DECADE, MOMENTS, TAU_BINS, TAU_MIN
from feebly.engine.knots import knots
from feebly.engine.sampler import MassSample
from feebly.engine.yield_tables import YieldTables
from feebly.engine.yields import assemble

THRESHOLD = 0.2113


def norm(mass):
    """A power of m - threshold times a slow fall: what a channel does near its threshold and far above."""
    return 1e-3 * (mass - THRESHOLD) ** 2 / (1 + mass**3)


def tau_of(mass):
    return 0.4 * mass**0.2


def sample(mass, weight=None, nearer=1.0) -> MassSample:
    """All decays at one proper length tau: N = norm exp(-tau/lambda)/lambda in closed form."""
    histogram = np.zeros((2, TAU_BINS, MOMENTS))
    tau, w = tau_of(mass) / nearer, norm(mass) if weight is None else weight
    position = int(np.log10(tau / TAU_MIN) * BINS_PER_DECADE)
    histogram[0, position] = w, w * tau, w * tau**2, (0.01 * w) ** 2
    return MassSample(mass, histogram, 1000, np.full(4, 0.01), True, 1e4)


def table(masses, **options):
    return assemble("brems", "mumu", THRESHOLD, [[[sample(m, **options) for m in masses]]])


MASSES = knots(THRESHOLD * 1.002, 2.0 * (1 - 1e-4), THRESHOLD)


def exact(mass, ctau, nearer=1.0):
    lam = ctau / mass
    return norm(mass) * np.exp(-tau_of(mass) / nearer / lam) / lam


def test_closed_form_between_the_knots() -> None:
    rng = np.random.default_rng(3)
    mass = THRESHOLD + np.exp(rng.uniform(np.log(MASSES[0] - THRESHOLD), np.log(1.78), 500))
    ctau = mass * np.exp(rng.uniform(np.log(0.03), np.log(1e7), 500))
    assert_allclose(table(MASSES).events(mass, ctau), exact(mass, ctau), rtol=3e-3)


def test_between_the_knots_where_the_production_goes_on() -> None:
    """A yield that falls by exp(-5 m/GeV) up to the last mass, with fewer knots there."""

    def falling(mass):
        return (mass - THRESHOLD) ** 2 * np.exp(-5 * mass)

    masses = knots(THRESHOLD * 1.002, 2.9, THRESHOLD, closes=False)
    made = assemble("brems", "mumu", THRESHOLD, [[[sample(m, weight=falling(m)) for m in masses]]])
    mass = THRESHOLD + np.geomspace(masses[0] - THRESHOLD, 2.9 - THRESHOLD, 400)
    expected = falling(mass) * np.exp(-tau_of(mass) / 3.0) / 3.0
    assert_allclose(made.events(mass, 3.0 * mass), expected, rtol=3e-3)


@pytest.mark.parametrize("nearer", [0.03, 1.0, 100.0])
def test_short_lifetimes_reach_as_far_as_the_detector_is_near(nearer) -> None:
    mass = np.full(40, 0.5)
    ctau = mass * tau_of(0.5) / nearer * np.geomspace(1 / 70, 1e6, 40)
    assert_allclose(table(MASSES, nearer=nearer).events(mass, ctau), exact(mass, ctau, nearer), rtol=0.02)


def test_long_lifetimes_go_like_one_over_ctau() -> None:
    one, ten = table(MASSES).events([0.5, 0.5], [1e6, 1e7])
    assert_allclose(one / ten, 10.0, rtol=1e-5)


def test_relative_error_is_that_of_the_samples() -> None:
    assert_allclose(table(MASSES).relative_error([0.3, 1.2], [0.4, 30.0]), 0.01, rtol=1e-3)


def test_masses_and_lifetimes_broadcast() -> None:
    values = table(MASSES).events(np.array([[0.3], [0.5], [0.9]]), np.array([0.1, 1.0]))
    assert values.shape == (3, 2)
    assert_allclose(values[1, 1], exact(0.5, 1.0), rtol=3e-3)


def test_zero_right_above_the_threshold_and_refusal_outside() -> None:
    made = table(MASSES)
    assert made.events(THRESHOLD * 1.0005, 1.0) == 0.0
    with pytest.raises(DomainError, match=r"brems -> mumu: no table at m = 0\.2 GeV"):
        made.events(0.2, 1.0)
    with pytest.raises(DomainError, match="no table at m = 3 GeV"):
        made.events(3.0, 1.0)


def test_masses_without_accepted_events_are_closed_not_interpolated() -> None:
    closed = [sample(m, weight=0.0) for m in MASSES[:3]]
    made = assemble("brems", "mumu", THRESHOLD, [[closed, [sample(m) for m in MASSES[3:]]]])
    assert made.events(MASSES[2], 1.0) == 0.0
    assert_allclose(made.events(MASSES[4], MASSES[4]), exact(MASSES[4], MASSES[4]), rtol=3e-3)
    assert made.relative_error(MASSES[2], 1.0) >= 0.0


def test_between_threshold_and_opening_the_yield_is_zero_and_above_it_a_power() -> None:
    opening = THRESHOLD * 1.5

    def power(mass):
        return 1e-3 * (mass - opening) ** 5

    masses = knots(opening * 1.002, 2.0, opening)
    made = assemble(
        "brems", "mumu", THRESHOLD, [[[sample(m, weight=power(m)) for m in masses]]], opening_gev=opening
    )
    assert np.all(made.events(THRESHOLD * np.array([1.001, 1.3, 1.499]), 1.0) == 0.0)
    assert np.all(made.relative_error(THRESHOLD * np.array([1.001, 1.3, 1.499]), 1.0) >= 0.0)
    mass = opening * (1 + np.geomspace(0.0025, 1.0, 300))
    lam = 3.0
    expected = power(mass) * np.exp(-tau_of(mass) / lam) / lam
    assert_allclose(made.events(mass, lam * mass), expected, rtol=3e-3)
    with pytest.raises(DomainError, match="no table at"):
        made.events(THRESHOLD * 0.999, 1.0)


def test_a_channel_that_was_not_made_is_an_error() -> None:
    with pytest.raises(DataError, match="no table of eta -> mumu"):
        YieldTables({("brems", "mumu"): table(MASSES)}).expected_events("eta", "mumu", 0.3, 1.0)

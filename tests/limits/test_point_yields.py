"""What a yield is made of: at the ends of the contour N is the limit, and the factors make N."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import dblquad

from feebly.core.interfaces import (
    BremsstrahlungSampling,
    MesonDecaySampling,
    MixingSampling,
    PrimakoffSampling,
)
from feebly.limits.point_yields import ABOVE_LOWEST, HEAVIEST, LOWEST, PEAK, point_yields
from feebly.limits.results import ContourPiece
from feebly.limits.signal import SignalYields
from feebly.physics.production.bremsstrahlung import EVERY_SPLITTING
from feebly.physics.production.totals import particles_per_unit
from limits.toy_search import CTAU_M, POT, ToyModel, ToyProduction, ToySource


@dataclass(frozen=True)
class Sampled(ToyProduction):
    """With a sample of its own: the decay of a meson, or one without a total."""

    sample: object = None

    def sampling(self):
        return self.sample or MesonDecaySampling("eta", 0.547, 0.0)


def signal(**changes):
    numbers = {
        "model": ToyModel(),
        "production_channels": (
            Sampled("eta", parent="eta"),
            Sampled("primakoff", sample=PrimakoffSampling(400.0, 29.0, 63.5, "flat")),
        ),
        "multiplicities": {"eta": 0.3, "primakoff": None},
        "source": ToySource(error={("eta", "mumu"): 0.05}),
        "pot": POT,
        "efficiencies": {"ee": 0.5, "mumu": 0.25},
        "to_photons": {"mumu": 0.8},
    }
    return SignalYields(**(numbers | changes))


SQUARE = ContourPiece(
    "observed", 0, np.array([0.1, 0.3, 0.5, 0.3, 0.1]), np.array([1e-6, 1e-7, 1e-6, 1e-5, 1e-6])
)
ISLAND = ContourPiece("observed", 1, np.array([0.6, 0.7, 0.65, 0.6]), np.array([1e-6, 1e-6, 2e-6, 1e-6]))


def points(**changes):
    found = point_yields(signal(**changes), (0.25, 3e-6, 0.0), (SQUARE, ISLAND))
    return {point.place: point for point in found}


def test_places():
    at = {place: (point.mass_gev, point.coupling) for place, point in points().items()}
    assert at == {
        PEAK: (0.25, 3e-6),
        LOWEST: (0.3, 1e-7),
        ABOVE_LOWEST: (0.3, pytest.approx(1e-5, rel=1e-12, abs=0)),
        HEAVIEST: (0.7, 1e-6),
    }


def test_without_a_contour_there_is_the_peak_alone():
    (point,) = point_yields(signal(), (0.25, 3e-6, 0.0), ())
    assert point.place == PEAK


def test_factors_by_hand():
    """eta: POT x 0.3 C² particles; BR 1/2 above both thresholds; 0.25 x 0.8 of mumu."""
    point = points()[LOWEST]
    chance = ToySource().expected_events("eta", "mumu", 0.3, CTAU_M / 1e-14)
    factors = {(each.production, each.final_state): each for each in point.channels}
    eta = factors["eta", "mumu"]
    assert_allclose(eta.particles, POT * 0.3 * 1e-14, rtol=1e-12)
    assert (eta.branching_ratio, eta.efficiency, eta.relative_error) == (0.5, 0.2, 0.05)
    assert_allclose(eta.selected, chance, rtol=1e-12)
    assert_allclose(eta.events, POT * 0.3 * 1e-14 * 0.5 * 0.2 * chance, rtol=1e-12)
    without_total = factors["primakoff", "ee"]
    assert (without_total.particles, without_total.selected) == (None, None)
    assert_allclose(without_total.events, POT * 1e-14 * 0.5 * 0.5 * chance, rtol=1e-12)


def test_sums_are_those_of_the_signal():
    for point in points().values():
        whole = signal().at_points([point.mass_gev], [point.coupling])
        assert_allclose(point.events, whole.total()[0], rtol=1e-12)
        assert_allclose(sum(each.events for each in point.channels), point.events, rtol=1e-12)
        assert_allclose(point.ctau_m, CTAU_M / point.coupling**2, rtol=1e-12)
        assert_allclose(point.relative_error, whole.relative_error(signal().source)[0])
        events = [each.events for each in point.channels]
        assert events == sorted(events, reverse=True)


def test_closed_channels_are_left_out():
    (point,) = point_yields(signal(), (0.15, 1e-6, 0.0), ())
    assert {each.final_state for each in point.channels} == {"ee"}


def test_particles_per_unit():
    assert particles_per_unit(MesonDecaySampling("eta", 0.547, 0.0), 0.3) == 1.0
    assert particles_per_unit(MixingSampling("omega", 0.782), 0.78) == 1.0
    assert np.isnan(particles_per_unit(PrimakoffSampling(400.0, 29.0, 63.5, "flat"), 0.3))


def test_particles_of_bremsstrahlung_are_the_integral_over_z_and_pt():
    """Adaptive quadrature of the same density; the cut on validity does not bite at this mass and pT."""
    sampling = BremsstrahlungSampling("bb", 0.2, 0.8, 0.5, 1e9, 400.0, sigma_weight="none")
    integral, _ = dblquad(
        lambda pt2, z: float(EVERY_SPLITTING["bb"](z, pt2, 0.4)), 0.2, 0.8, 0.0, 0.25, epsrel=1e-8
    )
    assert_allclose(particles_per_unit(sampling, 0.4), integral, rtol=1e-6)

"""Bands of the expected contour: which limits they are, that they nest, and that equal ones are equal."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.limits.contour import edges_at
from feebly.limits.expected_bands import BAND_KINDS, BandChoice
from feebly.limits.scan import scan
from feebly.statistics import Sum, expected_band, upper_limit
from limits.toy_search import flat, toy_edges, toy_observation, toy_signal

LN10 = np.log(10)
MASS, COUPLING = (0.02, 1.5, 30), (1e-8, 1e-4, 30)
FULL = BandChoice.of("full", None, pot_error=0.2)


def bright():
    return toy_signal(lambda m: 50 * flat(m))


def scanned(bands, **projection):
    signal = bright()
    return scan(signal, toy_observation(signal, bands=bands, **projection), MASS, COUPLING)


def test_without_bands_there_are_none():
    result = scanned(BandChoice())
    assert {piece.kind for piece in result.pieces} == {"observed", "expected"}
    assert result.grid.s_up_bands == {}


def test_counting_bands_of_a_rare_background_are_the_expected_contour_itself():
    # b = 0.016 in mumu and 0.009 in ee: together P(0) = 0.975 is below Phi(2) = 0.977, n = 1 at +2 sigma
    result = scanned(BandChoice("counting"))
    (expected,) = result.contour("expected")
    for kind in ("expected-2s", "expected-1s", "expected+1s"):
        (piece,) = result.contour(kind)
        assert np.array_equal(piece.mass_gev, expected.mass_gev)
        assert np.array_equal(piece.coupling, expected.coupling)
        assert_allclose(result.grid.s_up_bands[kind], LN10, rtol=1e-9)
    both_open = result.grid.mass_gev > 0.2113
    assert np.all(result.grid.s_up_bands["expected+2s"][both_open] > 3.8)
    assert_allclose(result.grid.s_up_bands["expected+2s"][~both_open], LN10, rtol=1e-9)


def test_full_bands_are_log_normal_about_the_limit_without_events():
    # b = 0.03 in all: s_up = ln 10 / kappa, kappa log-normal with mean 1, 20%; P(n > 0) moves +2 sigma most
    result = scanned(FULL)
    sigma = np.sqrt(np.log(1.04))
    for kind, z in list(BAND_KINDS.items())[:2]:
        s_up = LN10 * np.exp(sigma**2 / 2 + z * sigma)
        assert_allclose(result.grid.s_up_bands[kind], s_up, rtol=0.01)
        for low, up in [edges_at(result.contour(kind), 0.3)[0]]:
            assert_allclose((low, up), toy_edges(0.3, result.grid.s_up_bands[kind][15], 50), rtol=3e-3)


def test_contours_of_the_bands_nest():
    result = scanned(FULL)
    kinds = ("expected-2s", "expected-1s", "expected", "expected+1s", "expected+2s")
    lower, upper = np.array([edges_at(result.contour(kind), 0.3)[0] for kind in kinds]).T
    assert np.all(np.diff(lower) > 0)
    assert np.all(np.diff(upper) < 0)


def test_a_projection_has_bands_of_its_scaled_background():
    observation = toy_observation(bright(), pot=1e20, bands=BandChoice("counting"))
    backgrounds = Sum(tuple(observation.region(tag).background.density for tag in ("ee", "mumu")))
    band = expected_band(backgrounds)
    assert len(set(band.counts)) > 2
    for kind, z in BAND_KINDS.items():
        found = observation.s_up_band(kind, [0.3])
        assert_allclose(found, band.s_up[band.sigmas.index(z)], rtol=1e-9)
    # the mumu region is closed at 0.1 GeV
    ee = expected_band(observation.region("ee").background.density)
    assert_allclose(observation.s_up_band("expected+2s", [0.1]), ee.s_up[-1], rtol=1e-9)
    assert np.isnan(observation.s_up_band("expected+2s", [5e-4])).all()


def test_bands_do_not_change_the_contours_or_what_has_converged():
    plain, banded = scanned(BandChoice()), scanned(FULL)
    assert np.array_equal(plain.grid.unconverged, banded.grid.unconverged)
    for kind in ("observed", "expected"):
        for one, two in zip(plain.contour(kind), banded.contour(kind), strict=True):
            for m in (0.05, 0.3, 0.9):
                assert_allclose(edges_at([one], m), edges_at([two], m), rtol=2e-3)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (lambda: BandChoice("both"), "unknown bands 'both'"),
        (lambda: BandChoice("full"), "thrown error 0: expected an error of the signal such as pot=0.2"),
        (lambda: BandChoice("counting", 0.2), "bands 'counting' with thrown error 0.2"),
        (lambda: BandChoice.of("full", None, 0.0), "thrown error 0"),
    ],
)
def test_refusals(choice, words):
    with pytest.raises(ConfigError) as error:
        choice()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_named_parts_are_thrown_together():
    assert_allclose(BandChoice.of("full", {"pot": 0.2, "eff": 0.1}, 0.0).thrown_error ** 2, 1.04 * 1.01 - 1)
    assert FULL.thrown_error == pytest.approx(0.2, rel=1e-12, abs=0)


@pytest.mark.parametrize("convention", ["classical", "bayesian-flat", "feldman-cousins"])
def test_other_conventions_reach_the_scan(convention):
    signal = toy_signal(lambda m: 50 * flat(m), final_states=("mumu",))
    observation = toy_observation(signal, convention=convention)
    b = observation.region("mumu").background.density
    assert_allclose(
        observation.s_up_observed([0.411]), upper_limit(1, b, convention=convention).s_up, rtol=1e-5
    )
    result = scan(signal, observation, (0.3, 0.6, 12), COUPLING)
    assert result.contour("observed")
    assert (result.grid.cls is None) == (convention == "feldman-cousins")
    if result.grid.cls is not None:
        excluded = result.grid.total > result.grid.s_up_observed[:, None]
        assert np.array_equal(result.grid.cls < 0.1, excluded)


def test_an_empty_observed_or_expected_interval_is_refused():
    # P(N = 0) = 0.97 is below 1 - CL
    observation = toy_observation(bright(), convention="classical", cl=0.01)
    for limit in (observation.s_up_observed, observation.s_up_expected):
        with pytest.raises(ConfigError, match="every signal would be excluded"):
            limit([0.3])


def test_an_empty_band_is_refused():
    observation = toy_observation(bright(), pot=1e20, convention="classical", bands=BandChoice("counting"))
    with pytest.raises(Exception, match="is empty") as error:
        observation.s_up_band("expected-2s", [0.3])
    assert "\n" not in str(error.value)

"""Backgrounds of the shipped analysis against the numbers printed by NA62."""

import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import load_analysis
from feebly.analysis.background import GaussianBackground, RejectionFactors, RejectionStep
from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin

STATES = load_analysis("na62-dump-2021").final_states
HERE = Origin("assumed", "this test")


def test_mumu_is_the_combinatorial_background():
    signal, control = (region.background for region in STATES["mumu"].regions)
    assert (signal.mean, signal.sigma) == (0.016, 0.002)
    assert (control.mean, control.sigma) == (0.17, 0.02)
    outside = {
        r.name: (r.background.mean, r.background.sigma, r.observed) for r in STATES["mumu"].validation_regions
    }
    assert outside == {
        "outside CR": (26.3, 3.4, 28),
        "OCR3": (1.70, 0.22, 2),
        "OCR2": (0.58, 0.07, 1),
        "OCR1": (0.29, 0.04, 1),
    }


@pytest.mark.parametrize(
    ("region", "one_minus_eta", "low", "high"),
    [("SR", 0.008, 0.0004, 0.055), ("CR", 0.009, 0.0004, 0.057)],
)
def test_ee_rejection_factors(region, one_minus_eta, low, high):
    by_name = {r.name: r.background for r in STATES["ee"].regions}
    background = by_name[region]
    assert_allclose(background.effective_events, 79.9, rtol=1e-3)
    veto, shape = (step.remaining / background.before for step in background.steps)
    assert round(veto, 3) == 0.012
    assert round(shape, 3) == one_minus_eta
    assert_allclose(background.quantile(0.95), high, rtol=0.03)
    assert round(background.quantile(0.05), 4) == low
    assert background.published.central in (0.0094, 0.0097)


def test_posterior_mean_of_independent_beta_densities():
    # by hand: 59.9 (0.960 + 1/2)(0.627 + 1/2) / (79.93 + 1)^2, the value of the posterior mean in our notes
    assert_allclose(STATES["ee"].signal_region.background.mean, 0.0151, rtol=5e-3)


def test_published_centre_is_recorded_and_not_used():
    background = STATES["ee"].signal_region.background
    assert_allclose(background.before * (0.72 / 59.9) * (0.47 / 59.9), 0.0057, rtol=2e-2)  # plain product
    assert background.mean > background.published.central


@pytest.mark.parametrize(
    "region", [r for s in STATES.values() for r in s.regions], ids=lambda r: r.background.kind
)
def test_scaling_keeps_relative_errors(region):
    scaled = region.background.scaled(7.0)
    assert_allclose(scaled.mean, 7 * region.background.mean, rtol=1e-12)
    assert scaled.origin.kind == "derived"
    if isinstance(scaled, RejectionFactors):
        assert_allclose(scaled.effective_events, region.background.effective_events, rtol=1e-12)
        assert_allclose(scaled.quantile(0.9), 7 * region.background.quantile(0.9), rtol=1e-6)
        assert scaled.published is None
    else:
        errors = ("sigma",) if isinstance(scaled, GaussianBackground) else ("plus", "minus")
        stated = getattr(region.background, "stated", region.background)
        for name in errors:
            assert_allclose(getattr(scaled, name), 7 * getattr(stated, name), rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: GaussianBackground(-0.1, 0.1, "", HERE), "mean"),
        (lambda: GaussianBackground(0.1, -0.1, "", HERE), "sigma"),
        (lambda: RejectionFactors(0.0, 1.0, (RejectionStep("x", 0.0),), "", HERE), "before"),
        (lambda: RejectionFactors(1.0, 1.0, (), "", HERE), "steps"),
        (lambda: RejectionFactors(1.0, 1.0, (RejectionStep("x", 2.0),), "", HERE), "steps"),
    ],
)
def test_impossible_backgrounds_are_refused(make, field):
    with pytest.raises(ConfigError, match=f"^{field} = "):
        make()


def test_no_background_is_what_a_factor_of_zero_leaves():
    for region in (STATES[tag].signal_region for tag in ("ee", "mumu", "pipi")):
        none = region.background.scaled(0.0)
        assert (none.mean, none.density.mean, none.density.sigma) == (0, 0, 0)


def test_meaning_of_a_published_interval_is_one_that_is_known():
    assert STATES["ee"].signal_region.background.published.meaning == "90%"

"""The rejection-factor method against the e+e- background of 2312.12055."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics.excess.significance import p_value
from feebly.statistics.proportions import StatedInterval
from feebly.statistics.rejection import RejectionChain, Survival

VETO = Survival("LAV and ANTI0 veto", 0.72)
SIGNAL_REGION = RejectionChain(59.9, 6.7, (VETO, Survival("signal region", 0.47)))
CONTROL_REGION = RejectionChain(59.9, 6.7, (VETO, Survival("control region", 0.51)))


@pytest.mark.parametrize(
    ("chain", "lower", "upper"), [(SIGNAL_REGION, 0.0004, 0.055), (CONTROL_REGION, 0.0004, 0.057)]
)
def test_ee_interval_is_the_published_one(chain, lower, upper):
    found = chain.interval("90%")
    assert_allclose(found.upper, upper, rtol=0.03)
    assert found.lower == pytest.approx(lower, rel=0, abs=0.00005)  # the last printed digit
    assert found.meaning == "90%"


def test_ee_centre_is_not_the_product():
    # published 0.0094 +0.049 -0.009; 59.9 * 0.012 * 0.008 = 0.0057
    assert_allclose(SIGNAL_REGION.product, 59.9 * 0.012 * 0.00785, rtol=0.01)
    assert_allclose(0.0094 / SIGNAL_REGION.product, 1.66, rtol=0.01)
    assert_allclose(SIGNAL_REGION.posterior.mean, 0.0151, rtol=0.01)


def test_ee_probability_of_an_event():
    assert p_value(1, SIGNAL_REGION.posterior) == pytest.approx(0.015, rel=0, abs=0.0005)


def test_factors_of_the_chain():
    assert_allclose(SIGNAL_REGION.trials, 79.93, rtol=1e-4)
    assert_allclose(SIGNAL_REGION.survival(VETO), 0.01202, rtol=1e-3)
    found = SIGNAL_REGION.survival_interval(VETO)
    assert_allclose([found.lower, found.upper], [0.0045, 0.0316], rtol=0.02)
    assert SIGNAL_REGION.survival_interval(VETO, "90%", "jeffreys").meaning == "90%"


def test_a_step_that_leaves_nothing_gives_an_upper_limit():
    chain = RejectionChain(100.0, 10.0, (Survival("veto", 0.0), Survival("region", 5.0)))
    assert chain.product == 0
    found = chain.interval("limit 90%")
    rng = np.random.default_rng(3)
    draws = 100 * rng.beta(0.5, 100.5, 400_000) * rng.beta(5.5, 95.5, 400_000)
    assert found.lower == 0
    assert stats.binomtest(int((draws < found.upper).sum()), draws.size, 0.9).pvalue > 1e-6
    with pytest.raises(ConfigError, match="nothing survives veto: expected a limit such as 'limit 68%'"):
        chain.interval("68%")


def test_an_interval_is_compared_with_one_of_the_same_meaning_only():
    assert SIGNAL_REGION.interval("90%").overlaps(StatedInterval(0.0004, 0.0584, "90%"))
    with pytest.raises(ConfigError, match="expected one meaning"):
        SIGNAL_REGION.interval("90%").overlaps(StatedInterval(0.0004, 0.0584, "68%"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RejectionChain(0, 1, (VETO,)), "before = 0"),
        (lambda: RejectionChain(1, -1, (VETO,)), "before_sigma = -1"),
        (lambda: RejectionChain(1, 1, ()), "expected at least one step"),
        (lambda: RejectionChain(0.5, 1, (VETO,)), "remaining = 0.72: expected at most before = 0.5"),
        (lambda: Survival("veto", -1), "step veto: remaining = -1"),
        (lambda: SIGNAL_REGION.interval("80%"), "unknown meaning"),
    ],
)
def test_bad_input_is_refused_in_one_line(make, words):
    with pytest.raises((ConfigError, DomainError)) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)

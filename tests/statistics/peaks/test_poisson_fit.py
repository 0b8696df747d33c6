"""Many Poisson fits at once against a minimiser, and their errors against toys."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.statistics.peaks.poisson_fit import (
    fit_background,
    fit_background_under,
    fit_peak,
    polynomials,
)

BINS = 40
EDGES = np.linspace(-1, 1, BINS + 1)
U = (EDGES[1:] + EDGES[:-1]) / 2
SHAPE = np.exp(-((U / 0.1) ** 2) / 2)
SHAPE = SHAPE / SHAPE.sum()
TEMPLATE = 6 * np.exp(0.3 * U)


def _data(sets, peak=0.0, seed=1):
    mean = TEMPLATE * np.exp(0.4 * U - 0.2 * U**2) + peak * SHAPE
    return np.random.default_rng(seed).poisson(mean, (sets, BINS)).astype(float)


def _minuit(counts, degree, with_peak):
    """Independent: iminuit on the same likelihood."""
    iminuit = pytest.importorskip("iminuit")
    basis = np.polynomial.legendre.legvander(U, degree)

    def nll(parameters):
        mean = TEMPLATE * np.exp(basis @ parameters[: degree + 1])
        mean = mean + (parameters[-1] * SHAPE if with_peak else 0.0)
        if np.any(mean <= 0):
            return 1e6
        return 2 * (mean.sum() - np.sum(counts * np.log(mean)))

    minuit = iminuit.Minuit(nll, np.zeros(degree + 1 + with_peak))
    minuit.strategy, minuit.tol = 2, 1e-5
    minuit.migrad()
    minuit.hesse()
    return minuit


@pytest.mark.parametrize("degree", [0, 1, 2])
@pytest.mark.parametrize("peak", [0.0, 25.0])
def test_heights_and_likelihoods_of_another_minimiser(degree, peak):
    counts = _data(4, peak)
    basis = polynomials(U, degree)[None]
    template, shape = np.tile(TEMPLATE, (4, 1)), np.tile(SHAPE, (4, 1))
    alone = fit_background(counts, template, basis)
    both = fit_peak(counts, template, basis, shape)
    assert alone.converged.all()
    assert both.converged.all()
    for k in range(4):
        other = _minuit(counts[k], degree, with_peak=True)
        assert_allclose(both.peak[k], other.values[-1], atol=0.02)
        # Fisher's matrix is the mean of the Hessian
        assert_allclose(np.sqrt(both.covariance[k, -1, -1]), other.errors[-1], rtol=0.25)
        gain = 2 * (both.log_likelihood[k] - alone.log_likelihood[k])
        assert_allclose(gain, _minuit(counts[k], degree, with_peak=False).fval - other.fval, atol=1e-3)


@pytest.mark.parametrize("peak", [0.0, 30.0])
def test_pulls_of_the_height(peak):
    counts = _data(1500, peak, seed=3)
    tile = (1500, 1)
    found = fit_peak(counts, np.tile(TEMPLATE, tile), polynomials(U, 2)[None], np.tile(SHAPE, tile))
    pull = (found.peak - peak) / np.sqrt(found.covariance[:, -1, -1])
    assert found.converged.mean() > 0.999
    assert abs(pull.mean()) < 0.1
    assert 0.93 < pull.std() < 1.07


def test_a_given_peak_is_taken_out():
    counts = _data(50, 30.0)
    template, shape = np.tile(TEMPLATE, (50, 1)), np.tile(SHAPE, (50, 1))
    basis = polynomials(U, 1)[None]
    free = fit_peak(counts, template, basis, shape)
    fixed = fit_background_under(counts, template, basis, free.peak[:, None] * shape)
    assert_allclose(fixed.log_likelihood, free.log_likelihood, atol=1e-6)
    assert_allclose(fixed.coefficients, free.coefficients, atol=1e-4)


def test_only_a_template_scales():
    """Degree 0: the height is the ratio of the sums; left-out bins do not matter."""
    counts = _data(20)
    template = np.where(np.abs(U) < 0.3, 0.0, TEMPLATE) * np.ones((20, 1))
    found = fit_background(counts, template, polynomials(U, 0)[None])
    beside = template[0] > 0
    expected = counts[:, beside].sum(axis=1) / TEMPLATE[beside].sum()
    assert_allclose(np.exp(found.coefficients[:, 0]), expected, rtol=1e-8)
    assert_allclose(found.covariance[:, 0, 0], 1 / counts[:, beside].sum(axis=1), rtol=1e-6)


def test_empty_data_do_not_converge_to_something():
    counts = np.zeros((2, BINS))
    counts[1, 3] = 1.0
    found = fit_background(counts, np.tile(TEMPLATE, (2, 1)), polynomials(U, 2)[None])
    assert not found.converged.all()

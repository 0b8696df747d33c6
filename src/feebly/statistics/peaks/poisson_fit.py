"""Many small Poisson likelihood fits at once: a template times exp(polynomial), and a peak of free height.

Newton's method with Fisher's matrix, vectorised over fits. Without a peak the likelihood has one maximum and
the method finds it; a fit that does not arrive is marked, never silently kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray

_STEPS = 60
_TOLERANCE = 1e-9  # of the likelihood, between two steps
_HALVINGS = 12
_LEAST_EXPECTED = 1e-12  # events of a bin: keeps the logarithm finite while a peak turns negative

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PoissonFit:
    """Results of F fits.

    coefficients: of the polynomial, (F, d + 1); peak: height s [events], (F,), zero where none was fitted;
    covariance: inverse of Fisher's matrix of (coefficients, s) or of the coefficients alone; log_likelihood:
    up to a constant of the data; converged: (F,).
    """

    coefficients: FloatArray
    peak: FloatArray
    covariance: FloatArray
    log_likelihood: FloatArray
    converged: BoolArray


def polynomials(u: FloatArray, degree: int) -> FloatArray:
    """Legendre polynomials 0 .. degree at u in [-1, 1], in a new last axis."""
    return np.asarray(np.polynomial.legendre.legvander(u, degree), float)


def fit_background(counts: FloatArray, template: FloatArray, basis: FloatArray) -> PoissonFit:
    """Fit exp(polynomial) times the template [events per bin]; bins where it is zero are left out.

    counts, template (F, B); basis (F, B, d + 1) or broadcastable.
    """
    fixed = np.zeros(counts.shape)
    return _newton(counts, template, basis, fixed, free_peak=False)


def fit_peak(counts: FloatArray, template: FloatArray, basis: FloatArray, shape: FloatArray) -> PoissonFit:
    """The same with a peak, ``shape`` (F, B) its share in each bin; its height may be negative."""
    return _newton(counts, template, basis, shape, free_peak=True)


def fit_background_under(
    counts: FloatArray, template: FloatArray, basis: FloatArray, peak_events: FloatArray
) -> PoissonFit:
    """The same with a peak of given events per bin (F, B): its height is not fitted."""
    return _newton(counts, template, basis, peak_events, free_peak=False)


def _newton(
    counts: FloatArray, template: FloatArray, basis: FloatArray, peak: FloatArray, free_peak: bool
) -> PoissonFit:
    fits, degree = counts.shape[0], basis.shape[-1]
    basis = np.broadcast_to(basis, (*counts.shape, degree))
    used = template > 0
    n = np.where(used, counts, 0.0)
    beta = np.zeros((fits, degree + free_peak))
    total = template.sum(axis=1)
    under = 0.0 if free_peak else np.where(used, peak, 0.0).sum(axis=1)
    beta[:, 0] = np.log(np.maximum(n.sum(axis=1) - under, 0.5) / np.maximum(total, 1e-300))
    value = _log_likelihood(beta, n, template, basis, peak, used, free_peak)
    converged = np.zeros(fits, bool)
    for _ in range(_STEPS):
        gradient, fisher = _derivatives(beta, n, template, basis, peak, used, free_peak)
        step = _solve(fisher, gradient)
        beta, value, gain = _line_search(
            beta, step, value, lambda b: _log_likelihood(b, n, template, basis, peak, used, free_peak)
        )
        expected = np.abs(np.einsum("fp,fp->f", step, gradient))
        converged = (gain < _TOLERANCE) & (expected < 1e-6) & np.isfinite(value)
        if np.all(converged | (gain <= 0)):
            break
    _, fisher = _derivatives(beta, n, template, basis, peak, used, free_peak)
    covariance, regular = _inverse(fisher)
    return PoissonFit(
        beta[:, :degree],
        beta[:, degree] if free_peak else np.zeros(fits),
        covariance,
        value,
        converged & regular,
    )


def _expected(
    beta: FloatArray, template: FloatArray, basis: FloatArray, peak: FloatArray, free_peak: bool
) -> tuple[FloatArray, FloatArray]:
    """Background and total expected events of each bin."""
    degree = basis.shape[-1]
    exponent = np.clip(np.einsum("fbp,fp->fb", basis, beta[:, :degree]), -700, 700)
    background = template * np.exp(exponent)
    height = beta[:, degree, None] if free_peak else 1.0
    return background, np.asarray(background + height * peak)


def _log_likelihood(
    beta: FloatArray,
    n: FloatArray,
    template: FloatArray,
    basis: FloatArray,
    peak: FloatArray,
    used: BoolArray,
    free_peak: bool,
) -> FloatArray:
    mean = np.where(used, _expected(beta, template, basis, peak, free_peak)[1], 0.0)
    inside = np.all((mean > 0) | ~used, axis=1)  # a peak may not be deeper than the background
    value = np.where(n > 0, n * np.log(np.maximum(mean, _LEAST_EXPECTED)), 0.0).sum(axis=1) - mean.sum(axis=1)
    return np.where(inside, value, -np.inf)


def _derivatives(
    beta: FloatArray,
    n: FloatArray,
    template: FloatArray,
    basis: FloatArray,
    peak: FloatArray,
    used: BoolArray,
    free_peak: bool,
) -> tuple[FloatArray, FloatArray]:
    background, mean = _expected(beta, template, basis, peak, free_peak)
    mean = np.where(used, np.maximum(mean, _LEAST_EXPECTED), 1.0)
    slopes = np.where(used, background, 0.0)[..., None] * basis
    if free_peak:
        slopes = np.concatenate([slopes, np.where(used, peak, 0.0)[..., None]], axis=-1)
    residual = np.where(used, n / mean - 1, 0.0)
    gradient = np.einsum("fb,fbp->fp", residual, slopes)
    fisher = np.einsum("fbp,fbq->fpq", slopes / mean[..., None], slopes)
    return gradient, fisher


def _solve(fisher: FloatArray, gradient: FloatArray) -> FloatArray:
    ridge = 1e-10 * np.trace(fisher, axis1=1, axis2=2)[:, None, None] * np.eye(fisher.shape[-1]) + 1e-300
    return np.asarray(np.linalg.solve(fisher + ridge, gradient[..., None])[..., 0])


def _inverse(fisher: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Inverse, and whether the matrix was regular; scaled, as its elements differ by orders of magnitude."""
    scale = np.sqrt(np.maximum(np.einsum("fpp->fp", fisher), 1e-300))
    scaled = fisher / (scale[:, :, None] * scale[:, None, :])
    regular = np.asarray(np.linalg.cond(scaled) < 1e10)
    safe = np.where(regular[:, None, None], scaled, np.eye(fisher.shape[-1]))
    return np.linalg.inv(safe) / (scale[:, :, None] * scale[:, None, :]), regular


def _line_search(
    beta: FloatArray, step: FloatArray, value: FloatArray, log_likelihood: Callable[[FloatArray], FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Halve the steps that lower the likelihood: (beta, value, gain); no step where none helps."""
    length = np.ones(len(beta))
    for _ in range(_HALVINGS):
        trial = beta + length[:, None] * step
        found = log_likelihood(trial)
        worse = ~(found >= value)
        if not np.any(worse):
            break
        length = np.where(worse, length / 2, length)
    moved = found >= value
    return (
        np.where(moved[:, None], trial, beta),
        np.where(moved, found, value),
        np.where(moved, found - value, 0.0),
    )

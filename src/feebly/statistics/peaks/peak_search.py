"""A search for a narrow peak with the background fitted beside it: window counts, fitted heights, limits.

Each hypothesis has its own frame, u = (x - hypothesis)/resolution, with a window, a gap and sidebands. The
background is the template of the scan times exp(polynomial), fitted to the sidebands for counts in the
window, and together with a Gaussian peak over the whole range for its height.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import erf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.checks import require_confidence_level, require_positive
from feebly.statistics.excess.mass_scan import DataSets, MassScan
from feebly.statistics.intervals.limit_arrays import upper_limits
from feebly.statistics.peaks.poisson_fit import (
    PoissonFit,
    fit_background,
    fit_background_under,
    fit_peak,
    polynomials,
)

LEAST_ASYMPTOTIC = 10.0
"""Background events under the peak from which on formulae of large counts are used."""

_BINS_PER_SIGMA, _BINS_PER_SIDEBAND = 4, 10
_EVENTS_PER_PARAMETER = 1.0  # least number in the sidebands, beyond the first parameter
_DOUBLINGS, _ROOT_STEPS, _ROOT_ATOL = 20, 40, 1e-8  # of profile limits, in ln CLs
_BLOCK = 1 << 21  # elements of counts in one block


@dataclass(frozen=True)
class PeakWindows:
    """What is counted around each hypothesis.

    window_sigma: half width of the counting window; gap_sigma: where the sidebands start, beyond the peak;
    sideband: width of each sideband in units of x, cut at the ends of the scan; degree: of the polynomial.
    """

    sideband: float
    window_sigma: float = 1.5
    gap_sigma: float = 3.0
    degree: int = 1

    def __post_init__(self) -> None:
        require_positive("sideband", self.sideband)
        require_positive("window_sigma", self.window_sigma)
        if not self.window_sigma <= self.gap_sigma:
            raise DomainError(
                f"gap_sigma = {self.gap_sigma:g}: expected at least window_sigma = {self.window_sigma:g}"
            )
        if not 0 <= self.degree <= 4:
            raise DomainError(f"degree = {self.degree}: expected 0 to 4")

    @property
    def efficiency(self) -> float:
        """Share of a Gaussian peak in the window."""
        return erf(self.window_sigma / sqrt(2))


@dataclass(frozen=True, eq=False)
class WindowCounts:
    """Counting result of T data sets at H hypotheses; arrays (T, H).

    n: in the window; b, sigma_b: background there from the sidebands [events]; fitted: the fit of the
    sidebands converged on enough events (elsewhere b is NaN).
    """

    n: NDArray[np.int64]
    b: FloatArray
    sigma_b: FloatArray
    fitted: NDArray[np.bool_]

    @cached_property
    def p_value(self) -> FloatArray:
        """P(N >= n | b ± σ_b) with a gamma density of b: the negative binomial, exact; NaN if not fitted."""
        from scipy.special import betainc, gammainc

        n, b = self.n.astype(float), self.b
        with np.errstate(invalid="ignore", divide="ignore"):
            shape = np.where(self.sigma_b > 0, (b / self.sigma_b) ** 2, np.inf)
            share = b / (b + shape)
            averaged = betainc(np.maximum(n, 1.0), shape, share)
            known = gammainc(np.maximum(n, 1.0), b)
        tail = np.where(n > 0, np.where(shape < 1e8, averaged, known), 1.0)
        return np.where(self.fitted, tail, np.nan)

    @property
    def local_z(self) -> FloatArray:
        """One-sided Z of the p-value."""
        from scipy.special import ndtri

        return np.asarray(-ndtri(self.p_value))

    def upper_limits(self, efficiency: float, cl: float = 0.90, known_background: bool = False) -> FloatArray:
        """s_up of the whole peak [events]: cls-counting in the window over its efficiency; NaN if not fitted.

        known_background: σ_b left out, else averaged over.
        """
        result = np.full(self.b.shape, np.nan)
        ok = self.fitted
        if np.any(ok):
            sigma = None if known_background else self.sigma_b[ok]
            result[ok] = upper_limits(self.n[ok], self.b[ok], sigma, cl) / efficiency
        return result


@dataclass(frozen=True, eq=False)
class FittedPeaks:
    """Fitted heights of the peak of T data sets at H hypotheses; arrays (T, H).

    height: events, may be negative; error: from Fisher's matrix; signed_root: sign(s) √(2 ln L(s)/L(0)), a
    unit normal without signal; background: events under ±``window_sigma``; fitted: both fits converged.
    """

    height: FloatArray
    error: FloatArray
    signed_root: FloatArray
    background: FloatArray
    fitted: NDArray[np.bool_]


@dataclass(frozen=True)
class PeakSearch:
    """A scan with the windows of each hypothesis; ``scan.densities`` are the template, its height free."""

    scan: MassScan
    windows: PeakWindows

    @cached_property
    def _edges(self) -> FloatArray:
        """Bin edges in x, (H, B + 1), cut at the ends of the scan: bins beyond have no width."""
        w = self.windows
        x = np.array(self.scan.hypotheses)[:, None]
        sigma = np.array(self.scan.resolutions)[:, None]
        inner = np.unique(np.concatenate([
            np.linspace(-w.gap_sigma, w.gap_sigma, 2 * round(_BINS_PER_SIGMA * w.gap_sigma) + 1),
            [-w.window_sigma, w.window_sigma],
        ]))  # fmt: skip
        side = np.linspace(0, 1, _BINS_PER_SIDEBAND + 1)[1:] * w.sideband
        left, right = x + sigma * inner[0] - side[::-1], x + sigma * inner[-1] + side
        edges = np.concatenate([left, x + sigma * inner, right], axis=1)
        return np.asarray(np.clip(edges, *self.scan.ends))

    @cached_property
    def _template(self) -> FloatArray:
        """Expected events of the scan in each bin, (H, B)."""
        position, below = self.scan.expected_below()
        return np.diff(np.interp(self._edges, position, below), axis=1)

    @cached_property
    def _basis(self) -> FloatArray:
        """Polynomials at the middle of each bin, over the range of the hypothesis: (H, B, degree + 1)."""
        middle = (self._edges[:, 1:] + self._edges[:, :-1]) / 2
        low, high = self._edges[:, :1], self._edges[:, -1:]
        return polynomials(2 * (middle - low) / (high - low) - 1, self.windows.degree)

    @cached_property
    def _u(self) -> FloatArray:
        x, sigma = np.array(self.scan.hypotheses)[:, None], np.array(self.scan.resolutions)[:, None]
        return np.asarray((self._edges - x) / sigma)

    @cached_property
    def _shape(self) -> FloatArray:
        """Share of a Gaussian peak in each bin, (H, B)."""
        from scipy.special import ndtr

        return np.diff(ndtr(self._u), axis=1)

    def _inside(self, half_width_sigma: float) -> NDArray[np.bool_]:
        middle = (self._u[:, 1:] + self._u[:, :-1]) / 2
        return np.asarray(np.abs(middle) < half_width_sigma)

    def _blocks(self, data: DataSets) -> list[tuple[int, int]]:
        step = max(1, _BLOCK // self._template.size)
        return [(start, min(start + step, data.size)) for start in range(0, data.size, step)]

    def _counts(self, data: DataSets, start: int, end: int) -> FloatArray:
        """(T H, B): the fits of a block in one line."""
        first, last = np.searchsorted(data.owner, [start, end])
        part = DataSets(data.position[first:last], data.owner[first:last] - start, end - start)
        counts = np.diff(part.counts(self._edges, self.scan.ends), axis=-1)
        return np.asarray(counts.reshape(-1, counts.shape[-1]).astype(float))

    def _repeated(self, sets: int, *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        return tuple(np.tile(array, (sets, *(1,) * (array.ndim - 1))) for array in arrays)

    def count(self, data: DataSets) -> WindowCounts:
        """Events in each window, and the background there from the sidebands."""
        parts = [self._count_block(data, *block) for block in self._blocks(data)]
        return WindowCounts(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _count_block(self, data: DataSets, start: int, end: int) -> tuple[NDArray[Any], ...]:
        counts = self._counts(data, start, end)
        template, basis, window, gap = self._repeated(
            end - start, self._template, self._basis, self._inside(self.windows.window_sigma),
            self._inside(self.windows.gap_sigma),
        )  # fmt: skip
        beside = np.where(gap, 0.0, template)
        fit = fit_background(counts, beside, basis)
        in_window = np.where(window, template, 0.0)
        share = in_window * np.exp(np.einsum("fbp,fp->fb", basis, np.clip(fit.coefficients, -700, 700)))
        b = share.sum(axis=1)
        slope = np.einsum("fb,fbp->fp", share, basis)
        variance = np.einsum("fp,fpq,fq->f", slope, fit.covariance, slope)
        enough = np.where(beside > 0, counts, 0.0).sum(axis=1) > self.windows.degree * _EVENTS_PER_PARAMETER
        fitted = fit.converged & enough & np.isfinite(variance) & (variance >= 0)
        n = np.where(window, counts, 0.0).sum(axis=1).astype(np.int64)
        shape = end - start, len(self.scan.hypotheses)
        b, sigma = np.where(fitted, b, np.nan), np.where(fitted, np.sqrt(np.maximum(variance, 0)), np.nan)
        return n.reshape(shape), b.reshape(shape), sigma.reshape(shape), fitted.reshape(shape)

    def fit(self, data: DataSets) -> FittedPeaks:
        """Height of a peak at each hypothesis, fitted with the background."""
        parts = [self._fit_block(data, *block) for block in self._blocks(data)]
        return FittedPeaks(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _fit_block(self, data: DataSets, start: int, end: int) -> tuple[NDArray[Any], ...]:
        counts = self._counts(data, start, end)
        template, basis, shape, window = self._repeated(
            end - start, self._template, self._basis, self._shape, self._inside(self.windows.window_sigma)
        )
        alone = fit_background(counts, template, basis)
        both = fit_peak(counts, template, basis, shape)
        gain = np.maximum(both.log_likelihood - alone.log_likelihood, 0.0)
        root = np.sign(both.peak) * np.sqrt(2 * gain)
        under = (np.where(window, template, 0.0) * _growth(basis, both)).sum(axis=1)
        error = np.sqrt(np.maximum(both.covariance[:, -1, -1], 0.0))
        fitted = alone.converged & both.converged & (error > 0)
        size = end - start, len(self.scan.hypotheses)
        kept = (np.where(fitted, each, np.nan).reshape(size) for each in (both.peak, error, root, under))
        return (*kept, fitted.reshape(size))

    def profile_limits(self, data: DataSets, cl: float = 0.90) -> FloatArray:
        """s_up of each peak [events] by CLs of q̃ with asymptotic formulae (1007.1727), (T, H).

        NaN where a fit failed or the background under the peak is below `LEAST_ASYMPTOTIC`: use the counts.
        """
        return np.concatenate([self._profile_block(data, cl, *block) for block in self._blocks(data)])

    def _profile_block(self, data: DataSets, cl: float, start: int, end: int) -> FloatArray:
        require_confidence_level(cl)
        counts = self._counts(data, start, end)
        arrays = self._repeated(end - start, self._template, self._basis, self._shape)
        found = self._fit_block(data, start, end)
        _, error, _, under, fitted = (array.ravel() for array in found)
        usable = np.asarray(fitted, bool) & (under >= LEAST_ASYMPTOTIC)
        limits = np.full(error.size, np.nan)
        if np.any(usable):
            template, basis, shape = (array[usable] for array in arrays)
            step = 1.64 * error[usable]
            limits[usable] = _profile_roots(counts[usable], template, basis, shape, 1 - cl, step)
        return limits.reshape(end - start, -1)


def _growth(basis: FloatArray, fit: PoissonFit) -> FloatArray:
    return np.asarray(np.exp(np.clip(np.einsum("fbp,fp->fb", basis, fit.coefficients), -700, 700)))


def _profile_roots(
    counts: FloatArray,
    template: FloatArray,
    basis: FloatArray,
    shape: FloatArray,
    target: float,
    step: FloatArray,
) -> FloatArray:
    """Heights s at which CLs = target, each trial a fit of the background under s; step: first one up."""
    free = fit_peak(counts, template, basis, shape)
    alone = fit_background(counts, template, basis)
    best = np.where(free.peak > 0, free.log_likelihood, alone.log_likelihood)
    asimov = template * _growth(basis, alone)
    at_zero = fit_background(asimov, template, basis).log_likelihood

    def excess(s: FloatArray) -> FloatArray:
        """ln CLs - ln target, for s at and above the best fit."""
        from scipy.special import log_ndtr

        under = fit_background_under(counts, template, basis, s[:, None] * shape)
        q = 2 * np.maximum(best - under.log_likelihood, 0.0)
        of_asimov = fit_background_under(asimov, template, basis, s[:, None] * shape)
        q_a = 2 * np.maximum(at_zero - of_asimov.log_likelihood, 1e-300)
        root, root_a = np.sqrt(q), np.sqrt(q_a)
        # beyond q_A both tails have the form for a best fit at s = 0, eqs. 65-66 of 1007.1727
        root = np.where(q > q_a, (q + q_a) / (2 * root_a), root)
        return np.asarray(log_ndtr(-root) - log_ndtr(root_a - root) - np.log(target))

    return _falling_root(excess, np.maximum(free.peak, 0.0), step)


def _falling_root(
    excess: Callable[[FloatArray], FloatArray], low: FloatArray, step: FloatArray
) -> FloatArray:
    """Where functions that fall from a positive value at ``low`` cross zero; NaN where they do not."""
    high = low + step
    f_low, f_high = excess(low + 1e-6 * step), excess(high)
    for _ in range(_DOUBLINGS):
        above = f_high > 0
        if not np.any(above):
            break
        low, f_low = np.where(above, high, low), np.where(above, f_high, f_low)
        high = np.where(above, high + step, high)
        step = np.where(above, 2 * step, step)
        f_high = np.where(above, excess(high), f_high)
    side = np.zeros(low.size)
    for _ in range(_ROOT_STEPS):  # Illinois: regula falsi that halves the value of an end that stays
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = (low * f_high - high * f_low) / (f_high - f_low)
        f_middle = excess(middle)
        above = f_middle > 0
        f_high = np.where(above & (side > 0), f_high / 2, f_high)
        f_low = np.where(~above & (side < 0), f_low / 2, f_low)
        low, f_low = np.where(above, middle, low), np.where(above, f_middle, f_low)
        high, f_high = np.where(above, high, middle), np.where(above, f_high, f_middle)
        side = np.where(above, 1.0, -1.0)
        if np.all(np.abs(f_middle) < _ROOT_ATOL):
            break
    return np.where(np.abs(f_middle) < 1e3 * _ROOT_ATOL, middle, np.nan)

"""Profile likelihood of several regions: fits of the nuisances, of the signal strength, and q-tilde.

Model: n_r ~ Poisson(mu s_r + f_r b_r); b_r >= 0 is known or measured by a_r ~ Normal(b_r, sigma_r), and each
nuisance z by z_0 ~ Normal(z, 1). A log-normal factor f is exp(w z): its measured value is 1, where the
density of ``cls-counting`` has the mean 1; a truncated Gaussian is 1 + sigma z >= 0. b_r is fitted in closed
form, mu and z by Newton's method inside their bounds, for all outcomes of an array at once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.intervals.profile import stationary_mean

_SMALLEST_MEAN = 1e-60  # stands for zero: its inverse square is finite
_SMALLEST_FACTOR = 1e-9  # of a truncated Gaussian
_STEPS = 200
_LONGEST_STEP = 2.0  # standard deviations of a nuisance
_ROUNDING = 1e-13  # of -ln L
_EXPECTED_FALL = 1e-13  # of -ln L in the next step: the fit is done, its error is of second order


@dataclass(frozen=True, eq=False)
class Outcome:
    """Data of T outcomes: counts (T, R), measured backgrounds a (T, R), measured nuisances z_0 (T, K)."""

    counts: FloatArray
    measured: FloatArray
    auxiliary: FloatArray

    def __getitem__(self, rows: np.ndarray) -> Outcome:
        return Outcome(self.counts[rows], self.measured[rows], self.auxiliary[rows])


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted mu (T,), z (T, K), b (T, R), expected events (T, R), (b - a) / sigma (T, R), -dlnL/dmu (T,)."""

    mu: FloatArray
    z: FloatArray
    background: FloatArray
    mean: FloatArray
    pull: FloatArray
    slope: FloatArray


@dataclass(frozen=True, eq=False)
class ProfileModel:
    """What a counting model predicts, and how well its backgrounds were measured.

    signals, backgrounds, sigmas: (R,) [events]; sigma = 0 is a known background. effects: (K, R),
    change of the logarithm of the factor on a background for z = 1; for the nuisances ``straight`` (K,), a
    background times 1 + effect z.
    """

    signals: FloatArray
    backgrounds: FloatArray
    sigmas: FloatArray
    effects: FloatArray
    straight: np.ndarray

    def at(self, data: Outcome, mu: float) -> Fit:
        """The nuisances fitted at a given mu."""
        strength = np.full(len(data.counts), float(mu))
        return self._fit(data, strength, strength, strength)

    def between(self, data: Outcome, start: FloatArray, mu: float) -> Fit:
        """mu fitted between 0 and ``mu``, from ``start``, with the nuisances."""
        return self._fit(data, start, np.zeros(len(data.counts)), np.full(len(data.counts), float(mu)))

    def q_tilde(self, data: Outcome, mu: float) -> FloatArray:
        """q-tilde_mu of each outcome, Eq. (16) of 1007.1727, shape (T,)."""
        return self.q_and_slopes(data, mu)[0]

    def q_and_slopes(self, data: Outcome, mu: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """q-tilde_mu (T,), sigma dq/da (T, R) and dq/dz_0 (T, K).

        Where the likelihood still rises at mu, q = 0; where it falls at zero already, the best fit is mu = 0.
        Two likelihoods are compared term by term, in differences of the fits.
        """
        tested, best = self.at(data, mu), self.at(data, 0.0)
        rising = tested.slope <= 0
        inside = np.flatnonzero(~rising & (best.slope < 0))
        if inside.size:
            part = data[inside]
            excess = (part.counts - best.mean[inside]).sum(axis=1) / self.signals.sum()
            found = self.between(part, np.clip(excess, 1e-3 * mu, mu), mu)
            best = Fit(
                *(
                    _replaced(getattr(best, f), inside, getattr(found, f))
                    for f in (field.name for field in fields(Fit))
                )
            )
        q = np.where(rising, 0.0, np.maximum(_twice_difference(data, tested, best), 0.0))
        # d(-2 ln L)/da = -2 (b - a) / sigma^2 at a maximum
        on_a, on_z = 2 * (best.pull - tested.pull), 2 * (best.z - tested.z)
        return q, np.where(rising[:, None], 0.0, on_a), np.where(rising[:, None], 0.0, on_z)

    def _fit(self, data: Outcome, start: FloatArray, low: FloatArray, high: FloatArray) -> Fit:
        lowest_z = np.where(self.straight, (_SMALLEST_FACTOR - 1) / self._widths(), -np.inf)
        rows = len(start)
        lower = np.column_stack([low, np.tile(lowest_z, (rows, 1))])
        upper = np.column_stack([high, np.full((rows, lowest_z.size), np.inf)])
        p = np.clip(np.column_stack([start, data.auxiliary]), lower, upper)
        todo = np.flatnonzero((upper > lower).any(axis=1))
        damping = np.zeros(rows)
        for _ in range(_STEPS):
            if todo.size == 0:
                return self._fitted(data, p)
            p[todo], damping[todo], done = self._step(
                data[todo], p[todo], lower[todo], upper[todo], damping[todo]
            )
            todo = todo[~done]
        raise DomainError(
            f"convention 'cls-profile': the fit of {todo.size} outcomes does not converge; check the "
            "backgrounds, the errors and the nuisances, or use 'cls-counting'"
        )

    def _step(
        self, data: Outcome, p: FloatArray, lower: FloatArray, upper: FloatArray, damping: FloatArray
    ) -> tuple[FloatArray, FloatArray, np.ndarray]:
        """One step of Newton's method, damped as by Levenberg, in the bounds; not taken where -ln L rises."""
        value, gradient, hessian = self._expanded(data, p)
        held = ((p <= lower) & (gradient > 0)) | ((p >= upper) & (gradient < 0)) | (lower == upper)
        gradient = np.where(held, 0.0, gradient)
        hessian = np.where(held[:, :, None] | held[:, None, :], 0.0, hessian)
        scale = np.ones(p.shape[1])
        scale[0] = self.signals.sum() ** 2
        diagonal = np.einsum("tii->ti", hessian)
        diagonal += np.where(held, 1.0, damping[:, None] * scale + 1e-12 * scale)
        step = -np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        step[:, 1:] = np.clip(step[:, 1:], -_LONGEST_STEP, _LONGEST_STEP)
        fall = -(step * gradient).sum(axis=1)
        tried = np.clip(p + step, lower, upper)
        better = self._value(data, tried) <= value + _ROUNDING * (1 + np.abs(value))
        done = (np.abs(fall) < _EXPECTED_FALL) & (damping < 1)
        p = np.where((better | done)[:, None], tried, p)
        return p, np.where(better, damping / 10, np.maximum(10 * damping, 1e-3)), done

    def _widths(self) -> FloatArray:
        """Effect of each straight nuisance, the same in all regions that it stands at."""
        return np.asarray(np.maximum(self.effects.max(axis=1, initial=0.0), 1e-300))

    def _factors(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Factors on the backgrounds (T, R), and dln(factor)/dz (T, K, R)."""
        straight = self.straight[:, None]
        linear = np.maximum(1 + z[:, :, None] * self.effects, _SMALLEST_FACTOR)
        factors = np.exp(z @ np.where(straight, 0.0, self.effects))
        factors = factors * np.where(straight, linear, 1.0).prod(axis=1)
        return factors, np.where(straight, self.effects / linear, self.effects)

    def _regions(self, data: Outcome, signal: FloatArray, factor: FloatArray) -> tuple[FloatArray, ...]:
        """b, expected events, n / mean, (b - a) / sigma of each region (T, R), b fitted in closed form."""
        a, sigma = data.measured, self.sigmas
        known = sigma == 0
        x, _ = stationary_mean(data.counts, factor * a, signal, factor * sigma)
        inside = x > signal
        mean = np.where(known, signal + factor * a, np.where(inside, x, signal))
        mean = np.maximum(mean, _SMALLEST_MEAN)
        ratio = data.counts / mean
        # stationary in b: (b - a) / sigma^2 = f (n / mean - 1), which keeps the digits of a small difference
        pull = np.where(inside, sigma * factor * (ratio - 1), -a / np.where(known, 1.0, sigma))
        pull = np.where(known, 0.0, pull)
        return np.where(inside | known, a + sigma * pull, 0.0), mean, ratio, pull

    def _value(self, data: Outcome, p: FloatArray) -> FloatArray:
        """-ln L, up to a constant, with b fitted."""
        _, mean, _, pull = self._regions(data, p[:, :1] * self.signals, self._factors(p[:, 1:])[0])
        return _minus_log(data, p[:, 1:], mean, pull)

    def _expanded(self, data: Outcome, p: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """-ln L with its gradient (T, 1 + K) and second derivatives in mu and z, b fitted."""
        z = p[:, 1:]
        f, slopes = self._factors(z)
        b, mean, ratio, pull = self._regions(data, p[:, :1] * self.signals, f)
        g, w = 1 - ratio, ratio / mean
        # d mean / d(mu, z) at fixed b
        moved = np.empty((*p.shape, self.signals.size))
        moved[:, 0], moved[:, 1:] = self.signals, (f * b)[:, None] * slopes
        gradient = (moved @ g[:, :, None])[:, :, 0]
        gradient[:, 1:] += z - data.auxiliary
        hessian = (moved * w[:, None]) @ moved.transpose(0, 2, 1)
        hessian[:, 1:, 1:] += self._bent(g * f * b, slopes)
        # b follows: minus (d2 / dp db)^2 / (d2 / db2) where b is fitted and not at its bound
        free = (self.sigmas > 0) & (b > 0)
        cross = moved * (w * f)[:, None]
        cross[:, 1:] += (g * f)[:, None] * slopes
        stiffness = w * f**2 + 1 / np.where(self.sigmas > 0, self.sigmas, 1.0) ** 2
        hessian -= (cross * np.where(free, 1 / stiffness, 0.0)[:, None]) @ cross.transpose(0, 2, 1)
        return _minus_log(data, z, mean, pull), gradient, hessian

    def _bent(self, on_factor: FloatArray, slopes: FloatArray) -> FloatArray:
        """Second derivatives in z (T, K, K): of the constraints, and of the factors with these weights."""
        second = (slopes * on_factor[:, None]) @ slopes.transpose(0, 2, 1)
        second[:, self.straight, self.straight] = 0.0
        return np.asarray(second + np.eye(self.straight.size))

    def _fitted(self, data: Outcome, p: FloatArray) -> Fit:
        b, mean, ratio, pull = self._regions(data, p[:, :1] * self.signals, self._factors(p[:, 1:])[0])
        return Fit(p[:, 0], p[:, 1:], b, mean, pull, ((1 - ratio) * self.signals).sum(axis=1))


def _minus_log(data: Outcome, z: FloatArray, mean: FloatArray, pull: FloatArray) -> FloatArray:
    """-ln L up to a constant."""
    terms = mean - data.counts * np.log(mean) + pull**2 / 2
    return np.asarray(terms.sum(axis=1) + ((z - data.auxiliary) ** 2).sum(axis=1) / 2)


def _twice_difference(data: Outcome, tested: Fit, best: Fit) -> FloatArray:
    from scipy.special import xlog1py

    shift = tested.mean - best.mean
    terms = shift - xlog1py(data.counts, shift / best.mean)
    terms = terms + (tested.pull - best.pull) * (tested.pull + best.pull) / 2
    moved = (tested.z - best.z) * ((tested.z + best.z) / 2 - data.auxiliary)
    return np.asarray(2 * (terms.sum(axis=1) + moved.sum(axis=1)))


def _replaced(values: FloatArray, rows: np.ndarray, new: FloatArray) -> FloatArray:
    result = values.copy()
    result[rows] = new
    return result

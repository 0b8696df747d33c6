"""From local to global: the chance that a background-only scan shows so large a local Z anywhere.

Measured with toys of the background at the real resolution. Cross-check: the number of upcrossings of a low
level, extrapolated (E. Gross and O. Vitells, 1005.1891, Eq. (3) for one degree of freedom).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.checks import require_count, require_positive
from feebly.statistics.excess.mass_scan import DataSets, LocalTest, MassScan, data_set
from feebly.statistics.proportions import StatedInterval, wilson

Progress = Callable[[int, int], None]

LEAST_TOYS = 100
UPCROSSING_LEVEL = 1.0
"""Local Z whose upcrossings are counted: often crossed, so that few toys are enough."""

MOST_SIGMAS = 37.0
MOST_EVENTS = 1e6

_TIE = 1e-9  # relative difference below which two Z count as equal
_BLOCK_EVENTS = 1 << 20
_MOST_TOYS_OF_BLOCK = 250


@dataclass(frozen=True, slots=True)
class GlobalSignificance:
    """A local Z and what it is worth in a scan.

    local_z, local_p: one-sided, as they are quoted, local_p = Phi(-local_z). reached_p: how often a
    hypothesis reaches local_z without signal, averaged over the hypotheses; below local_p where counts are
    few, another value where the test is asymptotic and should not be. global_p: how often any of them does;
    global_interval: its 68% interval (Wilson). trials_factor +- trials_error: number of independent
    hypotheses that would make global_p of local_p, ln(1 - global_p) / ln(1 - local_p).
    """

    local_z: float
    local_p: float
    reached_p: float
    global_p: float
    global_interval: StatedInterval
    trials_factor: float
    trials_error: float


@dataclass(frozen=True, eq=False)
class _Tally:
    """By toy: largest Z, hypotheses that reach each threshold (T, thresholds), upcrossings of the level."""

    z_max: FloatArray
    reached: FloatArray
    upcrossings: FloatArray
    some_event: float  # probability of at least one event: empty data sets are not simulated


def global_significances(
    scan: MassScan,
    test: LocalTest,
    local_z: Sequence[float],
    toys: int = 10_000,
    seed: int = 1,
    progress: Progress | None = None,
) -> tuple[GlobalSignificance, ...]:
    """Global p-value and trials factor of each local Z (> 0, one-sided).

    toys: data sets of the background with at least one event. progress(done, toys) is called along the way.
    Raises DomainError for impossible numbers.
    """
    thresholds = np.array([_require_z(z) for z in local_z])
    tally = _simulate(scan, test, thresholds, toys, seed, progress)
    size = len(scan.hypotheses)
    return tuple(_summary(tally, k, float(z), size) for k, z in enumerate(thresholds))


def observed_significance(
    scan: MassScan,
    test: LocalTest,
    events: Sequence[float],
    toys: int = 10_000,
    seed: int = 1,
    progress: Progress | None = None,
) -> tuple[float, GlobalSignificance]:
    """Most significant hypothesis of the observed events (the middle one of equals), and what it is worth.

    Raises DomainError where no hypothesis shows an excess.
    """
    z = test.z(scan, data_set(events, scan))[0]
    alike = np.flatnonzero(z >= (1 - _TIE) * z.max())
    best = int(alike[alike.size // 2])
    if not z[best] > 0:
        raise DomainError(
            f"{len(events)} events: no hypothesis shows an excess; there is nothing to globalise"
        )
    (found,) = global_significances(scan, test, [float(z[best])], toys, seed, progress)
    return scan.hypotheses[best], found


def gross_vitells(
    scan: MassScan,
    test: LocalTest,
    local_z: Sequence[float],
    toys: int = 1_000,
    seed: int = 1,
    progress: Progress | None = None,
) -> tuple[float, ...]:
    """Upper bound on the global p-value of each local Z, from the upcrossings of ``UPCROSSING_LEVEL``.

    P <= Phi(-Z) + <N(level)> exp((level^2 - Z^2) / 2), 1005.1891 Eq. (3), for hypotheses so dense that Z
    changes little between neighbours: use ``scan.refined(0.25)``. Only where the background under the peak
    is large (asymptotic).
    """
    thresholds = np.array([_require_z(z) for z in local_z])
    tally = _simulate(scan, test, thresholds, toys, seed, progress)
    crossings = tally.some_event * float(tally.upcrossings.mean())
    growth = np.exp((UPCROSSING_LEVEL**2 - thresholds**2) / 2)
    return tuple(np.minimum(_normal_tail(thresholds) + crossings * growth, 1.0).tolist())


def background_toys(scan: MassScan, size: int, rng: np.random.Generator) -> DataSets:
    """Data sets of the background with at least one event each."""
    x, below = scan.expected_below()
    total = below[-1]
    # a Poisson process on (0, total): the first event given that there is one, the others after it
    first = -np.log1p(rng.random(size) * np.expm1(-total))
    others = rng.poisson(total - first)
    later = np.repeat(first, others)
    places = np.concatenate([first, later + rng.random(later.size) * (total - later)])
    owner = np.concatenate([np.arange(size), np.repeat(np.arange(size), others)])
    position = np.interp(places, below, x)
    order = np.lexsort((position, owner))
    return DataSets(position[order], owner[order], size)


def _require_z(z: float) -> float:
    if require_positive("local Z", z) > MOST_SIGMAS:
        raise DomainError(f"local Z = {z:g}: expected at most {MOST_SIGMAS:g}, the p-value is 0 beyond")
    return z


def _simulate(
    scan: MassScan, test: LocalTest, thresholds: FloatArray, toys: int, seed: int, progress: Progress | None
) -> _Tally:
    toys = require_count("toys", toys)
    if toys < LEAST_TOYS:
        raise DomainError(f"toys = {toys}: expected {LEAST_TOYS} or more")
    rng = np.random.default_rng(np.random.SeedSequence(require_count("seed", seed)))
    total = float(scan.expected_below()[1][-1])
    if total > MOST_EVENTS:
        raise DomainError(
            f"{total:.3g} background events in the scan: expected at most {MOST_EVENTS:.0e}, each is thrown"
        )
    step = int(np.clip(_BLOCK_EVENTS / (1 + total), 1, _MOST_TOYS_OF_BLOCK))
    z_max, reached, upcrossings = np.empty(toys), np.empty((toys, thresholds.size)), np.empty(toys)
    for start in range(0, toys, step):
        block = slice(start, min(start + step, toys))
        z = test.z(scan, background_toys(scan, block.stop - start, rng))
        z_max[block] = z.max(axis=1)
        reached[block] = (z[:, :, None] >= (1 - _TIE) * thresholds).sum(axis=1)
        upcrossings[block] = ((z[:, :-1] < UPCROSSING_LEVEL) & (z[:, 1:] >= UPCROSSING_LEVEL)).sum(axis=1)
        if progress:
            progress(block.stop, toys)
    return _Tally(z_max, reached, upcrossings, -math.expm1(-total))


def _summary(tally: _Tally, k: int, z: float, hypotheses: int) -> GlobalSignificance:
    passed = int((tally.z_max >= (1 - _TIE) * z).sum())
    global_p = tally.some_event * passed / tally.z_max.size
    interval = wilson(passed, tally.z_max.size, "68%").scaled(tally.some_event)
    local_p = float(_normal_tail(np.array(z)))
    return GlobalSignificance(
        local_z=z,
        local_p=local_p,
        reached_p=tally.some_event * float(tally.reached[:, k].mean()) / hypotheses,
        global_p=global_p,
        global_interval=interval,
        trials_factor=_trials_factor(global_p, local_p),
        trials_error=(_trials_factor(interval.upper, local_p) - _trials_factor(interval.lower, local_p)) / 2,
    )


def _trials_factor(global_p: float, local_p: float) -> float:
    return math.log1p(-global_p) / math.log1p(-local_p) if global_p < 1 else math.inf


def _normal_tail(z: FloatArray) -> FloatArray:
    from scipy.special import ndtr

    return np.asarray(ndtr(-z))

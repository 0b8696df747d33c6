"""What an analysis saw, by mass hypothesis: open regions, counts, and the limit on the total signal.

The default statistic is the total count over the signal regions that are open at a mass, as in the published
combined contour of 2502.04241. The limit s_up is constant between the masses where a region opens and
where an event enters or leaves its mass window. With the likelihood ratio s_up depends on the yields of the
regions as well: ``ratio_limits.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.analysis.analysis import Analysis
from feebly.analysis.regions import Region
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray, Model
from feebly.limits.expected_bands import BAND_KINDS, NO_BANDS, BandChoice
from feebly.statistics import (
    Background,
    Fixed,
    Sum,
    TruncatedGaussian,
    cls_value,
    expected_band,
    expected_limit,
    upper_limit,
)
from feebly.statistics.backgrounds import CountDistribution
from feebly.statistics.intervals.conventions import TAIL_CURVES
from feebly.statistics.intervals.limits import Limit
from feebly.statistics.regions.joint_cells import JOINT_CONVENTIONS
from feebly.statistics.regions.ordering import ORDERINGS, TOTAL_COUNT

Curve = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What decides the limit at one mass: the open final states and the counts in their signal regions."""

    final_states: tuple[str, ...]
    counts: tuple[int, ...] | None

    @property
    def observed(self) -> int | None:
        """Events in all of its signal regions."""
        return None if self.counts is None else sum(self.counts)


@dataclass(frozen=True)
class Observation:
    """Signal regions of the chosen final states, with the conventions of the limit.

    final_states: tags of ``analysis`` that ``model`` has. cl, convention, signal_error: as in
    ``feebly.statistics.upper_limit``. ordering: ``total-count`` or ``likelihood-ratio``. bands: of the
    expected limit. A projection has no observed limit. Raises ConfigError for unknown final states, an
    unknown ordering, ``cls-profile`` with several regions or a background that is not b +- sigma, and
    conventions without likelihood ratio.
    """

    analysis: Analysis
    model: Model
    final_states: tuple[str, ...]
    cl: float = 0.90
    convention: str = "cls-counting"
    signal_error: float = 0.0
    ordering: str = TOTAL_COUNT
    bands: BandChoice = NO_BANDS

    def __post_init__(self) -> None:
        if self.ordering not in ORDERINGS:
            raise unknown("ordering", self.ordering, ORDERINGS)
        if self.ordering != TOTAL_COUNT and self.convention not in JOINT_CONVENTIONS:
            raise ConfigError(
                f"convention {self.convention!r} with ordering {self.ordering!r}: expected convention "
                f"{' or '.join(JOINT_CONVENTIONS)}, or ordering {TOTAL_COUNT!r}"
            )
        for tag in self.final_states:
            self.region(tag)
            self.model.threshold_gev(tag)
        if self.convention == "cls-profile":
            self._refuse_profile_of_many()

    def _refuse_profile_of_many(self) -> None:
        """The profile convention is for one region whose background is a number, with or without an error."""
        simple = [tag for tag in self.final_states if _is_number(self.region(tag).background.density)]
        if len(self.final_states) == len(simple) == 1:
            return
        channels = ", ".join(self.final_states)
        alone = f"{' or '.join(simple)} alone, or " if simple else ""
        raise ConfigError(
            f"convention 'cls-profile' with channels {channels}: expected one region with a background "
            f"b +- sigma; choose {alone}convention 'cls-counting'"
        )

    def region(self, final_state: str) -> Region:
        """Signal region of a final state."""
        return self.analysis.final_state(final_state).signal_region

    @property
    def has_counts(self) -> bool:
        """Whether every region has an observed count; a projection has none."""
        return all(self.region(tag).observed is not None for tag in self.final_states)

    def open_at(self, final_state: str, mass_gev: ArrayLike) -> NDArray[np.bool_]:
        """Whether a final state is above its threshold and searched."""
        above = np.asarray(mass_gev, float) > self.model.threshold_gev(final_state)
        return above & ~self.analysis.final_state(final_state).masked_at(mass_gev)

    def counts(self, mass_gev: ArrayLike) -> dict[str, NDArray[np.int64]] | None:
        """Observed events by final state at each mass, zero where it is closed; None for a projection."""
        if not self.has_counts:
            return None
        return {
            tag: np.where(self.open_at(tag, mass_gev), self.region(tag).observed_at(mass_gev), 0)
            for tag in self.final_states
        }

    def jumps_gev(self) -> FloatArray:
        """Masses at which s_up may change, in order: thresholds, edges of masks and of windows of events."""
        thresholds = [self.model.threshold_gev(tag) for tag in self.final_states]
        states = [self.analysis.final_state(tag) for tag in self.final_states]
        edges = [edge for state in states for mask in state.masks for edge in mask.edges_gev]
        windows = [
            event.mass_gev + side * event.mass_window_gev
            for tag in self.final_states
            for event in self.region(tag).events
            for side in (-1, 1)
        ]
        return np.unique([*thresholds, *edges, *windows])

    def ranges_gev(self) -> FloatArray:
        """One mass between each two neighbours of the jumps, one below and one above all."""
        jumps = self.jumps_gev()
        return np.sqrt(np.append(jumps[0] / 2, jumps) * np.append(jumps, 2 * jumps[-1]))

    def hypotheses(self, mass_gev: ArrayLike) -> tuple[list[Hypothesis], NDArray[np.int64]]:
        """The distinct hypotheses among the masses (M,), and which of them each mass belongs to."""
        mass = np.asarray(mass_gev, float)
        seen = self.counts(mass)
        counts = (
            seen if seen is not None else dict.fromkeys(self.final_states, np.zeros(mass.shape, np.int64))
        )
        # -1: a closed region
        columns = [np.where(self.open_at(tag, mass), counts[tag], -1) for tag in self.final_states]
        distinct, index = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        found = []
        for row in distinct:
            open_states = {tag: int(n) for tag, n in zip(self.final_states, row, strict=True) if n >= 0}
            found.append(Hypothesis(tuple(open_states), tuple(open_states.values()) if seen else None))
        return found, index.reshape(-1)

    def background(self, final_states: Iterable[str]) -> Background:
        """Background of the total count in the regions of these final states."""
        parts: list[Background] = [self.region(tag).background.density for tag in final_states]
        if self.convention != "cls-profile":
            parts = [_Remembered(part) for part in parts]
        return parts[0] if len(parts) == 1 else Sum(tuple(parts))

    def s_up_observed(self, mass_gev: ArrayLike) -> FloatArray | None:
        """Upper limit of the total count on the total signal [events] at each mass; None for a projection.

        NaN where all final states are closed.
        """

        def limit(hypothesis: Hypothesis) -> float:
            b = self.background(hypothesis.final_states)
            return _upper_limit(hypothesis.observed or 0, b, self.cl, self.convention, self.signal_error)

        return self.by_mass(mass_gev, limit) if self.has_counts else None

    def s_up_expected(self, mass_gev: ArrayLike) -> FloatArray:
        """As observed, at the median count under the background alone."""

        def limit(hypothesis: Hypothesis) -> float:
            b = self.background(hypothesis.final_states)
            return _expected_limit(b, self.cl, self.convention, self.signal_error)

        return self.by_mass(mass_gev, limit)

    def s_up_band(self, kind: str, mass_gev: ArrayLike) -> FloatArray:
        """As expected, at the quantile of a kind of ``BAND_KINDS``; full bands are of the nominal signal.

        Of the total count, as ``s_up_observed`` and ``s_up_expected``.
        """

        def limit(hypothesis: Hypothesis) -> float:
            b = self.background(hypothesis.final_states)
            band = _expected_band(b, self.cl, self.convention, self.signal_error, self.bands)
            return band[BAND_KINDS[kind]]

        return self.by_mass(mass_gev, limit)

    def cls(self, mass_gev: ArrayLike, signal: FloatArray) -> FloatArray | None:
        """CLs of the signal [events], shape (M, C), for the observed counts; 1 where all is closed.

        None for a projection and for a convention without CLs.
        """
        if not self.has_counts or self.convention not in TAIL_CURVES:
            return None
        result = np.ones(signal.shape)
        found, index = self.hypotheses(mass_gev)
        for k, hypothesis in enumerate(found):
            if hypothesis.final_states:
                rows = index == k
                result[rows] = self._cls_curve(hypothesis)(signal[rows])
        return result

    def _cls_curve(self, hypothesis: Hypothesis) -> Curve:
        n, b = hypothesis.observed or 0, self.background(hypothesis.final_states)

        def exact(signal: FloatArray) -> FloatArray:
            return cls_value(n, signal, b, self.signal_error, self.convention)

        if self.convention != "cls-profile":
            return exact
        s_up = _upper_limit(n, b, self.cl, self.convention, self.signal_error)
        return _interpolated(exact, s_up)

    def by_mass(self, mass_gev: ArrayLike, limit: Callable[[Hypothesis], float]) -> FloatArray:
        """A number of each hypothesis at each mass, NaN where all final states are closed."""
        found, index = self.hypotheses(mass_gev)
        return np.array([limit(h) if h.final_states else np.nan for h in found])[index]


def _is_number(background: Background) -> bool:
    return isinstance(background, Fixed | TruncatedGaussian)


def _interpolated(cls: Curve, s_up: float) -> Curve:
    """ln CLs as straight lines between 80 signals about the limit: for conventions that take ms per point.

    Good to 3e-3 up to 30 s_up, where CLs is below 1e-20; beyond, the last line goes on.
    """
    signal = np.concatenate([[0.0], s_up * np.geomspace(1e-3, 30.0, 80)])
    with np.errstate(divide="ignore"):
        log_cls = np.maximum(np.log(np.append(1.0, cls(signal[1:]))), -600.0)
    slope = (log_cls[-1] - log_cls[-2]) / (signal[-1] - signal[-2])

    def curve(s: FloatArray) -> FloatArray:
        beyond = np.maximum(s - signal[-1], 0.0) * min(slope, 0.0)
        return np.asarray(np.exp(np.interp(s, signal, log_cls) + beyond))

    return curve


@dataclass(frozen=True)
class _Remembered:
    """A background whose counts are computed once: several sets of open regions share it."""

    background: Background

    @property
    def mean(self) -> float:
        return self.background.mean

    def counts(self, n_max: int) -> CountDistribution:
        listed = _counts(self.background, max(31, n_max))
        return CountDistribution(listed.pmf[: n_max + 1], listed.tail[: n_max + 1])


@lru_cache(maxsize=256)
def _counts(background: Background, n_max: int) -> CountDistribution:
    return background.counts(n_max)


@lru_cache(maxsize=256)
def _upper_limit(n: int, b: Background, cl: float, convention: str, signal_error: float) -> float:
    return _not_empty(upper_limit(n, b, None, cl, convention, signal_error))


@lru_cache(maxsize=256)
def _expected_limit(b: Background, cl: float, convention: str, signal_error: float) -> float:
    return _not_empty(expected_limit(b, None, cl, convention, signal_error))


@lru_cache(maxsize=256)
def _expected_band(
    b: Background, cl: float, convention: str, signal_error: float, choice: BandChoice
) -> dict[float, float]:
    """Limit by the standard deviations of its quantile."""
    band = expected_band(b, None, cl, convention, signal_error, choice.bands, choice.thrown_error)
    return dict(zip(band.sigmas, band.s_up, strict=True))


def _not_empty(limit: Limit) -> float:
    """An empty interval excludes every signal: no contour can be drawn of it."""
    if limit.empty:
        raise ConfigError(
            f"convention {limit.convention!r} with n = {limit.n}, b = {limit.background_mean:g}: the "
            "interval is empty, every signal would be excluded; choose 'cls-counting'"
        )
    return limit.s_up

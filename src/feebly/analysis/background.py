"""Expected backgrounds of a region, with what their intervals mean.

Each kind has a ``mean`` (events at the POT of the analysis), the ``density`` of b that a limit uses, and
``scaled``. The mean need not be the published central value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from feebly.core.errors import unknown
from feebly.core.provenance import Origin
from feebly.core.records import require, require_not_negative, require_positive
from feebly.statistics.backgrounds import Background as Density
from feebly.statistics.backgrounds import BetaProduct, IntervalMeaning, TruncatedGaussian
from feebly.statistics.excess.region_table import (
    RegionTable,
    StatedBackground,
    load_region_table,
    region_table_names,
)
from feebly.statistics.proportions import Meaning
from feebly.statistics.rejection import RejectionChain, Survival


@dataclass(frozen=True, slots=True)
class Interval:
    """A published number with its errors: ``central`` +``up`` -``down`` events.

    ``meaning`` says what the errors are, as in ``feebly.statistics.proportions``: ``90%`` or ``limit 90%``.
    """

    central: float
    up: float
    down: float
    meaning: Meaning

    def __post_init__(self) -> None:
        require_not_negative(self, "central", "up", "down")


@dataclass(frozen=True, slots=True)
class GaussianBackground:
    """b = ``mean`` +- ``sigma`` events, a Gaussian truncated at zero."""

    mean: float
    sigma: float
    meaning: str
    origin: Origin
    kind: Literal["gaussian"] = "gaussian"

    def __post_init__(self) -> None:
        require_not_negative(self, "mean", "sigma")

    @property
    def density(self) -> TruncatedGaussian:
        """Probability density of b."""
        return TruncatedGaussian(self.mean, self.sigma)

    def scaled(self, factor: float) -> GaussianBackground:
        """The same background for ``factor`` times the POT: the relative error stays."""
        origin = _scaled_origin(self.origin, factor)
        return replace(self, mean=factor * self.mean, sigma=factor * self.sigma, origin=origin)


@dataclass(frozen=True, slots=True)
class IntervalBackground:
    """b = ``mean`` + ``plus`` - ``minus`` events, a central interval of probability ``interval``.

    A two-piece normal truncated at zero; a symmetric 68% interval is a truncated Gaussian.
    """

    mean: float
    plus: float
    minus: float
    interval: IntervalMeaning
    origin: Origin
    kind: Literal["interval"] = "interval"

    def __post_init__(self) -> None:
        require_not_negative(self, "mean")
        require_positive(self, "plus", "minus")

    @property
    def meaning(self) -> str:
        """What the errors are."""
        return f"{self.interval} interval"

    @property
    def density(self) -> Density:
        """Probability density of b."""
        return StatedBackground(self.mean, self.plus, self.minus).density(self.interval)

    def scaled(self, factor: float) -> Background:
        """The same background for ``factor`` times the POT: the relative errors stay."""
        origin = _scaled_origin(self.origin, factor)
        if factor == 0:
            return GaussianBackground(0.0, 0.0, "none", origin)
        mean, plus, minus = (factor * each for each in (self.mean, self.plus, self.minus))
        return replace(self, mean=mean, plus=plus, minus=minus, origin=origin)


@dataclass(frozen=True, slots=True)
class TabulatedBackground:
    """Background of one ``region`` of one ``channel`` of a table of published backgrounds.

    ``table``: name of a file of ``data/counting``; the numbers, their meaning and origin are taken from it.
    """

    table: str
    channel: str
    region: Literal["signal", "control"]
    kind: Literal["table"] = "table"

    def __post_init__(self) -> None:
        require(
            self.table in region_table_names(), self, "table", f"one of {', '.join(region_table_names())}"
        )
        if self.channel not in self._table.channels:
            raise unknown(f"channel of {self.table}", self.channel, self._table.channels)

    @property
    def _table(self) -> RegionTable:
        return _shipped_table(self.table)

    @property
    def stated(self) -> IntervalBackground:
        """The numbers of the table."""
        channel = self._table.channels[self.channel]
        stated = channel.signal if self.region == "signal" else channel.control
        errors = stated.mean, stated.plus, stated.minus
        return IntervalBackground(*errors, self._table.meaning, self._table.origin)

    @property
    def mean(self) -> float:
        """Central number of the table [events]."""
        return self.stated.mean

    @property
    def meaning(self) -> str:
        """What the errors are."""
        return self.stated.meaning

    @property
    def origin(self) -> Origin:
        """Where the table is from."""
        return self._table.origin

    @property
    def density(self) -> Density:
        """Probability density of b."""
        return self.stated.density

    def scaled(self, factor: float) -> Background:
        """The same background for ``factor`` times the POT: the relative errors stay."""
        return self.stated.scaled(factor)


@cache
def _shipped_table(name: str) -> RegionTable:
    return load_region_table(name)


@dataclass(frozen=True, slots=True)
class RejectionStep:
    """A cut that ``remaining`` of the ``RejectionFactors.before`` simulated (weighted) events survive."""

    name: str
    remaining: float

    def __post_init__(self) -> None:
        require_not_negative(self, "remaining")


@dataclass(frozen=True, slots=True)
class RejectionFactors:
    """b = before * product over the steps of (1 - eta), the steps taken as independent.

    ``before`` +- ``before_sigma``: weighted simulated events before the steps, equivalent to
    n_eff = (before / before_sigma)^2 unweighted ones, of which k = n_eff * remaining / before survive a step.
    With Jeffreys' prior 1 - eta has the density Beta(k + 1/2, n_eff - k + 1/2). ``published`` is recorded for
    comparison and not used.
    """

    before: float
    before_sigma: float
    steps: tuple[RejectionStep, ...]
    meaning: str
    origin: Origin
    published: Interval | None = None
    kind: Literal["rejection-factors"] = "rejection-factors"

    def __post_init__(self) -> None:
        require_positive(self, "before", "before_sigma")
        require(len(self.steps) > 0, self, "steps", "at least one step")
        survive = all(step.remaining <= self.before for step in self.steps)
        require(survive, self, "steps", f"at most before = {self.before} events remaining")

    @property
    def chain(self) -> RejectionChain:
        """The numbers without their origins, as ``feebly.statistics`` takes them."""
        steps = tuple(Survival(step.name, step.remaining) for step in self.steps)
        return RejectionChain(self.before, self.before_sigma, steps)

    @property
    def effective_events(self) -> float:
        """n_eff, number of unweighted events with the same relative error."""
        return self.chain.trials

    @property
    def density(self) -> BetaProduct:
        """Probability density of b: independent Beta posteriors with Jeffreys' prior."""
        return self.chain.posterior

    @property
    def mean(self) -> float:
        """Posterior mean [events]."""
        return self.density.mean

    def quantile(self, probability: float) -> float:
        """Posterior quantile of b [events]."""
        return self.density.quantile(probability)

    def scaled(self, factor: float) -> Background:
        """The same background for ``factor`` times the POT: n_eff and the factors 1 - eta stay."""
        if factor == 0:
            return GaussianBackground(0.0, 0.0, "none", _scaled_origin(self.origin, factor))
        steps = tuple(replace(step, remaining=factor * step.remaining) for step in self.steps)
        return replace(
            self,
            before=factor * self.before,
            before_sigma=factor * self.before_sigma,
            steps=steps,
            published=None,
            origin=_scaled_origin(self.origin, factor),
        )


def _scaled_origin(origin: Origin, factor: float) -> Origin:
    return Origin("derived", f"{factor:.4g} times: {origin}")


Background = GaussianBackground | IntervalBackground | TabulatedBackground | RejectionFactors

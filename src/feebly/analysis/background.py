"""Expected backgrounds of a region, with what their intervals mean.

Each kind has ``mean`` and ``sigma`` (events at the POT of the analysis) and ``scaled``. The mean is that of
the probability density of b that the limit uses, which need not be the published central value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from feebly.core.provenance import Origin
from feebly.core.records import require, require_not_negative, require_positive


@dataclass(frozen=True, slots=True)
class Interval:
    """A published number with its errors: ``central`` +``up`` -``down`` events.

    ``meaning`` says what the errors are (probability content, quantiles or limits).
    """

    central: float
    up: float
    down: float
    meaning: str

    def __post_init__(self) -> None:
        require_not_negative(self, "central", "up", "down")

    def scaled(self, factor: float) -> Interval:
        """All numbers times ``factor``."""
        return replace(self, central=factor * self.central, up=factor * self.up, down=factor * self.down)


@dataclass(frozen=True, slots=True)
class GaussianBackground:
    """b = ``mean`` +- ``sigma`` events, a Gaussian truncated at zero (STAT: counting with nuisance)."""

    mean: float
    sigma: float
    meaning: str
    origin: Origin
    kind: Literal["gaussian"] = "gaussian"

    def __post_init__(self) -> None:
        require_not_negative(self, "mean", "sigma")

    def scaled(self, factor: float) -> GaussianBackground:
        """The same background for ``factor`` times the POT: the relative error stays."""
        return replace(self, mean=factor * self.mean, sigma=factor * self.sigma)


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
    published: Interval
    meaning: str
    origin: Origin
    kind: Literal["rejection-factors"] = "rejection-factors"

    def __post_init__(self) -> None:
        require_positive(self, "before", "before_sigma")
        require(len(self.steps) > 0, self, "steps", "at least one step")
        survive = all(step.remaining <= self.before for step in self.steps)
        require(survive, self, "steps", f"at most before = {self.before} events remaining")

    @property
    def effective_events(self) -> float:
        """n_eff, number of unweighted events with the same relative error."""
        return (self.before / self.before_sigma) ** 2

    @property
    def beta_parameters(self) -> tuple[tuple[float, float], ...]:
        """(alpha, beta) of the posterior density of 1 - eta, one pair per step."""
        n = self.effective_events
        survived = [n * step.remaining / self.before for step in self.steps]
        return tuple((k + 0.5, n - k + 0.5) for k in survived)

    @property
    def mean(self) -> float:
        """Posterior mean [events]: before times the product of the Beta means alpha / (alpha + beta)."""
        return self.before * math.prod(a / (a + b) for a, b in self.beta_parameters)

    @property
    def sigma(self) -> float:
        """Posterior standard deviation [events], from E[x^2] = a (a + 1) / ((a + b)(a + b + 1)) per step."""
        second = math.prod(a * (a + 1) / ((a + b) * (a + b + 1)) for a, b in self.beta_parameters)
        return math.sqrt(self.before**2 * second - self.mean**2)

    def scaled(self, factor: float) -> RejectionFactors:
        """The same background for ``factor`` times the POT: n_eff and the factors 1 - eta stay."""
        steps = tuple(replace(step, remaining=factor * step.remaining) for step in self.steps)
        return replace(
            self,
            before=factor * self.before,
            before_sigma=factor * self.before_sigma,
            steps=steps,
            published=self.published.scaled(factor),
        )


Background = GaussianBackground | RejectionFactors

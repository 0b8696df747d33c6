"""Expected background from rejection factors: candidates times the chance to survive independent cuts.

N_bkg = N (1 - eta_1)(1 - eta_2) .., the factors measured one by one on the same simulated events and taken as
independent, because too few survive all of them together (e+ e- search of NA62, 2312.12055).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics.backgrounds import BetaProduct
from feebly.statistics.checks import repeated, require_non_negative, require_positive
from feebly.statistics.proportions import (
    StatedInterval,
    effective_trials,
    proportion_interval,
    tail_probabilities,
)


@dataclass(frozen=True, slots=True)
class Survival:
    """A cut that ``remaining`` of the ``RejectionChain.before`` weighted events survive, taken alone."""

    name: str
    remaining: float

    def __post_init__(self) -> None:
        require_non_negative(f"step {self.name}: remaining", self.remaining)


@dataclass(frozen=True, slots=True)
class RejectionChain:
    """``before`` +- ``before_sigma`` weighted events, and the cuts that follow.

    All steps are measured on these events, which are worth (before / before_sigma)^2 unweighted ones.
    """

    before: float
    before_sigma: float
    steps: tuple[Survival, ...]

    def __post_init__(self) -> None:
        require_positive("before", self.before)
        require_positive("before_sigma", self.before_sigma)
        if not self.steps:
            raise ConfigError("rejection chain: expected at least one step")
        if twice := repeated(step.name for step in self.steps):
            raise ConfigError(f"step {twice!r} stands twice: expected each step once")
        for step in self.steps:
            if step.remaining > self.before:
                raise DomainError(
                    f"step {step.name}: remaining = {step.remaining!r}: expected at most before = "
                    f"{self.before!r}"
                )

    @property
    def trials(self) -> float:
        """Effective number of unweighted events."""
        return effective_trials(self.before, self.before_sigma)

    def survival(self, step: Survival) -> float:
        """1 - eta of a step."""
        return step.remaining / self.before

    def survival_interval(
        self, step: Survival, meaning: str = "68%", method: str = "wilson"
    ) -> StatedInterval:
        """Interval of 1 - eta of a step."""
        return proportion_interval(self._passed(step), self.trials, meaning, method)

    @property
    def posterior(self) -> BetaProduct:
        """Density of the expected events after all steps: Beta posteriors of Jeffreys' prior."""
        return BetaProduct(self.before, tuple(self._passed(step) for step in self.steps), self.trials)

    @property
    def product(self) -> float:
        """before times the central 1 - eta of all steps; 0 where a step leaves nothing."""
        return self.before * math.prod(self.survival(step) for step in self.steps)

    def interval(self, meaning: str = "90%") -> StatedInterval:
        """Posterior interval of the expected events after all steps.

        Where nothing survives a step only an upper limit can be stated: ConfigError for another meaning.
        """
        below, above = tail_probabilities(meaning)
        empty = [step.name for step in self.steps if step.remaining == 0]
        if below > 0 and empty:
            raise ConfigError(
                f"nothing survives {', '.join(empty)}: expected a limit such as 'limit {meaning}', "
                f"got {meaning!r}"
            )
        lower = self.posterior.quantile(below) if below > 0 else 0.0
        return StatedInterval(lower, self.posterior.quantile(1 - above), meaning)

    def _passed(self, step: Survival) -> float:
        return self.trials * self.survival(step)

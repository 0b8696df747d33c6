"""What a search says of any particle of its kind: limits against mass, lifetime and branching ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.limits.observation import Observation
from feebly.physics.models.free_lifetime import CTAU, FreeLifetime
from feebly.physics.production.fixed_rate import FixedRate
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, GridRange, choose, choose_range
from feebly.workflow.result import RunResult
from feebly.workflow.run import exclusion, signal_yields
from feebly.workflow.sampling import Sampling, table_requests

CTAU_RANGE_M: GridRange = (1e-4, 1e6, 100)
"""Proper decay lengths where nothing is said: 0.1 mm to 1000 km."""


@dataclass(frozen=True)
class LifetimeQuestion:
    """One particle of free lifetime: parent's branching ratio and final states, in one search.

    model: gives the kinematics of ``production`` (decays of one parent) and the ratio of its modes.
    branching_ratio: BR(parent -> recoil X), all modes together. ratios: BR(X -> final state), 1 for a single
    one that is not in it. The other fields are those of ``feebly.run``.
    """

    model: str
    production: tuple[str, ...]
    channels: tuple[str, ...]
    branching_ratio: float = 1.0
    ratios: Mapping[str, float] | None = None
    experiment: str | Path = DEFAULT_EXPERIMENT
    analysis: str | Path | None = None
    preset: str | None = None
    response: Mapping[str, str] | str | None = None
    pot: float | None = None
    cl: float = 0.90
    convention: str = "cls-counting"

    def choices(self, mass: GridRange | None, ctau: GridRange | None) -> Choices:
        """The choices of a run whose coupling is the proper decay length."""
        base = choose(
            self.model,
            self.experiment,
            self.analysis,
            channels=self.channels,
            production=self.production,
            preset_name=self.preset,
            response=self.response,
            pot=self.pot,
            mass=mass,
        )
        fixed = tuple(FixedRate(each, base.production, self.branching_ratio) for each in base.production)
        lifetime = choose_range("ctau", ctau, CTAU_RANGE_M)
        particle = FreeLifetime(base.model, self._ratios(), lifetime)
        return replace(base, model=particle, production=fixed, coupling=lifetime)

    def observation(self, choices: Choices) -> Observation:
        """What the search saw."""
        return Observation(choices.analysis, choices.model, choices.channels, self.cl, self.convention)

    def _ratios(self) -> dict[str, float]:
        given = dict(self.ratios or {})
        if not given and len(self.channels) == 1:
            return {self.channels[0]: 1.0}
        if set(given) != set(self.channels):
            example = ",".join(f"{tag}={1 / len(self.channels):.2g}" for tag in self.channels)
            raise ConfigError(
                f"branching ratios of {', '.join(given) or 'nothing'}: expected one for each of "
                f"{', '.join(self.channels)}, e.g. {example}"
            )
        return given


def exclude_lifetime(
    question: LifetimeQuestion,
    mass: GridRange | None = None,
    ctau: GridRange | None = None,
    sampling: Sampling | None = None,
) -> RunResult:
    """Excluded region of (mass, cτ) at fixed branching ratios; a ``RunResult`` whose coupling is cτ [m]."""
    choices = question.choices(mass, ctau)
    return exclusion(choices, question.observation(choices), sampling or Sampling())


@dataclass(frozen=True, eq=False)
class BranchingLimits:
    """Upper limits on BR(parent -> recoil X) × (BR of X as asked) against cτ [m] at one mass [GeV].

    observed is None for a projection; a limit above one excludes nothing. mc_error: relative, of the yield.
    """

    question: LifetimeQuestion
    choices: Choices
    mass_gev: float
    ctau_m: FloatArray
    observed: FloatArray | None
    expected: FloatArray
    mc_error: FloatArray

    @property
    def columns(self) -> dict[str, FloatArray]:
        """The table of the limits."""
        seen = {} if self.observed is None else {"observed": self.observed}
        lifetime = {CTAU.replace("-", "_"): self.ctau_m}
        return {**lifetime, **seen, "expected": self.expected, "relative_mc_error": self.mc_error}


def branching_limits(
    question: LifetimeQuestion,
    mass_gev: float,
    ctau: GridRange | None = None,
    sampling: Sampling | None = None,
) -> BranchingLimits:
    """Upper limit on the branching ratio for every lifetime at one mass: s_up over the yield at BR = 1.

    ConfigError where no channel is open at the mass.
    """
    settings = sampling or Sampling()
    choices = replace(question, branching_ratio=1.0).choices(None, ctau)
    choices.model.ctau_m(mass_gev, 1.0)  # refuses a mass outside the model's range
    requests = table_requests(choices, (mass_gev, mass_gev), settings.precision, settings.seed)
    obtained = settings.tables(requests)
    signal = signal_yields(choices, obtained)
    if not signal.any_open_at(mass_gev):
        raise ConfigError(f"mass {mass_gev:g} GeV: no channel of {_asked(question)} is open")
    lifetimes = np.geomspace(*choices.coupling[:2], choices.coupling[2])
    found = signal.at_points(np.full(lifetimes.shape, mass_gev), lifetimes)
    total = found.total()
    observation = question.observation(choices)
    seen = observation.s_up_observed([mass_gev])
    with np.errstate(divide="ignore"):
        return BranchingLimits(
            question,
            choices,
            mass_gev,
            lifetimes,
            None if seen is None else seen[0] / total,
            observation.s_up_expected([mass_gev])[0] / total,
            found.relative_error(obtained.tables),
        )


def _asked(question: LifetimeQuestion) -> str:
    return f"{', '.join(question.production)} -> {', '.join(question.channels)}"

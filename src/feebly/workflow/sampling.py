"""How yield tables are sampled: precision, seed, threads, cache; the same for a run and for bare yields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import Model, ProductionChannel
from feebly.engine.sampler import MassSample
from feebly.engine.setup import ChannelSetup
from feebly.physics.production.borrowed import BorrowedProduction
from feebly.physics.production.decay_options import matrix_element_of
from feebly.physics.production.shares import added_to
from feebly.workflow.choices import Choices
from feebly.workflow.executors import available_cores
from feebly.workflow.store import Report, TableStore, default_directory
from feebly.workflow.tables import (
    ObtainedTables,
    Progress,
    SamplingTask,
    TableRequest,
    obtain_samples,
    obtain_tables,
)

DEFAULT_PRECISION = 0.01
DEFAULT_SEED = 1

_PROBES = 400  # masses at which a model is asked whether it decays so


@dataclass(frozen=True, slots=True)
class Sampling:
    """Settings of the Monte Carlo, and where its samples are kept.

    precision: relative error of the yields, 1e-4 to 0.5; ConfigError otherwise. jobs: threads (None: all
    cores). progress(done, total, text), report(line): called along the way. cache_dir: where samples are kept
    (None: the user's cache folder).
    """

    precision: float = DEFAULT_PRECISION
    seed: int = DEFAULT_SEED
    jobs: int | None = None
    progress: Progress | None = None
    report: Report = lambda line: None
    cache_dir: str | Path | None = None

    def __post_init__(self) -> None:
        if not 1e-4 <= self.precision <= 0.5:
            raise ConfigError(
                f"precision = {self.precision:g}: expected a relative error from 1e-4 to 0.5, e.g. 0.01"
            )

    def tables(self, requests: Sequence[TableRequest]) -> ObtainedTables:
        """Tables of all requests, from the cache or made now."""
        return obtain_tables(requests, self._store(), self._threads(), self.progress)

    def samples(self, tasks: Sequence[SamplingTask]) -> list[list[MassSample]]:
        """Samples of each task, from the cache or made now."""
        return obtain_samples(tasks, self._store(), self._threads(), self.progress)

    def _store(self) -> TableStore:
        return TableStore(Path(self.cache_dir) if self.cache_dir else default_directory(), self.report)

    def _threads(self) -> int:
        return self.jobs or available_cores()


def channel_setup(choices: Choices, channel: ProductionChannel, state: str, seed: int) -> ChannelSetup:
    """Everything that the sample of one production channel and final state depends on."""
    return ChannelSetup(
        channel.tag,
        channel.sampling(),
        choices.spectrum(channel),
        choices.experiment,
        choices.analysis.final_state(state),
        choices.response(state).pair_separation,
        seed,
        matrix_element_of(choices.preset.matrix_elements, state, choices.model.spin_parity),
    )


def _scale(channel: ProductionChannel) -> tuple[object, ...]:
    """What a user multiplies a borrowed mode by: shares of a sum are known among modes that have it alike."""
    if not isinstance(channel, BorrowedProduction):
        return ()
    model, _, mode = channel.like.partition("/")
    if mode != channel.tag:
        return (channel.tag,)
    factor = channel.factor
    return model, factor.value.tobytes(), None if factor.mass_gev is None else factor.mass_gev.tobytes()


def modes_added_to(channel: ProductionChannel, production: Sequence[ProductionChannel]) -> tuple[str, ...]:
    """Modes of a run that are added up with one in shares that are known; () where it is alone."""
    return added_to(channel.tag, [each.tag for each in production if _scale(each) == _scale(channel)])


def last_mass_gev(model: Model, state: str) -> float:
    """A mass from which on a particle does not decay to a final state; infinite where there is none.

    Such as mesons from a scalar above 2 GeV, where quarks and gluons take over.
    """
    low, high = model.mass_range_gev
    masses = np.geomspace(max(low, model.threshold_gev(state)), high, _PROBES)[1:]
    decays = np.flatnonzero(model.branching_ratio(state, masses) > 0)
    if not decays.size or decays[-1] == masses.size - 1:
        return math.inf
    return float(masses[decays[-1] + 1])


def table_requests(
    choices: Choices, masses_gev: tuple[float, float], precision: float, seed: int
) -> list[TableRequest]:
    """One request per (production, final state) that is open somewhere in the asked masses.

    Knots lie between threshold and end of production and decay by kinematics, as far as these are there: so
    models share tables, each up to its own end.
    """
    requests = []
    for state in choices.channels:
        last = last_mass_gev(choices.model, state)
        for channel in choices.production:
            low, high = channel.mass_range_gev(choices.model.mass_range_gev)
            setup = channel_setup(choices, channel, state, seed)
            setup = replace(setup, together=modes_added_to(channel, choices.production))
            end = setup.mass_end_gev if math.isfinite(setup.mass_end_gev) else high
            span = max(low, sum(setup.daughter_masses_gev)), end
            requests.append(TableRequest(setup, span, masses_gev, precision, min(last, high)))
    return requests

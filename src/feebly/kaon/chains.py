"""K+ -> π+ aa, a -> e+e-, and K+ -> π+ S, S -> A'A', A' -> e+e-: acceptance by phase space, limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from feebly.apparatus.shapes import BoolArray
from feebly.core.constants import ELECTRON_MASS_GEV, KAON_MASS_GEV
from feebly.core.errors import DomainError
from feebly.kaon.chain_decays import ChainDecay
from feebly.kaon.chain_file import ChainSearchFile, load_chain_search
from feebly.kaon.chain_masses import fixed_masses, phase_space_masses, require_open, virtual_photon_masses
from feebly.kaon.counting import branching_ratio_limit, sensitivity
from feebly.kaon.experiment_file import KaonExperiment, load_kaon_experiment
from feebly.kaon.many_tracks import ChainEvents, simulate_chain
from feebly.kaon.resolution import core_sigma

Progress = Callable[[int, int], None]

_PAIRS = (("e+", "e-"), ("e+", "e-"))
_ELECTRONS = (1, 2, 3, 4)
_PAIRINGS = (((1, 2), (3, 4)), ((1, 4), (3, 2)))
_BLOCK = 50_000
_FIRST_BLOCKS, _MOST_BLOCKS = 4, 60
_LEAST_EVENTS = 20
"""Below so many accepted decays there is no resolution to set windows by."""


@dataclass(frozen=True, slots=True)
class ChainPoint:
    """One hypothesis.

    mass_gev: of a, or A'; scalar_gev: of S (None: K+ -> π+ aa). sigma_pair_gev, sigma_system_gev: resolution
    of the masses of a pair and of the four electrons. acceptance: after all that the search asks, with its
    Monte Carlo error; relative: over that of K+ -> π+ 4e. ses: single event sensitivity; limit: on the
    product of branching ratios.
    """

    mass_gev: float
    scalar_gev: float | None
    ctau_m: float
    sigma_pair_gev: float
    sigma_system_gev: float
    acceptance: float
    acceptance_error: float
    relative: float
    ses: float
    limit: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """Share of the decays that a selection keeps, with its Monte Carlo error."""

    acceptance: float
    error: float


@dataclass(frozen=True, eq=False)
class ChainSearch:
    """A search for chains on an experiment.

    precision: relative Monte Carlo error of each acceptance, where 3 million decays reach it. slope: of |M|²
    of K+ -> π+ aa in the mass squared of the pair, see `phase_space_masses`.
    """

    file: ChainSearchFile
    experiment: KaonExperiment
    seed: int = 1
    precision: float = 0.05
    slope: float = 0.0

    def __post_init__(self) -> None:
        if not 0.005 <= self.precision <= 0.5:
            raise DomainError(f"precision {self.precision:g}: expected 0.005 to 0.5")

    def decay(self, mass_gev: float, scalar_gev: float | None = None, ctau_m: float = 0.0) -> ChainDecay:
        """The chain; DomainError where a step of it is closed."""
        require_open(mass_gev, 2 * ELECTRON_MASS_GEV, "a -> e+ e-" if scalar_gev is None else "A' -> e+ e-")
        if not ctau_m >= 0:
            raise DomainError(f"ctau {ctau_m:g} m: expected 0 (prompt) or a positive length")
        if scalar_gev is None:
            name, masses = "pi-aa", phase_space_masses((mass_gev, mass_gev), self.slope)
        else:
            name, masses = "pi-s", fixed_masses(scalar_gev, (mass_gev, mass_gev))
        return ChainDecay(name, masses, _PAIRS, ctau_m, self.file.largest_flight_m)

    @cached_property
    def reference(self) -> Accepted:
        """K+ -> π+ 4e of the Standard Model in the search, by the exchange of two photons.

        More precise than the chains: its error is common to all of them.
        """
        blocks = self._simulate(ChainDecay("pi-4e", virtual_photon_masses(), _PAIRS), self.precision / 1.5)
        return self._count(blocks, self.in_search)

    def point(
        self, mass_gev: float, scalar_gev: float | None = None, ctau_m: float = 0.0, cl: float = 0.90
    ) -> ChainPoint:
        """Simulate one hypothesis. DomainError where it is closed, or hardly any decay of it is accepted."""
        blocks = self._simulate(self.decay(mass_gev, scalar_gev, ctau_m), self.precision)
        found = sum(int(self.in_search(events).sum()) for events in blocks)
        if found < _LEAST_EVENTS:
            raise DomainError(
                f"{_masses(mass_gev, scalar_gev)}: {found} of {_simulated(blocks)} simulated decays are "
                "accepted; expected masses away from the thresholds and from the mass of the pi0"
            )
        pair, system = (self._resolution(blocks, places) for places in (_PAIRINGS[0][0], _ELECTRONS))

        def in_windows(events: ChainEvents) -> BoolArray:
            return self.in_search(events) & self._in_windows(events, (mass_gev, pair), (scalar_gev, system))

        accepted = self._count(blocks, in_windows)
        relative = accepted.acceptance / self.reference.acceptance
        counting = self.file.counting
        ses = sensitivity(counting).value / relative
        limit = branching_ratio_limit(counting, cl).events.s_up * ses
        return ChainPoint(
            mass_gev,
            scalar_gev,
            ctau_m,
            pair,
            system,
            accepted.acceptance,
            accepted.error,
            relative,
            ses,
            limit,
        )

    def in_search(self, events: ChainEvents) -> BoolArray:
        """Whether the five tracks are taken by the search for K+ -> π+ 4e."""
        (low, high), (start, end) = self.file.total_momentum_gev, self.file.neutral_pion_gev
        momentum, electrons = events.total_momentum_gev, events.mass_gev(_ELECTRONS)
        return np.asarray(
            (np.abs(events.mass_gev(events.everything) - KAON_MASS_GEV) < self.file.kaon_window_gev)
            & (momentum > low)
            & (momentum < high)
            & ~((electrons > start) & (electrons < end))
        )

    def _in_windows(
        self, events: ChainEvents, pair: tuple[float, float], system: tuple[float | None, float]
    ) -> BoolArray:
        """Whether the electrons, paired in one of both ways, have the masses of the chain; (mass, σ) each."""
        mass, width = pair[0], self.file.window_sigma * pair[1]
        inside = np.zeros(events.weight.size, bool)
        for pairing in _PAIRINGS:
            inside |= np.logical_and.reduce(
                [np.abs(events.mass_gev(places) - mass) < width for places in pairing]
            )
        if system[0] is not None:
            inside &= np.abs(events.mass_gev(_ELECTRONS) - system[0]) < self.file.window_sigma * system[1]
        return np.asarray(inside)

    def _simulate(self, decay: ChainDecay, precision: float) -> list[ChainEvents]:
        """Blocks until enough decays are in the search, or there are too many blocks."""
        blocks, found = [], 0
        for block in range(_MOST_BLOCKS):
            events = simulate_chain(self.experiment, decay, _BLOCK, self.seed, block, self.file.selection)
            blocks.append(events)
            found += int(self.in_search(events).sum())
            if found >= max(precision**-2, _LEAST_EVENTS) or (block == _FIRST_BLOCKS and found == 0):
                break
        return blocks

    def _resolution(self, blocks: list[ChainEvents], places: tuple[int, ...]) -> float:
        """Core of measured less true masses of the particles at these places."""
        shifts = [events.mass_gev(places) - events.mass_gev(places, measured=False) for events in blocks]
        kept = [self.in_search(events) for events in blocks]
        return core_sigma(np.concatenate([shift[keep] for shift, keep in zip(shifts, kept, strict=True)]))

    @staticmethod
    def _count(blocks: list[ChainEvents], taken: Callable[[ChainEvents], BoolArray]) -> Accepted:
        weight = np.concatenate([events.weight[taken(events)] for events in blocks])
        number = _simulated(blocks)
        return Accepted(float(weight.sum()) / number, float(np.sqrt(np.sum(weight**2))) / number)


def _simulated(blocks: list[ChainEvents]) -> int:
    return sum(events.simulated for events in blocks)


def _masses(mass_gev: float, scalar_gev: float | None) -> str:
    if scalar_gev is None:
        return f"a of {1e3 * mass_gev:.4g} MeV"
    return f"S of {1e3 * scalar_gev:.4g} MeV, A' of {1e3 * mass_gev:.4g} MeV"


@dataclass(frozen=True, eq=False)
class ChainScan:
    """Points in the order they were asked for; problems: one line for each mass without a limit."""

    points: tuple[ChainPoint, ...]
    problems: tuple[str, ...]


def scan_chains(
    search: ChainSearch,
    hypotheses: Sequence[tuple[float, float | None]],
    ctau_m: float = 0.0,
    cl: float = 0.90,
    jobs: int = 1,
    progress: Progress | None = None,
) -> ChainScan:
    """Points at (mass, mass of S or None), the same for any number of threads.

    DomainError where a hypothesis is closed, or none has a limit.
    """
    for mass, scalar in hypotheses:
        search.decay(mass, scalar, ctau_m)  # refuses what is closed before anything is simulated
    assert search.reference.acceptance > 0  # once, before the threads ask for it

    def one(hypothesis: tuple[float, float | None]) -> ChainPoint | str:
        try:
            return search.point(*hypothesis, ctau_m=ctau_m, cl=cl)
        except DomainError as error:
            return str(error)

    found: list[ChainPoint | str] = []
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        for k, each in enumerate(pool.map(one, hypotheses)):
            found.append(each)
            if progress:
                progress(k + 1, len(hypotheses))
    points = tuple(each for each in found if isinstance(each, ChainPoint))
    problems = tuple(each for each in found if isinstance(each, str))
    if not points:
        raise DomainError(problems[0])
    return ChainScan(points, problems)


def chain_search(
    name_or_path: str | Path = "pi-4e", experiment: str = "na62-kaon", **options: Any
) -> ChainSearch:
    """A shipped search by name or a file (.toml), on a kaon experiment. ConfigError with file and line."""
    return ChainSearch(load_chain_search(name_or_path), load_kaon_experiment(experiment), **options)

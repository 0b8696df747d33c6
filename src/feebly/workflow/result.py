"""The result of one run: everything that a figure, a run folder or a sentence about it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.analysis.analysis import Analysis, FinalState, Response
from feebly.apparatus.experiment import Experiment
from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import Model
from feebly.core.provenance import Origin
from feebly.limits.contour import edges_at
from feebly.limits.expected_bands import EXPECTED_KINDS, NO_BANDS, BandChoice
from feebly.limits.notes import NO_EVENTS
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece, ScanResult
from feebly.limits.signal import SignalYields
from feebly.limits.verdict import Verdict, verdict
from feebly.physics.production.preset_files import AnyPreset
from feebly.statistics.projection import BackgroundAssumption
from feebly.statistics.regions.ordering import TOTAL_COUNT

if TYPE_CHECKING:
    from feebly.workflow.cut_flow import CutFlows  # compiled chains: slow to import

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input of the run: its value as text, where it is from and, for a file or table, its SHA-256."""

    name: str
    value: str
    origin: Origin
    digest: str | None = None


@dataclass(frozen=True, eq=False)
class RunResult:
    """A scan with all that it was made of.

    model, coupling_name: tag of the model and name of its coupling (``epsilon``, never its square).
    analysis: with the counts and backgrounds that were used (those of the projection for a projection).
    responses: name of the response set by final state. pot: protons on target. projection: no observed
    limit; assumption: what the background does then. channels, production: tags of final states and
    production modes. cl, convention, signal_error, ordering, bands: of the limits. precision: relative MC
    precision asked for. mass_range_gev, coupling_range: (min, max, number) of the grid. arguments: of
    ``feebly.run`` as ``repeat.recorded_arguments`` has them, empty where it did not make the result. tables:
    digest of the yield table of each channel. timings: seconds by stage. particle: the model itself (None:
    the shipped one of the tag). signal, observation: yields and counts at any point, None where only the scan
    is known. recast_from: source of the tables that the yields are interpolated in, "" where they were made.
    cut_flow: of each final state, None where it was not asked for.
    """

    model: str
    coupling_name: str
    experiment: Experiment
    analysis: Analysis
    preset: AnyPreset
    responses: dict[str, str]
    pot: float
    projection: bool
    channels: tuple[str, ...]
    production: tuple[str, ...]
    cl: float
    convention: str
    signal_error: float
    precision: float
    seed: int
    mass_range_gev: tuple[float, float, int]
    coupling_range: tuple[float, float, int]
    scan: ScanResult
    ordering: str = TOTAL_COUNT
    bands: BandChoice = NO_BANDS
    assumption: BackgroundAssumption | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[InputRecord, ...] = ()
    tables: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    particle: Model | None = None
    signal: SignalYields | None = None
    observation: Observation | None = None
    recast_from: str = ""
    cut_flow: CutFlows | None = None

    @property
    def convention_text(self) -> str:
        """The convention, and the order of the outcomes where it is not the default."""
        return self.convention if self.ordering == TOTAL_COUNT else f"{self.convention}, {self.ordering}"

    @property
    def degenerate_bands(self) -> tuple[tuple[str, ...], ...]:
        """Groups of expected kinds, by rising limit, that are one curve: equal limits at every grid mass.

        With the likelihood ratio, whose limit also depends on the coupling, equal contours as well.
        """
        groups: list[list[str]] = []
        for kind in EXPECTED_KINDS if self.scan.grid.s_up_bands else ():
            if groups and self._is_one_curve(kind, groups[-1][-1]):
                groups[-1].append(kind)
            else:
                groups.append([kind])
        return tuple(tuple(group) for group in groups if len(group) > 1)

    def _is_one_curve(self, kind: str, other: str) -> bool:
        limits = self.scan.grid.s_up_bands | {"expected": self.scan.grid.s_up_expected}
        if not np.array_equal(limits[kind], limits[other], equal_nan=True):
            return False
        if self.ordering == TOTAL_COUNT:
            return True
        pieces, others = self.contour(kind), self.contour(other)
        return len(pieces) == len(others) and all(
            np.array_equal(one.mass_gev, two.mass_gev) and np.array_equal(one.coupling, two.coupling)
            for one, two in zip(pieces, others, strict=True)
        )

    @property
    def main_kind(self) -> str:
        """Kind of the contour that the run is about: observed, or expected for a projection."""
        return "expected" if self.projection else "observed"

    @property
    def final_states(self) -> tuple[FinalState, ...]:
        """The final states of the run with their regions, in the order of ``channels``."""
        return tuple(self.analysis.final_state(tag) for tag in self.channels)

    @property
    def all_notes(self) -> tuple[str, ...]:
        """Notes of the run, then those of the scan."""
        return tuple(dict.fromkeys((*self.notes, *self.scan.notes)))

    def response(self, final_state: str) -> Response:
        """Response of a final state in the set that the run used."""
        return self.analysis.response(self.responses[final_state], final_state)

    @property
    def calibrated(self) -> tuple[str, ...]:
        """Choices of the preset and responses that were tuned on a published curve: no prediction there."""
        choices = [name for name, origin in self.preset.origin.items() if origin.kind == "calibrated"]
        tuned = [tag for tag in self.channels if self.response(tag).origin.kind == "calibrated"]
        efficiency = (f"efficiency of {', '.join(tuned)}",) if tuned else ()
        return (*(name.replace("_", " ") for name in choices), *efficiency)

    def contour(self, kind: str = "observed") -> tuple[ContourPiece, ...]:
        """The closed pieces of one kind; a projection has no observed one."""
        return self.scan.contour(kind)

    def excluded_couplings(self, mass_gev: float, kind: str | None = None) -> tuple[Interval, ...]:
        """Intervals of the coupling inside the contour at one mass; ``kind`` as `main_kind` when not said."""
        return edges_at(self.contour(kind or self.main_kind), mass_gev)

    def exclude(self, mass_gev: float, coupling: float) -> Verdict:
        """Whether one point is excluded, from the yield tables and exact counting, nothing off a grid.

        ``str`` of it is ``excluded: CLs = 0.02, N = 3.9``. DomainError for a mass outside the run or at which
        no channel is open, ConfigError for a result without tables.
        """
        if self.signal is None or self.observation is None:
            raise ConfigError(
                f"this result of {self.model} has no yield tables: expected that of feebly.run or "
                "feebly.project"
            )
        low, high, _ = self.mass_range_gev
        if not low <= mass_gev <= high:
            raise DomainError(f"mass {mass_gev:g} GeV is outside {low:g}-{high:g} GeV of this run")
        return verdict(self.signal, self.observation, mass_gev, coupling)

    def summary(self) -> str:
        """One sentence: what is excluded, at which POT, from which counts, convention and preset."""
        pieces = self.contour(self.main_kind)
        verb = "would be excluded" if self.projection else "is excluded"
        claim = (
            f"{self.model} {verb} {_where(pieces, self.coupling_name)}" if pieces else self._no_exclusion()
        )
        return (
            f"{claim} at {100 * self.cl:g}% CL ({self.convention_text}) with {plain_number(self.pot)} POT "
            f"of {self.analysis.name}{' (projection)' if self.projection else ''}, "
            f"from {_all_counts(self.final_states)}; preset {self.preset.name}"
            f"{f'; yields from tables: {self.recast_from}' if self.recast_from else ''}"
        )

    def _no_exclusion(self) -> str:
        mass, coupling, events = self.scan.peak
        grid = self.scan.grid
        needed = grid.s_up_expected if grid.s_up_observed is None else grid.s_up_observed
        nearest = np.where(np.isfinite(needed), np.abs(np.log(grid.mass_gev / mass)), np.inf)
        s_up = float(needed[np.argmin(nearest)])
        if events <= NO_EVENTS:
            return f"{self.model}: no exclusion (no signal is expected at any mass and coupling of the grid)"
        return (
            f"{self.model}: no exclusion (the largest yield is N = {events:.2g} at m = {mass:.3g} GeV, "
            f"{self.coupling_name} = {coupling:.2g}; {s_up:.2f} are needed)"
        )


def plain_number(value: float) -> str:
    """A number as a person types it: ``1.4e17``."""
    return f"{value:g}".replace("e+", "e")


def excluded_masses(pieces: Iterable[ContourPiece]) -> tuple[Interval, ...]:
    """Ranges of the mass [GeV] that the pieces cover, those that overlap or touch joined."""
    ranges: list[Interval] = []
    for low, high in sorted((float(p.mass_gev.min()), float(p.mass_gev.max())) for p in pieces):
        if ranges and low <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], high))
        else:
            ranges.append((low, high))
    return tuple(ranges)


def _where(pieces: tuple[ContourPiece, ...], coupling_name: str) -> str:
    lowest = min(pieces, key=lambda piece: float(piece.coupling.min()))
    at = int(np.argmin(lowest.coupling))
    masses = ", ".join(f"{low:.3g}-{high:.3g} GeV" for low, high in excluded_masses(pieces))
    return (
        f"for {masses}, down to {coupling_name} = {lowest.coupling[at]:.2e} at {lowest.mass_gev[at]:.3g} GeV,"
    )


def _all_counts(states: Iterable[FinalState]) -> str:
    """Counts of all signal regions; a count that several in a row have is said once."""
    by_count = groupby(map(_counts, states), key=lambda part: part[0])
    return ", ".join(count + ", ".join(region for _, region in group) for count, group in by_count)


def _counts(state: FinalState) -> tuple[str, str]:
    region = state.signal_region
    background = f"b = {region.background.mean:.2g}"
    if region.observed is None:
        return "", f"{background} in {state.tag}"
    masses = "".join(f" at {event.mass_gev:g} GeV" for event in region.events)
    return f"n = {region.observed} in ", f"{state.tag}{masses} ({background})"

"""A published N(m, Γ) or acceptance table against another model: limit, contour, verdict.

N(m, g) = Σ_if rate_i(m, g) / rate_i(reference) × BR_f(m, g) × N_if(m, Γ(m, g)), counted as in a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray, ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.tables import digest
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece, Grid
from feebly.limits.scan import coupling_error, near_limit, scan
from feebly.limits.signal import SignalYields
from feebly.limits.verdict import Verdict, verdict
from feebly.limits.width_table import Axis, WidthTable, WidthTables
from feebly.physics.production.user_file import OwnModel
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, GridRange
from feebly.workflow.inputs import input_records
from feebly.workflow.recast_match import (
    matching_table,
    model_tag,
    table_choices,
    table_names,
    table_production,
)
from feebly.workflow.result import InputRecord, RunResult

PRECISION = 0.05
"""Error of the coupling from the interpolation above which a cell near the limit is told."""

_KNOTS = 4.0  # change by half of the knots over the error with all of them
_AT_END = 1e-3  # relative distance of a contour's width from the end of the tables


@dataclass(frozen=True, eq=False)
class Recast:
    """Tables and a model, matched: yields and counts at any point.

    notes: what is left out, one line each.
    """

    choices: Choices
    signal: SignalYields
    observation: Observation
    tables: WidthTables
    notes: tuple[str, ...]

    def at(self, mass_gev: float, coupling: float) -> Verdict:
        """Whether one point is excluded; DomainError outside the tables: nothing is extrapolated."""
        width = HBARC_GEV_M / float(self.choices.model.ctau_m(mass_gev, coupling))
        low, high = self.tables.width_range_gev
        if not low <= width <= high:
            raise DomainError(
                f"width {width:.3g} GeV at m = {mass_gev:g} GeV and {self.choices.model.coupling_name} = "
                f"{coupling:g} is outside the tables, {low:.3g}-{high:.3g} GeV; nothing is extrapolated"
            )
        return verdict(self.signal, self.observation, mass_gev, coupling)

    def change_of_half(self, mass_gev: FloatArray, coupling: FloatArray) -> FloatArray:
        """Relative change of N (M, C) when every other mass and every other width of the tables is left out.

        It is about four times the error of the interpolation with all of them where N is smooth: a line
        misses by the square of the distance of its knots.
        """
        exact = self.signal.on_grid(mass_gev, coupling).total()
        result = np.zeros(exact.shape)
        axes: tuple[Axis, ...] = ("mass", "width")
        for axis in axes:
            fewer = replace(self.signal, source=self.tables.coarse(axis))
            changed = fewer.on_grid(mass_gev, coupling).total()
            result += np.abs(changed - exact) / np.where(exact > 0, exact, 1.0)
        return result

    def run(self) -> RunResult:
        """Contour and limits over the grid, as the result of a run."""
        found = scan(
            self.signal, self.observation, self.choices.mass, self.choices.coupling, precision=np.inf
        )
        change = self.change_of_half(found.grid.mass_gev, found.grid.coupling)
        grid, lines = _with_error(found.grid, change)
        pieces, ends = self._ends(found.pieces)
        choices = self.choices
        return RunResult(
            model=choices.model.tag,
            coupling_name=choices.model.coupling_name,
            experiment=choices.experiment,
            analysis=choices.analysis,
            preset=choices.preset,
            responses=dict(choices.responses),
            pot=choices.analysis.pot,
            projection=not self.observation.has_counts,
            assumption=choices.assumption,
            channels=choices.channels,
            production=tuple(channel.tag for channel in choices.production),
            cl=self.observation.cl,
            convention=self.observation.convention,
            signal_error=self.observation.signal_error,
            ordering=self.observation.ordering,
            precision=PRECISION,
            seed=0,
            mass_range_gev=choices.mass,
            coupling_range=choices.coupling,
            scan=replace(found, grid=grid, pieces=pieces, notes=()),
            inputs=(*_table_records(self.tables), *input_records(choices)),
            tables={"/".join(key): _digest(table) for key, table in self.tables.tables.items()},
            notes=(*self.notes, *lines, *ends, *self._grid_notes(found.notes)),
            particle=choices.model,
            signal=self.signal,
            observation=self.observation,
            recast_from="; ".join(dict.fromkeys(t.reference.source for t in self.tables.tables.values())),
        )

    def _ends(self, pieces: Sequence[ContourPiece]) -> tuple[tuple[ContourPiece, ...], tuple[str, ...]]:
        """The pieces, open where they run along the first or last width of the tables; notes that say so."""
        low, high = self.tables.width_range_gev
        result, lines = [], {}
        for piece in pieces:
            width = HBARC_GEV_M / self.choices.model.ctau_m(piece.mass_gev, piece.coupling)
            at = [np.isclose(width, end, rtol=_AT_END, atol=0) for end in (low, high)]
            for end, there in zip((low, high), at, strict=True):
                if there.any():
                    lines[end] = (
                        f"the contour meets the end of the tables at a width of {end:.3g} GeV "
                        f"({np.count_nonzero(there)} points): nothing is extrapolated beyond it"
                    )
            result.append(replace(piece, open_edge=piece.open_edge or bool(np.any(at))))
        return tuple(result), tuple(lines.values())

    def _grid_notes(self, notes: Sequence[str]) -> Iterator[str]:
        """Notes of the scan; a mass at which the tables end cannot be extended."""
        low, high = zip(*(self.tables.mass_range_gev(c.tag) for c in self.choices.production), strict=True)
        for note in notes:
            for mass, end in zip(self.choices.mass[:2], (min(low), max(high)), strict=True):
                place = f"the contour leaves the grid at m = {mass:g} GeV"
                if note.startswith(place) and np.isclose(mass, end, rtol=_AT_END, atol=0):
                    note = f"the contour is cut off at m = {mass:g} GeV, where the tables end"
            yield note


def _with_error(grid: Grid, change: FloatArray) -> tuple[Grid, tuple[str, ...]]:
    """The grid with the error of the interpolation in the place of a Monte Carlo one, and what it is."""
    s_up = grid.s_up_expected if grid.s_up_observed is None else grid.s_up_observed
    near = near_limit(grid.total, {"limit": s_up})
    in_coupling = coupling_error(grid.total, grid.coupling, change)
    told = replace(grid, mc_error=change / _KNOTS, unconverged=near & (in_coupling / _KNOTS > PRECISION))
    if not near.any():
        return told, ("interpolation error: no cell of the grid is near the limit",)
    n, coupling = change[near].max(), in_coupling[near].max()
    return told, (
        f"interpolation: without every other knot N changes by up to {n:.0%} near the limit, the coupling by "
        f"{coupling:.1%}; with all of them the error is about a quarter of it, {coupling / _KNOTS:.1%}; the "
        "Monte Carlo error of the tables is not known",
    )


def recast(
    tables: Sequence[WidthTable],
    model: str | Path | OwnModel,
    *,
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    preset: str | None = None,
    channels: Sequence[str] | None = None,
    production: Sequence[str] | None = None,
    pot: float | None = None,
    background: str | None = None,
    mass: GridRange | None = None,
    coupling: GridRange | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
) -> Recast:
    """Tables matched with the production and decays of a model, counted by an analysis.

    tables: from ``feebly.publish.width_files``. model, experiment, analysis, preset, pot, background, mass,
    coupling, cl, convention: as in ``feebly.run``; channels, production: default: all that tables and model
    share. Efficiencies are those of the tables. Raises ConfigError where nothing is shared, DataError where
    the kinematics of a table are not those of the model.
    """
    tag = model_tag(model)
    choices = table_choices(
        tables,
        model,
        tag,
        experiment,
        analysis,
        preset,
        channels,
        production,
        pot,
        background,
        mass,
        coupling,
    )
    pairs = [(mode, state) for state in choices.channels for mode in choices.production]
    matched = {(mode.tag, state): matching_table(tables, mode, state, tag) for mode, state in pairs}
    used = {key: table for key, table in matched.items() if table is not None}
    if not used:
        raise ConfigError(
            f"no table is of a production of {choices.model.tag} "
            f"({', '.join(mode.tag for mode in choices.production)}); they are of {table_names(tables)}"
        )
    modes = [mode for mode in choices.production if any(key[0] == mode.tag for key in used)]
    missing = {(mode.tag, state) for mode in modes for state in choices.channels} - set(used)
    ends = {mode.tag: mode.mass_range_gev(choices.model.mass_range_gev)[1] for mode in modes}
    missing = {(mode, s) for mode, s in missing if choices.model.threshold_gev(s) < ends[mode]}
    source = WidthTables(used, frozenset(missing))
    made = tuple(table_production(mode, source, choices) for mode in modes)
    counted = {mode.parent for mode in made if mode.parent}
    notes = tuple(_left_out(tables, used, choices, modes, missing))
    choices = replace(
        choices,
        production=made,
        mass=choices.mass if mass else _shared_masses(choices.mass, made, choices.model.mass_range_gev),
        spectra={parent: each for parent, each in choices.spectra.items() if parent in counted},
    )
    signal = SignalYields(
        model=choices.model,
        production_channels=made,
        multiplicities=choices.multiplicities(),
        source=source,
        pot=choices.analysis.pot,
        efficiencies=dict.fromkeys(choices.channels, 1.0),
        masks={tag: choices.analysis.final_state(tag).masks for tag in choices.channels},
    )
    observation = Observation(choices.analysis, choices.model, choices.channels, cl, convention)
    observation.s_up_expected(np.array(choices.mass[1:2]))  # refuses cl and convention
    return Recast(choices, signal, observation, source, notes)


def _shared_masses(
    default: GridRange, made: Sequence[ProductionChannel], model_range: tuple[float, float]
) -> GridRange:
    """The model's masses inside those of the tables; DomainError where there are none."""
    ranges = [mode.mass_range_gev(model_range) for mode in made]
    low, high = max(default[0], min(r[0] for r in ranges)), min(default[1], max(r[1] for r in ranges))
    if low >= high:
        raise DomainError(
            f"the tables have masses {min(r[0] for r in ranges):g}-{max(r[1] for r in ranges):g} GeV, the "
            f"model {default[0]:g}-{default[1]:g} GeV: none in common"
        )
    return low, high, default[2]


def _left_out(
    tables: Sequence[WidthTable],
    used: Mapping[tuple[str, str], WidthTable],
    choices: Choices,
    modes: Sequence[ProductionChannel],
    missing: set[tuple[str, str]],
) -> Iterator[str]:
    """What makes the limit weaker than it could be, and what the numbers contain."""
    contained = dict.fromkeys(t.reference.contained for t in used.values() if t.reference.contained)
    if contained:
        yield f"in the numbers of the tables: {'; '.join(contained)}"
    without = [mode.tag for mode in choices.production if mode not in modes]
    if without:
        yield f"no table of the production {', '.join(without)}: left out, the true yield is larger"
    if missing:
        pairs = ", ".join(f"{mode} -> {state}" for mode, state in sorted(missing))
        yield f"no table of {pairs}: left out, the true yield is larger"
    kept = {id(table) for table in used.values()}
    if idle := [table for table in tables if id(table) not in kept]:
        yield f"not used: {table_names(idle)}"
    for (tag, state), table in used.items():
        mode = next(each for each in modes if each.tag == tag)
        yield from _cut_short(mode, state, table, choices)


def _cut_short(mode: ProductionChannel, state: str, table: WidthTable, choices: Choices) -> Iterator[str]:
    """Masses at which the channel is open and the table has no numbers."""
    low, high = mode.mass_range_gev(choices.model.mass_range_gev)
    low, (first, last) = max(low, choices.model.threshold_gev(state), choices.mass[0]), table.mass_range_gev
    high = min(high, choices.mass[1])
    if first > low * (1 + _AT_END) or last < high * (1 - _AT_END):
        yield (
            f"the table of {mode.tag} -> {state} has masses {first:.4g}-{last:.4g} GeV, open are "
            f"{low:.4g}-{high:.4g} GeV: nothing is added outside"
        )


def _table_records(tables: WidthTables) -> Iterator[InputRecord]:
    for table in tables.tables.values():
        about = table.reference
        (m0, m1), (w0, w1) = table.mass_range_gev, table.width_range_gev
        per = "per produced particle" if about.pot is None else f"for {about.pot:g} POT"
        own = about.source.startswith("feebly run")
        yield InputRecord(
            f"table {about.model} {about.name}".replace("  ", " "),
            f"events {per}, {table.mass_gev.size} masses {m0:.4g}-{m1:.4g} GeV, "
            f"{table.width_gev.size} widths {w0:.3g}-{w1:.3g} GeV",
            Origin("derived" if own else "published", about.source or "not said"),
            _digest(table),
        )


def _digest(table: WidthTable) -> str:
    return digest([table.mass_gev, table.width_gev, table.values])

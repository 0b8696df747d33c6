"""T5 and T6: what a run folder does not hold, made again from its arguments: acceptance and cut-flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from feebly.core.errors import FeeblyError
from feebly.core.interfaces import FloatArray
from feebly.physics.decays.channels import channel_of
from feebly.physics.production.totals import particles_per_unit
from feebly.publish.hepdata.saved_result import SavedResult
from feebly.publish.hepdata.tables import MISSING, Column, ErrorBar, Qualifier, Table
from feebly.report.saved_run import read_run
from feebly.workflow.choices import Choices
from feebly.workflow.cut_flow import CutFlow, cut_flows
from feebly.workflow.sampling import Sampling, table_requests
from feebly.workflow.store import TableStore, default_directory
from feebly.workflow.tables import ObtainedTables, SamplingTask, TableRequest

ACCEPTANCE, CUT_FLOW = "T5 acceptance x efficiency", "T6 cut-flow"
CTAU_M = (1e-3, 1e5, 49)
"""Proper decay lengths of T5: six to the decade."""

MASSES = 40


class NotPart(FeeblyError):
    """Why a table cannot be made of this run."""


@dataclass(frozen=True, eq=False)
class Rerun:
    """The choices of a run and its arguments, read back unchanged."""

    choices: Choices
    arguments: Mapping[str, Any]
    requests: tuple[TableRequest, ...]


def again(run: SavedResult) -> Rerun:
    """The choices of the run; NotPart where it was not made by ``feebly run`` or an input has changed."""
    try:
        saved = read_run(run.folder)
        saved.require_unchanged()
        arguments, choices = saved.own_arguments(), saved.choices_today()
    except FeeblyError as error:
        raise NotPart(_short(str(error))) from None
    requests = table_requests(choices, choices.mass[:2], arguments["precision"], arguments["seed"])
    return Rerun(choices, arguments, tuple(request for request in requests if request.segments()))


def _short(text: str) -> str:
    """A reason for a record: a list of all channels is of no use there."""
    return text if len(text) < 240 else f"{text[:80]} ... {text[-140:]}"


# --- T5 -----------------------------------------------------------------------------------------------


def acceptance_grids(run: SavedResult, cache_dir: str | Path | None = None) -> tuple[list[Table], list[str]]:
    """T5, one table for each final state: chance of a produced particle to be seen, by production.

    Also why a final state has none. NotPart where the yield tables of the run are not in the cache: nothing
    is sampled here.
    """
    made = again(run)
    obtained = _cached_tables(made, cache_dir)
    tables, reasons = [], []
    for state in made.choices.channels:
        try:
            tables.append(_acceptance(run, made, obtained, state))
        except NotPart as error:
            reasons.append(f"{ACCEPTANCE}, {error}")
    return tables, reasons


def _cached_tables(made: Rerun, cache_dir: str | Path | None) -> ObtainedTables:
    store = TableStore(Path(cache_dir) if cache_dir else default_directory())
    tasks = [
        SamplingTask(request.setup, masses, request.precision)
        for request in made.requests
        for segment in request.segments()
        for masses in segment
    ]
    missing = sum(not store.path(task.key()).exists() for task in tasks)
    if missing:
        raise NotPart(
            f"{missing} of {len(tasks)} blocks of the yield tables of the run are not in the cache; make the "
            "run again, then export"
        )
    return Sampling(made.arguments["precision"], made.arguments["seed"], cache_dir=cache_dir).tables(
        made.requests
    )


def _acceptance(run: SavedResult, made: Rerun, tables: ObtainedTables, state: str) -> Table:
    """A x efficiency of one final state against mass and lifetime, a column for each production."""
    low, high, _ = made.choices.mass
    threshold = made.choices.model.threshold_gev(state)
    masses = np.geomspace(max(low, threshold * (1 + 1e-6)), high, MASSES)
    ctau = np.geomspace(*CTAU_M)
    columns, unknown = [], []
    for request in made.requests:
        if request.setup.final_state.tag != state:
            continue
        production = request.setup.production
        values = _seen(made.choices, tables, request, masses, ctau)
        if np.isfinite(values).any():
            more = (Qualifier("production", production), Qualifier("final state", state))
            columns.append(
                Column(f"acceptance x efficiency, {production}", _cells(values), "", _free(run, more))
            )
        else:
            unknown.append(production)
    if not columns:
        raise NotPart(f"{state}: no production with a known number of particles in all")
    left_out = f" Without {', '.join(unknown)}: their total is not known." if unknown else ""
    return Table(
        f"{ACCEPTANCE}, {state}",
        (
            Column("mass", tuple(np.repeat(masses, ctau.size).tolist()), "GeV"),
            Column("ctau", tuple(np.tile(ctau, masses.size).tolist()), "m"),
        ),
        tuple(columns),
        f"Probability that a produced particle flies through the first aperture, decays to {state} in the "
        "fiducial volume (branching ratio 1) and is selected in the signal region, efficiency included; by "
        "production mode. It knows no coupling: any model with this production and mass has it. "
        f"'{MISSING}': closed.{left_out}",
    )


def _seen(
    choices: Choices, tables: ObtainedTables, request: TableRequest, masses: FloatArray, ctau: FloatArray
) -> FloatArray:
    """Selected over produced particles, shape (M, T); NaN where the channel is closed."""
    state = request.setup.final_state.tag
    efficiency = choices.response(state).efficiency * channel_of(state).to_photons
    low, high = request.open_gev[0], min(request.open_gev[1], request.last_gev)
    masked = choices.analysis.final_state(state).masked_at(masses)
    is_open = (masses >= low) & (masses <= high) & ~masked
    values = np.full((masses.size, ctau.size), np.nan)
    if is_open.any():
        events = tables.tables.expected_events(
            request.setup.production, state, masses[is_open, None], ctau[None, :]
        )
        produced = [particles_per_unit(request.setup.sampling, float(m)) for m in masses[is_open]]
        values[is_open] = efficiency * events / np.array(produced)[:, None]
    return values


def _free(run: SavedResult, more: tuple[Qualifier, ...]) -> tuple[Qualifier, ...]:
    """Qualifiers of what holds for any model: without its name and coupling."""
    of_the_model = ("CL", "POT", "model", "channel", "limit convention", "coupling convention")
    return (*(each for each in run.qualifiers() if each.name not in of_the_model), *more)


def _cells(values: FloatArray) -> tuple[float | str, ...]:
    return tuple(value if np.isfinite(value) else MISSING for value in values.ravel().tolist())


# --- T6 -----------------------------------------------------------------------------------------------


def cut_flow_tables(run: SavedResult) -> tuple[list[Table], list[str]]:
    """T6, one table for each final state, at its largest yield; and why a final state has none.

    Events are simulated with the choices of the run, the same as for its own cut-flow. NotPart as `again`.
    """
    made = again(run)
    found = cut_flows(made.choices, run.grid, made.arguments["seed"], jobs=1)
    tables = [_flow(run, flow, state) for state, flow in found.flows.items()]
    return tables, [f"{CUT_FLOW}, {state}: {reason}" for state, reason in found.left_out.items()]


def _flow(run: SavedResult, flow: CutFlow, state: str) -> Table:
    steps, point = (*flow.steps, *flow.beside), flow.point
    column = Column(
        "signal events",
        tuple(MISSING if step.events is None else step.events for step in steps),
        "",
        run.qualifiers(
            Qualifier("final state", state),
            Qualifier("mass", point.mass_gev, "GeV"),
            Qualifier(run.coupling_header, point.coupling, run.coupling_units),
            Qualifier("ctau", flow.ctau_m, "m"),
        ),
        tuple(_bars(step.mc_error) for step in steps),
    )
    simulated = replace(column, name="simulated", values=tuple(step.simulated for step in steps), errors=())
    regions = " and ".join(step.name for step in (flow.steps[-1], *flow.beside))
    side_by_side = f" {regions} are regions side by side, after all cuts." if flow.beside else ""
    return Table(
        f"{CUT_FLOW}, {state}",
        (Column("step", tuple(step.name for step in steps)),),
        (column, simulated),
        f"Expected signal events of {run.model} in {state} after each cut, with the Monte Carlo error, at "
        f"the point of the scan with the largest yield: m = {point.mass_gev:.4g} GeV, "
        f"{run.coupling_header} = {point.coupling:.3g}.{side_by_side} '{MISSING}': generated "
        "events are aimed at the detector, their weight means nothing before the acceptance.",
    )


def _bars(size: float | None) -> tuple[ErrorBar, ...]:
    return (ErrorBar(size, -size, "Monte Carlo", symmetric=True),) if size else ()

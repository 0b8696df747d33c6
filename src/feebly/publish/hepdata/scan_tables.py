"""T3, T4 and T8: CLs and signal events on the grid of a run, limits on the signal against mass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.limits.expected_bands import EXPECTED_KINDS
from feebly.publish.hepdata.contour_tables import CURVE_NAMES
from feebly.publish.hepdata.saved_result import SavedResult
from feebly.publish.hepdata.tables import MISSING, Column, ErrorBar, Qualifier, Table
from feebly.publish.hepdata.thinning import thinned

CLS, YIELDS, LIMITS = "T3 CLs", "T4 signal yield", "T8 limits on the signal"


def cls_grid(run: SavedResult) -> Table | None:
    """T3: CLs of the observed counts; None for a projection and for a convention without CLs."""
    if "cls" not in run.grid.arrays:
        return None
    independent, cells, remark = _axes(run)
    level = Qualifier("contour level", 1 - float(run.setting["cl"]))
    column = Column("CLs", _flat(run.grid.arrays["cls"][cells]), "", run.qualifiers(level))
    what = f"CLs of the observed counts for the signal of {run.model}; excluded where it is below 1 - CL."
    return Table(CLS, independent, (column,), f"{what} {remark}".strip())


def yield_grid(run: SavedResult) -> Table:
    """T4: expected signal events, in all and by final state, with the Monte Carlo error of the sum."""
    independent, cells, remark = _axes(run)
    total = run.grid.total[cells]
    error = np.asarray(run.grid.arrays["mc_error"])[cells] * total
    bars = tuple(
        (ErrorBar(size, -size, "Monte Carlo", symmetric=True),) if size > 0 else ()
        for size in error.ravel().tolist()
    )
    columns = [Column("signal events", _flat(total), "", run.qualifiers(), bars if any(bars) else ())]
    if len(run.grid.yields) > 1:
        columns += [
            Column(
                f"signal events in {tag}",
                _flat(events[cells]),
                "",
                run.qualifiers(Qualifier("final state", tag)),
            )
            for tag, events in run.grid.yields.items()
        ]
    what = f"Expected signal events of {run.model} in the signal regions, after efficiency."
    return Table(YIELDS, independent, tuple(columns), f"{what} {remark}".strip())


def limit_table(run: SavedResult) -> Table:
    """T8: upper limits on the number of signal events, and the observed counts, against mass.

    At the masses of the grid, and in each window between two of them in which other counts hold.
    """
    arrays, mass = run.grid.arrays, run.grid.mass_gev
    hidden = [each for each in run.content["limits"] if not _meets(each["mass_gev"], mass)]
    between = np.array([np.sqrt(each["mass_gev"][0] * each["mass_gev"][1]) for each in hidden])
    order = np.argsort(np.concatenate([mass, between]), kind="stable")

    def column(name: str, on_grid: Any, in_windows: list[Any], *more: Qualifier) -> Column:
        values = [*(_or_missing(value) for value in on_grid.tolist()), *map(_or_missing, in_windows)]
        return Column(name, tuple(values[k] for k in order), "", run.qualifiers(*more))

    columns = [
        column(
            f"upper limit on signal events, {CURVE_NAMES[kind]}",
            arrays[f"s_up_{kind}"],
            [_limit_in(each, kind) for each in hidden],
            Qualifier("limit", CURVE_NAMES[kind]),
        )
        for kind in ("observed", *EXPECTED_KINDS)
        if f"s_up_{kind}" in arrays
    ]
    columns += [
        column(
            f"observed events in {tag}",
            counts.astype(int),
            [each["observed"].get(tag, 0) for each in hidden],
            Qualifier("final state", tag),
        )
        for tag, counts in run.grid.group("observed").items()
    ]
    seen = "" if run.is_projection else ", and events observed there within the mass window"
    what = (
        f"Upper limit on the signal events of {run.model} in all signal regions together{seen}. "
        f"'{MISSING}': no final state is open. A contour is where the yield of {YIELDS} crosses the limit."
    )
    return Table(LIMITS, (run.mass_column(np.concatenate([mass, between])[order]),), tuple(columns), what)


def _meets(window: list[float], mass: FloatArray) -> bool:
    return bool(((mass >= window[0]) & (mass <= window[1])).any())


def _limit_in(each: Mapping[str, Any], kind: str) -> float | None:
    value: float | None = each.get(f"s_up_{kind}", each["s_up_bands"].get(kind))
    return value


def _axes(run: SavedResult) -> tuple[tuple[Column, ...], tuple[NDArray[np.intp], ...], str]:
    mass, coupling = run.grid.mass_gev, run.grid.coupling
    rows, columns, remark = thinned(mass.size, coupling.size)
    independent = (
        run.mass_column(np.repeat(mass[rows], columns.size)),
        run.coupling_column(np.tile(coupling[columns], rows.size), independent=True),
    )
    return independent, (rows[:, None], columns[None, :]), remark


def _flat(values: FloatArray) -> tuple[float, ...]:
    return tuple(np.asarray(values, float).ravel().tolist())


def _or_missing(value: Any) -> Any:
    return MISSING if value is None or value != value else value

"""``feebly hepdata export``: the tables T1 to T8 of a run as a HEPData record."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from feebly.core.errors import FeeblyError
from feebly.core.tables import plain
from feebly.publish.hepdata import contour_tables, count_tables, factor_tables, scan_tables
from feebly.publish.hepdata.limit_pieces import Layout
from feebly.publish.hepdata.pictures import pictures
from feebly.publish.hepdata.record import Record
from feebly.publish.hepdata.record_writer import record_files
from feebly.publish.hepdata.saved_result import SavedResult, read_saved_result
from feebly.publish.hepdata.tables import Resource, Table
from feebly.publish.pyhf_files.export import PATCHES, WORKSPACE, export_pyhf

Progress = Callable[[int, int, str], None]

_OBSERVABLES = {"T1": "EXCLUSION", "T2": "EXCLUSION", "T3": "CLS", "T4": "N", "T5": "ACC*EFF", "T6": "N"} | {
    "T7": "N",
    "T8": "UPPER LIMIT",
}


def export_run(
    folder: str | Path,
    layout: Layout = "points",
    *,
    factors: bool = True,
    cache_dir: str | Path | None = None,
    progress: Progress | None = None,
) -> Record:
    """The record of the run in ``folder``: its tables with pictures, and the statistical model.

    Arguments as in `run_tables`. A table that cannot be made is named in ``left_out`` and in the comment of
    the record, with the reason. Raises DataError or ConfigError (one line).
    """
    run = read_saved_result(folder)
    tables, left_out = run_tables(run, layout, factors=factors, cache_dir=cache_dir, progress=progress)
    drawn = {table.name: pictures(table, run.model) for table in tables}
    resources, cautions = _statistical_model(run)
    left_out = (*left_out, *cautions)
    return Record(tables, left_out, record_files(tables, drawn, _comment(run, left_out), resources))


def run_tables(
    run: SavedResult,
    layout: Layout = "points",
    *,
    factors: bool = True,
    cache_dir: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """The tables T1 to T8 of a run, and which of them are not part of it and why.

    layout: of the contours T1 and T2. factors: T5 from the yield tables in the cache ``cache_dir``, T6 from
    events that are simulated again.
    """
    tell = progress or (lambda done, total, text: None)
    tables: list[Table] = []
    left_out: list[str] = []
    steps = list(_steps(run, layout, factors, cache_dir))
    for number, (name, make) in enumerate(steps):
        tell(number, len(steps), name)
        made, reasons = make()
        tables += made
        left_out += reasons
    tell(len(steps), len(steps), "pictures")
    return tuple(replace(table, keywords=_keywords(run, table)) for table in tables), tuple(left_out)


_Made = tuple[list[Table], list[str]]


def _steps(
    run: SavedResult, layout: Layout, factors: bool, cache_dir: str | Path | None
) -> Iterator[tuple[str, Callable[[], _Made]]]:
    """Each table with the function that makes it, or says why it is not part."""

    def one(name: str, make: Callable[[], Table | None], reason: str) -> tuple[str, Callable[[], _Made]]:
        def made() -> _Made:
            table = make()
            return ([], [f"{name}: {reason}"]) if table is None else ([table], [])

        return name, made

    nothing = "nothing is excluded"
    observed = "a projection observes nothing" if run.is_projection else nothing
    yield one(contour_tables.OBSERVED, lambda: contour_tables.observed_contour(run, layout), observed)
    yield one(contour_tables.EXPECTED, lambda: contour_tables.expected_contours(run, layout), nothing)
    no_cls = "a projection observes nothing" if run.is_projection else f"{run.convention} has no CLs"
    yield one(scan_tables.CLS, lambda: scan_tables.cls_grid(run), no_cls)
    yield scan_tables.YIELDS, lambda: ([scan_tables.yield_grid(run)], [])
    if factors:
        yield factor_tables.ACCEPTANCE, lambda: _acceptance(run, cache_dir)
        yield factor_tables.CUT_FLOW, lambda: _cut_flow(run)
    else:
        yield one(factor_tables.ACCEPTANCE, lambda: None, "not asked for")
        yield one(factor_tables.CUT_FLOW, lambda: None, "not asked for")
    yield count_tables.BACKGROUNDS, lambda: ([count_tables.background_table(run)], [])
    yield scan_tables.LIMITS, lambda: ([scan_tables.limit_table(run)], [])


def _not(run: SavedResult, name: str, reason: object) -> _Made:
    """Without the folder of the run, which is no business of a reader of the record."""
    said = str(reason).replace(f"{run.folder}: ", "").replace(f"{run.folder}{os.sep}", "")
    return [], [f"{name}: {said}"]


def _acceptance(run: SavedResult, cache_dir: str | Path | None) -> _Made:
    try:
        return factor_tables.acceptance_grids(run, cache_dir)
    except FeeblyError as error:
        return _not(run, factor_tables.ACCEPTANCE, error)


def _cut_flow(run: SavedResult) -> _Made:
    try:
        return factor_tables.cut_flow_tables(run)
    except FeeblyError as error:
        return _not(run, factor_tables.CUT_FLOW, error)


def _keywords(run: SavedResult, table: Table) -> dict[str, tuple[Any, ...]]:
    """Words of the search of HEPData; no LaTeX in them."""
    particle = run.model.replace("-", " ")
    return {
        "cmenergies": (run.cm_energy_gev,),
        "observables": (_OBSERVABLES[table.name[:2]],),
        "reactions": (f"P NUCLEUS --> {run.model.upper().replace('-', '')} X",),
        "phrases": ("Beam Dump", "Proton-Nucleus Scattering", "Feebly Interacting Particles", particle),
    }


def _comment(run: SavedResult, left_out: Iterable[str]) -> str:
    setting, calibrated = run.setting, ", ".join(run.content["calibrated"])
    lines = [f"{run.content['summary']}."]
    if run.is_projection:
        assumed = setting["background_assumption"]
        lines.append(f"A projection: nothing was observed.{f' Background: {assumed}.' if assumed else ''}")
    if calibrated:
        lines.append(f"Calibrated on published curves, not derived: {calibrated}.")
    lines.append(f"Made by feebly {run.content['provenance']['feebly']} with {setting['analysis']}.")
    lines += [f"Not part of this record: {reason}." for reason in left_out]
    return "\n".join(lines)


def _statistical_model(run: SavedResult) -> tuple[dict[Resource, bytes], list[str]]:
    """Workspace and patch set of pyhf as files of the record, their cautions in the description."""
    try:
        made = export_pyhf(run.grid)
    except FeeblyError as error:
        return {}, _not(run, "statistical model", error)[1]
    caution = f"Caution: {'; '.join(map(str, made.warnings))}." if made.warnings else ""
    about = {
        WORKSPACE: (
            "Counts and backgrounds of the signal regions, a HistFactory workspace.",
            made.workspace,
        ),
        PATCHES: ("Signal of the points near the limit, as patches of that workspace.", made.patches),
    }
    return {
        Resource(name, f"{words} {caution}".strip(), "HistFactory"): _json(content)
        for name, (words, content) in about.items()
    }, []


def _json(content: Any) -> bytes:
    return (json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()

"""The run folder: ``result.json`` and the files that it names, and ``report.html``, made from them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.analysis.analysis import FinalState
from feebly.analysis.background import RejectionFactors
from feebly.core.errors import DataError
from feebly.core.tables import digest, plain, write_atomically, write_hdf5
from feebly.limits.results import ContourPiece, Grid
from feebly.report.citations import bibtex, citations_of
from feebly.report.contour_table import contours_csv, read_contours
from feebly.report.exclusion_plot import caption_text, figure_bytes
from feebly.report.experiment_text import as_dict
from feebly.report.result_tables import discovery_facts, edge_table, limit_ranges
from feebly.report.software import made_with
from feebly.report.yield_tables import yield_tables
from feebly.workflow.result import InputRecord, RunResult, excluded_masses

if TYPE_CHECKING:
    import h5py

__all__ = ["SCHEMA_VERSION", "read_contours", "result_dict", "write_run"]

SCHEMA_VERSION = 2
"""Of ``result.json``; 2: with ``repeat``, from which the run can be made again."""

_LIBRARIES = ("numpy", "scipy", "numba", "h5py", "contourpy", "matplotlib")


def write_run(result: RunResult, folder: str | Path, command: Sequence[str] | None = None) -> Path:
    """Write all files of a run into ``folder`` (made if need be) and return it.

    ``command`` is the command line to record. The files are put beside their places first and moved when
    all are there: on a full disk `DataError` is raised and an earlier run in the folder stays as it was. All
    files but ``result.json`` (date, timings) and its page are the same bytes for the same result.
    """
    from feebly.report.html.page import write_report  # reads run folders: above this module

    folder = Path(folder)
    with all_or_none(folder) as stage:
        write_atomically(stage / "contours.csv", contours_csv(result))
        write_hdf5(stage / "grid.h5", lambda file: _fill_grid(file, result))
        write_atomically(stage / "plot.png", figure_bytes(result, "png"))
        write_atomically(stage / "plot.pdf", figure_bytes(result, "pdf"))
        provenance = made_with(_LIBRARIES, command) | {"timings_s": result.timings}
        content = plain(result_dict(result) | {"files": {}, "provenance": provenance})
        write_atomically(stage / "refs.bib", bibtex(citations_of(content)))
        content["files"] = {path.name: _sha256(path) for path in sorted(stage.iterdir())}
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(stage / "result.json", text + "\n")
        write_report(stage)
    return folder


@contextlib.contextmanager
def all_or_none(folder: Path) -> Iterator[Path]:
    """A hidden folder inside ``folder`` whose files move up at the end; nothing stays of a failure."""
    is_new = not folder.exists()
    stage = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
        yield stage
        for path in sorted(stage.iterdir()):  # result.json, which names the digests, is last
            os.replace(path, folder / path.name)
    except OSError as error:
        raise DataError(f"cannot write {folder}: {error.strerror}; the run was not saved") from error
    except DataError as error:
        raise DataError(str(error).replace(f"{stage}{os.sep}", f"{folder}{os.sep}")) from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
        if is_new:
            with contextlib.suppress(OSError):  # not empty: the run is there
                folder.rmdir()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- result.json --------------------------------------------------------------------------------------


def result_dict(result: RunResult) -> dict[str, Any]:
    """Everything about the result but the arrays, ready for JSON; the same for the same result."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "summary": result.summary(),
        "caption": caption_text(result),
        "model": result.model,
        "coupling": result.coupling_name,
        "setting": _setting(result),
        "preset": plain(result.preset),
        "responses": {
            tag: {"set": result.responses[tag]} | plain(result.response(tag)) for tag in result.channels
        },
        "calibrated": list(result.calibrated),
        "counting": {state.tag: _counting(state) for state in result.final_states},
        "limits": plain(limit_ranges(result)),
        "contours": _contours(result),
        "degenerate_bands": plain(result.degenerate_bands),
        "peak": dict(zip(("mass_gev", "coupling", "events"), result.scan.peak, strict=True)),
        "yields": yield_tables(result),
        "unconverged": _unconverged(result.scan.grid),
        "inputs": [_input(record) for record in result.inputs],
        "apparatus": as_dict(result.experiment, result.analysis),
        "tables": result.tables,
        "notes": list(result.all_notes),
        "repeat": {"arguments": result.arguments},
    }
    content["repeat"]["sha256"] = repeat_digest(content)
    return content if result.cut_flow is None else content | {"cut_flow": plain(result.cut_flow)}


def repeat_digest(content: dict[str, Any]) -> str:
    """SHA-256 of what a run is made again from: a file that was changed by hand is known by it."""
    return digest([content["repeat"].get("arguments"), content.get("inputs"), content.get("tables")])


def _setting(result: RunResult) -> dict[str, Any]:
    return {
        "experiment": result.experiment.name,
        "analysis": result.analysis.name,
        "pot": result.pot,
        "projection": result.projection,
        "projection_of": result.analysis.projection_of,
        "background_assumption": str(result.assumption) if result.assumption else None,
        "discovery": discovery_facts(result),
        "channels": result.channels,
        "production": result.production,
        "cl": result.cl,
        "convention": result.convention,
        "ordering": result.ordering,
        "bands": result.bands.bands,
        "thrown_error": result.bands.thrown_error,
        "signal_error": result.signal_error,
        "precision": result.precision,
        "seed": result.seed,
        "mass_range_gev": result.mass_range_gev,
        "coupling_range": result.coupling_range,
    }


def _counting(state: FinalState) -> dict[str, Any]:
    """Counts of the signal region and the density of its background that the limits averaged over."""
    region = state.signal_region
    background: dict[str, Any] = {
        "mean": region.background.mean,
        "meaning": region.background.meaning,
        "posterior": type(region.background.density).__name__,
        "parameters": plain(region.background.density),
        "origin": plain(region.background.origin),
    }
    if isinstance(region.background, RejectionFactors):
        background["interval_5_95"] = [region.background.quantile(p) for p in (0.05, 0.95)]
        background["published"] = plain(region.background.published)
    return {
        "region": region.name,
        "observed": region.observed,
        "events": plain(region.events),
        "background": background,
    }


def _contours(result: RunResult) -> dict[str, Any]:
    kinds = dict.fromkeys(piece.kind for piece in result.scan.pieces)
    return {
        "pieces": [_piece(piece) for piece in result.scan.pieces],
        "excluded_masses_gev": {kind: excluded_masses(result.contour(kind)) for kind in kinds},
        "edges": plain(edge_table(result)),
    }


def _piece(piece: ContourPiece) -> dict[str, Any]:
    return {
        "kind": piece.kind,
        "piece": piece.piece,
        "points": len(piece.mass_gev),
        "mass_gev": [piece.mass_gev.min(), piece.mass_gev.max()],
        "coupling": [piece.coupling.min(), piece.coupling.max()],
        "open_edge": piece.open_edge,
    }


def _unconverged(grid: Grid) -> list[dict[str, Any]]:
    """Cells that missed the precision, joined at each mass; the map itself is in grid.h5."""
    if grid.unconverged is None:
        return []
    rows = []
    for mass, cells in zip(grid.mass_gev, grid.unconverged.astype(bool), strict=True):
        if cells.any():
            couplings = grid.coupling[cells]
            rows.append(
                {"mass_gev": mass, "coupling": [couplings.min(), couplings.max()], "cells": cells.sum()}
            )
    return rows


def _input(record: InputRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "value": record.value,
        "origin": plain(record.origin),
        "sha256": record.digest,
    }


# --- grid.h5 ------------------------------------------------------------------------------------------


def _fill_grid(file: h5py.File, result: RunResult) -> None:
    """Axes, yields by final state and by "production/final state", limits by mass; units as attributes."""
    grid = result.scan.grid
    file.attrs.update(
        model=result.model,
        coupling=result.coupling_name,
        pot=result.pot,
        cl=result.cl,
        convention=result.convention,
        preset=result.preset.name,
        analysis=result.analysis.name,
        projection=result.projection,
    )
    cells, by_mass = "axes: mass_gev, coupling", "axis: mass_gev"
    _put(file, "mass_gev", grid.mass_gev, "GeV", "masses of the grid")
    _put(file, "coupling", grid.coupling, "1", f"{result.coupling_name}, not its square")
    for tag, events in grid.yields.items():
        _put(file, f"yields/{tag}", events, "events", f"signal after efficiency; {cells}")
    for tag, events in grid.by_channel.items():
        _put(file, f"by_channel/{tag}", events, "events", f"signal after efficiency; {cells}")
    _put(file, "mc_error", grid.mc_error, "1", f"relative MC error of the total; {cells}")
    for tag, counts in (grid.observed or {}).items():
        _put(file, f"observed/{tag}", counts, "events", f"observed count; {by_mass}")
    limits = {"s_up_observed": grid.s_up_observed, "s_up_expected": grid.s_up_expected}
    limits |= {f"s_up_{kind}": s_up for kind, s_up in grid.s_up_bands.items()}
    for kind, reach in grid.s_discovery.items():
        _put(
            file, f"s_{kind}", reach, "events", f"total signal whose median outcome is discovered; {by_mass}"
        )
    for name, s_up in limits.items():
        _put(file, name, s_up, "events", f"upper limit on the total signal; {by_mass}")
    _put(file, "cls", grid.cls, "1", f"CLs of the observed counts; {cells}")
    _put(file, "unconverged", grid.unconverged, "1", f"missed the asked precision near the limit; {cells}")


def _put(file: h5py.File, name: str, values: Any, unit: str, meaning: str) -> None:
    if values is None:  # a projection has nothing observed
        return
    dataset = file.create_dataset(name, data=np.asarray(values))
    dataset.attrs["unit"] = unit
    dataset.attrs["meaning"] = meaning

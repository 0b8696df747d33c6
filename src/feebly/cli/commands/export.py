"""``feebly export``: a run in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.cli.values import given
from feebly.core.errors import ConfigError, unknown

FORMATS = ("pyhf", "csv", "alpinist")
_OF_SIMULATE = ("hepmc3", "root", "hdf5")
_ALL = "all"
_OPTIONS = {"points": "pyhf", "inspire": "pyhf", "width": "alpinist", "masses": "alpinist"}


def export(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="RUN", help="Folder of 'feebly run' or 'feebly kaon'.")],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="pyhf, csv or alpinist.")],
    out: Annotated[
        str | None, typer.Option("--out", metavar="DIR", help="Default: feebly-runs/RUN-FORMAT.")
    ] = None,
    points: Annotated[
        str | None,
        typer.Option(
            "--points",
            metavar="N|all",
            help="pyhf: so many points, nearest to the limit first, or all with a signal; default: 500.",
        ),
    ] = None,
    inspire: Annotated[
        str | None,
        typer.Option(
            "--inspire", metavar="insNNNNNNN", help="pyhf: INSPIRE number of the HEPData record, if any."
        ),
    ] = None,
    width: Annotated[
        str | None,
        typer.Option(
            "--width", metavar="MIN:MAX:N", help="alpinist: total widths [GeV]; default: 1e-25:1e-10:101."
        ),
    ] = None,
    masses: Annotated[
        str | None,
        typer.Option("--masses", metavar="N", help="alpinist: masses of each table; default: 201."),
    ] = None,
    jobs: options.Jobs = None,
    as_json: options.Json = False,
) -> None:
    """A run in the formats of others.

    pyhf: workspace.json (all signal regions with background and counts) and patchset.json (the signal of each
    point near the limit), with a warning about asymptotic limits in numbers. csv: everything in grid.h5 as
    cells.csv, yields.csv and masses.csv. alpinist: N(m, width) for each production and final state in the
    layout of ALPINIST, which 'feebly recast' reads; the yield tables of the run are taken from the cache, and
    sampled again where they are not there. Of 'feebly kaon limit': a workspace for each search; of all
    results of 'feebly kaon': limits.csv with what its columns are.

    \b
    Examples:
        feebly export my-run --to pyhf --out workspace
        feebly export my-run --to csv
        feebly export my-run --to alpinist --width 1e-22:1e-12:101
    """
    from feebly.report.kaon_saved import is_kaon_result

    if to in _OF_SIMULATE:
        raise ConfigError(f"--to {to}: events are written by 'feebly simulate --out events.{to}'")
    if to not in FORMATS:
        raise unknown("format", to, FORMATS)
    for name, of in _OPTIONS.items():
        if context.params[name] is not None and to != of:
            raise ConfigError(f"--{name} belongs to --to {of}, not to --to {to}")
    target = Path(out) if out else default_folder(Path(folder).resolve().name, to)
    require_writable(target)
    told: dict[str, Any]
    if to in ("pyhf", "csv") and is_kaon_result(folder):
        told = _kaon(folder, target, to)
    elif to == "pyhf":
        told = _pyhf(folder, target, points, inspire)
    elif to == "csv":
        told = _csv(folder, target)
    else:
        told = _alpinist(folder, target, width, masses, jobs)
    for text in told["notes"]:
        note(text)
    if as_json:
        answer_json({"format": to, "folder": str(target), **told})
    else:
        answer("\n".join([f"{told['summary']}:", *told["files"]]))


def _kaon(folder: str, target: Path, to: str) -> dict[str, Any]:
    from feebly.publish.kaon_csv import write_kaon_csv
    from feebly.publish.pyhf_files.kaon import export_kaon_pyhf
    from feebly.report.kaon_saved import read_kaon_result

    saved = read_kaon_result(folder)
    if to == "csv":
        return {"summary": "table", "files": [str(write_kaon_csv(saved, target))], "notes": []}
    found = export_kaon_pyhf(saved)
    files = [str(path) for path in found.write(target)]
    summary = f"{len(files)} workspace{'s' * (len(files) != 1)}"
    return {"summary": summary, "files": files, "notes": list(found.warnings)}


def _pyhf(folder: str, target: Path, points: str | None, inspire: str | None) -> dict[str, Any]:
    from feebly.publish.pyhf_files.export import MOST_POINTS, export_pyhf
    from feebly.publish.pyhf_files.workspace import NO_RECORD
    from feebly.report.saved_grid import read_saved_grid

    asked = None if points == _ALL else given(values.positive, points, "--points") or MOST_POINTS
    found = export_pyhf(read_saved_grid(folder), asked, inspire or NO_RECORD)
    files = found.write(target)
    return {
        "summary": f"workspace and {len(found.patches['patches'])} points",
        "files": [str(path) for path in files],
        "notes": list(found.warnings),
    }


def _csv(folder: str, target: Path) -> dict[str, Any]:
    from feebly.publish.grid_csv import write_grid_csv
    from feebly.report.saved_grid import read_saved_grid

    files = write_grid_csv(read_saved_grid(folder), target)
    return {"summary": "tables", "files": [str(path) for path in files], "notes": []}


def _alpinist(
    folder: str, target: Path, width: str | None, masses: str | None, jobs: str | None
) -> dict[str, Any]:
    from feebly.publish.width_files.alpinist import write_alpinist
    from feebly.report.saved_run import read_run
    from feebly.workflow.sampling import Sampling
    from feebly.workflow.width_tables import MASSES, run_width_tables

    with progress(f"{folder}: yield tables") as update:
        made = run_width_tables(
            read_run(folder),
            given(values.value_range, width, "--width"),
            given(values.positive, masses, "--masses") or MASSES,
            Sampling(jobs=given(values.positive, jobs, "--jobs"), progress=update, report=note),
        )
    files = write_alpinist(made.tables, target, made.choices.analysis.name)
    return {
        "summary": f"{len(files)} tables N(m, width)",
        "files": [str(path) for path in files],
        "notes": list(made.notes),
    }

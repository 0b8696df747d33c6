"""``feebly kaon invisible``: K+ -> pi+ X with an X that leaves the detector."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feebly.core.interfaces import FloatArray
    from feebly.kaon.invisible import InvisiblePoint
    from feebly.kaon.invisible_data import InvisibleData
    from feebly.kaon.invisible_scan import InvisibleScan
    from feebly.kaon.portals import CouplingEdges
    from feebly.report.kaon_invisible_report import Rows


def invisible(
    searches: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SEARCH...]", help="Names or .toml files; default: pi-x-2016-22 and pi0-invisible."
        ),
    ] = None,
    mass: options.Mass = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="FILE", help="Observed: missing_mass2_gev2, or mass_mev,n,b per line."
        ),
    ] = None,
    lifetimes: Annotated[
        str | None, typer.Option("--lifetimes", metavar="NS,NS", help="Lifetimes of X, e.g. 0.5,1,5.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="TAG", help="Also couplings: dark-scalar, dark-photon, alp-gluon."),
    ] = None,
    coupling: options.Coupling = None,
    over: Annotated[
        str | None,
        typer.Option("--over", metavar="RUN", help="Folder of 'feebly run': one figure of both, both.png."),
    ] = None,
    cl: options.Cl = "0.90",
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")
    ] = "na62-kaon",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    as_json: options.Json = False,
) -> None:
    """Limits on K+ -> pi+ X, X invisible, against its mass and lifetime; the couplings they exclude.

    Counts in a window of the missing mass: on K+ -> pi+ nu nubar, and around the pi0 among K+ -> pi+ pi0
    without photons; at each mass the search with the smaller expected limit. An X that decays before the end
    of the detector is seen, so that short lifetimes escape. Limits are expected, or with --data of one search
    observed. With --model the excluded couplings are written as a limit file for 'feebly plot --limits'.

    \b
    Examples:
        feebly kaon invisible --lifetimes 0.5,1,5
        feebly kaon invisible --model dark-scalar --coupling 1e-6:1e-1
        feebly kaon invisible --model alp-gluon --over my-dump-run
        feebly kaon invisible pi-x-2016-22 --data counts.csv
    """
    from feebly.kaon.invisible_scan import SEARCHES, load_invisible_scan

    names = tuple(searches or SEARCHES)
    scan, level = load_invisible_scan(names, experiment), values.number(cl, "--cl")
    words = [Path(name).stem for name in searches or ()] + [model or "branching-ratio"]
    folder = Path(out) if out else default_folder("kaon", "invisible", *words)
    require_writable(folder)
    run = _run_of(over, model)
    seen = _data(data, scan)
    masses = _masses(mass, seen, scan)
    texts = values.names(lifetimes, "--lifetimes") if lifetimes else ()
    taus = tuple(_lifetime(text) for text in texts)
    with progress("masses") as update:
        points = scan.points(
            masses.tolist(), level, lambda k: update(k, len(masses), f"{1e3 * masses[k]:.0f} MeV")
        )
    content, limits = _branching_ratios(scan, points, taus, level, seen, folder)
    if model is not None:
        content |= _couplings(scan, model, points, limits, coupling, level, content["kind"], folder)
    if run is not None:
        content |= _drawn_over(run, folder)
    if as_json:
        answer_json(content | {"folder": str(folder)})
    else:
        files = [f"plot: {folder / 'plot.png'}", *(f"both: {path}" for path in content.get("both", ()))]
        answer("\n".join([*_sentences(content), *files]))


def _run_of(over: str | None, model: str | None) -> str | None:
    """The run to draw over; refused before anything is computed."""
    from feebly.core.errors import ConfigError
    from feebly.report.overlay_plot_runs import read_plotted_run

    if over is None:
        return None
    found = read_plotted_run(over).model
    if found != model:
        raise ConfigError(f"--over {over}: a run of {found}; expected '--model {found}' beside it")
    return over


def _drawn_over(run: str, folder: Path) -> dict[str, Any]:
    """Run and excluded couplings in one figure."""
    from feebly.report.overlay_plot_files import read_overlay, write_overlay

    if not (folder / "limit.csv").exists():
        return {}
    overlay = read_overlay([run], limits=[str(folder / "limit.csv")])
    return {"both": [str(path) for path in write_overlay(overlay, folder / "both.png")]}


def _data(data: str | None, scan: InvisibleScan) -> InvisibleData | None:
    from feebly.core.errors import ConfigError
    from feebly.kaon.invisible_data import read_invisible_data

    if data is None:
        return None
    if len(scan.searches) > 1:
        raise ConfigError(
            f"--data {data}: expected the one search that it is of, e.g. 'feebly kaon invisible pi-x-2016-22'"
        )
    return read_invisible_data(data)


def _masses(mass: str | None, data: InvisibleData | None, scan: InvisibleScan) -> FloatArray:
    import numpy as np

    if mass is not None:
        low, high, number = values.value_range(mass, "--mass")
        return np.linspace(low, high, number)
    if data is not None and data.masses_gev is not None:
        return data.masses_gev
    return scan.default_masses_gev


def _lifetime(text: str) -> float:
    from feebly.core.errors import ConfigError

    value = values.number(text, "--lifetimes")
    if not value > 0:
        raise ConfigError(f"--lifetimes {text}: expected lifetimes above 0 in nanoseconds")
    return value


def _branching_ratios(
    scan: InvisibleScan,
    points: Sequence[InvisiblePoint],
    taus: tuple[float, ...],
    cl: float,
    data: InvisibleData | None,
    folder: Path,
) -> tuple[dict[str, Any], list[float]]:
    """What the answer says, and the limit of each point: observed with data, else expected."""
    from feebly.core.tables import write_atomically
    from feebly.report.kaon_folder import rows_csv
    from feebly.report.kaon_invisible_report import (
        EXPECTED,
        OBSERVED,
        figure_bytes,
        invisible_figure,
        invisible_rows,
    )

    rows = invisible_rows(scan, points, taus, cl, data)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "limits.csv", rows_csv(rows))
    figure = invisible_figure(scan, rows, cl)
    for file_format in ("png", "pdf"):
        write_atomically(folder / f"plot.{file_format}", figure_bytes(figure, scan.title, file_format))
    limits = rows[EXPECTED if data is None else OBSERVED]
    content = {
        "searches": _searches(scan, rows),
        "kind": "expected" if data is None else "observed",
        "cl": cl,
        "masses": len(points),
        "branching_ratio_limits": [min(limits), max(limits)],
        "at_gev": [rows["mass_gev"][limits.index(edge)] for edge in (min(limits), max(limits))],
    }
    return content, limits


def _searches(scan: InvisibleScan, rows: Rows) -> list[dict[str, Any]]:
    """Name, title and masses of each search that some mass is of."""
    found = []
    for search in scan.searches:
        masses = [m for m, name in zip(rows["mass_gev"], rows["search"], strict=True) if name == search.name]
        if masses:
            found.append({"name": search.name, "title": search.file.title, "masses_gev": masses})
    return found


def _couplings(
    scan: InvisibleScan,
    model: str,
    points: Sequence[InvisiblePoint],
    limits: list[float],
    coupling: str | None,
    cl: float,
    kind: str,
    folder: Path,
) -> dict[str, Any]:
    from feebly.core.tables import write_atomically
    from feebly.kaon.portals import caution, excluded_edges
    from feebly.physics.models.registry import MODELS
    from feebly.publish.kaon_limit import edges_as_limit
    from feebly.publish.limit_files.limit_text import write_limit
    from feebly.report.kaon_invisible_report import coupling_figure, figure_bytes

    edges = excluded_edges(model, points, limits, _coupling_range(model, coupling))
    if (line := caution(model, [point.mass_gev for point in points])) is not None:
        note(line)
    if edges.at_end:
        note("the excluded couplings reach the end of the range: extend --coupling")
    name = MODELS[model]().coupling_name
    figure = coupling_figure(scan, edges, name, model, cl, kind)
    write_atomically(folder / "couplings.png", figure_bytes(figure, scan.title, "png"))
    limit = edges_as_limit(scan, edges, model, cl, is_data=kind == "observed")
    if limit is not None:
        write_limit(limit, folder / "limit.csv")
    return {"model": model, "coupling": name, "couplings": _edge_facts(edges)}


def _coupling_range(model: str, coupling: str | None) -> tuple[float, float]:
    from feebly.physics.models.registry import MODELS

    if coupling is None:
        grid = MODELS[model]().default_grid.coupling
        return float(grid[0]), float(grid[1])
    low, high, _ = values.value_range(f"{coupling}:2" if coupling.count(":") == 1 else coupling, "--coupling")
    return low, high


def _edge_facts(edges: CouplingEdges) -> dict[str, Any]:
    import numpy as np

    if not np.isfinite(edges.lower).any():
        return {"excluded": None}
    best = int(np.nanargmin(edges.lower))
    return {"excluded": [edges.lower[best], edges.upper[best]], "at_gev": edges.mass_gev[best]}


def _sentences(content: dict[str, Any]) -> list[str]:
    (low, high), (at_low, at_high) = content["branching_ratio_limits"], content["at_gev"]
    observed = content["kind"] == "observed"
    would = "is" if observed else "would be"
    lines = [
        f"{search['title']}: {len(search['masses_gev'])} masses, "
        f"{1e3 * search['masses_gev'][0]:.0f} to {1e3 * search['masses_gev'][-1]:.0f} MeV"
        for search in content["searches"]
    ]
    lines.append(
        f"BR(K+ -> pi+ X) < {low:.2g} ({1e3 * at_low:.0f} MeV) to {high:.2g} ({1e3 * at_high:.0f} MeV), "
        f"{content['kind']} at {100 * content['cl']:g}% CL, X stable"
    )
    if "model" in content:
        found = content["couplings"]
        if found["excluded"] is None:
            lines.append(f"{content['model']}: no coupling {would} excluded")
        else:
            a, b = found["excluded"]
            lines.append(
                f"{content['model']}: {content['coupling']} = {a:.2g} to {b:.2g} {would} excluded at "
                f"{1e3 * found['at_gev']:.0f} MeV"
            )
    return lines

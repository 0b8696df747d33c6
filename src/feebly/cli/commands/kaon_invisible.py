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
    from feebly.core.interfaces import FloatArray
    from feebly.kaon.invisible import InvisiblePoint, InvisibleSearch
    from feebly.kaon.portals import CouplingEdges


def invisible(
    search: Annotated[str, typer.Argument(metavar="[SEARCH]", help="Name or .toml file.")] = "pi-x-2016-22",
    mass: options.Mass = None,
    lifetimes: Annotated[
        str | None, typer.Option("--lifetimes", metavar="NS,NS", help="Lifetimes of X, e.g. 0.5,1,5.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="TAG", help="Also couplings: dark-scalar, dark-photon, alp-gluon."),
    ] = None,
    coupling: options.Coupling = None,
    cl: options.Cl = "0.90",
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")
    ] = "na62-kaon",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    as_json: options.Json = False,
) -> None:
    """Expected limits on K+ -> pi+ X, X invisible, against its mass and lifetime; the couplings they exclude.

    Counts in a window of the missing mass on K+ -> pi+ nu nubar. An X that decays before the end of the
    detector is seen, so that short lifetimes escape. With --model the excluded couplings are written as a
    limit file for 'feebly plot --limits'.

    \b
    Examples:
        feebly kaon invisible --lifetimes 0.5,1,5
        feebly kaon invisible --model dark-scalar --coupling 1e-6:1e-1
    """
    from feebly.kaon.invisible import load_invisible_search

    found, level = load_invisible_search(search, experiment), values.number(cl, "--cl")
    folder = Path(out) if out else default_folder("kaon", Path(search).stem, model or "branching-ratio")
    require_writable(folder)
    masses = _masses(mass, found)
    texts = values.names(lifetimes, "--lifetimes") if lifetimes else ()
    taus = tuple(_lifetime(text) for text in texts)
    with progress("masses") as update:
        points = []
        for k, each in enumerate(masses):
            update(k, len(masses), f"{1e3 * each:.0f} MeV")
            points.append(found.point(float(each)))
    content = _branching_ratios(found, points, taus, level, folder)
    if model is not None:
        content |= _couplings(found, model, points, coupling, level, folder)
    if as_json:
        answer_json(content | {"folder": str(folder)})
    else:
        answer("\n".join([*_sentences(content), f"plot: {folder / 'plot.png'}"]))


def _masses(mass: str | None, search: InvisibleSearch) -> FloatArray:
    import numpy as np

    if mass is None:
        return search.default_masses_gev
    low, high, number = values.value_range(mass, "--mass")
    return np.linspace(low, high, number)


def _lifetime(text: str) -> float:
    from feebly.core.errors import ConfigError

    value = values.number(text, "--lifetimes")
    if not value > 0:
        raise ConfigError(f"--lifetimes {text}: expected lifetimes above 0 in nanoseconds")
    return value


def _branching_ratios(
    found: InvisibleSearch, points: list[InvisiblePoint], taus: tuple[float, ...], cl: float, folder: Path
) -> dict[str, Any]:
    from feebly.core.tables import write_atomically
    from feebly.report.kaon_invisible_report import figure_bytes, invisible_figure, invisible_rows
    from feebly.report.kaon_peak_report import peak_csv

    rows = invisible_rows(found, points, taus, cl)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "limits.csv", peak_csv(rows))
    figure = invisible_figure(found, rows, cl)
    for file_format in ("png", "pdf"):
        write_atomically(folder / f"plot.{file_format}", figure_bytes(figure, found.file.title, file_format))
    limits = rows["branching_ratio_limit"]
    return {
        "search": found.file.title,
        "kind": "expected",
        "cl": cl,
        "masses": len(points),
        "branching_ratio_limits": [min(limits), max(limits)],
        "at_gev": [rows["mass_gev"][limits.index(edge)] for edge in (min(limits), max(limits))],
    }


def _couplings(
    found: InvisibleSearch,
    model: str,
    points: list[InvisiblePoint],
    coupling: str | None,
    cl: float,
    folder: Path,
) -> dict[str, Any]:
    from feebly.core.tables import write_atomically
    from feebly.kaon.portals import excluded_edges
    from feebly.physics.models.registry import MODELS
    from feebly.publish.kaon_limit import edges_as_limit
    from feebly.publish.limit_files.limit_text import write_limit
    from feebly.report.kaon_invisible_report import coupling_figure, figure_bytes

    edges = excluded_edges(found, model, points, _coupling_range(model, coupling), cl)
    if edges.at_end:
        note("the excluded couplings reach the end of the range: extend --coupling")
    name = MODELS[model]().coupling_name
    figure = coupling_figure(found, edges, name, model, cl)
    write_atomically(folder / "couplings.png", figure_bytes(figure, found.file.title, "png"))
    limit = edges_as_limit(found, edges, model, cl)
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
    lines = [
        f"{content['search']}: expected at {100 * content['cl']:g}% CL, {content['masses']} masses",
        f"BR(K+ -> pi+ X) < {low:.2g} ({1e3 * at_low:.0f} MeV) to {high:.2g} ({1e3 * at_high:.0f} MeV), "
        "X stable",
    ]
    if "model" in content:
        found = content["couplings"]
        if found["excluded"] is None:
            lines.append(f"{content['model']}: no coupling would be excluded")
        else:
            a, b = found["excluded"]
            lines.append(
                f"{content['model']}: {content['coupling']} = {a:.2g} to {b:.2g} would be excluded at "
                f"{1e3 * found['at_gev']:.0f} MeV"
            )
    return lines

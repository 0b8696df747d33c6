"""``feebly kaon invisible``: K+ -> pi+ X with an X that leaves the detector."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.kaon_answer import BLINDED, Unblind, data_input, given_arguments, keep, kept_arguments
from feebly.cli.kaon_couplings import coupling_lines, coupling_range, edge_facts
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from feebly.core.interfaces import FloatArray
    from feebly.kaon.invisible import InvisiblePoint
    from feebly.kaon.invisible_data import InvisibleData
    from feebly.kaon.invisible_scan import InvisibleScan
    from feebly.report.kaon_folder import KaonResult
    from feebly.report.kaon_invisible_report import Rows
    from feebly.workflow.result import InputRecord


def invisible(
    context: typer.Context,
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
    unblind: Unblind = False,
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
    observed. With --model the excluded couplings are written as a limit file for 'feebly plot --limits'. Data
    of a search that is blinded are not read without --unblind.

    \b
    Examples:
        feebly kaon invisible --lifetimes 0.5,1,5
        feebly kaon invisible --model dark-scalar --coupling 1e-6:1e-1
        feebly kaon invisible --model alp-gluon --over my-dump-run
        feebly kaon invisible pi-x-2016-22 --data counts.csv
    """
    words = [Path(name).stem for name in searches or ()] + [model or "branching-ratio"]
    folder = Path(out) if out else default_folder("kaon", "invisible", *words)
    require_writable(folder)
    run = _run_of(over, model)
    given = given_arguments(context)
    del given["over"]  # drawn beside the result, no part of it
    result = made(**given)
    keep(result, folder, context)
    both = {} if run is None or "limit.csv" not in result.files else _drawn_over(run, folder)
    if run is not None and not both:
        note(f"--over {run}: no coupling is excluded, and nothing was drawn")
    if as_json:
        answer_json({**result.found, **both, "folder": str(folder)})
    else:
        files = [f"plot: {folder / 'plot.png'}", *(f"both: {path}" for path in both.get("both", ()))]
        answer("\n".join([*_sentences(result.found), *files]))


def made(
    searches: list[str] | None,
    mass: str | None,
    data: str | None,
    unblind: bool,
    lifetimes: str | None,
    model: str | None,
    coupling: str | None,
    cl: str,
    experiment: str,
) -> KaonResult:
    """The result of ``feebly kaon invisible``; arguments as typed."""
    given = dict(locals())
    from feebly.kaon.invisible_scan import SEARCHES, load_invisible_scan

    scan = load_invisible_scan(tuple(searches or SEARCHES), experiment)
    level, taus = values.number(cl, "--cl"), _lifetimes(lifetimes)
    is_blinded = data is not None and not unblind and any(each.file.blinded for each in scan.searches)
    seen = None if is_blinded else _data(data, scan)
    masses = _masses(mass, seen, scan)
    with progress("masses") as update:
        points = scan.points(
            masses.tolist(), level, lambda k: update(k, len(masses), f"{1e3 * masses[k]:.0f} MeV")
        )
    return _result(scan, points, taus, level, seen, given, is_blinded)


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


def _lifetimes(lifetimes: str | None) -> tuple[float, ...]:
    return tuple(map(_lifetime, values.names(lifetimes, "--lifetimes"))) if lifetimes else ()


def _lifetime(text: str) -> float:
    from feebly.core.errors import ConfigError

    value = values.number(text, "--lifetimes")
    if not value > 0:
        raise ConfigError(f"--lifetimes {text}: expected lifetimes above 0 in nanoseconds")
    return value


def _result(
    scan: InvisibleScan,
    points: Sequence[InvisiblePoint],
    taus: tuple[float, ...],
    cl: float,
    data: InvisibleData | None,
    given: dict[str, Any],
    is_blinded: bool,
) -> KaonResult:
    """Limit of each point, observed with data, else expected; and the couplings of a model."""
    from feebly.report.kaon_folder import KaonResult
    from feebly.report.kaon_invisible_report import EXPECTED, OBSERVED, invisible_rows, lifetime_words

    rows = invisible_rows(scan, points, taus, cl, data)
    limits = rows[EXPECTED if data is None else OBSERVED]
    facts: dict[str, Any] = {
        "searches": _searches(scan, rows),
        "kind": "expected" if data is None else "observed",
        "cl": cl,
        "masses": len(points),
        "branching_ratio_limits": [min(limits), max(limits)],
        "at_gev": [rows["mass_gev"][limits.index(edge)] for edge in (min(limits), max(limits))],
    }
    figures, notes = _figures(scan, rows, cl), [BLINDED] if is_blinded else []
    files: dict[str, str] = {}
    if given["model"] is not None:
        couplings, picture, files, said = _couplings(scan, points, limits, facts["kind"], given)
        facts, figures, notes = facts | couplings, figures | picture, [*notes, *said]
    return KaonResult(
        command="invisible",
        title="K+ -> pi+ X, X invisible",
        summary="; ".join(_sentences(facts)[len(facts["searches"]) :]),
        setting=_setting(scan, cl, given, is_blinded),
        found=facts,
        inputs=_inputs(scan, data, given),
        rows=rows,
        words=lifetime_words(taus),
        figures=figures,
        files=files,
        arguments=kept_arguments(given, is_blinded),
        notes=tuple(notes),
    )


def _figures(scan: InvisibleScan, rows: Rows, cl: float) -> dict[str, bytes]:
    from feebly.report.kaon_invisible_report import figure_bytes, invisible_figure

    figure = invisible_figure(scan, rows, cl)
    return {f"plot.{kind}": figure_bytes(figure, scan.title, kind) for kind in ("png", "pdf")}


def _setting(scan: InvisibleScan, cl: float, given: dict[str, Any], is_blinded: bool) -> dict[str, Any]:
    first, data = scan.searches[0], given["data"]
    seen = "none but published counts" if data is None else Path(data).name
    return {
        "search": ", ".join(each.name for each in scan.searches),
        "decay": first.file.decay,
        "experiment": first.experiment.name,
        "data": f"{seen}{', blinded' if is_blinded else ''}",
        "seed": first.seed,
        "cl": cl,
        "convention": "cls-counting",
        "model": given["model"],
        "blinded": is_blinded,
    }


def _inputs(
    scan: InvisibleScan, data: InvisibleData | None, given: dict[str, Any]
) -> tuple[InputRecord, ...]:
    from feebly.workflow.kaon_inputs import experiment_inputs, file_inputs

    files = [record for each in scan.searches for record in file_inputs(each.name, each.file)]
    seen = () if data is None else (data_input(given["data"], "see the file"),)
    return (*files, *experiment_inputs(scan.searches[0].experiment), *seen)


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
    points: Sequence[InvisiblePoint],
    limits: list[float],
    kind: str,
    given: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, bytes], dict[str, str], list[str]]:
    """Facts, figure, limit file and notes of the couplings of a model."""
    from feebly.kaon.portals import caution, excluded_edges
    from feebly.physics.models.registry import MODELS
    from feebly.publish.kaon_limit import edges_as_limit
    from feebly.publish.limit_files.limit_text import limit_text
    from feebly.report.kaon_invisible_report import coupling_figure, figure_bytes

    model, cl = given["model"], values.number(given["cl"], "--cl")
    edges = excluded_edges(model, points, limits, coupling_range(model, given["coupling"]))
    notes = []
    if (line := caution(model, [point.mass_gev for point in points])) is not None:
        notes.append(line)
    if edges.at_end:
        notes.append("the excluded couplings reach the end of the range: extend --coupling")
    name = MODELS[model]().coupling_name
    figure = figure_bytes(coupling_figure(scan, edges, name, model, cl, kind), scan.title, "png")
    limit = edges_as_limit(scan, edges, model, cl, is_data=kind == "observed")
    facts = {"model": model, "coupling": name, "couplings": edge_facts(edges)}
    files = {} if limit is None else {"limit.csv": limit_text(limit)}
    return facts, {"couplings.png": figure}, files, notes


def _sentences(content: Mapping[str, Any]) -> list[str]:
    (low, high), (at_low, at_high) = content["branching_ratio_limits"], content["at_gev"]
    lines = [
        f"{search['title']}: {len(search['masses_gev'])} masses, "
        f"{1e3 * search['masses_gev'][0]:.0f} to {1e3 * search['masses_gev'][-1]:.0f} MeV"
        for search in content["searches"]
    ]
    lines.append(
        f"BR(K+ -> pi+ X) < {low:.2g} ({1e3 * at_low:.0f} MeV) to {high:.2g} ({1e3 * at_high:.0f} MeV), "
        f"{content['kind']} at {100 * content['cl']:g}% CL, X stable"
    )
    return [*lines, *coupling_lines(content, content["kind"])]

"""``feebly plot``: runs, published limits and projections in one figure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import RUNS, require_writable
from feebly.cli.output import answer, answer_json


def plot(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Folders that 'feebly run' has written.", show_default=False),
    ] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option(
            "--limits",
            metavar="FILE",
            help="Limit file, shipped limit by name, or HEPData record (FILE.zip::TABLE); repeatable.",
        ),
    ] = None,
    projection: Annotated[
        list[str] | None,
        typer.Option("--projection", metavar="RUN", help="Folder of a projection, dashed; repeatable."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="channel or production: what each of them excludes alone."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="TEXT", help="Of the runs, in order; default: in what they differ."),
    ] = None,
    coupling: Annotated[
        str | None,
        typer.Option("--coupling", metavar="NAME", help="Convention of the axis, e.g. epsilon^2."),
    ] = None,
    mev: Annotated[bool, typer.Option("--mev", help="Masses in MeV.")] = False,
    x: Annotated[str | None, typer.Option("--x", metavar="MIN:MAX", help="Masses shown.")] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="MIN:MAX", help="Couplings shown.")] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="FILE", help=".png, .pdf or .svg; default: feebly-runs/plot-NAMES.png."
        ),
    ] = None,
    interactive: Annotated[
        str | None,
        typer.Option("--interactive", metavar="FILE", help="A page (.html) with the figure to point at."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Runs, published limits and projections in one figure.

    Observed limits are solid, projections dashed, published limits grey; pieces are never joined.
    Couplings of other conventions are converted where that is possible. The curves are written beside the
    figure as a table (.csv).

    \b
    Examples:
        feebly plot feebly-runs/dark-scalar-na62-dump-2021-scalar-exclusive --limits na62-kplus-dark-scalar
        feebly plot one two --projection future --mev --interactive page.html --out overlay.pdf
        feebly plot my-run --by channel
    """
    from feebly.report.overlay_plot import overlay_caption
    from feebly.report.overlay_plot_files import read_overlay, write_overlay

    overlay = read_overlay(runs or [], projection or [], limits or [], label or [], coupling, mev, by)
    names = [Path(run).resolve().name for run in [*(runs or []), *(projection or [])]] or ["limits"]
    target = Path(out) if out else RUNS / f"plot-{'-'.join(names)[:120]}{f'-by-{by}' if by else ''}.png"
    require_writable(target.parent)
    shown = (_shown(x, "--x"), _shown(y, "--y"))
    written = write_overlay(overlay, target, Path(interactive) if interactive else None, *shown)
    if as_json:
        curves = [
            {"name": layer.name, "kind": layer.kind, "pieces": len(layer.curves)} for layer in overlay.layers
        ]
        files = [str(path) for path in written]
        answer_json(
            {
                "files": files,
                "coupling": overlay.coupling,
                "curves": curves,
                "caption": overlay_caption(overlay),
            }
        )
    else:
        answer("\n".join(f"{path.suffix[1:]}: {path}" for path in written))


def _shown(text: str | None, option: str) -> tuple[float, float] | None:
    return None if text is None else values.value_range(text, option)[:2]

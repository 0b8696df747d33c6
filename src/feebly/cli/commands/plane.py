"""``feebly plane``: exclusion in a plane of two couplings at one mass."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress
from feebly.cli.values import given

_TABLE, _PLOT = "contours.csv", "plot.png"
_RANGE = "1e-10:1e-1:80"


def plane(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Axion-like particle, e.g. alp-gluon.", show_default=False)
    ],
    couplings: Annotated[
        str, typer.Option("--couplings", metavar="X,Y", help="Two of c_bb, c_ww, c_gg, c_ff.")
    ],
    at_mass: Annotated[str, typer.Option("--at-mass", metavar="GEV", help="The mass.")],
    x: Annotated[str, typer.Option("--x", metavar="MIN:MAX:N", help="First C/Lambda [1/GeV].")] = _RANGE,
    y: Annotated[str, typer.Option("--y", metavar="MIN:MAX:N", help="Second C/Lambda [1/GeV].")] = _RANGE,
    opposite: Annotated[bool, typer.Option("--opposite", help="Couplings of opposite sign.")] = False,
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    channels: options.Channels = None,
    production: options.Production = None,
    preset: options.Preset = None,
    response: options.Response = None,
    pot: options.Pot = None,
    cl: options.Cl = "0.90",
    precision: options.Precision = "0.01",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    out: options.RunFolder = None,
    as_json: options.Json = False,
) -> None:
    """Exclusion in a plane of two couplings.

    Of an axion-like particle at one mass; all other couplings are zero. MODEL and --preset give the choices
    of physics. Written as contours.csv and plot.png.

    \b
    Example:
        feebly plane alp-gluon --couplings c_gg,c_ff --at-mass 0.3 --channels mumu
    """
    from feebly.core.errors import ConfigError
    from feebly.core.tables import write_atomically
    from feebly.report.plane_report import facts, plane_csv, plane_png
    from feebly.workflow.coupling_plane import exclude_couplings

    axes = values.names(couplings, "--couplings")
    if len(axes) != 2:
        raise ConfigError(f'--couplings "{couplings}": expected two, such as c_gg,c_bb')
    folder = Path(out) if out else default_folder("plane", model, *axes, f"{at_mass}GeV")
    require_writable(folder)
    with progress(f"{model} at {at_mass} GeV") as update:
        sampling = options.sampling(precision, seed, jobs, update)
        found = exclude_couplings(
            model,
            (axes[0], axes[1]),
            values.number(at_mass, "--at-mass"),
            values.value_range(x, "--x"),
            values.value_range(y, "--y"),
            -1 if opposite else 1,
            experiment=experiment,
            analysis=analysis,
            channels=given(values.names, channels, "--channels"),
            production=given(values.names, production, "--production"),
            preset=preset,
            response=given(values.response_sets, response, "--response"),
            pot=given(values.number, pot, "--pot"),
            cl=values.number(cl, "--cl"),
            sampling=sampling,
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / _TABLE, plane_csv(found))
    write_atomically(folder / _PLOT, plane_png(found))
    if as_json:
        answer_json(facts(found) | {"pieces": len(found.pieces), "folder": str(folder)})
    else:
        pieces = len(found.contour(next(iter(found.s_up))))
        what = f"{pieces} closed piece{'s' * (pieces != 1)}" if pieces else "nothing excluded"
        answer(f"{what}\ncontours: {folder / _TABLE}\nplot: {folder / _PLOT}")

"""``feebly kaon resolution``: how well the mass of a particle is measured in kaon decays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress

_DEFAULT_GEV = {
    "ee": (0.02, 0.34, 17),
    "mumu": (0.22, 0.34, 13),
    "pipi": (0.29, 0.34, 6),
    "gammagamma": (0.1, 0.34, 13),
}


def resolution(
    final: Annotated[
        str,
        typer.Option("--final", metavar="A,B", help="What X decays to: ee, mumu, pipi, gammagamma."),
    ] = "ee,mumu,gammagamma",
    mass: Annotated[
        str | None, typer.Option("--mass", metavar="MIN:MAX:N", help="Masses of X [GeV], even steps.")
    ] = None,
    momentum: Annotated[
        str, typer.Option("--momentum", metavar="MIN:MAX", help="Momentum of each track [GeV].")
    ] = "5:65",
    photon: Annotated[
        str, typer.Option("--photon", metavar="X", help="Least energy of each photon [GeV].")
    ] = "2",
    events: Annotated[
        str, typer.Option("--events", metavar="N", help="Simulated decays at each mass.")
    ] = "50000",
    seed: options.Seed = "1",
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")
    ] = "na62-kaon",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    as_json: options.Json = False,
) -> None:
    """Resolutions of K+ -> pi+ X, X -> a pair, against the mass of X, simulated.

    Of the invariant mass of the pair, of the missing mass (p_K - p_pi), and of all three particles, which is
    that of the kaon; with the acceptance. Writes resolution.csv, plot.png and plot.pdf.

    \b
    Examples:
        feebly kaon resolution --final ee --mass 0.05:0.3:6
    """
    import numpy as np

    from feebly.core.errors import unknown
    from feebly.core.tables import write_atomically
    from feebly.kaon.experiment_file import load_kaon_experiment
    from feebly.kaon.many_tracks import TracksSelection
    from feebly.kaon.pair_resolution import PAIRS, pair_resolution
    from feebly.report.figure_style import figure_file
    from feebly.report.kaon_folder import rows_csv
    from feebly.report.kaon_resolution_report import resolution_figure, resolution_rows, resolution_text

    pairs = values.names(final, "--final")
    for name in pairs:
        if name not in PAIRS:
            raise unknown("pair", name, PAIRS)
    window = values.value_range(f"{momentum}:2", "--momentum")
    selection = TracksSelection((window[0], window[1]), values.number(photon, "--photon"))
    given = values.given(values.value_range, mass, "--mass")
    counted, number = values.whole_number(events, "--events", 1), values.whole_number(seed, "--seed")
    beam_line, found = load_kaon_experiment(experiment), []
    folder = Path(out) if out else default_folder("kaon", "resolution", *pairs)
    require_writable(folder)
    with progress("masses") as update:
        for name in pairs:
            masses = np.linspace(*(given or _DEFAULT_GEV[name])).tolist()
            found.append(pair_resolution(beam_line, name, masses, selection, counted, number, update))
    rows = resolution_rows(found)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "resolution.csv", rows_csv(rows))
    figure = resolution_figure(found)
    for kind in ("png", "pdf"):
        write_atomically(folder / f"plot.{kind}", figure_file(figure, kind, "K+ -> pi+ X"))
    if as_json:
        answer_json({"rows": rows, "folder": str(folder)})
    else:
        answer("\n".join([*resolution_text(rows), f"plot: {folder / 'plot.png'}"]))

"""``feebly spectra``: meson spectra of several sources, and how the shipped tables were made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress
from feebly.cli.values import given

TEXT = "Pythia 8 events"
NAMED = ("pythia", "bmpt", "feynman-power")


def show(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME|FILE]...",
            help="pythia, bmpt, feynman-power, or event lists (.csv, .hepmc3); default: those three.",
            show_default=False,
        ),
    ] = None,
    parent: Annotated[
        str | None, typer.Option("--parent", metavar="A,B", help="Mesons, e.g. pi0,eta; default: all.")
    ] = None,
    heavy: Annotated[
        str, typer.Option("--heavy", metavar="NAME", help="Cross sections of charm, beauty: alpinist, ship.")
    ] = "alpinist",
    target: Annotated[
        str, typer.Option("--target-a", metavar="A", help="Mass number of the target, for charm and beauty.")
    ] = "63.546",
    plot: Annotated[
        str | None,
        typer.Option("--plot", metavar="FILE", help="dN/dE and dN/dtheta with ratios, .png or .pdf."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Compare meson spectra of several sources.

    Mesons per POT, mean energy and transverse momentum, fraction within 10 mrad. In the figure the ratio
    is to the source named first.

    \b
    Examples:
        feebly spectra show
        feebly spectra show pythia bmpt --parent pi0,eta --plot spectra.png
    """
    from feebly.report.spectra_table import collect, row, spectra_text

    spectra = collect(
        sources or NAMED,
        given(values.names, parent, "--parent"),
        heavy,
        values.number(target, "--target-a"),
    )
    if plot:
        from feebly.report.spectra_plot import write_spectra_plot

        require_writable(Path(plot).parent, "--plot")
        write_spectra_plot(Path(plot), spectra)
    rows = [row(each) for each in spectra]
    if as_json:
        answer_json({"spectra": rows, "plot": plot})
    else:
        answer(spectra_text(rows) + (f"\nplot: {plot}" if plot else ""))


Kind = Annotated[str, typer.Option("--kind", metavar="NAME", help="Mesons to count: light, charm or beauty.")]


def build(
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Folder for the two files.")],
    events: Annotated[
        str | None, typer.Option("--events", metavar="N", help="Default: as in the table that is shipped.")
    ] = None,
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="N", help="Default: as in the table that is shipped.")
    ] = None,
    kind: Kind = "light",
    jobs: options.Jobs = None,
    as_json: options.Json = False,
) -> None:
    """Make a table of meson spectra with Pythia 8.

    About 15 minutes of one core for light mesons, 4 for charm and for beauty. Needs
    pip install 'feebly[generators]'. The same events and seed give the same counts for any number of
    processes.

    \b
    Examples:
        feebly spectra build --events 20000 --out spectra
        feebly spectra build --kind charm --out spectra
    """
    from feebly.physics.spectra import pythia
    from feebly.physics.spectra.library import same_as_shipped
    from feebly.workflow.executors import available_cores

    folder = Path(out)
    require_writable(folder)
    with progress(TEXT) as update:
        written = pythia.build_table(
            folder,
            kind,
            events=given(values.positive, events, "--events"),
            seed=given(values.positive, seed, "--seed"),
            jobs=given(values.positive, jobs, "--jobs") or available_cores(),
            progress=lambda done, total: update(done, total, TEXT),
        )
    same = same_as_shipped(kind, folder)
    if as_json:
        answer_json({"files": [str(path) for path in written], "same_as_shipped": same})
    else:
        verdict = "the same counts as" if same else "other counts than"
        answer("\n".join([*(f"wrote {path}" for path in written), f"{verdict} in the shipped table"]))

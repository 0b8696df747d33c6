"""``feebly kaon spectrum``: the missing mass of standard decays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress
from feebly.cli.values import given


def spectrum(
    decays: Annotated[
        str | None,
        typer.Option("--decays", metavar="A,B", help="E.g. mu-nu,pi-pi0; default: all that feebly knows."),
    ] = None,
    track: Annotated[
        str, typer.Option("--track", metavar="e|mu|pi", help="Mass that is given to the track.")
    ] = "pi",
    momentum: Annotated[
        str, typer.Option("--momentum", metavar="MIN:MAX", help="Momentum of the track [GeV].")
    ] = "15:45",
    mass2: Annotated[
        str, typer.Option("--mass2", metavar="MIN:MAX:N", help="Bins of the missing mass squared [GeV^2].")
    ] = "-0.1:0.14:121",
    events: Annotated[
        str, typer.Option("--events", metavar="N", help="Simulated decays of each kind.")
    ] = "200000",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")
    ] = "na62-kaon",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    as_json: options.Json = False,
) -> None:
    """Missing mass squared (p_K - p_track)^2 of K+ decays with one selected track, simulated.

    Per K+ decay in the decay region, with the branching ratio and the acceptance of the track; what photon
    vetoes and particle identification reject is not taken away. Writes spectrum.csv, plot.png and plot.pdf.

    \b
    Examples:
        feebly kaon spectrum --decays mu-nu,pi-pi0,3pi --events 50000
    """
    import numpy as np

    from feebly.core.tables import write_atomically
    from feebly.kaon.experiment_file import load_kaon_experiment
    from feebly.kaon.one_track import TrackSelection
    from feebly.kaon.spectrum import missing_mass_spectrum
    from feebly.physics.decays.kaon_standard import standard_decays
    from feebly.report.figure_style import figure_file
    from feebly.report.kaon_peak_report import peak_csv
    from feebly.report.kaon_spectrum_report import spectrum_figure, spectrum_rows
    from feebly.workflow.executors import available_cores

    tags = values.names(decays, "--decays") if decays else tuple(standard_decays())
    edges = np.linspace(*_bins(mass2))
    window = values.value_range(f"{momentum}:2", "--momentum")
    selection = TrackSelection((window[0], window[1]))
    counted, cores = values.whole_number(events, "--events", 1), given(values.positive, jobs, "--jobs")
    folder = Path(out) if out else default_folder("kaon", "spectrum", track)
    require_writable(folder)
    kaons, found = load_kaon_experiment(experiment), []
    with progress("decays") as update:
        for k, tag in enumerate(tags):
            update(k, len(tags), tag)
            found.append(
                missing_mass_spectrum(
                    kaons, tag, edges, counted, track, selection, values.whole_number(seed, "--seed"),
                    cores or available_cores(),
                )
            )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "spectrum.csv", peak_csv(spectrum_rows(found)))
    figure = spectrum_figure(found, track)
    for file_format in ("png", "pdf"):
        write_atomically(folder / f"plot.{file_format}", figure_file(figure, file_format, "K+ decays"))
    content = {each.tag: {"acceptance": each.acceptance, "tracks": each.per_decay.sum()} for each in found}
    if as_json:
        answer_json({"decays": content, "folder": str(folder)})
    else:
        lines = [
            f"{each.decay.decay}: BR {each.decay.branching_ratio:.4g}, acceptance {each.acceptance:.3g}"
            for each in found
        ]
        answer("\n".join([*lines, f"plot: {folder / 'plot.png'}"]))


def _bins(text: str) -> tuple[float, float, int]:
    """MIN:MAX:N with MIN of any sign."""
    from feebly.core.errors import ConfigError

    parts = text.split(":")
    if len(parts) != 3:
        raise ConfigError(f'--mass2 "{text}": expected MIN:MAX:N, e.g. -0.1:0.14:121')
    low, high = (values.number(part, "--mass2") for part in parts[:2])
    number = values.whole_number(parts[2], "--mass2", 2)
    if not low < high:
        raise ConfigError(f'--mass2 "{text}": expected MIN below MAX')
    return low, high, number

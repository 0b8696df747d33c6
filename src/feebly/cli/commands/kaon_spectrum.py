"""``feebly kaon spectrum``: the missing mass of standard decays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress
from feebly.cli.values import given

if TYPE_CHECKING:
    from feebly.kaon.experiment_file import KaonExperiment
    from feebly.kaon.rejection import Rejection


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
    identify: Annotated[
        bool, typer.Option("--identify", help="Ask that the track is identified as that of --track.")
    ] = False,
    veto: Annotated[
        str | None,
        typer.Option("--veto", metavar="A,B", help="Ask that nothing else is seen: photons, tracks."),
    ] = None,
    regions: Annotated[
        str | None,
        typer.Option(
            "--regions", metavar="MIN:MAX,..", help="Count in ranges of the missing mass squared [GeV^2]."
        ),
    ] = None,
    kaons: Annotated[
        str | None, typer.Option("--kaons", metavar="N", help="Expected numbers for N K+ decays.")
    ] = None,
    protons: Annotated[
        str | None, typer.Option("--protons", metavar="N", help="Expected numbers for N protons on target.")
    ] = None,
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

    Per K+ decay in the decay region, with the branching ratio and the acceptance of the track; or expected
    numbers (--kaons, --protons). --identify and --veto take away what the experiment rejects. Writes
    spectrum.csv, plot.png and plot.pdf.

    \b
    Examples:
        feebly kaon spectrum --decays mu-nu,pi-pi0,3pi --events 50000
        feebly kaon spectrum --momentum 15:35 --identify --veto photons,tracks --regions 0:0.01,0.026:0.068
    """
    import numpy as np

    from feebly.core.tables import write_atomically
    from feebly.kaon.experiment_file import load_kaon_experiment
    from feebly.kaon.one_track import TrackSelection
    from feebly.kaon.spectrum import missing_mass_spectrum
    from feebly.physics.decays.kaon_standard import standard_decays
    from feebly.report.figure_style import figure_file
    from feebly.report.kaon_peak_report import peak_csv
    from feebly.report.kaon_spectrum_report import (
        spectrum_content,
        spectrum_figure,
        spectrum_rows,
        spectrum_text,
    )
    from feebly.workflow.executors import available_cores

    tags = values.names(decays, "--decays") if decays else tuple(standard_decays())
    edges, ranges = np.linspace(*_bins(mass2)), _regions(regions)
    window = values.value_range(f"{momentum}:2", "--momentum")
    selection = TrackSelection((window[0], window[1]))
    counted, cores = values.whole_number(events, "--events", 1), given(values.positive, jobs, "--jobs")
    beam_line = load_kaon_experiment(experiment)
    rejection, number = _rejection(beam_line, track, identify, veto), _kaons(beam_line, kaons, protons)
    folder = Path(out) if out else default_folder("kaon", "spectrum", track)
    require_writable(folder)
    found = []
    with progress("decays") as update:
        for k, tag in enumerate(tags):
            update(k, len(tags), tag)
            found.append(
                missing_mass_spectrum(
                    beam_line, tag, edges, counted, track, selection, rejection, ranges,
                    values.whole_number(seed, "--seed"), cores or available_cores(),
                )
            )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "spectrum.csv", peak_csv(spectrum_rows(found, number)))
    figure = spectrum_figure(found, track, number)
    for file_format in ("png", "pdf"):
        write_atomically(folder / f"plot.{file_format}", figure_file(figure, file_format, "K+ decays"))
    if as_json:
        answer_json({**spectrum_content(found, beam_line, number), "folder": str(folder)})
    else:
        answer("\n".join([*spectrum_text(found, beam_line, number), f"plot: {folder / 'plot.png'}"]))


def _rejection(experiment: KaonExperiment, track: str, identify: bool, veto: str | None) -> Rejection:
    from feebly.core.errors import DomainError, unknown
    from feebly.kaon.peak_file import TRACKS
    from feebly.kaon.rejection import Rejection, require_rejection

    vetoes = values.names(veto, "--veto") if veto else ()
    for name in vetoes:
        if name not in ("photons", "tracks"):
            raise unknown("veto", name, ("photons", "tracks"))
    if track not in TRACKS:
        raise DomainError(f"--track {track!r}: expected one of {', '.join(TRACKS)}")
    rejection = Rejection(TRACKS[track][0] if identify else None, "photons" in vetoes, "tracks" in vetoes)
    require_rejection(experiment, rejection)
    return rejection


def _kaons(experiment: KaonExperiment, kaons: str | None, protons: str | None) -> float | None:
    """Number of K+ decays; None: per decay."""
    from feebly.core.errors import ConfigError
    from feebly.kaon.kaon_decays import decays_of_protons

    if kaons and protons:
        raise ConfigError("--kaons, --protons: expected one of the two")
    option, text = ("--protons", protons) if protons else ("--kaons", kaons)
    if text is None:
        return None
    number = values.number(text, option)
    if not number > 0:
        raise ConfigError(f'{option} "{text}": expected a number above 0')
    return decays_of_protons(experiment, number) if protons else number


def _regions(text: str | None) -> tuple[tuple[float, float], ...]:
    from feebly.core.errors import ConfigError

    found = []
    for part in (text or "").split(",") if text else ():
        ends = [values.number(end, "--regions") for end in part.split(":")]
        if len(ends) != 2 or not ends[0] < ends[1]:
            raise ConfigError(f'--regions "{part}": expected MIN:MAX with MIN below MAX, e.g. 0:0.01')
        found.append((ends[0], ends[1]))
    return tuple(found)


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

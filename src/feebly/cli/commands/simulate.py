"""``feebly simulate``: events with true and reconstructed quantities, in the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.cli.values import given

if TYPE_CHECKING:
    from feebly.workflow.event_sample import EventSample

ALL = "all"


def simulate(
    model: options.Model,
    channel: options.OneChannel,
    mass: Annotated[str, typer.Option("--mass", metavar="M", help="Mass [GeV].")],
    coupling: Annotated[
        str, typer.Option("--coupling", metavar="C", help="Coupling (epsilon, not its square).")
    ],
    number: Annotated[str, typer.Option("-n", "--events", metavar="N", help="Number of events.")],
    out: Annotated[
        str,
        typer.Option(
            "--out", metavar="FILE", help="Event file; its suffix is the format: .h5, .root, .hepmc."
        ),
    ],
    production: Annotated[
        str, typer.Option("--production", metavar="I|all", help="Production modes A,B, or all of the preset.")
    ] = ALL,
    weighted: Annotated[
        bool, typer.Option("--weighted/--unweighted", help="Weights as sampled, or equal by accept-reject.")
    ] = False,
    region: Annotated[
        str,
        typer.Option(
            "--region",
            metavar="SR|CR|all",
            help="Search region of the events; all: whatever is in acceptance.",
        ),
    ] = "SR",
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    preset: options.Preset = None,
    spectrum: options.Spectrum = None,
    response: options.Response = None,
    pot: options.Pot = None,
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    plots: Annotated[
        str | None, typer.Option("--plots", metavar="DIR", help="Folder for figures of the distributions.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Simulated events of one mass and coupling.

    Made by the same chain as the yields, from the proton on target to the reconstructed pair. The production
    modes are mixed by their expected yields; the sum of the weights is the number of expected events for the
    POT. The file tells the unit and meaning of every column.

    \b
    Examples:
        feebly simulate dark-photon --mass 0.3 --coupling 1e-6 --channel mumu -n 1000 --out events.h5
        feebly simulate BC1 --mass 0.1 --coupling 3e-6 --channel ee -n 500 --region all --out e.root --plots e
    """
    from feebly.publish.event_files import check_event_file, write_events
    from feebly.workflow.simulate import simulate as simulate_events

    file = Path(out)
    check_event_file(file)
    require_writable(file.parent)
    if plots:
        require_writable(Path(plots), "--plots")
    with progress(f"{model} -> {channel}") as update:
        sample = simulate_events(
            model,
            channel,
            mass_gev=values.number(mass, "--mass"),
            coupling=values.number(coupling, "--coupling"),
            n=values.positive(number, "-n"),
            production=None if production == ALL else values.names(production, "--production"),
            region=region,
            weighted=weighted,
            experiment=experiment,
            analysis=analysis,
            preset=preset,
            spectrum=spectrum,
            response=given(values.response_sets, response, "--response"),
            pot=given(values.number, pot, "--pot"),
            seed=values.whole_number(seed, "--seed"),
            jobs=given(values.positive, jobs, "--jobs"),
            progress=update,
            report=note,
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        write_events(sample, file, progress=update)
    figures = _draw(sample, Path(plots)) if plots else []
    if as_json:
        answer_json(sample.metadata() | {"file": str(file), "plots": [str(path) for path in figures]})
    else:
        answer("\n".join([*_summary(sample), f"file: {file}", *(f"plot: {path}" for path in figures)]))


def _draw(sample: EventSample, folder: Path) -> list[Path]:
    from feebly.report.event_plots import write_plots

    folder.mkdir(parents=True, exist_ok=True)
    return write_plots(sample, folder)


def _summary(sample: EventSample) -> list[str]:
    where = "in acceptance" if sample.region == ALL else f"in {sample.region}"
    lines = [
        f"{len(sample):,} {sample.kind} events {where} for {sample.expected:.4g} +- {sample.mc_error:.1g} "
        f"expected at {sample.pot:.3g} POT ({sample.coupling_name} = {sample.coupling:g}, m = "
        f"{sample.mass_gev:g} GeV, ctau = {sample.ctau_m:.3g} m)",
        f"{'cut':<20}{'simulated':>14}{'expected':>12}",
    ]
    for step in sample.cut_flow:
        expected = "" if step.expected is None else f"{step.expected:.4g}"
        lines.append(f"{step.name:<20}{step.simulated:>14,}{expected:>12}")
    lines.append(f"{'production':<20}{'events':>14}{'expected':>12}{'kept':>8}")
    for share in sample.shares:
        kept = "" if share.efficiency is None else f"{share.efficiency:.1%}"
        lines.append(f"{share.production:<20}{share.events:>14,}{share.expected:>12.4g}{kept:>8}")
    return lines

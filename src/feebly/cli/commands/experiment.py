"""``feebly experiment``: what is built in, and every number of it with its origin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.core.errors import ConfigError

if TYPE_CHECKING:
    from feebly.analysis.analysis import Analysis, FinalState
    from feebly.apparatus.experiment import Experiment
    from feebly.workflow.event_sample import EventSample


def show(
    experiment: Annotated[str, typer.Argument(metavar="NAME|FILE", help="An experiment or its TOML file.")],
    analysis: options.Analysis = None,
    as_json: options.Json = False,
) -> None:
    """Every number of an experiment with its origin.

    Apparatus, selection, counts, backgrounds and response sets.

    \b
    Example:
        feebly experiment show na62-dump-2021
    """
    from feebly.report.experiment_text import as_dict, describe

    loaded = _load(experiment, analysis)
    if as_json:
        answer_json(as_dict(*loaded))
    else:
        answer(describe(*loaded))


def list_all(as_json: options.Json = False) -> None:
    """Names of the built-in experiments.

    \b
    Example:
        feebly experiment list
    """
    from feebly.apparatus.experiment import experiment_names, load_experiment

    titles = {name: load_experiment(name).title for name in experiment_names()}
    if as_json:
        answer_json({"experiments": titles})
    else:
        answer("\n".join(f"{name:<18} {title}" for name, title in titles.items()))


def draw(
    experiment: Annotated[str, typer.Argument(metavar="NAME|FILE", help="An experiment or its TOML file.")],
    analysis: options.Analysis = None,
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="Figure; its suffix is the format: .png or .pdf.")
    ] = "experiment.png",
    channel: Annotated[
        str | None,
        typer.Option("--channel", metavar="F", help="Final state; default: the first of the analysis."),
    ] = None,
    number: Annotated[
        str | None,
        typer.Option("--events", metavar="N", help="Simulated events to draw; 0 for none. [default: 3]"),
    ] = None,
    model: Annotated[str, typer.Option("--model", metavar="MODEL", help="Of the events.")] = "dark-photon",
    mass: Annotated[str, typer.Option("--mass", metavar="M", help="Mass [GeV].")] = "0.3",
    coupling: Annotated[
        str, typer.Option("--coupling", metavar="C", help="Coupling; the default is long-lived.")
    ] = "1e-8",
    production: options.Production = "brems",
    seed: options.Seed = "1",
    as_json: options.Json = False,
) -> None:
    """An experiment to scale.

    Seen from above and from the side, from the data file alone, with a few simulated events that pass the
    selection. Without an analysis neither fiducial volume nor events are drawn.

    \b
    Examples:
        feebly experiment draw na62-dump-2021
        feebly experiment draw na62-dump-2021 --events 5 --channel ee --mass 0.1 --out na62.pdf
    """
    from feebly.apparatus.experiment import load_experiment
    from feebly.report.experiment_drawing import check_drawing_file, write_drawing

    file = Path(out)
    check_drawing_file(file)
    require_writable(file.parent)
    wanted = None if number is None else values.whole_number(number, "--events")
    if analysis is None and experiment.endswith(".toml") and not wanted:
        loaded, state, sample = load_experiment(experiment), None, None
    else:
        loaded, counts = _load(experiment, analysis)
        state = counts.final_state(channel or next(iter(counts.final_states)))
        point = (model, values.number(mass, "--mass"), values.number(coupling, "--coupling"))
        seeded = values.whole_number(seed, "--seed")
        modes = values.names(production or "brems", "--production")
        sample = _events(
            (experiment, analysis), state, point, (3 if wanted is None else wanted, seeded), modes
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    write_drawing(file, loaded, state, sample)
    if as_json:
        answer_json({"drawing": str(file), "events": 0 if sample is None else len(sample)})
    else:
        answer(f"drawing: {file}")


def _events(
    setting: tuple[str, str | None],
    state: FinalState,
    point: tuple[str, float, float],
    drawn: tuple[int, int],
    production: tuple[str, ...],
) -> EventSample | None:
    """Simulated events in the signal region: their number and the seed are ``drawn``."""
    from feebly.workflow.simulate import simulate

    (experiment, analysis), (model, mass, coupling), (number, seed) = setting, point, drawn
    if number == 0:
        return None
    with progress("simulating events") as update:
        return simulate(
            model,
            state.tag,
            mass_gev=mass,
            coupling=coupling,
            n=number,
            production=production,
            region=state.signal_region.name,
            experiment=experiment,
            analysis=analysis,
            seed=seed,
            progress=update,
            report=note,
        )


def _load(experiment: str, analysis: str | None) -> tuple[Experiment, Analysis]:
    from feebly.analysis.analysis import load_analysis
    from feebly.apparatus.experiment import load_experiment

    if analysis is None and experiment.endswith(".toml"):
        raise ConfigError(f"experiment {experiment}: a file needs --analysis NAME or FILE beside it")
    loaded, counts = load_experiment(experiment), load_analysis(analysis or experiment)
    counts.check_against(loaded)
    return loaded, counts

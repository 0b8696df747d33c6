"""``feebly experiment``: what is built in, and every number of it with its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options
from feebly.cli.output import answer, answer_json
from feebly.core.errors import ConfigError

if TYPE_CHECKING:
    from feebly.analysis.analysis import Analysis
    from feebly.apparatus.experiment import Experiment


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


def _load(experiment: str, analysis: str | None) -> tuple[Experiment, Analysis]:
    from feebly.analysis.analysis import load_analysis
    from feebly.apparatus.experiment import load_experiment

    if analysis is None and experiment.endswith(".toml"):
        raise ConfigError(f"experiment {experiment}: a file needs --analysis NAME or FILE beside it")
    loaded, counts = load_experiment(experiment), load_analysis(analysis or experiment)
    counts.check_against(loaded)
    return loaded, counts

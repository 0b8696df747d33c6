"""``feebly recast``: published tables of events against another model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.run_answer import tell_run
from feebly.cli.values import given
from feebly.core.errors import ConfigError


def recast(
    context: typer.Context,
    tables: Annotated[
        list[str],
        typer.Argument(
            metavar="TABLES...",
            help="Files of tables (.dat, .csv), a folder of them, a card (.toml), or a HEPData record.",
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="MODEL", help="Model tag, or a model's .toml file, see 'feebly run'."
        ),
    ],
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    channels: options.Channels = None,
    production: options.Production = None,
    preset: options.Preset = None,
    pot: options.Pot = None,
    background: options.Background = None,
    mass: options.Mass = None,
    coupling: options.Coupling = None,
    cl: options.Cl = "0.90",
    convention: options.Convention = "cls-counting",
    point: Annotated[
        str | None,
        typer.Option("--point", metavar="M,G", help="One mass [GeV] and coupling: is it excluded?"),
    ] = None,
    out: options.RunFolder = None,
    as_json: options.Json = False,
) -> None:
    """Published tables N(m, width) against another model.

    Each table is for one production and one final state: 'feebly export --to alpinist', 'feebly yields' and
    'feebly acceptance' write them, ALPINIST has them, a HEPData record may (acceptance against mass and
    lifetime). The model's rates relative to the table's, its branching ratios and its width give the events;
    counts, backgrounds and limit are those of the analysis. Writes a run folder, or with --point says whether
    one point is excluded. Nothing is extrapolated beyond a table.

    \b
    Examples:
        feebly recast tables --model mine.toml
        feebly recast tables --model mine.toml --point 0.3,2e-6
        feebly recast alpinist.toml --model dark-photon --pot 1e18 --background none
    """
    from feebly.publish.width_files.read import read_width_tables
    from feebly.report.run_folder import write_run
    from feebly.workflow.recast import recast as match

    folder = Path(out) if out else default_folder("recast", Path(model).stem, Path(tables[0]).stem)
    if point is None:
        require_writable(folder)
    found = match(
        read_width_tables(tables),
        model,
        experiment=experiment,
        analysis=analysis,
        preset=preset,
        channels=given(values.names, channels, "--channels"),
        production=given(values.names, production, "--production"),
        pot=given(values.number, pot, "--pot"),
        background=background,
        mass=given(values.value_range, mass, "--mass"),
        coupling=given(values.value_range, coupling, "--coupling"),
        cl=values.number(cl, "--cl"),
        convention=convention,
    )
    if point is not None:
        verdict = found.at(*_point(point))
        for text in found.notes:
            note(text)
        if as_json:
            answer_json({"verdict": str(verdict), **_as_dict(verdict)})
        else:
            answer(str(verdict))
        return
    result = found.run()
    write_run(result, folder, command=["feebly", *context.obj])
    tell_run(result, folder, as_json)


def _as_dict(verdict: object) -> dict[str, object]:
    from feebly.core.tables import plain

    return dict(plain(verdict))


def _point(text: str) -> tuple[float, float]:
    parts = values.names(text, "--point")
    if len(parts) != 2:
        raise ConfigError(f'--point "{text}": expected a mass in GeV and a coupling, such as 0.3,2e-6')
    mass, coupling = (values.number(part, "--point") for part in parts)
    if min(mass, coupling) <= 0:
        raise ConfigError(f'--point "{text}": expected a positive mass and coupling')
    return mass, coupling

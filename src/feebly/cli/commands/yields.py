"""``feebly yields``: N_if(m, ctau), the costly half that knows no coupling."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.cli.values import given

if TYPE_CHECKING:
    from feebly.workflow.yields import YieldRows

STDOUT = "-"
TABLE = "table.csv"


def yields(
    model: options.Model,
    production: options.OneProduction,
    channel: options.OneChannel,
    mass: options.Masses,
    ctau: Annotated[str, typer.Option("--ctau", metavar="MIN:MAX:N", help="Proper decay lengths [m].")],
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    preset: options.Preset = None,
    spectrum: options.Spectrum = None,
    coupling_convention: options.CouplingConvention = None,
    pot: options.Pot = None,
    response: options.Response = None,
    precision: options.Precision = "0.01",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="DIR|-",
            help="Folder of table.csv, - for stdout; default: feebly-runs/yields-MODEL-I-F.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Events against mass and proper decay length.

    Of one production mode and one final state, for branching ratio 1 at the reference coupling that the
    header names. Written as table.csv: mass_gev, ctau_m, region, yield, mc_error (events). The physics is
    that of the preset 'current' where it has the mode, else of the analysis' own preset.

    \b
    Example:
        feebly yields dark-photon --production brems --channel mumu --mass 0.3 --ctau 1e-2:1e3:26 --out -
    """
    from feebly.workflow.yields import yields as tabulate

    folder = Path(out) if out else default_folder("yields", model, production, channel)
    if out != STDOUT:
        require_writable(folder)
    with progress(f"{production} -> {channel}") as update:
        rows = tabulate(
            model,
            production,
            channel,
            masses=values.points(mass, "--mass"),
            ctau=values.value_range(ctau, "--ctau"),
            experiment=experiment,
            analysis=analysis,
            preset=preset,
            spectrum=spectrum,
            coupling_convention=coupling_convention,
            pot=given(values.number, pot, "--pot"),
            response=given(values.response_sets, response, "--response"),
            precision=values.number(precision, "--precision"),
            seed=values.whole_number(seed, "--seed"),
            jobs=given(values.positive, jobs, "--jobs"),
            progress=update,
            report=note,
        )
    path = None if out == STDOUT else _write(rows, folder)
    if as_json:
        table = {"table": str(path)} if path else {}
        answer_json({"header": rows.header, "columns": rows.columns, **table})
    else:
        answer(f"table: {path}" if path else _csv(rows))


def _write(rows: YieldRows, folder: Path) -> Path:
    from feebly.core.tables import write_atomically

    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / TABLE, _csv(rows))
    return folder / TABLE


def _csv(rows: YieldRows) -> str:
    """Header lines ``# key: value``, names of the columns, one line for each row."""
    text = io.StringIO()
    text.writelines(f"# {key}: {value}\n" for key, value in rows.header.items())
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows(zip(*rows.columns.values(), strict=True))
    return text.getvalue()

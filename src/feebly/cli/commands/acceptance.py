"""``feebly acceptance``: the factors of a yield on their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress
from feebly.cli.values import given

_TABLE, _RESOLUTION, _MAPS = "acceptance.csv", "resolution.csv", "maps.png"


def acceptance(
    model: options.Model,
    production: options.OneProduction,
    channel: options.OneChannel,
    mass: options.Masses,
    ctau: Annotated[
        str, typer.Option("--ctau", metavar="MIN:MAX:N", help="Proper decay lengths [m].")
    ] = "1e-3:1e4:60",
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    preset: options.Preset = None,
    response: options.Response = None,
    precision: options.Precision = "0.01",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    out: options.RunFolder = None,
    as_json: options.Json = False,
) -> None:
    """Acceptance and resolution of one channel.

    Of one production mode and one final state, against mass and proper decay length, for branching ratio 1:
    particles produced, P_rd (those that fly through the first aperture and decay in the fiducial volume),
    A_acc (those of them that are selected), the yield, and the resolution. Written as acceptance.csv,
    resolution.csv and maps.png.

    \b
    Example:
        feebly acceptance dark-photon --production eta --channel mumu --mass 0.22:0.5:20
    """
    from feebly.core.tables import write_atomically
    from feebly.report.acceptance_report import facts, maps_png, resolution_rows, rows, table_csv
    from feebly.workflow.acceptance import acceptance as factors

    folder = Path(out) if out else default_folder("acceptance", model, production, channel)
    require_writable(folder)
    with progress(f"{production} -> {channel}") as update:
        sampling = options.sampling(precision, seed, jobs, update)
        found = factors(
            model,
            production,
            channel,
            masses=values.points(mass, "--mass"),
            ctau=values.value_range(ctau, "--ctau"),
            experiment=experiment,
            analysis=analysis,
            preset=preset,
            response=given(values.response_sets, response, "--response"),
            sampling=sampling,
        )
    head, table, resolution = facts(found), rows(found), resolution_rows(found)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / _TABLE, table_csv(head, table))
    write_atomically(folder / _RESOLUTION, table_csv(head, resolution))
    write_atomically(folder / _MAPS, maps_png(found))
    if as_json:
        answer_json({"header": head, "columns": table, "resolution": resolution, "folder": str(folder)})
    else:
        files = (f"{folder / name}" for name in (_TABLE, _RESOLUTION, _MAPS))
        answer("\n".join(files))

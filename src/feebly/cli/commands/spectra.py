"""``feebly spectra``: the embedded meson spectra and how they were made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress

TEXT = "Pythia 8 events"


def build(
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Folder for the two files.")],
    events: Annotated[
        str | None, typer.Option("--events", metavar="N", help="Default: as in the table that is shipped.")
    ] = None,
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="N", help="Default: as in the table that is shipped.")
    ] = None,
    jobs: options.Jobs = None,
    as_json: options.Json = False,
) -> None:
    """Make the light-meson table with Pythia 8.

    About 15 minutes of one core. Needs pip install 'feebly[generators]'. The same events and seed give the
    same counts for any number of processes.

    \b
    Example:
        feebly spectra build --events 20000 --out spectra
    """
    from feebly.physics.spectra import pythia
    from feebly.physics.spectra.hadron_spectrum import load_spectrum, spectra_names
    from feebly.workflow.executors import available_cores

    folder = Path(out)
    require_writable(folder)
    with progress(TEXT) as update:
        written = pythia.build_light_mesons(
            folder,
            events=values.positive(events, "--events") if events else pythia.EVENTS,
            seed=values.positive(seed, "--seed") if seed else pythia.SEED,
            jobs=values.positive(jobs, "--jobs") if jobs else available_cores(),
            progress=lambda done, total: update(done, total, TEXT),
        )
    same = all(load_spectrum(name, folder).digest == load_spectrum(name).digest for name in spectra_names())
    if as_json:
        answer_json({"files": [str(path) for path in written], "same_as_shipped": same})
    else:
        verdict = "the same counts as" if same else "other counts than"
        answer("\n".join([*(f"wrote {path}" for path in written), f"{verdict} in the shipped table"]))

"""``feebly pack``: a run as one archive with a manifest, from which others can make it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json
from feebly.core.errors import ConfigError


def pack(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Folder of a run or of 'feebly kaon', or its result.json.")
    ],
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE.zip", help="Archive; default: RUN.zip here.")
    ] = None,
    license_id: Annotated[
        str | None, typer.Option("--license", metavar="ID", help="SPDX identifier or URL: CC-BY-4.0.")
    ] = None,
    authors: Annotated[
        list[str] | None, typer.Option("--author", metavar="NAME[,ORCID]", help="Once for each author.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """A run as one archive that others can replay.

    A zip of the files that feebly wrote, of your own files that the run used (experiment, analysis, preset,
    model, spectra, and what they name), and of a manifest with sizes, digests, versions and arguments: an
    RO-Crate 1.1. Other files in the folder are left out. The same run gives the same bytes.

    \b
    Examples:
        feebly pack my-run --license CC-BY-4.0 --author "Ada Lovelace"
        feebly pack my-run --out published.zip --author "Josiah Carberry, 0000-0002-1825-0097"
    """
    from feebly.publish.run_crate import Author, write_crate
    from feebly.report.saved_run import folder_of_run

    people = [Author.parse(text) for text in authors or ()]
    with folder_of_run(run) as folder:
        target = Path(out) if out else Path(f"{folder.resolve().name}.zip")
        if target.suffix != ".zip":
            raise ConfigError(f'--out "{target}": expected a name that ends in .zip')
        require_writable(target.parent)
        files = write_crate(folder, target, license_id, people, name=run)
    if as_json:
        answer_json({"archive": str(target), "files": list(files)})
    else:
        answer(f"{target}: {len(files)} files; feebly replay {target} makes the run again")

"""``feebly new-model``: the files of a model of one's own, to be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json


def new_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the model and of its files.")],
    like: Annotated[
        str, typer.Option("--like", metavar="MODEL", help="Shipped model to start from.")
    ] = "dark-photon",
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Folder of the files.")] = ".",
    as_json: options.Json = False,
) -> None:
    """Write a model file to change.

    NAME.toml, with comments, and NAME-decays.csv are a copy of a shipped model; 'feebly run NAME.toml' runs
    them. Files that are there are not touched.

    \b
    Example:
        feebly new-model mine
    """
    from feebly.core.errors import ConfigError
    from feebly.core.tables import write_atomically
    from feebly.workflow.new_model import new_model_files

    folder = Path(out)
    require_writable(folder)
    files = new_model_files(name, like)
    if there := [str(folder / file) for file in files if (folder / file).exists()]:
        raise ConfigError(f"{', '.join(there)}: there already; choose another name or --out")
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        write_atomically(folder / file, content)
    paths = [str(folder / file) for file in files]
    if as_json:
        answer_json({"files": paths})
    else:
        answer(f"{', '.join(paths)}\nrun it: feebly run {paths[0]}")

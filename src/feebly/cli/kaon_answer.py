"""What the commands of ``feebly kaon`` have in common: arguments that are kept, the folder, blinding."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli.output import note
from feebly.core.provenance import Origin

if TYPE_CHECKING:
    from feebly.report.kaon_folder import KaonResult
    from feebly.workflow.result import InputRecord

Unblind = Annotated[
    bool, typer.Option("--unblind", help="Read the data of a search that says 'blinded = true'.")
]

BLINDED = "the data are blinded and were not read: --unblind reads them"

_NAMES_OR_FILES = ("search", "experiment")
_LISTS_OF_THEM = ("searches",)
_NOT_OF_THE_RESULT = ("out", "as_json")


def given_arguments(context: typer.Context) -> dict[str, Any]:
    """Arguments of a command that its result depends on, as the user typed them."""
    return {name: value for name, value in context.params.items() if name not in _NOT_OF_THE_RESULT}


def kept_arguments(given: Mapping[str, Any], is_blinded: bool = False) -> dict[str, Any]:
    """The same as a result keeps them: files by path and digest; of blinded data no digest is taken."""
    from feebly.workflow.repeat import recorded_arguments

    named = dict(given)
    if named.get("data") is not None:
        named["data"] = Path(named["data"])
    lists = {name: named.pop(name) for name in _LISTS_OF_THEM if name in named}
    kept = recorded_arguments(named, (*_NAMES_OR_FILES, *(() if is_blinded else ("data",))))
    for name, items in lists.items():
        kept[name] = [recorded_arguments({"search": item}, ("search",))["search"] for item in items or ()]
    if is_blinded:
        kept["data"] = {"file": str(named["data"].absolute()), "sha256": None}
    return kept


def data_input(data: str | None, words: str, origin: Origin | None = None) -> InputRecord:
    """The data of a search as an input: a file of the user, or pseudo-data.

    words: what they are. origin: as the file says it.
    """
    from feebly.workflow.repeat import file_digest
    from feebly.workflow.result import InputRecord

    if data is None:
        return InputRecord("data", words, Origin("derived", "pseudo-data: no measurement"))
    known = origin or Origin("assumed", f"given by the user: {Path(data).name}")
    return InputRecord("data", words, known, file_digest(Path(data)))


def keep(result: KaonResult, folder: Path, context: typer.Context) -> None:
    """Write the folder, then tell the notes of the result."""
    from feebly.report.kaon_folder import write_kaon_result

    write_kaon_result(result, folder, command=["feebly", *context.obj])
    for text in result.notes:
        note(text)

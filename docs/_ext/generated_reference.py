"""Sphinx extension: pages of the reference that are made from the code, never by hand.

Before the sources are read it writes ``reference/generated/*.md``: commands and exit codes, schemas of the
TOML files, public Python names, files of a run folder. Docstrings are plain text with names in backticks.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import api_pages
import cli_pages
import event_pages
import run_folder_pages
import schema_pages

PAGES = {
    "cli.md": cli_pages.commands,
    "exit-codes.md": cli_pages.exit_codes,
    "api.md": api_pages.package,
    "api-statistics.md": api_pages.statistics,
    "api-interfaces.md": api_pages.interfaces,
    "toml-experiment.md": schema_pages.experiment,
    "toml-analysis.md": schema_pages.analysis,
    "toml-preset.md": schema_pages.preset,
    "toml-scalar-preset.md": schema_pages.scalar_preset,
    "limit-file.md": schema_pages.limit_file,
    "run-folder.md": run_folder_pages.run_folder,
    "events.md": event_pages.events,
}


def write_pages(app: Any) -> None:
    """Write every page that changed."""
    folder = Path(app.srcdir) / "reference" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text_of in PAGES.items():
        path, text = folder / name, text_of()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


_SPAN = re.compile(r"(``.+?``|`[^`]+`)")


def plain_docstring(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Let reStructuredText read a plain docstring as it is: no markup but backticks and >>> examples."""
    if what == "data" and lines[:1] == inspect.getdoc(type(obj)).splitlines()[:1]:
        lines[:] = []  # of the built-in type, not of this constant
    lines[:] = [line if line.lstrip().startswith(">>>") else _escaped(line) for line in lines]


def _escaped(line: str) -> str:
    parts = _SPAN.split(line)
    return "".join(part if k % 2 else re.sub(r"([|*_])", r"\\\1", part) for k, part in enumerate(parts))


def setup(app: Any) -> dict[str, Any]:
    """Entry point of Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", plain_docstring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

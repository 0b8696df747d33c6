"""Small pieces of Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence


def page(title: str, *blocks: str) -> str:
    """A page with a title; the comment tells a reader of the file where to edit instead."""
    return "\n\n".join([f"# {title}", "% made by docs/_ext; change the code, not this file", *blocks]) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A pipe table."""
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in cells)


def code(text: object) -> str:
    """Inline code."""
    return f"`{text}`"


def prose(docstring: str | None) -> str:
    """A docstring as paragraphs: characters that Markdown would read as markup are escaped."""
    spans = re.split(r"(``.+?``|`[^`]+`)", inspect.cleandoc(docstring or ""))
    return "".join(s if k % 2 else re.sub(r"([*<\[\]|~])", r"\\\1", s) for k, s in enumerate(spans))

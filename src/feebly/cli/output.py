"""What a command prints: its answer on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer


def answer(text: str) -> None:
    """The answer of a command for a person; written out at once, so that a full disk is noticed here."""
    typer.echo(text.removesuffix("\n"))


def answer_json(content: dict[str, Any]) -> None:
    """The answer of a command as one JSON object; NaN and infinity become null, as JSON has neither."""
    from feebly.core.tables import plain

    typer.echo(json.dumps(_finite(plain(content)), indent=2, allow_nan=False))


def note(text: str) -> None:
    """A remark that does not change the answer."""
    print(f"note: {text}", file=sys.stderr)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and value - value != 0:  # NaN and infinity only
        return None
    return value

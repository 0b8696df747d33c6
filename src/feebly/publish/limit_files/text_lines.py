"""Text that others wrote: size and encoding within limits, numbers with their place in messages."""

from __future__ import annotations

import math
from pathlib import Path

from feebly.core.errors import ConfigError, DataError

MAX_BYTES = 50_000_000
MAX_POINTS = 1_000_000


def read_text(path: str | Path) -> str:
    """The UTF-8 text of a file of at most 50 MB, a byte-order mark left out. Raises DataError (one line)."""
    path = Path(path)
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise DataError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; expected the points of a limit")
    for encoding, mark in (("UTF-16", b"\xff\xfe"), ("UTF-16", b"\xfe\xff")):
        if content.startswith(mark):
            raise DataError(f"{path}: {encoding} text; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}: not UTF-8 text; save it as UTF-8") from None
    if "\0" in text:
        raise DataError(f"{path}: not a text file")
    return text


def number(cell: str, place: str) -> float:
    """A finite number; ConfigError with its place."""
    try:
        value = float(cell)
    except ValueError:
        raise ConfigError(f"{place}: {cell.strip()[:40]!r}: expected a number") from None
    if not math.isfinite(value) or "_" in cell:
        raise ConfigError(f"{place}: {cell.strip()[:40]!r}: expected a finite number; leave the row out")
    return value

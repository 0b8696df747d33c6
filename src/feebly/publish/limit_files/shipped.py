"""Limits by name or file: those that come with the package, and the user's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from feebly.core.errors import ConfigError, did_you_mean
from feebly.publish.limit_files.limit_text import parse_limit, read_limit
from feebly.publish.limit_files.published_limit import PublishedLimit

_SUFFIX = ".csv"


def shipped_limits() -> tuple[str, ...]:
    """Names of the limits that come with the package."""
    folder = files("feebly").joinpath("data").joinpath("limits")
    names = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def load_limit(name_or_path: str | Path) -> PublishedLimit:
    """A shipped limit by name, or a file by path (anything with a suffix or a folder)."""
    text = str(name_or_path)
    names = shipped_limits()
    if text in names:
        file = files("feebly").joinpath("data").joinpath("limits").joinpath(f"{text}{_SUFFIX}")
        return parse_limit(file.read_text(encoding="utf-8"), f"{text}{_SUFFIX}")
    path = Path(name_or_path)
    if not path.suffix and path.name == text and not path.exists():
        raise ConfigError(
            f"unknown limit {text!r}; known: {', '.join(names)}{did_you_mean(text, names)}; or give a file"
        )
    return read_limit(path)

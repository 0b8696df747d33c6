"""Folders that a command writes: their names, and whether they can be written before hours are spent."""

from __future__ import annotations

import os
import re
from pathlib import Path

from feebly.core.errors import ConfigError

RUNS = Path("feebly-runs")


def default_folder(*parts: str) -> Path:
    """``feebly-runs/part-part-...``; characters that a file name should not have become ``_``."""
    return RUNS / re.sub(r"[^\w.+-]", "_", "-".join(parts))


def require_writable(folder: Path, option: str = "--out") -> None:
    """ConfigError unless the folder, or the nearest one above it that exists, can be written."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise ConfigError(f'{option} "{folder}": {existing} is a file; expected a folder')
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ConfigError(f'{option} "{folder}": no permission to write in {existing}; choose another folder')

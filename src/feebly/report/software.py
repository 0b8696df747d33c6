"""What a result was made with: versions, platform, date and command."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any


def made_with(libraries: Sequence[str], command: Sequence[str] | None) -> dict[str, Any]:
    """Versions of feebly, Python and the named libraries, platform, processor, date (UTC), command line."""
    from feebly import __version__

    return {
        "feebly": __version__,
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in libraries},
        "platform": platform.platform(),
        "cpu": _processor(),
        "date_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": None if command is None else list(command),
    }


def _processor() -> str:
    """Its name: compiled code is made for it, and may round otherwise on another one."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

"""What a result was made with: versions, platform, date and command."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any


def made_with(libraries: Sequence[str], command: Sequence[str] | None) -> dict[str, Any]:
    """Versions of feebly, Python and the named libraries, platform, date (UTC) and command line."""
    from feebly import __version__

    return {
        "feebly": __version__,
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in libraries},
        "platform": platform.platform(),
        "date_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": None if command is None else list(command),
    }

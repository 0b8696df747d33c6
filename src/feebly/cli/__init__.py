"""The command line: parse, call the library, print, return an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """The ``feebly`` command; ends with SystemExit. arguments: those of the command line when not given."""
    from feebly.cli.app import app

    arguments = sys.argv[1:] if arguments is None else list(arguments)
    app(args=arguments, prog_name="feebly", obj=arguments)

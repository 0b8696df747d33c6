"""The command line: parse, call the library, print, return an exit code."""

from __future__ import annotations

import sys

TYPE_CHECKING = (
    False  # that of typing, without loading it: nothing is to be loaded before `main` catches Ctrl-C
)
if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 6
"""Exit code after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The ``feebly`` command; ends with SystemExit. arguments: those of the command line when not given."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        from feebly.cli.app import app

        app(args=arguments, prog_name="feebly", obj=arguments)
    except (Exception, KeyboardInterrupt) as error:
        if not _began_with_ctrl_c(error):
            raise
        print("interrupted", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None


def _began_with_ctrl_c(error: BaseException | None) -> bool:
    """Whether an error is Ctrl-C or was caused by it: a class that is being made may turn it into another."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None

"""Exit codes: how a command ends when something is wrong. A bug keeps its traceback (exit code 1)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

import typer

from feebly.cli import INTERRUPTED
from feebly.core.errors import BlindedError, FeeblyError, NotConvergedError

FAILED_CHECK = 1
WRONG_VALUE = FeeblyError.exit_code
BLINDED = BlindedError.exit_code
NOT_CONVERGED = NotConvergedError.exit_code
READER_LEFT = 141  # 128 + SIGPIPE, what a shell reports of any other program


@contextlib.contextmanager
def one_line_errors(is_resumable: Callable[[], bool]) -> Iterator[None]:
    """Turn a user's mistake, a full disk or Ctrl-C inside the block into one line and an exit code."""
    try:
        yield
    except FeeblyError as error:
        _end(f"error: {_one_line(str(error))}", error.exit_code)
    except KeyboardInterrupt:
        kept = ": finished tables are kept, the same command resumes" if is_resumable() else ""
        _end(f"interrupted{kept}", INTERRUPTED)
    except BrokenPipeError:
        _close_stdout()
        raise typer.Exit(READER_LEFT) from None
    except OSError as error:
        _close_stdout()
        _end(f"error: {_system_words(error)}", WRONG_VALUE)


def _end(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    raise typer.Exit(code) from None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _system_words(error: OSError) -> str:
    place = error.filename if error.filename is not None else "standard output"
    return f"{place}: {error.strerror or _one_line(str(error)) or type(error).__name__}"


def _close_stdout() -> None:
    """Send what is left in the buffer nowhere: the interpreter would fail once more when it ends."""
    with contextlib.suppress(OSError, ValueError):
        stdout = sys.stdout.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stdout)
        os.close(null)

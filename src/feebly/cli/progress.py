"""How far a command is, on stderr: a bar on a terminal, else a plain line for each 10%."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Protocol

QUIET_S = 2.0
"""A command that is done within this time shows no progress."""

Update = Callable[[int, int, str], None]
"""Called with (done, total, text)."""


class _Display(Protocol):
    def start(self) -> None: ...
    def update(self, done: int, total: int, text: str) -> None: ...
    def stop(self) -> None: ...


@contextmanager
def progress(text: str) -> Iterator[Update]:
    """A function to call with (done, total, text); what it shows ends with the block."""
    display: _Display = _Bar(text) if sys.stderr.isatty() else _Lines()
    timer = Timer(QUIET_S, display.start)
    timer.daemon = True
    timer.start()
    try:
        yield display.update
    finally:
        timer.cancel()
        timer.join()
        display.stop()


class _Bar:
    """A bar of rich that disappears when the work is done."""

    def __init__(self, text: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(text, total=None)

    def start(self) -> None:
        self._progress.start()

    def update(self, done: int, total: int, text: str) -> None:
        self._progress.update(self._task, completed=done, total=total, description=text)

    def stop(self) -> None:
        self._progress.stop()


class _Lines:
    """One line for each tenth of the work."""

    def __init__(self) -> None:
        self._loud_from = time.monotonic() + QUIET_S
        self._tenth = 0

    def start(self) -> None:
        """Nothing to prepare: a line is written when there is something to tell."""

    def update(self, done: int, total: int, text: str) -> None:
        tenth = 10 * done // total if total else 0
        if tenth > self._tenth and time.monotonic() >= self._loud_from:
            self._tenth = tenth
            print(f"{10 * tenth:3d}% {text}", file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Nothing to take away."""

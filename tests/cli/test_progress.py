"""Progress goes to stderr, only when a command takes long, and ends with the work."""

import io
import sys
import time

import pytest

from feebly.cli import progress as progress_module
from feebly.cli.progress import progress


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(progress_module, "QUIET_S", 0.0)


def test_a_line_for_each_tenth(at_once, capsys):
    with progress("tables") as update:
        for done in range(1, 101):
            update(done, 100, "brems -> mumu")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [f"{tenth:3d}% brems -> mumu" for tenth in range(10, 101, 10)]


def test_nothing_to_do_is_no_division_by_zero(at_once, capsys):
    with progress("tables") as update:
        update(0, 0, "nothing")
    assert capsys.readouterr().err == ""


def test_short_work_is_silent(capsys):
    with progress("tables") as update:
        update(1, 1, "brems -> mumu")
    assert capsys.readouterr().err == ""


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_bar_on_a_terminal_shows_and_goes(at_once, monkeypatch, error):
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    try:
        with progress("tables") as update:
            update(1, 2, "brems -> mumu")
            time.sleep(0.3)
            if error:
                raise error
    except KeyboardInterrupt:
        pass
    shown = terminal.getvalue()
    assert "brems -> mumu" in shown
    assert "50%" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is back


def test_short_work_leaves_a_terminal_alone(monkeypatch):
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("tables") as update:
        update(1, 2, "brems -> mumu")
    assert terminal.getvalue() == ""

"""One folder with one cache of yields for all pages, and a summary of what was executed."""

from pathlib import Path

import pytest

from docs.blocks import ROOT, Tally

_tally = Tally()


@pytest.fixture(scope="session")
def tally() -> Tally:
    return _tally


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def checkout(tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that sees the examples of the sources; yields are kept for the pages that follow."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many blocks ran, and each that cannot, with its reason."""
    if not (_tally.executed or _tally.left_out):
        return
    terminalreporter.write_line(
        f"documentation: {_tally.executed} blocks executed ({_tally.smaller} with small settings), "
        f"{len(_tally.left_out)} not executed"
    )
    for line in _tally.left_out:
        terminalreporter.write_line(f"  {line}")

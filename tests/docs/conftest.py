"""One folder with one cache of yields for all pages, and what each page executed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.blocks import ROOT, Tally


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """What one page executes; the summary of all tests adds it up."""
    counted = Tally()
    yield counted
    counts = [("executed", counted.executed), ("smaller", counted.smaller)]
    request.node.user_properties.extend([*counts, *(("left out", line) for line in counted.left_out)])


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of yields for all pages, and all workers: a table is written whole or not at all."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache-of-the-pages"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that sees the examples of the sources; yields are kept for the pages that follow."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    return tmp_path

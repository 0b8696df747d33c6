"""What a user waits for: import, help, a whole run; and the memory that a run needs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure
from benchmarks.timing import Command, median_wall_seconds, run_python

FEEBLY = ("-c", "from feebly.cli import main; main()")


def light_commands() -> Iterator[Figure]:
    """Wall time of processes that compute nothing."""
    importing = median_wall_seconds(["-c", "import feebly"])
    yield Figure("import feebly", importing, "s", 0.3, note="wall time of the process")
    helping = median_wall_seconds([*FEEBLY, "--help"])
    yield Figure("feebly --help", helping, "s", note="wall time of the process")


def run_dark_photon(folder: Path, environment: dict[str, str] | None = None) -> Command:
    """``feebly run dark-photon`` with all its files."""
    return run_python([*FEEBLY, "run", "dark-photon", "--out", str(folder)], environment)


def fresh_caches(folder: Path) -> dict[str, str]:
    """Environment of a user who never ran feebly: no tables, no compiled code, no font cache."""
    return {"HOME": str(folder), "XDG_CACHE_HOME": str(folder), "NUMBA_CACHE_DIR": str(folder / "numba")}


def cold_run() -> Iterator[Figure]:
    """The first run of a user."""
    with tempfile.TemporaryDirectory() as scratch:
        first = run_dark_photon(Path(scratch) / "run", fresh_caches(Path(scratch)))
    note = f"wall time in fresh caches; {first.cpu_s:.0f} CPU-s"
    yield Figure("feebly run dark-photon, first run", first.wall_s, "s", 60.0, note=note)
    yield Figure("peak memory, first run", first.peak_gb, "GB", 1.0, note="largest process")


def warm_run() -> Iterator[Figure]:
    """A run whose tables are in the user's cache (an untimed run puts them there)."""
    with tempfile.TemporaryDirectory() as scratch:
        run_dark_photon(Path(scratch))
        runs = [run_dark_photon(Path(scratch)) for _ in range(3)]
    wall = median(run.wall_s for run in runs)
    note = f"wall time, tables in the cache, median of {len(runs)}"
    yield Figure("feebly run dark-photon, second run", wall, "s", 5.0, note=note)
    peak = max(run.peak_gb for run in runs)
    yield Figure("peak memory, second run", peak, "GB", 1.0, note="largest process")


def figures(cold: bool) -> Iterator[Figure]:
    """All figures of the command line; ``cold`` adds the first run of a user."""
    yield from light_commands()
    if cold:
        yield from cold_run()
    yield from warm_run()

"""CPU time in this process; wall time, CPU time and memory of a command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import ROOT

REPEATS = 7
_MEASURE = Path(__file__).with_name("measure_command.py")


def cpu_seconds(work: Callable[[], object], calls: int = 1) -> float:
    """CPU time [s] of one call, averaged over ``calls`` of them."""
    started = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - started) / calls


def median_cpu_seconds(work: Callable[[], object], calls: int = 1, repeats: int = REPEATS) -> float:
    """Median of the CPU time [s] of one call; the work is done once before, untimed."""
    work()
    return median(cpu_seconds(work, calls) for _ in range(repeats))


@dataclass(frozen=True, slots=True)
class Command:
    """What a command needed: its descendants count in the CPU time; memory is that of the largest process."""

    wall_s: float
    cpu_s: float
    peak_gb: float


def run_python(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Command:
    """Run this Python with ``arguments``; RuntimeError with its last words where it fails.

    A small process starts it: Linux counts the memory of whoever forked in the peak of the child.
    """
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(_MEASURE), sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": path} | dict(environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)}: {done.stderr.strip()[-500:]}")
    return Command(**json.loads(done.stdout))


def median_wall_seconds(arguments: Sequence[str], repeats: int = REPEATS) -> float:
    """Median of the wall time [s] of this Python with ``arguments``; run once before, untimed."""
    run_python(arguments)
    return median(run_python(arguments).wall_s for _ in range(repeats))

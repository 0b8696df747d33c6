"""Where tasks run: one after the other or on several threads. The results do not depend on it.

Threads, not processes: the compiled chain releases the interpreter lock, is compiled once for all of them,
and a script that calls the library needs no ``if __name__ == "__main__"`` guard.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tasks(
    function: Callable[[Task], Result], tasks: Sequence[Task], jobs: int
) -> Generator[tuple[int, Result]]:
    """(index, result) of each task as it is finished, in any order.

    An interrupt, or closing the generator, drops the waiting tasks and lets the running ones end; what was
    yielded before is the caller's.
    """
    if jobs <= 1 or len(tasks) <= 1:
        for index, task in enumerate(tasks):
            yield index, function(task)
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    pool = ThreadPoolExecutor(min(jobs, len(tasks)), thread_name_prefix="feebly")
    try:
        futures = {pool.submit(function, task): index for index, task in enumerate(tasks)}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

"""Tasks on threads: all of them once, and none after an error."""

import os
import threading

import pytest

from feebly.workflow.executors import available_cores, run_tasks


@pytest.mark.parametrize("jobs", [1, 2, 4, 99])
def test_every_task_is_done_once(jobs):
    finished = list(run_tasks(lambda x: x * x, range(20), jobs))
    assert sorted(finished) == [(k, k * k) for k in range(20)]


@pytest.mark.parametrize("jobs", [0, 1, 2])
def test_nothing_to_do(jobs):
    assert list(run_tasks(lambda x: x, [], jobs)) == []


def test_one_job_works_in_this_thread_and_in_order():
    names = list(run_tasks(lambda _: threading.current_thread().name, range(3), 1))
    assert names == [(k, threading.current_thread().name) for k in range(3)]


def test_two_jobs_work_at_the_same_time():
    meeting = threading.Barrier(2, timeout=10)  # one thread alone would break it
    assert len(list(run_tasks(lambda _: meeting.wait(), range(2), 2))) == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_a_task_is_raised_and_drops_the_waiting_ones(jobs):
    started = []

    def fail(task):
        started.append(task)
        raise ValueError(f"task {task}")

    with pytest.raises(ValueError, match="task"):
        list(run_tasks(fail, range(50), jobs))
    assert len(started) < 50


@pytest.mark.parametrize("jobs", [1, 2])
def test_closing_drops_the_waiting_tasks_and_ends_the_threads(jobs):
    started, go_on = [], threading.Event()

    def work(task):
        started.append(task)
        if task:
            go_on.wait(0.2)
        return task

    finished = run_tasks(work, range(50), jobs)
    assert next(finished) == (0, 0)
    finished.close()
    count = len(started)
    assert count <= 1 + 2 * jobs
    assert not [t for t in threading.enumerate() if t.name.startswith("feebly")]
    assert len(started) == count


def test_available_cores_are_those_of_this_process():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)

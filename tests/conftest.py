"""Settings of the whole test suite."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

# machines that run tests are shared: a slow example is no fault of the code
settings.register_profile("feebly", deadline=None)
settings.load_profile("feebly")

_reference_runs = {"passed": 0, "failed": 0}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Count the tests marked ``reference`` that ran (a skip is no run)."""
    report = yield
    if report.when == "call" and not report.skipped and item.get_closest_marker("reference"):
        _reference_runs["passed" if report.passed else "failed"] += 1
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that ``.ci/run`` reads: it fails when no reference test ran."""
    ran = sum(_reference_runs.values())
    terminalreporter.write_line(f"reference tests run: {ran} ({_reference_runs['failed']} failed)")

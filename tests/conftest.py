"""Settings of the whole test suite."""

import pytest
from hypothesis import settings

# machines that run tests are shared: a slow example is no fault of the code
settings.register_profile("feebly", deadline=None)
settings.load_profile("feebly")

_reference_runs = {"passed": 0, "failed": 0}
_documentation: dict[str, list[str]] = {"executed": [], "smaller": [], "left out": []}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: what is left to the end is short, no worker waits for another."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the tests marked ``reference`` that ran (a skip is no run), and the blocks of the documentation.

    From the reports, not from the items: with several workers only the reports come to one place.
    """
    if report.when == "call" and not report.skipped and "reference" in report.keywords:
        _reference_runs["passed" if report.passed else "failed"] += 1
    if report.when == "teardown":
        for name, value in report.user_properties:
            if name in _documentation:
                _documentation[name].append(str(value))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What ran: blocks of the documentation with each that cannot, and the line that ``.ci/run`` reads."""
    executed, smaller = (sum(map(int, _documentation[name])) for name in ("executed", "smaller"))
    left_out = _documentation["left out"]
    if executed or left_out:
        terminalreporter.write_line(
            f"documentation: {executed} blocks executed ({smaller} with small settings), "
            f"{len(left_out)} not executed"
        )
        for line in left_out:
            terminalreporter.write_line(f"  {line}")
    ran = sum(_reference_runs.values())
    terminalreporter.write_line(f"reference tests run: {ran} ({_reference_runs['failed']} failed)")

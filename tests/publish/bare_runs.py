"""Run folders without figures and page: to draw them takes most of the time."""

import pytest

from feebly.report.run_folder import write_run


def bare_run(result, folder):
    """The folder of a result, with an empty plot and no report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feebly.report.run_folder.figure_bytes", lambda *_: b"")
        patch.setattr("feebly.report.html.page.write_report", lambda *_, **__: None)
        return write_run(result, folder)

"""Run folders with the files that a record is made of: no figures, no page, few points."""

from dataclasses import replace

import pytest

from feebly.report.run_folder import write_run


def bare_run(result, folder):
    """What ``write_run`` writes, in a fraction of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feebly.report.run_folder.figure_bytes", lambda result, kind: b"not drawn")
        patch.setattr("feebly.report.html.page.write_report", lambda folder: None)
        return write_run(result, folder)


def coarse(result, step=2):
    """Every second mass and coupling of the grid: what is checked does not depend on its size."""
    grid = result.scan.grid
    cells = grid.mc_error.shape

    def thinned(value):
        if value is None or isinstance(value, dict):
            return None if value is None else {name: thinned(each) for name, each in value.items()}
        return value[::step, ::step] if value.shape == cells else value[::step]

    fields = {name: thinned(value) for name, value in vars(grid).items()}
    return replace(result, scan=replace(result.scan, grid=replace(grid, **fields)))

"""Contours of ALPINIST against our own chain with their set-up, at a few masses and low precision.

The whole curves, distances and areas are rows of ``feebly validate``. Nothing is tuned.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from feebly.limits.envelope import excluded_interval
from feebly.report.validation.contours import reference_curves
from feebly.report.validation.curves import outer_edges
from feebly.report.validation.plan import projection_plan
from feebly.report.validation.projection import projected_yields

PLAN = projection_plan()
REFERENCES = {each.run: each for each in PLAN.contours}
# a narrow window of masses needs few samples; final states and productions that matter there
WINDOWS = [
    ("alp-photon", 0.1, ("gammagamma",)),
    ("alp-gluon", 0.3, ("gammagamma",)),
    ("dark-scalar", 0.25, ("mumu",)),
]
PRECISION = 0.2


@pytest.mark.reference
@pytest.mark.parametrize(("name", "mass", "channels"), WINDOWS)
def test_edges(name: str, mass: float, channels: tuple[str, ...], tmp_path: Path, monkeypatch) -> None:
    """Within the tolerances of the plan and 4% for the precision of the samples."""
    reference, folder = REFERENCES[name], os.environ.get("FEEBLY_REFERENCE")
    path = Path(folder, "contours", str(reference.file)) if folder else None
    if path is None or not path.is_file():
        pytest.skip(f"contours/{reference.file} is not in the folder of references; set FEEBLY_REFERENCE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    theirs = outer_edges(reference_curves(reference, path), mass)
    assert theirs is not None
    window = (mass * 0.999, mass * 1.001, 2)
    run = replace(PLAN.runs[name], channels=channels, mass_gev=window, precision=PRECISION)
    signal, observation = projected_yields(run, jobs=1)
    own = excluded_interval(signal, observation, [mass], run.coupling)[0] ** reference.power
    lower, upper = own / np.array(theirs)
    print(f"{name} {mass:g} GeV: own/reference {lower:.3f}, {upper:.3f}")
    assert reference.tolerance_lower is not None
    assert reference.tolerance_upper is not None
    assert abs(lower - 1) < reference.tolerance_lower + 0.04
    assert abs(upper - 1) < reference.tolerance_upper + 0.04

"""A closure of a model as it could have come out, without any table."""

from dataclasses import replace

import numpy as np

from feebly.workflow.closure_events import EventYield
from feebly.workflow.closure_result import FitSummary, ModelClosure, PointClosure

UNIFORM = tuple(((np.arange(100) + 0.5) / 100).tolist())

DIM = PointClosure(
    mass_gev=0.3, coupling=1e-6, branch="long-lived", solutions=(1e-6, 2.5e-6), peak=57.0, signal=2.5,
    background=0.031, by_final_state={"ee": 1.0, "mumu": 1.5}, transforms=UNIFORM, p_value=0.9, excluded=8,
    exclusion=0.0821, fit=FitSummary(0.17, 0.08, None, None),
    events=(EventYield("ee", 1.0, 0.01, 1.02, 0.01), EventYield("mumu", 1.5, 0.01, 1.49, 0.01)),
)  # fmt: skip
BRIGHT = PointClosure(
    mass_gev=0.05, coupling=2e-5, branch="short-lived", solutions=(1e-6, 2e-5), peak=1e4, signal=900.0,
    background=0.015, by_final_state={"ee": 900.0, "mumu": 0.0}, transforms=UNIFORM, p_value=0.8, excluded=11,
    exclusion=0.0955, fit=FitSummary(0.006, 0.0, (0.02, 0.98), (-0.03, 1.02)),
    events=(EventYield("ee", 900.0, 9.0, 905.0, 9.0),),
)  # fmt: skip


def synthetic_closure(**changes) -> ModelClosure:
    """Two points of a hundred experiments that pass."""
    found = ModelClosure(
        "dark-photon", "epsilon", "na62-dump-2021", "na62-ff-mixing", 1.4e17, ("ee", "mumu"), 0.9,
        "cls-counting", 0.0, 1.0, 7, (BRIGHT, DIM), 0.7,
    )  # fmt: skip
    return replace(found, **changes)

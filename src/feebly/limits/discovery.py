"""Discovery reach of a search without counts: the signal whose median outcome is 3 or 5 sigma.

As ``feebly.statistics.discovery_reach`` for the total count of the open regions: two-sided, half of the
outcomes at least so significant, the signal error of the limit.
"""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.contour import Limit
from feebly.limits.observation import Hypothesis, Observation
from feebly.statistics.backgrounds import Background
from feebly.statistics.excess.significance import TWO_SIDED
from feebly.statistics.projection import DISCOVERY_SIGMAS, discovery_reach
from feebly.statistics.regions.ordering import TOTAL_COUNT

SIDES, POWER = TWO_SIDED, 0.5
DISCOVERY_KINDS = {f"discovery-{sigmas:g}s": sigmas for sigmas in DISCOVERY_SIGMAS}
"""Kind of contour and its significance."""


def discovery_by_mass(observation: Observation) -> dict[str, Limit]:
    """Signal [events] against mass for each kind; none for counts that were observed.

    None either with the likelihood ratio, whose significance depends on the yields of the regions.
    """
    if observation.has_counts or observation.ordering != TOTAL_COUNT:
        return {}
    return {kind: partial(_at_masses, observation, sigmas) for kind, sigmas in DISCOVERY_KINDS.items()}


def _at_masses(observation: Observation, sigmas: float, mass_gev: FloatArray) -> FloatArray:
    """NaN where all final states are closed."""

    def reach(hypothesis: Hypothesis) -> float:
        b = observation.background(hypothesis.final_states)
        return _reach(b, sigmas, observation.signal_error)

    return observation.by_mass(np.asarray(mass_gev), reach)


@lru_cache(maxsize=256)
def _reach(b: Background, sigmas: float, signal_error: float) -> float:
    return discovery_reach(b, None, sigmas, POWER, SIDES, signal_error).s

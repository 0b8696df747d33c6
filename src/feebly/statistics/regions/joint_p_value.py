"""How probable the counts of several regions are together under the background alone."""

from __future__ import annotations

import numpy as np

from feebly.statistics.counting import not_more_probable
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.outcomes import Outcomes
from feebly.statistics.regions.scaled_counts import largest_count

_SMALL = 1e-6  # of the observed probability: outcomes that are left out
_SMALLEST = 1e-280


def joint_p_value(model: CountingModel) -> float:
    """P(L <= L_obs | b): sum of the probabilities of all outcomes not more probable than the observed one.

    Ties are included, nuisances averaged. The signal plays no role. DomainError where more than
    ``outcomes.MAX_OUTCOMES`` outcomes had to be enumerated.
    """
    counts = np.array([model.observed])
    averages = marginal(model, int(counts.sum()))
    outcomes = Outcomes(averages, np.zeros((len(model.regions), 1)))
    observed = float(outcomes.background_probability(counts)[0])
    negligible = max(min(observed, 1.0) * _SMALL, _SMALLEST)
    regions = range(len(model.regions))
    caps = [largest_count(averages.largest_background(r), negligible) for r in regions]
    listed = outcomes.listed(
        np.maximum(caps, counts[0]), np.zeros(len(model.regions)), negligible / len(model.regions)
    )
    return not_more_probable(outcomes.background_probability(listed), observed, beyond=0.0)

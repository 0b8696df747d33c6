"""Inclusive e+e- -> hadrons in perturbative QCD."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray


def r_uds(alpha_s: ArrayLike) -> FloatArray:
    """R of massless u, d, s quarks to order α_s³ (PDG 2024, QCD review, n_f = 3): 2 (1 + a + 1.640 a² - 10.28 a³).

    a = α_s(s)/π. Describes data on average above about 1.7 GeV and below the charm threshold.
    """
    a = np.asarray(alpha_s, float) / np.pi
    return np.asarray(2 * (1 + a + 1.640 * a**2 - 10.28 * a**3))

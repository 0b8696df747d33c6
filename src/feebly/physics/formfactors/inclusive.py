"""Inclusive e+e- -> hadrons in perturbative QCD."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray


def r_uds(alpha_s: ArrayLike) -> FloatArray:
    """R of massless u, d, s quarks to order α_s³: 2 (1 + a + 1.640 a² - 10.28 a³), a = α_s(s)/π.

    PDG 2024, review of QCD, n_f = 3. Describes data on average from about 1.7 GeV to the charm threshold.
    """
    a = np.asarray(alpha_s, float) / np.pi
    return np.asarray(2 * (1 + a + 1.640 * a**2 - 10.28 * a**3))

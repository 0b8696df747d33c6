"""Heat maps that HEPData draws: at most 5000 rows, by leaving out rows and columns of the run's own grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_NODES, MOST_ROWS = 70, 5_000
"""Nodes of an axis and rows of a table."""


def thinned(masses: int, couplings: int) -> tuple[NDArray[np.intp], NDArray[np.intp], str]:
    """Indices of the masses and couplings to keep, and the sentence that says so; nothing is interpolated."""
    if masses * couplings <= MOST_ROWS:
        return np.arange(masses), np.arange(couplings), ""
    rows, columns = _kept(masses), _kept(couplings)
    remark = (
        f"{rows.size} x {columns.size} of the {masses} x {couplings} points of the scan, as computed; none "
        "is interpolated."
    )
    return rows, columns, remark


def _kept(n: int) -> NDArray[np.intp]:
    return np.unique(np.round(np.linspace(0, n - 1, min(n, MOST_NODES))).astype(np.intp))

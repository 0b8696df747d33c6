"""Rows of one block by name, so that a test can call a compiled stage with plain arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.block import BLOCK, ROWS, SCRATCH_SIZE

Array = NDArray[np.float64]


def scratch(**rows: ArrayLike) -> Array:
    """A block with the named rows filled, NaN elsewhere: a stage that reads what it should not, shows."""
    s = np.full(SCRATCH_SIZE, np.nan)
    for name, values in rows.items():
        put(s, name, values)
    return s


def put(s: Array, name: str, values: ArrayLike) -> None:
    values = np.asarray(values, float)
    s[ROWS[name] : ROWS[name] + values.size] = values


def row(s: Array, name: str, n: int = BLOCK) -> Array:
    """Copy of the first n entries of a row."""
    return s[ROWS[name] : ROWS[name] + n].copy()


def vectors(s: Array, names: str, n: int = BLOCK) -> Array:
    """Rows side by side, shape (n, number of names): ``vectors(s, "PX1 PY1 PZ1")`` is a momentum."""
    return np.column_stack([row(s, name, n) for name in names.split()])

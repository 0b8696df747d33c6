"""Means of a smooth density over the cells of a table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feebly.core.interfaces import FloatArray

_POINTS = 4


def cell_means(
    density: Callable[[FloatArray, FloatArray], FloatArray], u_edges: FloatArray, v_edges: FloatArray
) -> FloatArray:
    """Mean of ``density(u, v)`` over each cell, Gauss-Legendre with 4 points per axis; shape (u, v)."""
    node, weight = np.polynomial.legendre.leggauss(_POINTS)
    unit, weight = 0.5 * (node + 1), 0.5 * weight
    u = u_edges[:-1, None] + np.diff(u_edges)[:, None] * unit
    v = v_edges[:-1, None] + np.diff(v_edges)[:, None] * unit
    values = density(u[:, None, :, None], v[None, :, None, :])
    return np.ascontiguousarray(np.einsum("ijkl,k,l->ij", values, weight, weight))

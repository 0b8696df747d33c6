"""How feebly compiles its stages: one place for the options of Numba."""

from __future__ import annotations

from numba import njit

FASTMATH = {"contract", "arcp"}
"""a*b + c as one instruction and one reciprocal for divisions by the same number. Nothing is reordered and
NaN is kept: the same machine code gives the same bytes for any number of workers."""

stage = njit(nogil=True, error_model="numpy", fastmath=FASTMATH)
"""A stage of the chain over the rows of a block. Not cached on disk (see ``engine/chain.py``)."""

inlined = njit(inline="always", fastmath=FASTMATH)
"""A helper that becomes part of the loops that call it, so that they vectorise."""

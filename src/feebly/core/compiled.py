"""How feebly compiles its stages: one place for the options of Numba."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from numba import njit

FASTMATH = {"contract", "arcp"}
"""a*b + c as one instruction and one reciprocal for divisions by the same number. Nothing is reordered and
NaN is kept: the same machine code gives the same bytes for any number of workers."""


def _named_by_closure(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a name that tells it from others made by the same factory.

    Chains are cached on disk with all their stages inside. Numba names machine code after the function and a
    counter that starts anew in each process: of two cached chains in one process, stages of equal names would
    be taken for one another.
    """
    if function.__closure__:
        made_of = repr([_identity(cell.cell_contents) for cell in function.__closure__])
        function.__qualname__ += "_" + hashlib.sha256(made_of.encode()).hexdigest()[:16]
    return function


def _identity(value: Any) -> Any:
    """What tells a value in a closure from another: numbers themselves, functions by their names."""
    function = getattr(value, "py_func", value)
    if callable(function):
        return f"{function.__module__}.{function.__qualname__}"
    if not isinstance(value, int | float | str | tuple):
        raise TypeError(f"a stage over {type(value).__name__}: expected numbers, text, tuples or stages")
    return value


def stage(function: Callable[..., Any]) -> Any:
    """A stage of the chain over the rows of a block. Not cached on disk (see ``engine/chain.py``)."""
    return njit(nogil=True, error_model="numpy", fastmath=FASTMATH)(_named_by_closure(function))


def inlined(function: Callable[..., Any]) -> Any:
    """A helper that becomes part of the loops that call it, so that they vectorise."""
    return njit(inline="always", fastmath=FASTMATH)(_named_by_closure(function))

"""Functions of masses that are asked for the same masses again and again.

Lifetime, branching ratios and rates of a model are made of the same widths and couplings; each of them is
asked for in turn, at the same masses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec

import numpy as np
from numpy.typing import ArrayLike, NDArray

Options = ParamSpec("Options")
Function = Callable[Concatenate[ArrayLike, Options], NDArray[Any]]

_LAST = 8  # results that are kept for each function


def kept(function: Callable[Concatenate[Any, Options], NDArray[Any]]) -> Function[Options]:
    """The function, with its last results kept; not to be written to.

    Its first argument is an array of masses, the others can be hashed.
    """

    @lru_cache(maxsize=_LAST)
    def of_bytes(raw: bytes, shape: tuple[int, ...], *args: Any, **options: Any) -> NDArray[Any]:
        values = np.array(function(np.frombuffer(raw).reshape(shape), *args, **options))
        values.setflags(write=False)
        return values

    @wraps(function)
    def of_masses(mass_gev: ArrayLike, *args: Options.args, **options: Options.kwargs) -> NDArray[Any]:
        mass = np.asarray(mass_gev, float)
        return of_bytes(mass.tobytes(), mass.shape, *args, **options)  # type: ignore[arg-type]

    return of_masses

"""Detection of a final state: efficiency, and the separation of two close tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.provenance import Origin
from feebly.core.records import require, require_not_negative, require_positive


@dataclass(frozen=True, slots=True)
class PairSeparation:
    """Efficiency for two tracks at distance d on a plane: 1, or 1/(1 + (d0/d)^power), or (hard) d > d0."""

    kind: Literal["none", "smooth", "hard"] = "none"
    d0_m: float = 0.0
    power: float = 4.0
    plane: str = "STRAW1"

    def __post_init__(self) -> None:
        require_not_negative(self, "d0_m")
        require_positive(self, "power")
        if self.kind == "none":
            require(self.d0_m == 0, self, "d0_m", "no d0_m with kind = 'none'")
        else:
            require_positive(self, "d0_m")

    def efficiency(self, distance_m: ArrayLike) -> NDArray[np.float64]:
        """Efficiency at each distance."""
        d = np.asarray(distance_m, float)
        if self.kind == "none":
            return np.ones(d.shape)
        if self.kind == "hard":
            return np.where(d > self.d0_m, 1.0, 0.0)
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(1 / (1 + (self.d0_m / d) ** self.power))


@dataclass(frozen=True, slots=True)
class Response:
    """Detection of one final state: ``efficiency`` (trigger, PID, selection; 0-1) and pair separation."""

    efficiency: float
    pair_separation: PairSeparation
    origin: Origin

    def __post_init__(self) -> None:
        require(0 < self.efficiency <= 1, self, "efficiency", "a number above 0 and at most 1")


IDEAL_RESPONSE = Response(1.0, PairSeparation(), Origin("assumed", "ideal detection, for theory use"))

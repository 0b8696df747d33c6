"""Fiducial volumes of the reconstructed decay vertex. Metres and radians; edges are outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.records import require


@dataclass(frozen=True, slots=True)
class Cone:
    """r < tan(half angle) (z - tip), r about (0, 0); used for z below ``z_end_m``."""

    z_tip_m: float
    half_angle_rad: float
    z_end_m: float

    def __post_init__(self) -> None:
        ok = 0 < self.half_angle_rad < np.pi / 2
        require(ok, self, "half_angle_rad", "an angle between 0 and pi/2 rad")
        require(self.z_end_m > self.z_tip_m, self, "z_end_m", f"more than z_tip_m = {self.z_tip_m}")

    def radius_m(self, z_m: ArrayLike) -> NDArray[np.float64]:
        """Radius at z."""
        return np.asarray(np.tan(self.half_angle_rad) * (np.asarray(z_m, float) - self.z_tip_m))


@dataclass(frozen=True, slots=True)
class FiducialVolume:
    """``z_min_m`` < z < ``z_max_m``; without cones no radial cut.

    With cones the vertex must be inside the first cone that ends beyond it (piecewise: cone k serves from
    the end of cone k - 1 to its own end). One cone of the largest angle alone is the literal union of
    cones with a common tip.
    """

    z_min_m: float
    z_max_m: float
    cones: tuple[Cone, ...] = ()

    def __post_init__(self) -> None:
        require(self.z_max_m > self.z_min_m, self, "z_max_m", f"more than z_min_m = {self.z_min_m}")
        if self.cones:
            ends = [cone.z_end_m for cone in self.cones]
            covered = ends == sorted(ends) and ends[-1] >= self.z_max_m
            require(covered, self, "cones", f"in order of z_end_m, the last to z_max_m = {self.z_max_m}")

    def contains(self, x_m: ArrayLike, y_m: ArrayLike, z_m: ArrayLike) -> NDArray[np.bool_]:
        """Whether vertices are inside; broadcasts."""
        z = np.asarray(z_m, float)
        inside = (self.z_min_m < z) & (z < self.z_max_m)
        if not self.cones:
            return np.asarray(inside & np.ones(np.broadcast(x_m, y_m).shape, bool))
        r = np.hypot(np.asarray(x_m, float), np.asarray(y_m, float))
        return np.asarray(inside & (r < self.radius_m(z)))

    def radius_m(self, z_m: ArrayLike) -> NDArray[np.float64]:
        """Radius of the volume at z: infinite without cones, zero beyond the last one."""
        z = np.asarray(z_m, float)
        if not self.cones:
            return np.full(z.shape, np.inf)
        return np.select([z < cone.z_end_m for cone in self.cones], [c.radius_m(z) for c in self.cones], 0.0)

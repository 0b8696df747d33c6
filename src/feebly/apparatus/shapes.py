"""Apertures of detector planes. All lengths in metres; x, y are numbers or arrays; edges are outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.records import require, require_not_negative, require_positive

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Annulus:
    """r > ``r_min_m`` about the hole's centre and r < ``r_max_m`` about (0, 0)."""

    r_min_m: float
    r_max_m: float
    hole_centre_m: tuple[float, float] = (0.0, 0.0)
    kind: Literal["annulus"] = "annulus"

    def __post_init__(self) -> None:
        require_not_negative(self, "r_min_m")
        require(self.r_max_m > self.r_min_m, self, "r_max_m", f"more than r_min_m = {self.r_min_m}")

    @property
    def enclosing_radius_m(self) -> float:
        """Radius about (0, 0) of the smallest circle around the shape."""
        return self.r_max_m

    @property
    def half_size_m(self) -> tuple[float, float]:
        """Largest |x| and |y|."""
        return self.r_max_m, self.r_max_m

    @property
    def hole_m(self) -> tuple[float, float, float]:
        """Centre (x, y) and radius of the round hole; radius 0: none."""
        return (*self.hole_centre_m, self.r_min_m)

    def contains(self, x_m: ArrayLike, y_m: ArrayLike) -> BoolArray:
        """Whether points are inside; broadcasts."""
        x, y = np.asarray(x_m, float), np.asarray(y_m, float)
        x_hole, y_hole = self.hole_centre_m
        outside_hole = np.hypot(x - x_hole, y - y_hole) > self.r_min_m
        return np.asarray(outside_hole & (np.hypot(x, y) < self.r_max_m))


@dataclass(frozen=True, slots=True)
class Octagon:
    """|x|, |y| < half width; |x| + |y| < diagonal; not beyond both sides of any corner cut; r > r_min.

    ``corner_cuts_m``: pairs (a, b) that remove |x| > a and |y| > b (cells missing at the corners).
    """

    half_width_m: float
    diagonal_m: float
    corner_cuts_m: tuple[tuple[float, float], ...] = ()
    r_min_m: float = 0.0
    kind: Literal["octagon"] = "octagon"

    def __post_init__(self) -> None:
        require_positive(self, "half_width_m", "diagonal_m")
        require_not_negative(self, "r_min_m")

    @property
    def enclosing_radius_m(self) -> float:
        """Radius about (0, 0) of a circle around the shape, the smallest one but for the corner cuts."""
        half, diagonal = self.half_width_m, self.diagonal_m
        x = min(half, diagonal)
        return math.hypot(x, min(half, diagonal - x))  # the corner furthest from the centre

    @property
    def half_size_m(self) -> tuple[float, float]:
        """Largest |x| and |y|."""
        half = min(self.half_width_m, self.diagonal_m)
        return half, half

    @property
    def hole_m(self) -> tuple[float, float, float]:
        """Centre (x, y) and radius of the round hole; radius 0: none."""
        return 0.0, 0.0, self.r_min_m

    def contains(self, x_m: ArrayLike, y_m: ArrayLike) -> BoolArray:
        """Whether points are inside; broadcasts."""
        x, y = np.abs(np.asarray(x_m, float)), np.abs(np.asarray(y_m, float))
        inside = (x < self.half_width_m) & (y < self.half_width_m) & (x + y < self.diagonal_m)
        for a, b in self.corner_cuts_m:
            inside = inside & ~((x > a) & (y > b))
        return np.asarray(inside & (np.hypot(x, y) > self.r_min_m))


@dataclass(frozen=True, slots=True)
class Rectangle:
    """|x| < half width, |y| < half height, r > hole radius about (0, 0)."""

    half_width_m: float
    half_height_m: float
    hole_radius_m: float = 0.0
    kind: Literal["rectangle"] = "rectangle"

    def __post_init__(self) -> None:
        require_positive(self, "half_width_m", "half_height_m")
        require_not_negative(self, "hole_radius_m")

    @property
    def enclosing_radius_m(self) -> float:
        """Radius about (0, 0) of the smallest circle around the shape."""
        return math.hypot(self.half_width_m, self.half_height_m)

    @property
    def half_size_m(self) -> tuple[float, float]:
        """Largest |x| and |y|."""
        return self.half_width_m, self.half_height_m

    @property
    def hole_m(self) -> tuple[float, float, float]:
        """Centre (x, y) and radius of the round hole; radius 0: none."""
        return 0.0, 0.0, self.hole_radius_m

    def contains(self, x_m: ArrayLike, y_m: ArrayLike) -> BoolArray:
        """Whether points are inside; broadcasts."""
        x, y = np.asarray(x_m, float), np.asarray(y_m, float)
        in_frame = (np.abs(x) < self.half_width_m) & (np.abs(y) < self.half_height_m)
        return np.asarray(in_frame & (np.hypot(x, y) > self.hole_radius_m))


Shape = Annulus | Octagon | Rectangle

"""Where direct labels go: in a free place of their own region, or beside their own curve.

The figure is a raster of cells; a label is a box of cells. The best box crosses no curve, meets no other
label, lies inside its region where there is one, and is nearer to its own curve than to any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray

BoolArray = NDArray[np.bool_]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points of the figure, relative to the lower left corner of the axes."""

CELL = 2.0  # points
MARGIN = 4.0  # of a label from the frame, points
_CROSSING, _OUTSIDE, _AMBIGUOUS, _FOREIGN = 50.0, 400.0, 60.0, 25.0  # costs
_GAP = 2.0  # cells between a label and its curve


@dataclass(frozen=True, eq=False)
class LabelWish:
    """A label to be placed: its size (width, height) [points], its curves and its region.

    curves: dense points (n, 2) [points] of its own curves. region: the raster of what it names, None for a
    line.
    """

    size: tuple[float, float]
    curves: FloatArray
    region: BoolArray | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A box and whether it lies apart from what it names, so that a line must lead there."""

    box: Box
    anchor: tuple[float, float] | None = None

    @property
    def centre(self) -> tuple[float, float]:
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2


def raster_shape(size: tuple[float, float]) -> tuple[int, int]:
    """Cells along x and y of axes of this size [points]."""
    return max(int(size[0] / CELL), 1), max(int(size[1] / CELL), 1)


def raster_of(points: FloatArray, shape: tuple[int, int]) -> BoolArray:
    """Cells that points (n, 2) [points] fall into; those outside of the axes are left out."""
    cells = np.zeros(shape, bool)
    index = np.floor(points[np.isfinite(points).all(axis=1)] / CELL)
    inside = ((index >= 0) & (index < shape)).all(axis=1)
    cells[tuple(index[inside].astype(int).T)] = True
    return cells


def dense(points: FloatArray, step: float = CELL / 2) -> FloatArray:
    """The line through points (n, 2), with no two neighbours further apart than ``step``."""
    if len(points) < 2:
        return points
    lengths = np.hypot(*np.diff(points, axis=0).T)
    parts = np.clip(np.ceil(lengths / step), 1, 5000).astype(int)
    at = np.concatenate([i + np.arange(n) / n for i, n in enumerate(parts)] + [[len(parts)]])
    return np.column_stack([np.interp(at, np.arange(len(points)), column) for column in points.T])


def thinned(points: FloatArray, step: float = CELL / 4) -> FloatArray:
    """The curve without points that fall where the one before them fell, on a lattice of this step."""
    cells = np.floor(np.clip(points, -1e6, 1e6) / step)
    kept = np.append(True, (np.diff(cells, axis=0) != 0).any(axis=1))
    return np.asarray(points[kept])


def place_labels(
    wishes: list[LabelWish], axes_size: tuple[float, float], reserved: list[Box] | None = None
) -> list[Placed | None]:
    """A box for each wish, in order: the first ones choose first; None where all of it is out of the axes.

    axes_size: [points]. reserved: boxes that are taken already. No box leaves the axes, and no two boxes
    overlap while there is room.
    """
    shape = raster_shape(axes_size)
    rasters = [raster_of(wish.curves, shape) for wish in wishes]
    crossings = np.sum(rasters, axis=0) if rasters else np.zeros(shape)
    regions = [wish.region if wish.region is not None else np.zeros(shape, bool) for wish in wishes]
    filled = np.sum(regions, axis=0) if regions else np.zeros(shape)
    taken = list(reserved or ())
    placed: list[Placed | None] = []
    for wish, own, region in zip(wishes, rasters, regions, strict=True):
        if not (own.any() or region.any()):
            placed.append(None)
            continue
        foreign = crossings - own > 0
        found = _best(wish, own, foreign, np.asarray(crossings), region, filled - region, taken, axes_size)
        placed.append(found)
        if found is not None:
            taken.append(found.box)
    return placed


def _best(
    wish: LabelWish,
    own: BoolArray,
    foreign: BoolArray,
    crossings: FloatArray,
    region: BoolArray,
    other_regions: FloatArray,
    taken: list[Box],
    axes_size: tuple[float, float],
) -> Placed | None:
    """The box of least cost among all positions of the raster."""
    width, height = (int(np.ceil(length / CELL)) + 1 for length in wish.size)
    sums = [_box_sums(layer, width, height) for layer in (crossings, region, other_regions)]
    if sums[0] is None:
        return None
    crossed, inside, elsewhere = (np.asarray(total) for total in sums)
    cells = width * height
    cost = _CROSSING * np.minimum(crossed, 20.0) + _FOREIGN * elsewhere / cells
    near_own, near_other = _distances(own, width, height), _distances(foreign, width, height)
    if wish.region is not None and region.any():
        cost = (
            cost
            + _OUTSIDE * (1 - inside / cells)
            - np.minimum(near_own, 12.0)
            + 0.02 * _off_centre(region, cost)
        )
        cost = cost + np.where(inside < cells, np.maximum(near_own - _GAP, 0.0), 0.0)
    else:
        cost = cost + 2.0 * np.abs(near_own - _GAP)
    cost = cost + np.where((near_other <= near_own) & (inside < cells), _AMBIGUOUS, 0.0)
    cost = np.where(_allowed(cost.shape, width, height, taken, axes_size), cost, np.inf)
    if not np.isfinite(cost).any():
        return None
    i, j = np.unravel_index(np.argmin(cost), cost.shape)
    x0, y0 = float(i) * CELL, float(j) * CELL
    box = (x0, y0, x0 + wish.size[0], y0 + wish.size[1])
    far = near_own[i, j] > 4 * _GAP and not inside[i, j]
    return Placed(box, _nearest(wish.curves, box) if far else None)


def _box_sums(values: FloatArray | BoolArray, width: int, height: int) -> FloatArray | None:
    """Sum over each box of cells; index: its lower left cell. None where the axes are smaller."""
    if values.shape[0] < width or values.shape[1] < height:
        return None
    total = np.pad(np.asarray(values, float).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return np.asarray(
        total[width:, height:] - total[:-width, height:] - total[width:, :-height] + total[:-width, :-height]
    )


def _distances(cells: BoolArray, width: int, height: int) -> FloatArray:
    """Distance [cells] from each box to the nearest of the cells; large where there is none."""
    from scipy.ndimage import distance_transform_edt, minimum_filter

    shape = cells.shape[0] - width + 1, cells.shape[1] - height + 1
    if not cells.any():
        return np.full(shape, 1e3)
    distance = distance_transform_edt(~cells)
    # a filter is centred: shift its origin to the lower left cell of the box
    nearest = minimum_filter(
        distance, size=(width, height), origin=(-(width // 2), -(height // 2)), mode="nearest"
    )
    return np.asarray(nearest[: shape[0], : shape[1]])


def _off_centre(region: BoolArray, cost: FloatArray) -> FloatArray:
    """Distance [cells] of each box from the middle of the region."""
    x, y = np.argwhere(region).mean(axis=0)
    i, j = np.indices(cost.shape)
    return np.asarray(np.hypot(i - x, j - y))


def _allowed(
    shape: tuple[int, ...], width: int, height: int, taken: list[Box], axes_size: tuple[float, float]
) -> BoolArray:
    """Whether a box stays inside the frame and off the boxes that are there."""
    x, y = (np.arange(n) * CELL for n in shape)
    right, top = x + width * CELL, y + height * CELL
    inside_x = (x >= MARGIN) & (right <= axes_size[0] - MARGIN)
    inside_y = (y >= MARGIN) & (top <= axes_size[1] - MARGIN)
    free = inside_x[:, None] & inside_y[None, :]
    for x0, y0, x1, y1 in taken:
        beside_x, beside_y = (right <= x0) | (x >= x1), (top <= y0) | (y >= y1)
        free &= beside_x[:, None] | beside_y[None, :]
    return np.asarray(free)


def _nearest(curves: FloatArray, box: Box) -> tuple[float, float]:
    """The point of the curves that is nearest to the box."""
    x0, y0, x1, y1 = box
    finite = curves[np.isfinite(curves).all(axis=1)]
    dx = np.maximum(np.maximum(x0 - finite[:, 0], finite[:, 0] - x1), 0)
    dy = np.maximum(np.maximum(y0 - finite[:, 1], finite[:, 1] - y1), 0)
    x, y = finite[int(np.argmin(np.hypot(dx, dy)))]
    return float(x), float(y)

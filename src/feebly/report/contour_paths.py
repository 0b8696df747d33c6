"""Areas of the exclusion figure: inside a contour, and between the two contours of an expected band."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.limits.expected_bands import EXPECTED_KINDS
from feebly.limits.results import ContourPiece
from feebly.workflow.result import RunResult

if TYPE_CHECKING:
    from matplotlib.path import Path

BoolArray = NDArray[np.bool_]


class HasGrid(Protocol):
    """Whatever was scanned over a range of masses and couplings: (min, max, number)."""

    @property
    def mass_range_gev(self) -> tuple[float, float, int]: ...

    @property
    def coupling_range(self) -> tuple[float, float, int]: ...


def filled_path(pieces: tuple[ContourPiece, ...], clockwise: bool = False) -> Path:
    """One path of all closed curves, oriented so that a curve inside another one is a hole.

    clockwise: the outer curves run so; else anticlockwise.
    """
    from matplotlib.path import Path

    curves = [log_points(piece) for piece in pieces]
    loops = [Path(points) for points in curves]
    # curves of others may cross: only one that is inside as a whole is a hole
    low, high = (np.array([end(points, axis=0) for points in curves]) for end in (np.min, np.max))
    depths = []
    for i, points in enumerate(curves):
        around = np.flatnonzero(((low <= low[i]) & (high >= high[i])).all(axis=1))
        depths.append(sum(bool(loops[j].contains_points(points).all()) for j in around if j != i))
    oriented = [
        points if (signed_area(points) > 0) == (depth % 2 == int(clockwise)) else points[::-1]
        for points, depth in zip(curves, depths, strict=True)
    ]
    return Path.make_compound_path(*(Path(10.0**points, closed=True) for points in oriented))


def band_path(result: RunResult, sigma: int) -> Path | None:
    """Area between the expected contours at -sigma and +sigma; None where they coincide or there is none.

    The limit at -sigma is the stronger one, its contour the outer. The inner one runs the other way round, so
    that what both enclose is left out.
    """
    kinds = [f"expected-{sigma}s", f"expected+{sigma}s"]
    outer, inner = (result.contour(kind) for kind in kinds)
    if not outer or any(set(kinds) <= set(group) for group in result.degenerate_bands):
        return None
    if not inner:
        return filled_path(outer)
    return between_path(outer, inner)


def between_path(outer: tuple[ContourPiece, ...], inner: tuple[ContourPiece, ...]) -> Path:
    """Area inside the outer curves and outside the inner ones."""
    from matplotlib.path import Path

    return Path.make_compound_path(filled_path(outer), filled_path(inner, clockwise=True))


def edge_segments(piece: ContourPiece, grid: HasGrid) -> BoolArray:
    """Which segments of a closed curve run along the edge of the grid, where no limit was found."""
    on_edge = np.zeros(len(piece.mass_gev) - 1, dtype=bool)
    if not piece.open_edge:
        return on_edge
    for values, ends in ((piece.mass_gev, grid.mass_range_gev), (piece.coupling, grid.coupling_range)):
        for end in ends[:2]:
            at_end = np.isclose(values, end, rtol=1e-9, atol=0)
            on_edge |= at_end[:-1] & at_end[1:]
    return on_edge


def segments(piece: ContourPiece, wanted: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Mass and coupling of a curve with a gap (NaN) in place of each segment that is not wanted."""
    gaps = np.flatnonzero(~wanted) + 1
    return np.insert(piece.mass_gev, gaps, np.nan), np.insert(piece.coupling, gaps, np.nan)


def log_points(piece: ContourPiece) -> FloatArray:
    """Points (n, 2) of a curve in the logarithms to base 10 of mass and coupling."""
    return np.log10(np.column_stack([piece.mass_gev, piece.coupling]))


def signed_area(points: FloatArray) -> float:
    """Area of a closed curve, positive where it runs anticlockwise."""
    x, y = points.T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


def band_sentences(result: RunResult) -> Iterator[str]:
    """What varies in the bands, and which of them have no width."""
    if not result.bands.kinds:
        return
    thrown = result.bands.thrown_error
    what = f"from the counts and a signal thrown by {thrown:.0%}" if thrown else "from the counts alone"
    groups = result.degenerate_bands
    if groups == (EXPECTED_KINDS,):
        yield f"Bands {what}: degenerate, −2σ to +2σ all coincide with the expected limit."
        return
    yield f"Green and yellow: ±1σ and ±2σ of the expected limit {what}."
    if groups:
        same = " and ".join(f"{_sigma(group[0])} to {_sigma(group[-1])}" for group in groups)
        yield f"Degenerate: {same} coincide (0σ: the expected limit)."


def _sigma(kind: str) -> str:
    return (kind.removeprefix("expected") or "0s").replace("s", "σ").replace("-", "−")

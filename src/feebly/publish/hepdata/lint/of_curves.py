"""Rules about contours: closed, not crossing themselves, islands apart, edges and bands in their order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.limits.contour import edges_at
from feebly.limits.expected_bands import BAND_KINDS, EXPECTED_KINDS
from feebly.limits.results import ContourPiece
from feebly.publish.hepdata.column_meaning import Meaning
from feebly.publish.hepdata.limit_pieces import groups, limit_meanings, one_of
from feebly.publish.hepdata.lint.curves import Curve, curves_of, limit_layout
from feebly.publish.hepdata.lint.findings import Fault, TableView

_AT_BORDER = 1e-6  # relative distance in the logarithm within which a point is on the border of the curve
_LONG, _FEWEST = 20.0, 12  # a jump in median steps, and points of a curve that has a median step
_MOST_POINTS = 10_000  # of a curve that is searched for crossings: each line meets each other one
_PROBES = 25  # masses at which bands are compared
_SAME = 1e-4  # relative difference of two edges that counts as none: both are polygons


def open_contour(view: TableView) -> Iterator[Fault]:
    """A contour that goes up and back in mass and does not end where it began.

    One whose two ends are at the same border of the plane (largest coupling, smallest mass, ...) was cut off
    there on purpose.
    """
    for curve in curves_of(view):
        if curve.mass.size > 3 and not curve.is_closed and not curve.is_function and not _is_cut_off(curve):
            ends = " and ".join(f"({curve.mass[k]:.4g}, {curve.coupling[k]:.4g})" for k in (0, -1))
            yield (
                _place(view, curve),
                f"open: begins and ends at {ends}; its last point must equal its first",
            )


def _is_cut_off(curve: Curve) -> bool:
    points = curve.log_points
    span = np.maximum(np.ptp(points, axis=0), 1e-12)
    for axis in (0, 1):
        for border in (points[:, axis].min(), points[:, axis].max()):
            if (np.abs(points[[0, -1], axis] - border) < _AT_BORDER * span[axis]).all():
                return True
    return False


def self_intersecting(view: TableView) -> Iterator[Fault]:
    """A contour that crosses itself: points in the wrong order, or two contours mixed."""
    for curve in curves_of(view):
        if curve.is_function or curve.mass.size > _MOST_POINTS or not np.isfinite(curve.log_points).all():
            continue
        crossing = first_crossing(curve.log_points)
        if crossing is not None:
            i, j = crossing
            yield (
                _place(view, curve, i),
                f"crosses itself: the line to the next row meets that of row {int(curve.rows[j]) + 1}",
            )


def first_crossing(points: FloatArray) -> tuple[int, int] | None:
    """Numbers of two lines of a polygon (n, 2) that cross, not counting neighbours; None without any."""
    a, b = points[:-1], points[1:]
    last = len(a) - 1
    for i in range(len(a) - 2):
        j = np.arange(i + 2, len(a))
        if i == 0 and (points[0] == points[-1]).all():
            j = j[j != last]
        found = j[_cross(a[i], b[i], a[j], b[j])]
        if found.size:
            return i, int(found[0])
    return None


def _cross(p: FloatArray, q: FloatArray, r: FloatArray, s: FloatArray) -> NDArray[np.bool_]:
    """Whether the line p-q crosses each line r-s at a point inside both."""

    def side(u: FloatArray, v: FloatArray, w: FloatArray) -> FloatArray:
        d, e = v - u, w - u
        return np.asarray(d[..., 0] * e[..., 1] - d[..., 1] * e[..., 0])

    return (side(p, q, r) * side(p, q, s) < 0) & (side(r, s, p) * side(r, s, q) < 0)


def islands_joined(view: TableView) -> Iterator[Fault]:
    """Several closed curves under one number, or a jump from one island to another.

    A jump is an oblique line of more than twenty median steps in a curve of twelve points at least; lines
    along an axis are borders of the plane and steps at an event.
    """
    for curve in curves_of(view):
        again = _returns(curve)
        if again is not None:
            mend = "number the pieces in a column 'piece'"
            yield _place(view, curve, again), f"closed here already, another curve follows; {mend}"
            continue
        jump = _jump(curve)
        if jump is not None:
            row = int(curve.rows[jump + 1]) + 1
            mend = "two islands joined? give each its own piece"
            yield _place(view, curve, jump), f"jumps to row {row}: {mend}"


def _returns(curve: Curve) -> int | None:
    """The point at which a curve is back at its first one before its end."""
    back = (curve.mass[3:-1] == curve.mass[0]) & (curve.coupling[3:-1] == curve.coupling[0])
    return int(np.flatnonzero(back)[0]) + 3 if back.any() and not curve.is_function else None


def _jump(curve: Curve) -> int | None:
    points = curve.log_points
    if len(points) < _FEWEST or curve.is_function or not np.isfinite(points).all():
        return None
    steps = np.diff(points, axis=0) / np.maximum(np.ptp(points, axis=0), 1e-12)
    length = np.hypot(*steps.T)
    oblique = np.abs(steps).min(axis=1) > 0.02
    far = oblique & (length > _LONG * np.median(length)) & (length > 0.2)
    return int(np.flatnonzero(far)[0]) if far.any() else None


def mixed_pieces(view: TableView) -> Iterator[Fault]:
    """Rows of one piece with those of another between them."""
    if limit_layout(view) not in ("points", "index", "edges"):
        return
    found = limit_meanings(view.table)
    coupling = one_of(found, "coupling")
    if coupling is None or one_of(found, "piece") is None:
        return
    for kind, piece, rows in groups(view.table, found, coupling):
        gaps = np.flatnonzero(np.diff(rows) > 1)
        if gaps.size:
            row = int(rows[gaps[0]])
            yield view.place(row=row), f"piece {piece} ({kind}) goes on only in row {rows[gaps[0] + 1] + 1}"


def edges_exchanged(view: TableView) -> Iterator[Fault]:
    """A lower edge above the upper one."""
    found = limit_meanings(view.table)
    couplings = [each for each in found if each.role == "coupling"]
    if limit_layout(view) != "edges":
        return
    for lower in (each for each in couplings if each.side == "lower"):
        for upper in (each for each in couplings if each.side == "upper" and each.kind == lower.kind):
            bad = np.flatnonzero(lower.values > upper.values * (1 + 1e-9))
            if bad.size:
                row = int(bad[0])
                yield (
                    view.place(lower.column, row),
                    f"{lower.values[row]:g} is above the upper edge {upper.values[row]:g}",
                )


# --- bands --------------------------------------------------------------------------------------------


def bands_out_of_order(view: TableView) -> Iterator[Fault]:
    """A band of fewer standard deviations outside one of more, or minus above plus."""
    order = [kind for kind in EXPECTED_KINDS if kind != "expected"]
    yield from _compared(view, order)


def expected_outside_bands(view: TableView) -> Iterator[Fault]:
    """An expected limit above its +1 sigma or below its -1 sigma (or 2 sigma)."""
    for sigma in ("1", "2"):
        yield from _compared(view, [f"expected-{sigma}s", "expected", f"expected+{sigma}s"])


def _compared(view: TableView, order: list[str]) -> Iterator[Fault]:
    """Faults where limits that must rise in this order do not; those that are not there are passed over."""
    if not view.has_equal_lengths:
        return
    layout = limit_layout(view)
    sides = ("lower", "upper") if layout == "edges" else ("",)
    for side in sides:
        by_kind: dict[str, Meaning] = {}
        for each in view.meanings:
            if each.kind in order and each.column.is_numeric and (layout != "edges" or each.side == side):
                by_kind.setdefault(each.kind, each)
        present = [kind for kind in order if kind in by_kind]
        for one, two in pairwise(present):
            first, second = by_kind[one], by_kind[two]
            if side == "upper":  # a stronger limit excludes more on both sides
                first, second = second, first
            bad = np.flatnonzero(first.values > second.values * (1 + _SAME))
            if layout == "grid":  # of a signal over its limit the stronger limit has the larger value
                bad = np.flatnonzero(first.values * (1 + _SAME) < second.values)
            if bad.size:
                row = int(bad[0])
                yield (
                    view.place(first.column, row),
                    f"{first.column.numbers[row]:g} beside {second.column.numbers[row]:g} of "
                    f"{second.column.name!r}; expected {one} below {two}",
                )
    yield from _compared_curves(view, order)


def _compared_curves(view: TableView, order: list[str]) -> Iterator[Fault]:
    """The same of closed curves: the lower edge of the stronger limit is the lower one."""
    pieces: dict[str, list[ContourPiece]] = {}
    for curve in curves_of(view):
        if curve.is_closed and curve.kind in (*BAND_KINDS, "expected"):
            pieces.setdefault(curve.kind, []).append(
                ContourPiece(curve.kind, len(pieces.get(curve.kind, [])), curve.mass, curve.coupling)
            )
    present = [kind for kind in order if kind in pieces]
    for one, two in pairwise(present):
        for mass in _shared_masses(pieces[one], pieces[two]):
            stronger, weaker = (edges_at(tuple(pieces[kind]), float(mass)) for kind in (one, two))
            if stronger and weaker and stronger[0][0] > weaker[0][0] * (1 + 100 * _SAME):
                yield (
                    view.place(),
                    f"lower edge of {one} at {mass:.4g} GeV is {stronger[0][0]:.4g}, of {two} "
                    f"{weaker[0][0]:.4g}; expected {one} below {two}",
                )
                break


def _shared_masses(one: list[ContourPiece], two: list[ContourPiece]) -> FloatArray:
    low = max(min(p.mass_gev.min() for p in pieces) for pieces in (one, two))
    high = min(max(p.mass_gev.max() for p in pieces) for pieces in (one, two))
    if not 0 < low < high:
        return np.empty(0)
    return np.geomspace(low, high, _PROBES + 2)[1:-1]


def _place(view: TableView, curve: Curve, point: int = 0) -> str:
    return view.place(curve.column, int(curve.rows[point]))

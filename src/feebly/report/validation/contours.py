"""Contours against references: edges, common area, closing mass and the notch of the observed event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from math import exp, log
from pathlib import Path

import numpy as np

from feebly.analysis.analysis import Analysis
from feebly.report.validation.curves import Pieces, closed_piece, distances, outer_edges, overlap
from feebly.report.validation.plan import ContourReference, MassRange, NotchReference, Plan, ReferenceRun
from feebly.report.validation.projection import Projection
from feebly.report.validation.references import find_reference, read_columns, read_curves, why_missing
from feebly.report.validation.rows import FOLDED, Row

Contours = Mapping[str, Pieces]
"""Pieces of the observed exclusion by name of the run."""

_WEAK_PEAK, _WEAK_TOLERANCE = 1.5, 0.10  # near its closing the curve moves fast with the yield
_CLS_THRESHOLD = log(10)  # CLs at 90% with nothing observed, for any background
_EDGES = ("lower", "upper")


def contour_rows(contours: Contours, plan: Plan, analysis: Analysis, folder: Path | None) -> Iterator[Row]:
    """All rows that compare contours; a run without any excluded area gives rows without an own number."""
    for reference in plan.contours:
        tuned = calibrated_on(plan.runs[reference.run], analysis)
        yield from edge_rows(contours[reference.run], reference, tuned, folder)
    for reference in plan.contours:
        scanned = plan.runs[reference.run].mass_gev[:2]
        yield from distance_rows(contours[reference.run], reference, folder, scanned)
    for closing in plan.closing:
        largest = max((float(piece.mass_gev.max()) for piece in contours[closing.run]), default=None)
        yield Row("closing mass [GeV]", closing.name, largest, closing.reference, closing.tolerance)
    for notch in plan.notch:
        own = edge_step(contours[notch.run], notch)
        group = f"edge at {1e3 * notch.mass_gev:g} MeV over its surroundings"
        yield Row(group, notch.name, own, notch.reference, notch.tolerance)


def projection_rows(
    projection: Projection,
    reference: ContourReference,
    folder: Path | None,
    contour: Callable[[], Pieces],
) -> Iterator[Row]:
    """Edges, distances and area of a projection; its contour is asked for if the reference is there."""
    if _file(reference, folder) is None:
        yield from edge_rows((), reference, "", folder)
        return
    power = reference.power
    own = tuple(replace(piece, coupling=piece.coupling**power) for piece in contour())
    low, high, _ = projection.coupling
    yield from edge_rows(own, reference, "", folder)
    yield from distance_rows(own, reference, folder, projection.mass_gev[:2], (low**power, high**power))


def calibrated_on(run: ReferenceRun, analysis: Analysis) -> str:
    """What the response sets of a run were tuned on, in the words of the analysis file."""
    origins = [analysis.response(name, tag).origin for tag, name in run.response.items()]
    return "; ".join(dict.fromkeys(origin.calibrated_on for origin in origins if origin.calibrated_on))


def edge_rows(own: Pieces, reference: ContourReference, tuned: str, folder: Path | None) -> Iterator[Row]:
    """One row per edge and mass of a reference; those for information last."""
    path = _file(reference, folder)
    if reference.file and path is None:
        reason = why_missing(folder, f"contours/{reference.file}")
        yield Row(f"{FOLDED} {reference.name}", "both edges and area", skipped=reason)
        return
    points = reference_points(reference, path)
    group = f"{FOLDED} {reference.name}"
    yield from _edges(own, reference, points, tuned, group)
    if path is not None and reference.information_gev:
        told = replace(
            reference, tolerance_lower=None, tolerance_upper=None, masses_gev=reference.information_gev
        )
        yield from _edges(own, told, reference_points(told, path), tuned, f"{group}, elsewhere")


def _edges(
    own: Pieces, reference: ContourReference, points: list[tuple[float, ...]], tuned: str, group: str
) -> Iterator[Row]:
    allowed = (reference.tolerance_lower, reference.tolerance_upper)
    tolerances = [None if t is None else t + reference.rounding for t in allowed]
    tuned_masses = (reference.tuned_lower, reference.tuned_upper)
    for k, edge in enumerate(_EDGES):
        for mass, *edges, peak in points:
            found = outer_edges(own, mass)
            tolerance = tolerances[k]
            if tolerance is not None and _is_weak(peak):
                tolerance = max(tolerance, _WEAK_TOLERANCE)
            row = Row(
                f"{group}: {edge} edge",
                f"{mass:g} GeV",
                found[k] if found else None,
                edges[k],
                tolerance,
                tuned if _within(mass, tuned_masses[k]) else None,
            )
            yield replace(row, remark=reference.remark) if row.verdict == "outside" else row


def distance_rows(
    own: Pieces,
    reference: ContourReference,
    folder: Path | None,
    scanned_gev: MassRange = (0.0, np.inf),
    frame: tuple[float, float] = (0.0, np.inf),
) -> Iterator[Row]:
    """Median and worst |log10| of both edges and the common area for a reference with a file.

    scanned_gev, frame: masses and couplings of the own grid. For information.
    """
    path = _file(reference, folder)
    if path is None:
        return
    curves = reference_curves(reference, path)
    group = f"distance |log10| of the edges and area: {reference.name}"
    found = distances(own, curves, frame)
    for k, edge in enumerate(_EDGES, start=1):
        seen = found[np.isfinite(found[:, k])]
        if seen.size:
            step = np.abs(seen[:, k])
            worst = int(np.argmax(step))
            yield Row(group, f"{edge} edge, median", float(np.median(step)))
            yield Row(group, f"{edge} edge, worst (at {seen[worst, 0]:.3g} GeV)", float(step[worst]))
    # a table does not say where it closes: its area ends with its first and last mass
    seen_by = curves if reference.kind == "table" else own + curves
    masses = np.concatenate([piece.mass_gev for piece in seen_by])
    shared = max(scanned_gev[0], float(masses.min())), min(scanned_gev[1], float(masses.max()))
    yield Row(group, "intersection over union", overlap(own, curves, shared), 1.0)


def _file(reference: ContourReference, folder: Path | None) -> Path | None:
    return find_reference(folder, "contours", reference.file) if reference.file else None


def reference_points(reference: ContourReference, path: Path | None) -> list[tuple[float, ...]]:
    """(mass, lower edge, upper edge, largest yield) of a reference; the yield is inf where it is unknown."""
    if reference.kind == "points":
        return [(*point, np.inf) for point in reference.points]
    assert path is not None
    if reference.kind == "table":
        return [tuple(row) for row in read_columns(path, 4).tolist()]
    curves = reference_curves(reference, path)
    edges = ((mass, outer_edges(curves, mass)) for mass in reference.masses_gev)
    return [(mass, *pair, np.inf) for mass, pair in edges if pair is not None]


def reference_curves(reference: ContourReference, path: Path) -> Pieces:
    """The reference as closed curves: a table runs along its lower edge and back along the upper one."""
    if reference.kind == "table":
        mass, lower, upper, _ = read_columns(path, 4).T
        return (closed_piece(np.concatenate([mass, mass[::-1]]), np.concatenate([lower, upper[::-1]])),)
    corners = np.array(reference.corners, float).reshape(-1, 2)
    return tuple(closed_piece(*np.concatenate([curve, corners]).T) for curve in read_curves(path))


def edge_step(own: Pieces, notch: NotchReference) -> float | None:
    """Edge at the mass of the event over the straight line (in logarithms) across its window."""
    k = _EDGES.index(notch.edge)
    left, right = notch.sides_gev
    edges = [outer_edges(own, mass) for mass in (left, notch.mass_gev, right)]
    if any(pair is None for pair in edges):
        return None
    before, at, after = (log(pair[k]) for pair in edges if pair is not None)
    share = log(notch.mass_gev / left) / log(right / left)
    return exp(at - before - share * (after - before))


def _is_weak(peak: float) -> bool:
    return peak < _WEAK_PEAK * _CLS_THRESHOLD


def _within(mass_gev: float, masses_gev: MassRange) -> bool:
    return masses_gev[0] <= mass_gev <= masses_gev[1]

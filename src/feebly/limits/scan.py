"""From yields and counts to the exclusion: the grid of masses and couplings, and the contours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.limits import notes
from feebly.limits.arcs import parabola
from feebly.limits.columns import first_lattice
from feebly.limits.contour import Limit, excess, find_contours
from feebly.limits.discovery import discovery_by_mass
from feebly.limits.expected_bands import BAND_KINDS
from feebly.limits.lattice import Lattice
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece, Grid, ScanResult
from feebly.limits.searches import (
    cls_on_grid,
    contour_searches,
    limits_on_grid,
    log_events,
    yields_at,
)
from feebly.limits.signal import SignalYields

Range = tuple[float, float, int]
"""Minimum, maximum and number of points, log-spaced."""

NEAR_LIMIT = 3.0
"""Cells whose yield is within this factor of the limit decide the contour."""


def scan(
    signal: SignalYields,
    observation: Observation,
    mass_range: Range | None = None,
    coupling_range: Range | None = None,
    precision: float = 0.01,
) -> ScanResult:
    """Yields, limits and CLs on a grid, and the contours of the observed and the expected limit (with bands).

    mass_range [GeV], coupling_range: (min, max, number of grid points); default: the model's own grid. The
    contours do not depend on the grid but for its range. precision: relative error of the coupling above
    which a cell near the limit counts as not converged. A projection has no observed contour but those of
    ``discovery.py``. Masses at which no channel is open are skipped with a note. Raises DomainError where all
    are closed.
    """
    default = signal.model.default_grid
    mass = log_spaced("mass", mass_range or default.mass_gev)
    coupling = log_spaced("coupling", coupling_range or default.coupling)
    closed_note = notes.closed_masses(signal, mass)  # refuses a range without any open channel
    grid = make_grid(signal, observation, mass, coupling, precision)

    pieces: list[ContourPiece] = []
    lattices: list[Lattice] = []
    searches = contour_searches(signal, observation)
    for search in searches:
        start = first_lattice(signal, observation, mass, coupling, search.field)
        lattice, found = find_contours(start, search.limits, search.field)
        pieces += found
        pieces += [
            replace(piece, kind=kind)
            for kind, twin in search.same.items()
            for piece in found
            if piece.kind == twin
        ]
        lattices.append(lattice)
    kind, limit = next(iter(searches[0].limits.items()))
    peak, s_up = _peak(signal, lattices[0], limit)
    shown = tuple(piece for piece in pieces if piece.kind == kind)
    return ScanResult(
        grid=grid,
        pieces=tuple(pieces),
        peak=peak,
        notes=(
            *closed_note,
            *notes.no_exclusion(shown, peak, s_up, signal.model),
            *notes.open_edges(shown, grid, signal.model),
        ),
    )


def contours_of_kind(
    signal: SignalYields, observation: Observation, mass_gev: FloatArray, coupling: FloatArray, kind: str
) -> tuple[ContourPiece, ...]:
    """Contours of one kind (observed, expected) as a scan of the grid finds them, without the grid."""
    for search in contour_searches(signal, observation):
        if kind in search.limits:
            lattice = first_lattice(signal, observation, mass_gev, coupling, search.field)
            return find_contours(lattice, {kind: search.limits[kind]}, search.field)[1]
    return ()


def log_spaced(name: str, asked: Range) -> FloatArray:
    """The points of a range, both ends exact; DomainError for an impossible one."""
    low, high, n = asked
    if not 0 < low < high < np.inf or n < 2:
        raise DomainError(
            f"{name} {low:g}:{high:g}:{n}: expected MIN:MAX:N with 0 < MIN < MAX and N of at least 2"
        )
    return np.geomspace(low, high, int(n))


def make_grid(
    signal: SignalYields,
    observation: Observation,
    mass_gev: FloatArray,
    coupling: FloatArray,
    precision: float,
) -> Grid:
    """Yields with their MC errors, counts, limits and CLs on all pairs of masses and couplings."""
    events = signal.on_grid(mass_gev, coupling)
    counts, total = observation.counts(mass_gev), events.total()
    mc_error = events.relative_error(signal.source)
    limits = limits_on_grid(observation, mass_gev, events)
    decisive = {kind: limit for kind, limit in limits.items() if kind not in BAND_KINDS}
    discovery = {kind: reach(mass_gev) for kind, reach in discovery_by_mass(observation).items()}
    return Grid(
        mass_gev=mass_gev,
        coupling=coupling,
        yields=events.by_final_state(),
        by_channel=events.by_channel(),
        mc_error=mc_error,
        observed={tag: n.astype(float) for tag, n in counts.items()} if counts else None,
        s_up_observed=limits.get("observed"),
        s_up_expected=limits["expected"],
        s_up_bands={kind: limits[kind] for kind in observation.bands.kinds},
        s_discovery=discovery,
        cls=cls_on_grid(observation, mass_gev, events),
        unconverged=near_limit(total, decisive | discovery)
        & (coupling_error(total, coupling, mc_error) > precision),
    )


def coupling_error(total: FloatArray, coupling: FloatArray, mc_error: FloatArray) -> FloatArray:
    """Relative error of the coupling at the limit that a relative error of the yield makes; (M, C).

    The error of N over |d ln N/d ln C|, the slope taken as 1 where it is flatter (at a closing mass).
    """
    slope = np.abs(np.gradient(log_events(total), np.log(coupling), axis=1))
    return mc_error / np.maximum(slope, 1.0)


def near_limit(total: FloatArray, limits: Mapping[str, FloatArray]) -> NDArray[np.bool_]:
    """Cells (M, C) within a factor ``NEAR_LIMIT`` of any of the limits (M,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = [np.abs(np.log(total / s_up[:, None])) for s_up in limits.values()]
    return np.asarray(np.min(np.nan_to_num(distances, nan=np.inf), axis=0) <= np.log(NEAR_LIMIT))


def _peak(signal: SignalYields, lattice: Lattice, limit: Limit) -> tuple[tuple[float, float, float], float]:
    """(mass, coupling, events) of the largest yield over limit, and that limit [events].

    At a mass of the lattice; the coupling by the parabola through three of its nodes.
    """
    f, y = excess(lattice, limit), lattice.ln_coupling
    i, j = np.unravel_index(np.argmax(f), f.shape)
    at = int(np.clip(j, 1, y.size - 2))
    steps, rises = y[[at - 1, at + 1]] - y[at], f[i, [at - 1, at + 1]] - f[i, at]
    shift, _ = parabola(steps[:1], steps[1:], rises[:1], rises[1:])
    coupling = np.array([lattice.coupling[j], np.exp(y[at] + shift[0])])
    log_yield = log_events(yields_at(signal, np.full(2, lattice.mass_gev[i]), coupling).total())
    best = int(np.argmax(log_yield))
    peak = float(lattice.mass_gev[i]), float(coupling[best]), float(np.exp(log_yield[best]))
    return peak, float(np.exp(log_yield[0] - f[i, j]))

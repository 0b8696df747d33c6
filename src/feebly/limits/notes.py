"""Notes of a scan: one line each, with place, value, expectation and mend."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray, Model
from feebly.limits.lattice import LOG_NOTHING
from feebly.limits.results import ContourPiece, Grid
from feebly.limits.signal import SignalYields

_SYMBOLS = {"epsilon": "eps"}

NO_EVENTS = 2 * float(np.exp(LOG_NOTHING))
"""Yields up to here [events] stand for none at all."""


def closed_masses(signal: SignalYields, mass_gev: FloatArray) -> list[str]:
    """The note about grid masses where no channel is open, if any; DomainError when it is all of them."""
    closed = ~signal.any_open_at(mass_gev)
    if not closed.any():
        return []
    low, high = _open_range(signal)
    left_out = closed & np.any([signal.masked_at(tag, mass_gev) for tag in signal.final_states], axis=0)
    below, above = closed & (mass_gev <= low), closed & (mass_gev > low) & ~left_out
    states, modes = ", ".join(signal.final_states), ", ".join(c.tag for c in signal.production_channels)
    lines = []
    if below.any():
        lines.append(_closed(states, mass_gev[below][-1], f"threshold {low:.4g} GeV", below))
    if above.any():
        lines.append(_closed(f"{modes} -> {states}", mass_gev[above][0], f"open up to {high:.4g} GeV", above))
    if left_out.any():
        reason = "the analysis does not search there"
        lines.append(_closed(states, mass_gev[left_out][0], reason, left_out))
    if closed.all():
        raise DomainError(f"{'; '.join(lines)}: nothing is left; choose --mass in {low:.4g}-{high:.4g} GeV")
    return lines


def _closed(what: str, mass_gev: float, reason: str, closed: NDArray[np.bool_]) -> str:
    verb = "are" if "," in what else "is"
    skipped = f"{np.count_nonzero(closed)} of {closed.size} masses skipped"
    return f"{what} {verb} closed at m = {mass_gev:#.3g} GeV ({reason}); {skipped}"


def _open_range(signal: SignalYields) -> tuple[float, float]:
    edges = signal.edges_gev()
    if not edges.size:
        modes = ", ".join(channel.tag for channel in signal.production_channels)
        states = ", ".join(signal.final_states)
        raise DomainError(f"{modes} -> {states}: the production ends below the threshold of the decay")
    return float(edges[0]), float(edges[-1])


def no_exclusion(
    pieces: tuple[ContourPiece, ...], peak: tuple[float, float, float], s_up: float, model: Model
) -> Iterator[str]:
    """How far the search is from an exclusion, when there is none."""
    if pieces:
        return
    mass, coupling, events = peak
    if events <= NO_EVENTS:
        yield "no exclusion: no signal is expected at any mass and coupling of the grid"
        return
    place = f"m = {mass:.2g} GeV, {symbol(model)} = {plain(coupling, 1)}"
    factor = f"{s_up / events:.2g}" if s_up < 100 * events else plain(s_up / events, 2)
    yield (
        f"no exclusion: the largest yield is N = {events:.2g} at {place}; {s_up:.2f} are needed: "
        f"{factor} times the POT would reach it"
    )


def open_edges(pieces: tuple[ContourPiece, ...], grid: Grid, model: Model) -> Iterator[str]:
    """At which edges of the grid the contour is cut off, and how to see the rest."""
    mass, coupling = (grid.mass_gev[0], grid.mass_gev[-1]), (grid.coupling[0], grid.coupling[-1])
    s_up = grid.s_up_expected if grid.s_up_observed is None else grid.s_up_observed
    inside = grid.total > s_up[:, None]
    for side, along in ((0, inside[:, 0]), (-1, inside[:, -1])):
        if _touches(pieces, "coupling", coupling[side]):
            wider = (coupling[0] / 10, coupling[1]) if side == 0 else (coupling[0], coupling[1] * 10)
            place = f"{symbol(model)} = {plain(coupling[side])}"
            if end := _coupling_end(model, coupling[side]):
                yield f"the contour ends at {place}: {end}"
            else:
                yield _leaves(place, along, f"extend --coupling {plain(wider[0])}:{plain(wider[1])}")
    for side, along in ((0, inside[0]), (-1, inside[-1])):
        if _touches(pieces, "mass_gev", mass[side]):
            ends = mass[side] == model.mass_range_gev[side]
            wider = (mass[0] / 2, mass[1]) if side == 0 else (mass[0], mass[1] * 2)
            low, high = np.clip(wider, *model.mass_range_gev)
            mend = f"the model {model.tag} ends there" if ends else f"extend --mass {low:.4g}:{high:.4g}"
            yield _leaves(f"m = {mass[side]:g} GeV", along, mend)


def goes_on(
    pieces: tuple[ContourPiece, ...], mass: tuple[float, float], coupling: tuple[float, float], model: Model
) -> bool:
    """Whether a wider range would show more: not only the end of all couplings cuts the curves."""
    edges = [("mass_gev", value) for value in mass] + [("coupling", coupling[0])]
    if not _coupling_end(model, coupling[1]):
        edges.append(("coupling", coupling[1]))
    return any(_touches(pieces, axis, value) for axis, value in edges)


def _coupling_end(model: Model, coupling: float) -> str | None:
    """Why there is no larger coupling than this; None where there is."""
    default = model.default_grid
    return default.coupling_end if np.isclose(coupling, default.coupling[1], rtol=1e-9, atol=0) else None


def _leaves(place: str, along: NDArray[np.bool_], mend: str) -> str:
    points = max(1, int(np.count_nonzero(along)))
    return f"the contour leaves the grid at {place} ({points} point{'s' if points > 1 else ''}): {mend}"


def _touches(pieces: tuple[ContourPiece, ...], axis: str, edge: float) -> bool:
    """Whether two successive points of an open piece lie on this edge of the grid."""
    for piece in pieces:
        on_edge = np.isclose(getattr(piece, axis), edge, rtol=1e-9, atol=0)
        if piece.open_edge and np.any(on_edge[:-1] & on_edge[1:]):
            return True
    return False


def symbol(model: Model) -> str:
    """Short name of the coupling in a line of text."""
    return _SYMBOLS.get(model.coupling_name, model.coupling_name)


def plain(value: float, digits: int = 3) -> str:
    """1e-8 rather than 1e-08, with at most ``digits`` significant digits."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"

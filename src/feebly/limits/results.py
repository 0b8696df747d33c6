"""What a scan returns: the grid of yields and limits, and the contour as closed pieces."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray


@dataclass(frozen=True, eq=False)
class ContourPiece:
    """One closed curve in (mass, coupling): the first point equals the last.

    kind: observed, expected, ... as in contours.csv. open_edge: the piece was closed along the edge of the
    grid; the true contour goes on beyond it.
    """

    kind: str
    piece: int
    mass_gev: FloatArray
    coupling: FloatArray
    open_edge: bool = False


@dataclass(frozen=True, eq=False)
class Grid:
    """Signal yields and limits on masses x couplings.

    yields: events in the signal region by final state, after efficiency, shape (mass, coupling).
    by_channel: the same by "production/final state" (channels that are closed everywhere are left out).
    mc_error: relative MC error of the total. observed: counts by final state and mass, 0 where it is closed;
    None for a projection. s_up_observed, s_up_expected: upper limit on the total signal by mass, NaN where
    all final states are closed (observed is None for a projection); with the likelihood ratio at the coupling
    whose yield is nearest to it. s_up_bands: the same by kind of expected band. s_discovery: total signal
    that a projection discovers, by kind. cls: CLs of the observed counts, 1 where all is closed. unconverged:
    cells within a factor 3 of a limit where the MC error moves the coupling by more than the asked precision.
    """

    mass_gev: FloatArray
    coupling: FloatArray
    yields: dict[str, FloatArray]
    by_channel: dict[str, FloatArray]
    mc_error: FloatArray
    observed: dict[str, FloatArray] | None
    s_up_observed: FloatArray | None
    s_up_expected: FloatArray
    cls: FloatArray | None = None
    unconverged: NDArray[np.bool_] | None = None
    s_up_bands: dict[str, FloatArray] = field(default_factory=dict)
    s_discovery: dict[str, FloatArray] = field(default_factory=dict)

    @property
    def total(self) -> FloatArray:
        """Events in all signal regions together."""
        return sum(self.yields.values(), start=np.zeros_like(self.mc_error))


@dataclass(frozen=True, eq=False)
class ScanResult:
    """Grid and contours of one scan.

    peak: (mass, coupling, events) where the total yield over its limit is largest. notes: one line each, for
    the user.
    """

    grid: Grid
    pieces: tuple[ContourPiece, ...]
    peak: tuple[float, float, float]
    notes: tuple[str, ...] = field(default_factory=tuple)

    def contour(self, kind: str = "observed") -> tuple[ContourPiece, ...]:
        """The pieces of one kind."""
        return tuple(piece for piece in self.pieces if piece.kind == kind)

"""A limit that somebody published, in memory: what it is, whose, from where, and its curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.core.records import require
from feebly.publish.limit_files.couplings import convert_coupling, coupling_named

LimitKind = Literal[
    "observed", "expected", "expected-1s", "expected+1s", "expected-2s", "expected+2s", "projection"
]
Region = Literal["inside", "above", "points"]

LIMIT_KINDS: tuple[str, ...] = get_args(LimitKind)
REGIONS: tuple[str, ...] = get_args(Region)


@dataclass(frozen=True, eq=False)
class LimitPiece:
    """One curve or one set of points; pieces are never joined.

    mass_gev (n,): not negative. coupling (n,): positive, in the convention of the limit, linear.
    """

    mass_gev: FloatArray
    coupling: FloatArray

    def __post_init__(self) -> None:
        for name in ("mass_gev", "coupling"):
            values = np.array(getattr(self, name), float)
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        mass, coupling = self.mass_gev, self.coupling
        if mass.ndim != 1 or mass.shape != coupling.shape or mass.size == 0:
            raise ConfigError(
                f"piece with masses {mass.shape} and couplings {coupling.shape}: expected two lists of the "
                "same length, not empty"
            )
        _refuse(mass, np.isfinite(mass) & (mass >= 0), "mass_gev", "zero or a positive number")
        _refuse(coupling, np.isfinite(coupling) & (coupling > 0), "coupling", "a positive number")

    @property
    def is_closed(self) -> bool:
        """Whether the last point equals the first, of four points at least."""
        ends_meet = self.mass_gev[0] == self.mass_gev[-1] and self.coupling[0] == self.coupling[-1]
        return bool(self.mass_gev.size > 3 and ends_meet)

    def __len__(self) -> int:
        return self.mass_gev.size


def _refuse(values: FloatArray, good: ArrayLike, name: str, expected: str) -> None:
    bad = np.flatnonzero(~np.asarray(good))
    if bad.size:
        raise ConfigError(f"{name}[{bad[0]}] = {values[bad[0]]:g}: expected {expected}")


@dataclass(frozen=True, eq=False)
class PublishedLimit:
    """Curves of one limit with all that a figure or a comparison must say about them.

    label: short name for figures. coupling: a name of ``couplings.COUPLINGS``; the pieces hold its linear
    value. pieces: see `LimitPiece`. region: what is excluded: the ``inside`` of closed curves, all ``above``
    a curve, or it is not said, for lone ``points``, which are not joined. kind: observed, expected (with
    bands) or projection. cl: confidence level. origin: how its numbers came here. experiment, model
    (a tag of ``feebly run``, or what the source calls it), benchmark (``BC1``), final_states, pot (None: not
    said), statistic (as the source calls it: ``CLs``), doi, arxiv, figure (figure or table of the source),
    licence, remark: text, empty where it is not known. read_as: units and scales of the file that it was read
    from. Raises ConfigError (one line) for values that cannot be.
    """

    label: str
    coupling: str
    pieces: tuple[LimitPiece, ...]
    origin: Origin
    cl: float
    kind: LimitKind = "observed"
    region: Region = "inside"
    experiment: str = ""
    model: str = ""
    benchmark: str = ""
    final_states: tuple[str, ...] = ()
    pot: float | None = None
    statistic: str = ""
    doi: str = ""
    arxiv: str = ""
    figure: str = ""
    licence: str = ""
    remark: str = ""
    read_as: str = ""

    def __post_init__(self) -> None:
        coupling_named(self.coupling)
        require(bool(self.label.strip()), self, "label", "a short name")
        require(self.kind in LIMIT_KINDS, self, "kind", f"one of {', '.join(LIMIT_KINDS)}")
        require(self.region in REGIONS, self, "region", f"one of {', '.join(REGIONS)}")
        require(0 < self.cl < 1, self, "cl", "a number between 0 and 1 (0.9 for 90%)")
        require(self.pot is None or 0 < self.pot < float("inf"), self, "pot", "a positive number")
        require(bool(self.pieces), self, "pieces", "one at least")
        for i, piece in enumerate(self.pieces):
            if self.region == "inside" and not piece.is_closed:
                raise ConfigError(
                    f"piece {i} of {self.label!r} is not closed: its last point must equal its first, unless "
                    'region = "above" or "points"'
                )
            if self.region == "above" and len(piece) < 2:
                raise ConfigError(
                    f"piece {i} of {self.label!r} has one point: expected a curve of two at least"
                )

    def in_coupling(self, wanted: str) -> PublishedLimit:
        """The same limit with its coupling in another convention; ConfigError where that cannot be."""
        if wanted == self.coupling:
            return self
        pieces = tuple(
            LimitPiece(piece.mass_gev, convert_coupling(piece.coupling, self.coupling, wanted, self.model))
            for piece in self.pieces
        )
        return replace(self, coupling=wanted, pieces=pieces)

    @property
    def points(self) -> Iterator[tuple[int, float, float]]:
        """Index of the piece, mass [GeV] and coupling of each point, in order."""
        for i, piece in enumerate(self.pieces):
            for mass, coupling in zip(piece.mass_gev, piece.coupling, strict=True):
                yield i, float(mass), float(coupling)

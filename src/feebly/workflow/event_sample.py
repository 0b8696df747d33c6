"""What a simulation gives: columns of events with all that is needed to read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from feebly.analysis.regions import RegionShape
from feebly.core.interfaces import FloatArray
from feebly.core.tables import plain

EventKind = Literal["weighted", "unweighted"]


@dataclass(frozen=True, slots=True)
class CutFlowStep:
    """Simulated events that are left after a cut, and expected events with their Monte Carlo error.

    expected is None for the generated events: they are aimed at the detector, their number means nothing.
    """

    name: str
    simulated: int
    expected: float | None = None
    mc_error: float | None = None


@dataclass(frozen=True, slots=True)
class ProductionShare:
    """One production channel of the sample.

    expected (with its Monte Carlo error): events in the asked region. generated: before all cuts. events: in
    the sample. efficiency: share of the events that accept-reject keeps, mean over largest weight (None:
    weighted).
    """

    production: str
    expected: float
    mc_error: float
    generated: int
    events: int
    efficiency: float | None


@dataclass(frozen=True, eq=False, slots=True)
class EventSample:
    """Simulated events of one mass, coupling and final state; ``columns`` as in its ``event_schema``.

    The sum of ``columns["weight"]`` is ``expected``: events in ``region`` for ``pot`` protons, branching
    ratio and efficiency of the response set included; ``mc_error`` is its Monte Carlo standard deviation.
    An unweighted sample has equal weights. The order of the events is random: any part is a fair sample.
    daughters_pdg: in the order of the columns; pi0 and eta decay to two photons.
    """

    model: str
    fip_pdg: int
    mass_gev: float
    coupling: float
    coupling_name: str
    ctau_m: float
    final_state: str
    daughters_pdg: tuple[int, ...]
    experiment: str
    analysis: str
    preset: str
    response: str
    pot: float
    beam_momentum_gev: float
    seed: int
    kind: EventKind
    region: str
    regions: tuple[str, ...]
    region_shapes: tuple[RegionShape, ...]
    expected: float
    mc_error: float
    shares: tuple[ProductionShare, ...]
    cut_flow: tuple[CutFlowStep, ...]
    columns: dict[str, NDArray[Any]]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.columns["weight"].size)

    @property
    def weight(self) -> FloatArray:
        """Expected events that each event stands for."""
        return np.asarray(self.columns["weight"], float)

    @property
    def productions(self) -> tuple[str, ...]:
        """Tags of the production channels, as the column ``production`` counts them."""
        return tuple(share.production for share in self.shares)

    def production_tags(self) -> NDArray[np.str_]:
        """Production tag of each event."""
        return np.array(self.productions)[self.columns["production"]]

    def region_names(self) -> NDArray[np.str_]:
        """Region of each event, ``""`` for none."""
        return np.array(["", *self.regions])[self.columns["region"]]

    def metadata(self) -> dict[str, Any]:
        """All but the columns, as plain values for JSON."""
        names = (name for name in EventSample.__slots__ if name not in ("columns", "notes"))
        lists = {"productions": list(self.productions), "events": len(self)}
        return {name: plain(getattr(self, name)) for name in names} | lists

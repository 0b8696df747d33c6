"""What can be seen at best: particles that fly through the first aperture and decay in the fiducial volume.

The same production, directions and decay points as for the yields, without daughters or detector: the
denominator of an acceptance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from feebly.analysis.selection import BOX
from feebly.core.block import CDA, CDATAX, MASK, RXV, RYV, RZV, WEIGHT, XV, YV, ZTAX, ZV
from feebly.core.compiled import stage
from feebly.core.interfaces import FloatArray
from feebly.engine.chain import Topology, add_topology
from feebly.engine.setup import ChannelSetup


class InFlight(NamedTuple):
    """No daughters: the true vertex is what is measured (m)."""

    z_tax: float


@stage
def in_flight(
    s, survivors, n, key0, key1, first_event, mass, decay, apparatus, planes, cuts, keep_truth
):  # fmt: skip
    """The true vertex as the reconstructed one, pointing to the dump; nothing not produced; returns n."""
    for i in range(n):
        s[WEIGHT + i] = s[WEIGHT + i] if s[MASK + i] > 0.0 else 0.0
        s[RXV + i] = s[XV + i]
        s[RYV + i] = s[YV + i]
        s[RZV + i] = s[ZV + i]
        s[CDA + i] = 0.0
        s[ZTAX + i] = decay.z_tax
        s[CDATAX + i] = 0.0
    return n


add_topology(InFlight, Topology(in_flight, (("feebly.engine", ("in_flight.py",)),)))


@dataclass(frozen=True)
class FlightSetup(ChannelSetup):
    """A channel of which only the decay in the fiducial volume of its final state is asked."""

    @property
    def least_energy_gev(self) -> float:
        """None: every decay counts, also one that cannot be seen."""
        return 0.0

    @property
    def decay(self) -> InFlight:
        return InFlight(self.experiment.dump.z_impact_m)

    @cached_property
    def regions(self) -> FloatArray:
        """One region that holds everything in the fiducial volume."""
        z = self.experiment.dump.z_impact_m
        return np.array([[BOX, z - 1.0, z + 1.0, 1.0]])

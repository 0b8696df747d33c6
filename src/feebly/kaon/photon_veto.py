"""Photon veto of a kaon experiment: its detectors, and the chance that one does not see a photon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from feebly.apparatus.shapes import Shape
from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.core.records import require


class InefficiencyStep(NamedTuple):
    """Chance that a photon of this energy [GeV] or more, up to the next step, is not seen."""

    from_gev: float
    value: float


@dataclass(frozen=True, slots=True)
class VetoStation:
    """A detector of photons on a plane; inefficiency: name of its steps."""

    name: str
    inefficiency: str
    z_m: float
    shape: Shape


@dataclass(frozen=True, slots=True)
class PhotonVeto:
    """Detectors that together see nearly every photon.

    inefficiency: steps by name; below the first step nothing is seen. stations: in order of z.
    accidental_efficiency: share of decays without photons that no other activity vetoes.
    """

    inefficiency: dict[str, tuple[InefficiencyStep, ...]]
    stations: tuple[VetoStation, ...]
    accidental_efficiency: float

    def __post_init__(self) -> None:
        for steps in self.inefficiency.values():
            energies = [step.from_gev for step in steps]
            ordered = bool(energies) and energies == sorted(set(energies)) and energies[0] >= 0
            require(ordered, self, "inefficiency", "steps in order of from_gev, from 0 or above")
            inside = all(0 <= step.value <= 1 for step in steps)
            require(inside, self, "inefficiency", "values between 0 and 1")
        for station in self.stations:
            if station.inefficiency not in self.inefficiency:
                raise unknown("inefficiency", station.inefficiency, self.inefficiency)
        z = [station.z_m for station in self.stations]
        require(bool(z) and z == sorted(z), self, "stations", "at least one, in order of z_m")
        share = self.accidental_efficiency
        require(0 < share <= 1, self, "accidental_efficiency", "a number above 0 and up to 1")


def step_value(steps: Sequence[InefficiencyStep], energy_gev: FloatArray) -> FloatArray:
    """Inefficiency at each energy [GeV]; 1 below the first step."""
    values = np.array([1.0, *(step.value for step in steps)])
    return np.asarray(values[np.searchsorted([step.from_gev for step in steps], energy_gev, side="right")])

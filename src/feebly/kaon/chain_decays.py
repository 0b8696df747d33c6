"""Decay chains K+ -> π+ Y, Y -> two members, each a particle that is seen or one that decays to a pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feebly.apparatus.experiment import ChargedParticle
from feebly.core.constants import ELECTRON_MASS_GEV, KAON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV
from feebly.core.interfaces import FloatArray
from feebly.core.records import require, require_not_negative
from feebly.kaon.beam_decays import BeamDecays, Vertex
from feebly.kaon.chain_masses import MassSampler
from feebly.kaon.momenta import Momenta, two_body_in_flight


class Species(NamedTuple):
    """What is seen: its mass [GeV], charge, and what it is to the detector (None: a photon)."""

    mass_gev: float
    charge: int
    particle: ChargedParticle | None


SPECIES: Mapping[str, Species] = MappingProxyType(
    {
        "gamma": Species(0.0, 0, None),
        "e+": Species(ELECTRON_MASS_GEV, 1, "electron"),
        "e-": Species(ELECTRON_MASS_GEV, -1, "electron"),
        "mu+": Species(MUON_MASS_GEV, 1, "muon"),
        "mu-": Species(MUON_MASS_GEV, -1, "muon"),
        "pi+": Species(PION_MASS_GEV, 1, "hadron"),
        "pi-": Species(PION_MASS_GEV, -1, "hadron"),
    }
)

Member = str | tuple[str, str]
"""A species, or the two of a pair."""


@dataclass(frozen=True)
class ChainDecay:
    """K+ -> π+ Y, Y -> members; masses: of Y and of its members.

    All decays are isotropic in the rest frame of what decays. Members that are species start at the vertex;
    ctau_m: of those that decay; longest_flight_m: along z, they are followed no farther.
    """

    name: str
    masses: MassSampler
    members: tuple[Member, Member]
    ctau_m: float = 0.0
    longest_flight_m: float = np.inf

    def __post_init__(self) -> None:
        require_not_negative(self, "ctau_m")
        require(self.longest_flight_m > 0, self, "longest_flight_m", "a positive length")

    @property
    def final_state(self) -> tuple[str, ...]:
        """Species in the order of `decay_products`: the π+, then those of the first member, of the second."""
        names = ["pi+"]
        for member in self.members:
            names += [member] if isinstance(member, str) else list(member)
        return tuple(names)

    def group(self, member: int) -> tuple[int, ...]:
        """Places of the species of one member in the final state."""
        sizes = [1 if isinstance(each, str) else 2 for each in self.members]
        start = 1 + sum(sizes[:member])
        return tuple(range(start, start + sizes[member]))


class Product(NamedTuple):
    """One particle that is seen: true momenta, and where it starts."""

    species: Species
    momenta: Momenta
    vertex_m: Vertex

    def at(self, kept: NDArray[np.intp]) -> Product:
        """The same in the decays at these indices."""
        x, y, z = self.vertex_m
        return Product(self.species, self.momenta[kept], (x[kept], y[kept], z[kept]))


def decay_products(
    decay: ChainDecay, beam: BeamDecays, random: np.random.Generator
) -> tuple[list[Product], FloatArray]:
    """Particles of the final state, and the chance that all members decay within ``longest_flight_m``.

    The same random numbers for the same beam: masses and lifetimes do not change how many are drawn.
    """
    masses = decay.masses(random, beam.momentum_gev.size)
    pion, system = two_body_in_flight(beam.momenta, KAON_MASS_GEV, (PION_MASS_GEV, masses.system), random)
    products = [Product(SPECIES["pi+"], pion, beam.vertex_m)]
    chance = np.ones(beam.momentum_gev.size)
    both = two_body_in_flight(system, masses.system, (masses.one, masses.two), random)
    for member, momenta, mass in zip(decay.members, both, masses[1:], strict=True):
        if isinstance(member, str):
            products.append(Product(SPECIES[member], momenta, beam.vertex_m))
            continue
        vertex, share = _flight(decay, momenta, mass, beam.vertex_m, random.random(mass.size))
        chance *= share
        one, two = (SPECIES[name] for name in member)
        pair = two_body_in_flight(momenta, mass, (one.mass_gev, two.mass_gev), random)
        products += [Product(each, p, vertex) for each, p in zip((one, two), pair, strict=True)]
    return products, chance


def _flight(
    decay: ChainDecay, momenta: Momenta, mass_gev: FloatArray, start_m: Vertex, u: FloatArray
) -> tuple[Vertex, FloatArray]:
    """Where members decay within the longest flight, and the chance that they do; u: uniform numbers."""
    if decay.ctau_m == 0:
        return start_m, np.ones(u.size)
    length = decay.ctau_m * np.abs(momenta.z) / mass_gev
    share = -np.expm1(-decay.longest_flight_m / length)
    path = -length * np.log1p(-u * share) / np.abs(momenta.z)  # over the momentum
    x, y, z = start_m
    return (x + path * momenta.x, y + path * momenta.y, z + path * momenta.z), share

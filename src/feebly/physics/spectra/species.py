"""The meson species that have a spectrum: PDG codes, mass, and the table that holds their shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from feebly.core.constants import MESON_MASS_GEV
from feebly.core.errors import unknown

LIGHT, CHARM, BEAUTY = "light", "charm", "beauty"


@dataclass(frozen=True, slots=True)
class Species:
    """Mesons that one spectrum stands for.

    pdg_codes: absolute PDG codes; antiparticles belong to the species of their particle. flavour: ``light``,
    ``charm`` or ``beauty``. shape: species whose counted shape serves (B+ and B0 differ in number only).
    """

    name: str
    pdg_codes: tuple[int, ...]
    flavour: str
    shape: str

    @property
    def mass_gev(self) -> float:
        return MESON_MASS_GEV[self.name]


def _all_species() -> dict[str, Species]:
    codes: dict[str, dict[str, tuple[int, ...]]] = {
        # the two charges of the rho are one species: they decay to charged pion + X alike
        LIGHT: {
            "pi0": (111,),
            "eta": (221,),
            "etaprime": (331,),
            "rho0": (113,),
            "rho": (213,),
            "omega": (223,),
            "phi": (333,),
        },
        CHARM: {"D0": (421,), "D+": (411,), "Ds": (431,)},
        BEAUTY: {"B": (511, 521), "B+": (521,), "B0": (511,), "Bs": (531,)},
    }
    same_shape = {"B+": "B", "B0": "B"}
    return {
        name: Species(name, pdg_codes, flavour, same_shape.get(name, name))
        for flavour, members in codes.items()
        for name, pdg_codes in members.items()
    }


SPECIES: Mapping[str, Species] = MappingProxyType(_all_species())
"""Every species by the name that production channels call their parent."""


def species(name: str) -> Species:
    """Species by name; ConfigError with the nearest name otherwise."""
    if name not in SPECIES:
        raise unknown("meson spectrum", name, SPECIES)
    return SPECIES[name]


def species_of(flavour: str) -> tuple[str, ...]:
    """Names of all species of a flavour."""
    return tuple(name for name, each in SPECIES.items() if each.flavour == flavour)


def counted_species(flavour: str) -> tuple[str, ...]:
    """Names of the species of a flavour that have a shape of their own."""
    return tuple(name for name in species_of(flavour) if SPECIES[name].shape == name)

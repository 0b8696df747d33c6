"""Names, PDG codes and masses of the mesons."""

import pytest

from feebly.core.errors import ConfigError
from feebly.physics.spectra.species import SPECIES, counted_species, species

# PDG 2024, Monte Carlo particle numbering scheme
CODES = {
    "pi0": (111,),
    "eta": (221,),
    "etaprime": (331,),
    "rho0": (113,),
    "rho": (213,),
    "omega": (223,),
    "phi": (333,),
    "D0": (421,),
    "D+": (411,),
    "Ds": (431,),
    "B": (511, 521),
    "B+": (521,),
    "B0": (511,),
    "Bs": (531,),
}


def test_codes():
    assert {name: each.pdg_codes for name, each in SPECIES.items()} == CODES


def test_shapes_are_counted_once():
    assert counted_species("beauty") == ("B", "Bs")
    assert {SPECIES[name].shape for name in ("B", "B+", "B0")} == {"B"}
    assert counted_species("charm") == ("D0", "D+", "Ds")


def test_unknown():
    with pytest.raises(ConfigError, match="did you mean 'Ds'"):
        species("Dss")

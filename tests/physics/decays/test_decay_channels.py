"""Two-body final states by tag."""

import pytest

from feebly.core.constants import ELECTRON_MASS_GEV, KAON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError
from feebly.physics.decays.channels import channel_of, daughter_masses_gev


@pytest.mark.parametrize(
    ("tag", "mass"),
    [
        ("ee", ELECTRON_MASS_GEV),
        ("mumu", MUON_MASS_GEV),
        ("pipi", PION_MASS_GEV),
        ("kk", KAON_MASS_GEV),
    ],
)
def test_pairs(tag: str, mass: float) -> None:
    assert daughter_masses_gev(tag) == (mass, mass)


def test_unknown_final_state_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'mumu'"):
        daughter_masses_gev("mumuu")


@pytest.mark.parametrize(
    ("tag", "pions", "etas"),
    [("pipi", 0, 0), ("4pi", 0, 0), ("pipigamma", 0, 0), ("3pi", 1, 0), ("kkpi0", 1, 0), ("2pi2pi0", 2, 0),
     ("pipieta", 0, 1), ("3pi0", 3, 0), ("pi0pi0eta", 2, 1), ("gammagamma", 0, 0)],
)  # fmt: skip
def test_share_of_decays_to_photons(tag: str, pions: int, etas: int) -> None:
    """PDG 2024: BR(pi0 -> gamma gamma) = 98.823%, BR(eta -> gamma gamma) = 39.36%."""
    assert channel_of(tag).to_photons == pytest.approx(0.98823**pions * 0.3936**etas, rel=1e-12, abs=0)

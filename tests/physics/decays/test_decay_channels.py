"""Two-body final states by tag."""

import pytest

from feebly.core.constants import ELECTRON_MASS_GEV, KAON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError
from feebly.physics.decays.channels import daughter_masses_gev


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

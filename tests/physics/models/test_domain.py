from __future__ import annotations

import pytest

from feebly.core.errors import DomainError
from feebly.physics.models.domain import checked_coupling, checked_mass_gev

RANGE = (2 * 0.51099895e-3, 2.0)


@pytest.mark.parametrize(
    ("mass", "message"),
    [
        (215, "mass 215 GeV is outside 0.0011-2 GeV for dark-photon; did you mean 0.215 (215 MeV)?"),
        (1e-4, "mass 0.0001 GeV is outside 0.0011-2 GeV for dark-photon"),
        ([0.1, 5e4], "mass 50000 GeV is outside 0.0011-2 GeV for dark-photon"),
        (float("nan"), "mass nan GeV is outside 0.0011-2 GeV for dark-photon"),
        (RANGE[0], "mass 0.001022 GeV is outside 0.0011-2 GeV for dark-photon"),
    ],
)
def test_mass_out_of_range(mass, message):
    with pytest.raises(DomainError) as error:
        checked_mass_gev(mass, RANGE, "dark-photon")
    assert str(error.value) == message


def test_good_masses_pass_with_their_shape():
    assert checked_mass_gev([[0.0011, 2.0]], RANGE, "x").shape == (1, 2)


@pytest.mark.parametrize("coupling", [0.0, -1e-6, float("nan"), float("inf"), [1e-6, 0.0]])
def test_coupling_must_be_positive(coupling):
    with pytest.raises(DomainError, match=r"epsilon = .*: expected a positive number"):
        checked_coupling(coupling, "epsilon")

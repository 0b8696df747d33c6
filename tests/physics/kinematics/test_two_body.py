from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import KAON_MASS_GEV, MUON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import DomainError
from feebly.physics.kinematics.two_body import two_body_momentum_gev

mass = st.floats(-3, 1).map(lambda u: 10.0**u)


@pytest.mark.parametrize(
    ("parent", "m1", "m2", "p_mev"),
    [  # last column of the PDG 2024 tables of decay modes, p [MeV/c]
        (KAON_MASS_GEV, MUON_MASS_GEV, 0.0, 236),
        (KAON_MASS_GEV, PION_MASS_GEV, PION0_MASS_GEV, 205),
        (PION_MASS_GEV, MUON_MASS_GEV, 0.0, 30),
    ],
)
def test_published_break_up_momenta(parent, m1, m2, p_mev):
    assert round(float(two_body_momentum_gev(parent, m1, m2)) * 1e3) == p_mev


@given(m1=mass, m2=mass, excess=mass)
def test_momentum_conserves_energy(m1, m2, excess):
    parent = m1 + m2 + excess
    p = two_body_momentum_gev(parent, m1, m2)
    assert_allclose(np.hypot(p, m1) + np.hypot(p, m2), parent, rtol=1e-12)
    assert_allclose(two_body_momentum_gev(parent, m2, m1), p, rtol=1e-12)


@given(m=mass)
def test_momentum_keeps_its_digits_near_threshold(m):
    relative = 1e-10
    # p² -> m (M - 2m) for M -> 2m, with a relative correction of the order (M - 2m)/m
    parent = 2 * m * (1 + relative)
    assert_allclose(two_body_momentum_gev(parent, m, m), np.sqrt(m * (parent - 2 * m)), rtol=1e-9)


def test_momentum_vanishes_at_threshold_and_closed_decay_is_an_error():
    assert two_body_momentum_gev(1.0, 0.5, 0.5) == 0
    with pytest.raises(DomainError, match="closed"):
        two_body_momentum_gev([1.0, 0.9], 0.5, 0.5)

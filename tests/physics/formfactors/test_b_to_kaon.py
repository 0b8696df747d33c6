from __future__ import annotations

import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.formfactors.b_to_kaon import KAON_STATES, kaon_state

B_MASS, QUARK_SUM, QUARK_DIFFERENCE = 5.27941, 4.183 + 0.0935, 4.183 - 0.0935


@pytest.mark.parametrize(
    ("state", "expected"),
    [  # at q² = 0: M = ½ (m_B² - m_X²)/(m_b ± m_s) times the form factor there
        ("k", (B_MASS**2 - 0.493677**2) / 2 / QUARK_DIFFERENCE * 0.33),
        ("kstar892", (B_MASS**2 - 0.89167**2) / 2 / QUARK_SUM * (1.364 - 0.990)),  # A0(0) = 0.374
        ("k0star700", (B_MASS**2 - 0.845**2) / 2 / QUARK_SUM * 0.46),
        ("k0star1430", (B_MASS**2 - 1.425**2) / 2 / QUARK_SUM * 0.17),
    ],
)
def test_matrix_elements_at_zero_momentum_transfer(state, expected):
    assert_allclose(kaon_state(state).matrix_element_gev(0.0), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("state", "q2", "ratio"),
    [  # to the value at q² = 0, by hand from the poles; a K* also loses √λ
        ("k", 9.0, 1 / (1 - 9 / 38)),
        ("k0star1430", 4.0, (25.8418 - 4) / 25.8418 / (1 - 4.4 * 0.143514 + 6.4 * 0.143514**2)),
        ("kstar892", 9.0, 17.2673 / 27.0771 * (1.364 / (1 - 0.322907) - 0.990 / (1 - 9 / 36.78)) / 0.374),
    ],
)
def test_growth_with_momentum_transfer(state, q2, ratio):
    got = kaon_state(state).matrix_element_gev([q2, 0.0])
    assert_allclose(got[0] / got[1], ratio, rtol=1e-4)


@pytest.mark.parametrize(("state", "a", "b"), [("kstar1410", 0.22, 0.28), ("kstar1680", 0.18, 0.24)])
def test_excited_vectors_at_zero_momentum_transfer(state, a, b):
    # A0(0) = (1 - 2 m_X²/(m_B² + m_X²)) a + (m_X/m_B) b
    mass = KAON_STATES[state].mass_gev
    a0 = (B_MASS**2 - mass**2) / (B_MASS**2 + mass**2) * a + mass / B_MASS * b
    expected = (B_MASS**2 - mass**2) / 2 / QUARK_SUM * a0
    assert_allclose(kaon_state(state).matrix_element_gev(0.0), expected, rtol=1e-9)


def test_axial_states_are_a_rotation():
    # M (m_b - m_s) 2 m_X/√λ = V0: the sum of squares does not depend on the angle
    v0_squared = 0.0
    for state in ("k1-1270", "k1-1400"):
        mass = KAON_STATES[state].mass_gev
        element = kaon_state(state).matrix_element_gev(0.0)
        v0_squared += (element * 2 * QUARK_DIFFERENCE * mass / (B_MASS**2 - mass**2)) ** 2
    assert_allclose(v0_squared, (1.31 * 0.22) ** 2 + (1.34 * 0.45) ** 2, rtol=1e-9)


def test_waves_vanish_at_the_end_point():
    # p^L: the K* and K1 in a P wave, the K2* in a D wave, the others in an S wave
    for state, power in {"k": 0, "k0star700": 0, "kstar892": 1, "k1-1270": 1, "k2star1430": 2}.items():
        end = B_MASS - KAON_STATES[state].mass_gev
        far, near = (kaon_state(state).matrix_element_gev((end * (1 - d)) ** 2) for d in (4e-8, 1e-8))
        assert_allclose(far / near, 2.0**power, rtol=1e-3)


def test_unknown_state():
    with pytest.raises(ConfigError, match=r"unknown kaon state 'kstar'"):
        kaon_state("kstar")

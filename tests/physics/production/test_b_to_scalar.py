from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.formfactors.b_to_kaon import KAON_STATES
from feebly.physics.production.b_to_scalar import (
    C_BS,
    EXCLUSIVE,
    br_b_to_kaon,
    br_exclusive,
    br_inclusive,
    width_b_to_kaon_gev,
)

MB = 5.27941


def test_loop_coupling_by_hand():
    # 3√2 G_F m_b m_t² V_ts V_tb/(16π² v)
    g_f, v = 1.1663788e-5, 246.22
    by_hand = 3 * 2**0.5 * g_f * 4.183 * 172.57**2 * 0.0415 * 0.9991 / (16 * np.pi**2 * v)
    assert_allclose(C_BS, by_hand, rtol=1e-5)


def test_published_sum():
    # 1904.10447: about 3.3 sin²θ for a light scalar, with |V_ts| = 0.0394 of PDG 2018
    assert_allclose(br_exclusive(0.1) * (0.0394 / 0.0415) ** 2, 3.3, rtol=0.1)


def test_kaon_mode_by_hand():
    # Γ = |C M|² 2 p m_B/(16π m_B³), massless S: p = (m_B² - m_K²)/(2 m_B)
    difference = MB**2 - 0.493677**2
    element = 0.5 * difference / (4.183 - 0.0935) * 0.33
    width = (C_BS * element) ** 2 * difference / (16 * np.pi * MB**3)
    assert_allclose(width_b_to_kaon_gev("k", 0.0), width, rtol=1e-9)
    assert_allclose(br_b_to_kaon("k", 0.0), width * 1.638e-12 / 6.582119569e-25, rtol=1e-9)


@pytest.mark.parametrize("state", KAON_STATES)
@given(fraction=st.floats(0, 1.2))
def test_open_below_the_mass_difference_only(state, fraction):
    end = MB - KAON_STATES[state].mass_gev
    width = width_b_to_kaon_gev(state, fraction * end)
    assert (width > 0) if fraction < 0.9999 else (fraction < 1 or width == 0)
    assert np.isfinite(width)


def test_sum_and_inclusive():
    assert_allclose(br_exclusive(1.0), sum(br_b_to_kaon(state, 1.0) for state in EXCLUSIVE), rtol=1e-12)
    assert_allclose(br_inclusive(0.0), 5.6, rtol=1e-12)  # 1710.09387
    assert_allclose(br_inclusive([MB / 2, MB, 6.0]), [5.6 * 0.5625, 0, 0], rtol=1e-9)


def test_charges():
    # one partial width, two lifetimes: τ(B+)/τ(B0) = 1.076 (HFLAV)
    plus, zero, mean = (br_b_to_kaon("k", 0.5, parent) for parent in ("B+", "B0", "B"))
    assert_allclose(plus / zero, 1.076, rtol=5e-3)
    assert_allclose(mean, (plus + zero) / 2, rtol=1e-12)
    with pytest.raises(ConfigError, match="unknown B meson 'Bs'"):
        br_b_to_kaon("k", 0.5, "Bs")

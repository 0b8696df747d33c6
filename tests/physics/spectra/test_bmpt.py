"""BMPT: the fit itself, its integral, and the density in the laboratory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import dblquad

from feebly.core.constants import MESON_MASS_GEV
from feebly.core.errors import ConfigError
from feebly.physics.kinematics.boost import cm_boost
from feebly.physics.spectra.bmpt import (
    bmpt_density,
    energy_max_cm_gev,
    forward_cross_section_mb,
    invariant_cross_section_mb,
    neutral_shape,
)
from feebly.physics.spectra.library import load_spectrum
from feebly.physics.spectra.quadrature import cell_means

LIGHT = ("pi0", "eta", "etaprime", "rho0", "rho", "omega", "phi")


@pytest.mark.parametrize(
    ("meson", "x", "pt", "expected"),
    # from another implementation of hep-ph/0101163
    [
        ("pi+", 0.1, 0.2, 144.5158),
        ("pi-", 0.2, 0.3, 34.25445),
        ("K+", 0.5, 0.5, 0.9321968),
        ("K-", 0.1, 0.2, 8.793422),
    ],
)
def test_invariant_cross_section(meson, x, pt, expected):
    assert_allclose(invariant_cross_section_mb(meson, x, pt), expected, rtol=1e-6)


def test_nothing_beyond_the_kinematic_limit():
    assert_allclose(invariant_cross_section_mb("pi+", [1.0, 1.2, 0.0], 0.3), 0.0, atol=0)


def test_forward_multiplicity_of_pions():
    # 437 mb over σ_inel(p Be) = 199 mb: 2.20 forward π+
    assert_allclose(forward_cross_section_mb("pi+") / 199, 2.20, rtol=2e-3)


def test_unknown_meson():
    with pytest.raises(ConfigError, match="BMPT meson 'pi0'"):
        invariant_cross_section_mb("pi0", 0.1, 0.1)


@given(x=st.floats(0.01, 0.99), pt=st.floats(0, 2), mass=st.floats(0.3, 1.1))
def test_mt_scaling_compares_equal_transverse_masses(x, pt, mass):
    pion = MESON_MASS_GEV["pi0"]
    at_pion = neutral_shape(x, np.sqrt(pt**2 + mass**2 - pion**2), pion)
    assert_allclose(neutral_shape(x, pt, mass), at_pion, rtol=1e-9)


@given(x=st.floats(0.01, 0.99), pt=st.floats(0, 2))
def test_neutral_pions_are_the_mean_of_the_charged_ones(x, pt):
    charged = [invariant_cross_section_mb(name, x, pt) for name in ("pi+", "pi-")]
    assert_allclose(neutral_shape(x, pt, MESON_MASS_GEV["pi0"]), np.mean(charged), rtol=1e-7)


@pytest.mark.parametrize("parent", ["pi0", "eta", "phi"])
def test_density_integrates_the_fit(parent):
    """Share of mesons in a window, by adaptive quadrature over rapidity and p_T in the centre of mass."""
    mass = MESON_MASS_GEV[parent]
    energy_max = energy_max_cm_gev(mass, 400.0)
    y_cm = np.arcsinh(cm_boost(400.0)[1])

    def shape(y, pt):
        return 2 * pt * neutral_shape(np.hypot(pt, mass) * np.cosh(y) / energy_max, pt, mass)

    def rapidity(p, pt):
        return np.arcsinh(np.sqrt(p**2 - pt**2) / np.hypot(pt, mass)) - y_cm

    whole = 2 * dblquad(shape, 0, 8, 0, lambda pt: np.arccosh(max(1.0, energy_max / np.hypot(pt, mass))))[0]
    window = dblquad(shape, 0.1, 0.5, lambda pt: rapidity(50, pt), lambda pt: rapidity(100, pt))[0]
    u, pt_edges = np.linspace(np.log(50), np.log(100), 21), np.linspace(0.1, 0.5, 11)
    cells = bmpt_density(mass, u, pt_edges) * np.outer(np.diff(u), np.diff(pt_edges**2))
    assert_allclose(cells.sum(), window / whole, rtol=1e-6)


@pytest.mark.parametrize("parent", LIGHT)
def test_half_of_the_mesons_go_forward(parent):
    spectrum = load_spectrum(parent, "bmpt")
    assert 0.5 < spectrum.fraction_in_table < 1
    assert spectrum.multiplicity == load_spectrum(parent).multiplicity


@pytest.mark.parametrize("parent", LIGHT)
def test_bmpt_and_pythia_agree_where_na62_looks(parent):
    """Within 10 mrad: π0 to 10%, the others as well as m_T scaling is trusted (50%)."""
    ratio = load_spectrum(parent, "bmpt").fraction_within(0.01) / load_spectrum(parent).fraction_within(0.01)
    assert abs(ratio - 1) < (0.10 if parent == "pi0" else 0.5)


def test_cell_means_of_a_polynomial_are_exact():
    u, v = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0])
    means = cell_means(lambda a, b: a**3 * b**2 + 1, u, v)
    assert_allclose(means[:, 0], 1 + np.array([1 / 4, 81 / 8 - 1 / 8]) * 7 / 3, rtol=1e-12)

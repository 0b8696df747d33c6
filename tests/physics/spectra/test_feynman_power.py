"""(1-|x_F|)^n e^{-b p_T²}: closed-form moments and the way to the laboratory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import MESON_MASS_GEV
from feebly.core.errors import DomainError
from feebly.core.provenance import Origin
from feebly.physics.kinematics.boost import cm_boost, feynman_momentum_gev, feynman_x, lab_from_feynman_x
from feebly.physics.spectra.feynman_power import DEFAULTS, FeynmanPower
from feebly.physics.spectra.library import load_spectrum, parents_of

NOBODY = Origin("assumed", "test")


@given(x_f=st.floats(-0.99, 0.99), pt=st.floats(0, 5), mass=st.floats(0.1, 6), beam=st.floats(120, 1000))
def test_laboratory_and_back(x_f, pt, mass, beam):
    energy, pz = lab_from_feynman_x(x_f, pt, mass, beam)
    assert_allclose(energy**2 - pz**2, pt**2 + mass**2, rtol=1e-6 * max(1, energy**2))
    again, energy_cm = feynman_x(pz, pt, mass, beam)
    gamma, beta_gamma = cm_boost(beam)
    assert_allclose(energy_cm, gamma * energy - beta_gamma * pz, rtol=1e-6)
    assert_allclose(again, x_f, atol=1e-9)


@pytest.mark.parametrize(
    ("x_f", "pt", "energy"),
    [(0.0, 0.5, 28.22125), (0.2, 0.5, 88.35469), (0.5, 1.0, 203.08063)],  # an independent calculation
)
def test_d0_in_the_laboratory(x_f, pt, energy):
    assert_allclose(lab_from_feynman_x(x_f, pt, 1.86484, 400.0)[0], energy, rtol=1e-6)


def test_closed_pair():
    with pytest.raises(DomainError, match=r"pair of 5\.28 GeV .*\(beam of 30 GeV\)"):
        feynman_momentum_gev(5.28, 30.0)


@pytest.mark.parametrize("numbers", [(0.0, 1.0), (4.9, -1.0), (np.inf, 1.0), (np.nan, 1.0)])
def test_impossible_powers(numbers):
    with pytest.raises(DomainError, match="expected > 0"):
        FeynmanPower(*numbers, NOBODY)


@given(n=st.floats(1, 10), b=st.floats(0.3, 3))
def test_moments_of_the_density(n, b):
    """Numerical moments of the density in (x_F, p_T²) against the closed forms."""
    power = FeynmanPower(n, b, NOBODY)
    node, weight = np.polynomial.legendre.leggauss(120)
    x, t = 0.5 * (node + 1), 0.5 * (node + 1)
    pt = 12 / np.sqrt(b) * t
    per_pt = power.density(x[:, None], pt**2) * 2 * pt * 12 / np.sqrt(b) * 2 * 0.25 * np.outer(weight, weight)
    assert_allclose(per_pt.sum(), 1, rtol=1e-4)
    assert_allclose((x[:, None] * per_pt).sum(), power.mean_abs_x_f, rtol=1e-4)
    assert_allclose((pt * per_pt).sum(), power.mean_pt_gev, rtol=1e-4)
    assert_allclose((pt**2 * per_pt).sum(), power.mean_pt2_gev2, rtol=1e-4)


def sampled(parent: str, power: FeynmanPower, size: int = 400_000) -> tuple[np.ndarray, np.ndarray]:
    """Laboratory E and p_T by inversion of the distribution functions."""
    rng = np.random.default_rng(7)
    u, v = rng.random((2, size))
    x_f = (1 - u ** (1 / (power.n + 1))) * rng.choice([-1, 1], size)
    pt = np.sqrt(-np.log(v) / power.b_gev2)
    return lab_from_feynman_x(x_f, pt, MESON_MASS_GEV[parent], 400.0)[0], pt


@pytest.mark.parametrize("parent", parents_of("feynman-power"))
def test_table_against_sampling(parent):
    spectrum = load_spectrum(parent, "feynman-power")
    mass = MESON_MASS_GEV[parent]
    energy, pt = sampled(parent, DEFAULTS["charm" if parent.startswith("D") else "beauty"])
    momentum = np.sqrt(energy**2 - mass**2)
    assert_allclose(spectrum.fraction_in_table, 1.0, rtol=1e-3)
    assert_allclose(spectrum.mean_energy_gev(mass), energy.mean(), rtol=5e-3)
    assert_allclose(spectrum.mean_momentum_gev(), momentum.mean(), rtol=5e-3)
    assert_allclose(spectrum.mean_pt_gev(), pt.mean(), rtol=5e-3)
    for theta in (3e-3, 1e-2):
        assert_allclose(spectrum.fraction_within(theta), np.mean(pt < momentum * np.sin(theta)), rtol=0.04)


def test_mean_energy_closed_form():
    # <E_lab> = γ <E*>: forward and backward cancel; 45.3529 GeV by numerical integration for n = 4.9, b = 1
    assert_allclose(load_spectrum("D0", "feynman-power").mean_energy_gev(1.86484), 45.3529, rtol=3e-4)


def test_other_powers_give_other_tables():
    e653 = FeynmanPower(6.8, 0.81, NOBODY)
    default, other = load_spectrum("D0", "feynman-power"), load_spectrum("D0", "feynman-power", power=e653)
    assert other.digest != default.digest
    assert_allclose(other.mean_pt_gev(), e653.mean_pt_gev, rtol=1e-3)
    assert other.mean_energy_gev(1.86484) < default.mean_energy_gev(1.86484)

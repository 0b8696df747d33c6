"""Decays in the volume: against the production rate, quadrature over the depth and a plain Monte Carlo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad

from feebly.analysis.analysis import PairSeparation, load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.production.bremsstrahlung import (
    Bremsstrahlung,
    sigma_pp_mb,
    splitting_bb_gev_m2,
)
from feebly.report.validation.acceptance import (
    acceptance_rows,
    decay_probability,
    decays_in_volume,
    own_acceptance,
    polarisation_rows,
)
from feebly.report.validation.plan import (
    AcceptancePoint,
    AcceptanceReference,
    PolarisationReference,
    validation_plan,
)
from feebly.report.validation.sampling import Sampling
from twins.channels import final_state
from twins.forward import beam_interactions, draw_bremsstrahlung, forward_yield

EXPERIMENT = load_experiment("na62-dump-2021")
VOLUME = (105.0, 180.0)
lengths = st.floats(0.0, 6.0).map(lambda u: 10.0**u)


@pytest.mark.parametrize("length", [1.0, 5.0, 50.0, 1e4])
def test_depth_is_averaged(length):
    impact, interaction = 23.07, 0.153

    def at_depth(depth):
        start = impact + depth
        decayed = np.exp(-(VOLUME[0] - start) / length) - np.exp(-(VOLUME[1] - start) / length)
        return decayed * np.exp(-depth / interaction) / interaction

    expected = quad(at_depth, 0, 30 * interaction, epsrel=1e-11, epsabs=0)[0]
    own = decay_probability(np.array(length), VOLUME, impact, interaction)
    assert_allclose(own, expected, rtol=1e-8)


@given(lengths, st.floats(106.0, 179.0))
def test_volumes_add(length, middle):
    def chance(low, high):
        return decay_probability(np.array(length), (low, high), 23.07, 0.153)

    assert_allclose(chance(VOLUME[0], middle) + chance(middle, VOLUME[1]), chance(*VOLUME), rtol=1e-9)


def test_long_lifetime_has_no_cancellation():
    length = 1e14
    assert_allclose(decay_probability(np.array(length), VOLUME, 23.07, 0.153), 75 / length, rtol=1e-9)


def test_against_plain_monte_carlo():
    mass, ctau_over_mass, n = 0.3, 0.0755, 400_000
    rng = np.random.default_rng(7)
    z, pt2 = rng.uniform(0.1, 0.9, n), rng.uniform(0.0, 1.0, n) ** 3
    jacobian = 0.8 * 3 * pt2 ** (2 / 3)  # pT^2 = u^3
    energy, proton = np.hypot(400.0, 0.93827209), 0.93827209
    h = pt2 + (1 - z) * mass**2 + (z * proton) ** 2
    valid = h < 0.1 * 4 * energy**2 * z * (1 - z) ** 2
    s_full, s = (2 * proton * e + 2 * proton**2 for e in (energy, energy * (1 - z)))
    weight = jacobian * valid * splitting_bb_gev_m2(z, pt2, mass) * sigma_pp_mb(s) / sigma_pp_mb(s_full)
    start = 23.07 + rng.exponential(0.153, n)
    length = np.sqrt((400.0 * z) ** 2 - pt2) * ctau_over_mass
    decayed = np.exp(-(105.0 - start) / length) - np.exp(-(180.0 - start) / length)
    sample = weight * decayed
    own = decays_in_volume(mass, np.array([ctau_over_mass]), VOLUME, Bremsstrahlung().sampling(), EXPERIMENT)[
        0
    ]
    error = sample.std() / np.sqrt(n)
    assert error < 0.006 * own
    assert abs(sample.mean() - own) < 5 * error


@pytest.mark.parametrize(("state", "mass", "coupling"), [("ee", 0.1, 1.491e-5), ("mumu", 0.6, 1.168e-6)])
def test_acceptance_against_a_forward_simulation(state, mass, coupling):
    """Both halves without the engine and without quadrature, where the pilot differs most (decision 012)."""
    sampling, selection = Sampling(EXPERIMENT, load_analysis("na62-dump-2021")), final_state(state)
    ctau = float(DarkPhoton().ctau_m(mass, coupling))
    lepton = {"ee": ELECTRON_MASS_GEV, "mumu": MUON_MASS_GEV}[state]
    rng, n = np.random.default_rng(20), 200_000
    value, error = forward_yield(
        rng, Bremsstrahlung().sampling(), None, EXPERIMENT, selection, PairSeparation(),
        (mass, lepton, lepton), ctau, n, forced=True,
    )  # fmt: skip
    momentum, made = draw_bremsstrahlung(rng, Bremsstrahlung().sampling(), mass, n)
    start = beam_interactions(rng, EXPERIMENT, len(momentum))[:, 2]
    length = momentum[:, 2] * ctau / mass
    decayed = np.exp(-(VOLUME[0] - start) / length) - np.exp(-(VOLUME[1] - start) / length)
    forward = value[0] / (made * decayed.mean())
    relative = np.hypot(error[0] / value[0], decayed.std() / decayed.mean() / np.sqrt(len(decayed)))
    point = AcceptancePoint(state, mass, 0.1, coupling, 0.7)  # the reference values are not used
    own = own_acceptance(point, VOLUME, sampling)[1]
    assert relative < 0.03
    assert abs(own / forward - 1) < 4.5 * np.hypot(relative, 0.003)


def test_acceptance_table_for_long_lifetimes():
    # pilot calculation with independent code: 3% and the rounding of the table
    reference = validation_plan().acceptance
    points = tuple(
        p for p in reference.points if (p.final_state, p.mass_gev) in {("mumu", 0.25), ("ee", 0.5)}
    )
    short = AcceptanceReference(reference.z_m, reference.tolerance, reference.rounding, "remark", points)
    rows = list(acceptance_rows(short, Sampling(EXPERIMENT, load_analysis("na62-dump-2021"))))
    assert [row.verdict for row in rows] == 4 * ["ok"]
    assert rows[0].tolerance == pytest.approx(0.03 + 0.0005 / 0.239, rel=1e-9, abs=0)
    assert rows[0].own < rows[1].own < 1, "what lives shortly is fast and goes forward"
    assert rows[0].remark is None


def test_polarised_acceptance_over_isotropic() -> None:
    # the pilot: -11% for transverse dark photons to electrons
    reference = PolarisationReference("ee", 0.1, "transverse", 0.89, 0.02, "pilot")
    sampling = Sampling(EXPERIMENT, load_analysis("na62-dump-2021"))
    (row,) = polarisation_rows([reference], sampling)
    assert row.verdict == "ok"
    assert 0.86 < row.own < 0.91
    assert row.name == "ee 0.1 GeV, transverse / isotropic"

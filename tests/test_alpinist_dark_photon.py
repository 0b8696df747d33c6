"""The projection of ALPINIST for 1e18 POT against our own chain with its documented faults, one by one.

Only the yields and the list of faults are compared; what remains is printed, not tuned (run with -s).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import FinalState, PairSeparation
from feebly.analysis.fiducial import FiducialVolume
from feebly.analysis.regions import Box
from feebly.core.constants import ALPHA, MUON_MASS_GEV, PROTON_MASS_GEV
from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from feebly.engine.setup import ChannelSetup
from feebly.physics.formfactors.nucleon import _OMEGAS, _RHOS, dirac_form_factor_squared
from feebly.physics.models.dark_photon import DarkPhoton, hadronic_width_gev
from feebly.physics.production.bremsstrahlung import Bremsstrahlung, bremsstrahlung_nodes, sigma_pp_mb
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay
from feebly.report.validation.acceptance import decays_in_volume
from feebly.report.validation.sampling import pion_pair
from twins.channels import final_state, na62, spectrum

FOLDER = Path(os.environ.get("FEEBLY_REFERENCE") or Path(__file__).parent / "reference")
CURVE = FOLDER / "contours" / "alpinist_v1.4_DP_eps_NA62_1e18.csv"
POT, EVENTS, VOLUME = 1e18, 2.3, (102.0, 182.0)
MASSES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9, 1.0)
STATES = ("ee", "mumu", "pipi")
EPSILON = np.geomspace(1e-9, 1e-3, 1200)


# --- the faults -----------------------------------------------------------------------------------------


def brems_with_wrong_mass(m: float) -> float:
    """Factor of `dp_brems`: the mass of A' stands for that of the proton, s' = (m + E)^2 (1-z)."""
    z, _, right = bremsstrahlung_nodes(m, Bremsstrahlung().sampling())
    x, dx = np.polynomial.legendre.leggauss(z.shape[0])
    span = np.log1p(1.0 / ((1 - z) * m**2 + (z * m) ** 2)) / 2
    h_min = (1 - z) * m**2 + (z * m) ** 2
    h = h_min * np.exp(span * (1 + x))
    y, m2 = 1 - z, m**2
    bracket = (
        (1 + y**2) / z
        - 2 * z * y * (3 * m2 / h - 2 * z**2 * m2**2 / h**2)
        + 2 * z * y * (1 + y**2) * m2**2 / h**2
        + 2 * z * y**2 * m2**2 / h**2
    )
    sigma = sigma_pp_mb((m + 400.0) ** 2 * y) / sigma_pp_mb(2 * m * 400.0)
    wrong = dx[:, None] * dx * 0.4 * span * ALPHA / (2 * np.pi) * bracket * sigma
    return float(wrong.sum() / right.sum())


def brems_with_wrong_energy(m: float) -> float:
    """Factor of s' = (m_p + E)^2 (1-z) alone."""
    z, _, right = bremsstrahlung_nodes(m, Bremsstrahlung().sampling())
    energy = np.hypot(400.0, PROTON_MASS_GEV)
    after = sigma_pp_mb(2 * PROTON_MASS_GEV * (energy * (1 - z) + PROTON_MASS_GEV))
    return float((right * sigma_pp_mb((PROTON_MASS_GEV + energy) ** 2 * (1 - z)) / after).sum() / right.sum())


def moduli_squared(m: float) -> float:
    """(|F_rho| + |F_omega|)^2 instead of the coherent sum."""
    parts = (sum(f * v**2 / (v**2 - m**2 - 1j * v * g) for v, g, f in poles) for poles in (_RHOS, _OMEGAS))
    return float(sum(map(abs, parts)) ** 2)


def interchanged_masses(tag: str, m: float) -> float:
    """BR(V -> P A') of `rescale_v_p_gamma` over the right one: m_P and m_A' change places below."""
    mode = MESON_MODES[tag]
    if mode.recoil_mass_gev == 0:
        return 1.0
    v2, p2 = mode.parent_mass_gev**2, mode.recoil_mass_gev**2
    return float(((v2 - p2) / (v2 - m**2)) ** 3)


RIGHT_WIDTHS = DarkPhoton()


class MassiveMuonWidths(DarkPhoton):
    """Hadronic widths from R times the *massive* width to muons (and no hadrons below their threshold)."""

    def _unit_width(self, channel: str, mass: np.ndarray) -> np.ndarray:
        width = super()._unit_width(channel, mass)
        return width if channel in ("ee", "mumu") else width * _muon_factor(mass)

    def _unit_total_width(self, mass: np.ndarray) -> np.ndarray:
        right = super()._unit_total_width(mass)
        return right + (_muon_factor(mass) - 1) * hadronic_width_gev(mass, self.r_table.r_total(mass))


def _muon_factor(mass: np.ndarray) -> np.ndarray:
    r = (MUON_MASS_GEV / mass) ** 2
    return np.sqrt(np.maximum(1 - 4 * r, 0.0)) * (1 + 2 * r)


@dataclass(frozen=True)
class Toggles:
    """What of the other calculation is switched on."""

    brems: Callable[[float], float] = lambda m: 1.0
    form_factor: Callable[[float], float] = lambda m: 1.0
    meson: Callable[[str, float], float] = lambda tag, m: 1.0
    model: DarkPhoton = RIGHT_WIDTHS
    states: tuple[str, ...] = STATES
    four_pions: bool = False


FAULTS: Mapping[str, Toggles] = {
    "none (F = 1)": Toggles(),
    "F1 coherent (no fault)": Toggles(form_factor=lambda m: float(dirac_form_factor_squared(m))),
    "|F_rho| + |F_omega|": Toggles(form_factor=moduli_squared),
    "s' = (m_p + E)^2 (1-z)": Toggles(brems=brems_with_wrong_energy),
    "m_p -> m_A' and s'": Toggles(brems=brems_with_wrong_mass),
    "V -> P A' interchanged": Toggles(meson=interchanged_masses),
    "massive mu mu widths": Toggles(model=MassiveMuonWidths()),
    "no dimuons": Toggles(states=("ee", "pipi")),
    "4 pi at 100%": Toggles(four_pions=True),
    "all (F = 1)": Toggles(
        brems_with_wrong_mass, lambda m: 1.0, interchanged_masses, MassiveMuonWidths(), ("ee", "pipi"), True
    ),
    "all, |F_rho| + |F_omega|": Toggles(
        brems_with_wrong_mass, moduli_squared, interchanged_masses, MassiveMuonWidths(), ("ee", "pipi"), True
    ),
}


# --- their selection: no signal region, tracks above 5 GeV, decays at 102-182 m ---------------------------


def loose(tag: str) -> FinalState:
    base = final_state("mumu") if tag == "mumu" else final_state("ee")
    base = pion_pair(base) if tag == "pipi" else base
    everywhere = replace(base.signal_region, shape=Box(-1e6, 1e6, 1e6))
    volume = FiducialVolume(*VOLUME)
    return replace(
        base, signal_region=everywhere, control_region=None, fiducial_volume=volume, momentum_min_gev=5.0,
        track_cda_max_m=1e3,
    )  # fmt: skip


@cache
def transform(tag: str, state: str, mass: float) -> Callable[[np.ndarray], np.ndarray]:
    """Events per POT of unit rate against ctau/m."""
    source = Bremsstrahlung() if tag == "brems" else MesonDecay(tag)
    parent = spectrum(source.parent) if source.parent else None
    experiment = replace(na62(), decay_region_z_m=VOLUME)
    setup = ChannelSetup(tag, source.sampling(), parent, experiment, loose(state), PairSeparation(), 1)
    (sample,) = sample_masses(setup, np.array([mass]), 0.02)
    return lambda lam: laplace(sample.histogram[0], lam)[0]


def events(toggles: Toggles, mass: float) -> np.ndarray:
    """N against EPSILON."""
    model, total = toggles.model, np.zeros(EPSILON.size)
    lam = model.ctau_m(mass, EPSILON) / mass
    for tag in ("brems", *MESON_MODES):
        source = Bremsstrahlung() if tag == "brems" else MesonDecay(tag)
        if mass >= source.mass_range_gev((0.0, 2.0))[1]:
            continue
        multiplicity = spectrum(source.parent).multiplicity if source.parent else None
        rate = source.rate(mass, EPSILON, multiplicity)
        if tag == "brems":
            rate = rate * toggles.brems(mass) * toggles.form_factor(mass)
        else:
            rate = rate * toggles.meson(tag, mass)
        for state in toggles.states:
            if mass > model.threshold_gev(state):
                total += POT * rate * model.branching_ratio(state, mass) * transform(tag, state, mass)(lam)
        if toggles.four_pions and tag == "brems" and mass > model.threshold_gev("4pi"):
            br = model.branching_ratio("4pi", mass) + model.branching_ratio("2pi2pi0", mass)
            lives = lam > 0.1  # shorter ones decay in the dump
            decays = np.zeros(lam.size)
            decays[lives] = decays_in_volume(mass, lam[lives], VOLUME, source.sampling(), na62())
            total += POT * rate * br * decays
    return total


def edges(toggles: Toggles, mass: float) -> tuple[float, float]:
    """Lowest and highest epsilon with N = 2.3."""
    excess = np.log(np.maximum(events(toggles, mass), 1e-30) / EVENTS)
    inside = np.flatnonzero(excess > 0)
    if not inside.size:
        return np.nan, np.nan
    x, low, up = np.log(EPSILON), inside[0], inside[-1]
    lower = np.interp(0.0, excess[[low - 1, low]], x[[low - 1, low]])
    upper = np.interp(0.0, excess[[up + 1, up]], x[[up + 1, up]])
    return float(np.exp(lower)), float(np.exp(upper))


def published(mass: float) -> tuple[float, float]:
    """Edges of the curve at one mass, from the points on both sides."""
    m, eps = np.loadtxt(CURVE, delimiter=",", comments="#").T
    k = np.flatnonzero((m[:-1] < mass) != (m[1:] < mass))
    share = np.log(mass / m[k]) / np.log(m[k + 1] / m[k])
    crossing = np.exp(np.log(eps[k]) + share * np.log(eps[k + 1] / eps[k]))
    return float(crossing.min()), float(crossing.max())


# --- tests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "factor"), [(0.05, 3.9), (0.1, 3.1), (0.3, 2.1), (0.6, 1.6)])
def test_the_wrong_mass_gives_the_excess_that_running_their_class_gave(m: float, factor: float) -> None:
    assert_allclose(brems_with_wrong_mass(m), factor, rtol=0.07)


def test_the_wrong_energy_alone_is_a_flat_factor() -> None:
    assert_allclose([brems_with_wrong_energy(m) for m in (0.05, 0.3, 0.6)], 1.42, rtol=0.02)


@pytest.mark.parametrize(("tag", "factor"), [("omega-pi0", 0.913), ("phi-eta", 0.360), ("rho0-eta", 0.126)])
def test_interchanged_masses_at_a_vanishing_mass(tag: str, factor: float) -> None:
    assert_allclose(interchanged_masses(tag, 1e-4), factor, rtol=0.01)


@pytest.mark.reference
@pytest.mark.slow
@pytest.mark.skipif(not CURVE.exists(), reason="the curve of ALPINIST is not among the shipped references")
def test_ratio_to_the_projection_with_each_fault() -> None:
    reference = np.array([published(m) for m in MASSES])
    own = {name: np.array([edges(toggles, m) for m in MASSES]) for name, toggles in FAULTS.items()}
    print("\nepsilon of ours over theirs, lower/upper edge, 1e18 POT, N = 2.3")
    print(f"{'':26}" + "".join(f"{m:>12g}" for m in MASSES))
    for name, pairs in own.items():
        print(f"{name:26}" + "".join(f"{f'{low:.2f}/{up:.2f}':>12}" for low, up in pairs / reference))
    # an alarm, not a claim: what remains with the form factor that both have, 0.05-1 GeV
    ratio = own["F1 coherent (no fault)"] / reference
    assert np.all((ratio[:, 0] > 0.9) & (ratio[:, 0] < 1.6))
    assert np.all((ratio[:, 1] > 0.8) & (ratio[:, 1] < 1.05))

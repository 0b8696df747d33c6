"""From the id of a check value to the function of the package that computes it.

`check_values.json` holds entries {id, inputs, expected, rel_tol, ...}. The id starts with one of the prefixes
below, followed by a dot or the end; what follows is a label. Functions read the inputs, and take a default
only for what the inputs leave out, so that a file with other numbers under the same prefixes works as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from alp_check_functions import ALP_CHECK_FUNCTIONS
from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.provenance import Origin
from feebly.physics.decays.matrix_elements import matrix_element, norm
from feebly.physics.formfactors.inclusive import r_uds
from feebly.physics.formfactors.nucleon import dirac_form_factor_squared, scalar_form_factor_squared
from feebly.physics.formfactors.pion import pion_form_factor
from feebly.physics.formfactors.radiative import r_eta_gamma, r_pi0_gamma
from feebly.physics.formfactors.scalar_pairs import leading_order_gev2, pair_coupling
from feebly.physics.formfactors.three_pions import r_three_pions
from feebly.physics.kinematics.boost import cm_boost, lab_from_feynman_x, sqrt_s_fixed_target_gev
from feebly.physics.kinematics.phase_space import chain_integral, phase_space_volume
from feebly.physics.kinematics.two_body import two_body_momentum_gev
from feebly.physics.models.dark_photon import DarkPhoton, leptonic_width_gev
from feebly.physics.models.dark_scalar import DarkScalar, photon_width_gev
from feebly.physics.production import bremsstrahlung as brems
from feebly.physics.production.b_to_scalar import C_BS, br_b_to_kaon, br_inclusive
from feebly.physics.production.b_to_scalar_pair import (
    br_b_to_kaon_pair,
    br_bs_to_pair,
    quartic_coupling,
)
from feebly.physics.production.kaon_to_scalar import br_kplus_to_pion
from feebly.physics.production.meson_decay import MESON_MODES, br_pseudoscalar, br_vector
from feebly.physics.production.mixing import VECTOR_MESONS, mixing_angle_squared
from feebly.physics.spectra.bmpt import forward_cross_section_mb, invariant_cross_section_mb
from feebly.physics.spectra.feynman_power import FeynmanPower
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from feebly.physics.spectra.heavy_flavour import normalisation
from feebly.physics.spectra.library import load_spectrum
from feebly.physics.spectra.species import species
from kaon_check_functions import KAON_CHECK_FUNCTIONS

Inputs = Mapping[str, float]
CheckFunction = Callable[[Inputs], Any]

# the check values of widths were computed from the form factors in closed form
OWN_WIDTHS = DarkPhoton(width_table="own")


def _pion_form_factor_squared(x: Inputs) -> Any:
    return abs(pion_form_factor(x["s"] if "s" in x else x["m"] ** 2)) ** 2


def _brems(splitting: str = "bb", pt_max: float = 1.0, lambda_p: float | None = None) -> CheckFunction:
    def rate(x: Inputs) -> float:
        sampling = brems.Bremsstrahlung(
            splitting=splitting,
            z_min=x.get("zmin", 0.1),
            z_max=x.get("zmax", 0.9),
            pt_max_gev=x.get("ptmax", pt_max),
            beam_momentum_gev=x.get("Ebeam", 400.0),
            lambda_p_gev=x.get("Lambda_p", lambda_p),
        ).sampling()
        return brems.bremsstrahlung_per_proton(x["m"], sampling)

    return rate


def _enhanced(rate: CheckFunction) -> CheckFunction:
    return lambda x: rate(x) * dirac_form_factor_squared(x["m"])


def _pseudoscalar(tag: str) -> CheckFunction:
    mode = MESON_MODES[tag]
    return lambda x: br_pseudoscalar(x["m"], mode.parent_mass_gev, x.get("BRgg", mode.branching_ratio))


def _vector(tag: str) -> CheckFunction:
    mode = MESON_MODES[tag]
    return lambda x: br_vector(
        x["m"], mode.parent_mass_gev, mode.recoil_mass_gev, x.get("BRVPg", mode.branching_ratio)
    )


CHARM_HADRON_MASS_GEV = species("D0").mass_gev


def _power(x: Inputs) -> FeynmanPower:
    return FeynmanPower(x["n"], x["b"], Origin("assumed", "check value"))


def _d0_spectrum(x: Inputs) -> HadronSpectrum:
    return load_spectrum("D0", "feynman-power", power=_power(x))


def _power_integral(x: Inputs) -> float:
    """∫ dx_F dp_T² of the density, numerically."""
    power = _power(x)
    node, weight = np.polynomial.legendre.leggauss(60)
    x_f, pt2 = 0.5 * (node + 1), 20 * (node + 1)
    return 2 * 0.5 * 20 * float(weight @ power.density(x_f[:, None], pt2) @ weight)


def _charm_pairs(name: str) -> CheckFunction:
    def pairs(x: Inputs) -> float:
        charm = normalisation(name).charm
        changed = {
            "sigma_nb": x.get("scc_ub", charm.sigma_nb / 1e3) * 1e3,
            "sigma_pp_mb": x.get("spp_mb", charm.sigma_pp_mb),
        }
        return replace(charm, **changed).pairs_per_pot(x["A"])

    return pairs


def _lab(x: Inputs) -> list[Any]:
    return list(lab_from_feynman_x(x["xF"], x["pT"], x["m"], x.get("p", 400.0)))


def _bmpt_pair(plus: str, minus: str) -> CheckFunction:
    return lambda x: [invariant_cross_section_mb(name, x["xR"], x["pT"]) for name in (plus, minus)]


def _mixing(tag: str) -> CheckFunction:
    v = VECTOR_MESONS[tag]
    return lambda x: mixing_angle_squared(x["m"], v.mass_gev, v.width_gev, x.get("gV", v.coupling))


SCALAR = DarkScalar()
_SCALAR_FINAL_STATES = (("mumu",), ("pipi", "pi0pi0"), ("kk", "k0k0"), ("4pi", "2pi2pi0"))


def _scalar_branching_ratios(x: Inputs) -> list[Any]:
    return [sum(SCALAR.branching_ratio(tag, x["m"]) for tag in together) for together in _SCALAR_FINAL_STATES]


def _pair(meson: str) -> CheckFunction:
    return lambda x: pair_coupling()(meson, x["m"])


def _b_to(state: str) -> CheckFunction:
    return lambda x: br_b_to_kaon(state, x["m"])


PI = PION_MASS_GEV


def _crossing(m12: Any, m123: Any, cos: Any) -> Any:
    """|p+ x p-|^2 of three charged-pion masses."""
    momenta = (two_body_momentum_gev(m12, PI, PI), two_body_momentum_gev(m123, m12, PI))
    return (momenta[0] * momenta[1]) ** 2 * (1 - cos**2)


def _mean_pair_mass2(mass: float, weight: Callable[..., Any]) -> float:
    masses = (PI, PI, PI)
    above = chain_integral(mass, masses, lambda m12, m123, cos: m12**2 * weight(m12, m123, cos))
    return above / chain_integral(mass, masses, lambda m12, m123, cos: 0 * m12 + weight(m12, m123, cos))


def _mean_pair_mass(mass: float) -> float:
    masses = (PI, PI, 0.0)
    weight = matrix_element("rho-gamma", mass, masses)
    above = chain_integral(mass, masses, lambda m12, m123, cos: m12 * weight(m12, m123, cos), 96)
    return above / norm("rho-gamma", mass, masses)


CHECK_FUNCTIONS: dict[str, CheckFunction] = {
    # A: dark photon
    "A.Gee": lambda x: leptonic_width_gev(x["m"], ELECTRON_MASS_GEV),
    "A.Gmumu": lambda x: leptonic_width_gev(x["m"], MUON_MASS_GEV),
    "A.Fpi2": _pion_form_factor_squared,
    "A.R3pi": lambda x: r_three_pions(x["m"]),
    "A.Rpi0g": lambda x: r_pi0_gamma(x["m"]),
    "A.Retag": lambda x: r_eta_gamma(x["m"]),
    "A.RpQCD": lambda x: r_uds(x["alpha_s"]),
    "A.ctau": lambda x: OWN_WIDTHS.ctau_m(x["m"], 1.0),
    "A.BR": lambda x: [OWN_WIDTHS.branching_ratio(c, x["m"]) for c in ("ee", "mumu", "pipi", "3pi")],
    "A.BR_pi0_gA": _pseudoscalar("pi0"),
    "A.BR_eta_gA": _pseudoscalar("eta"),
    "A.BR_etap_gA": _pseudoscalar("etaprime"),
    "A.BR_V_omega_pi0": _vector("omega-pi0"),
    "A.BR_V_omega_eta": _vector("omega-eta"),
    "A.BR_V_rho0_pi0": _vector("rho0-pi0"),
    "A.BR_V_rho0_eta": _vector("rho0-eta"),
    "A.BR_V_rho_pi": _vector("rho-pi"),
    "A.BR_V_phi_eta": _vector("phi-eta"),
    "A.BR_V_phi_pi0": _vector("phi-pi0"),
    "A.thetaV2.rho": _mixing("mixing-rho"),
    "A.thetaV2.omega": _mixing("mixing-omega"),
    "A.thetaV2.phi": _mixing("mixing-phi"),
    "A.wBB": lambda x: brems.splitting_bb_gev_m2(x["z"], x["pt2"], x["m"]),
    "A.wFR": lambda x: brems.splitting_fr21_gev_m2(x["z"], x["pt2"], x["m"]),
    "A.wFR24": lambda x: brems.splitting_fr24_gev_m2(x["z"], x["pt2"], x["m"]),
    "A.sigpp": lambda x: brems.sigma_pp_mb(x["s"]),
    "A.F1sq": lambda x: dirac_form_factor_squared(x["m"]),
    "A.NBB": _brems(),
    "A.NBBff": _enhanced(_brems()),
    "A.NFR21": _enhanced(_brems("fr21", pt_max=4.0, lambda_p=1.5)),
    "A.NFR24": _enhanced(_brems("fr24", pt_max=4.0, lambda_p=1.5)),
    # B: dark scalar
    "B.BR": _scalar_branching_ratios,
    "B.BR_B_K_S": _b_to("k"),
    "B.BR_B_K*892_S": _b_to("kstar892"),
    "B.BR_B_K0*700_S": _b_to("k0star700"),
    "B.BR_B_K0*1430_S": _b_to("k0star1430"),
    "B.BR_B_K1_1270_S": _b_to("k1-1270"),
    "B.BR_B_K1_1400_S": _b_to("k1-1400"),
    "B.BR_B_K2*1430_S": _b_to("k2star1430"),
    "B.FS": lambda x: scalar_form_factor_squared(x["m"]),
    "B.wS": lambda x: brems.splitting_scalar_gev_m2(x["z"], x["pt2"], x["m"]),
    "B.BR_B_K_SS": lambda x: br_b_to_kaon_pair("k", x["mS"]),
    "B.BR_Bs_SS": lambda x: br_bs_to_pair(x["mS"], x["fBs"]),
    "B.BR_Kp_pi_S": lambda x: br_kplus_to_pion(x["m"]),
    "B.lambda_BR1pc": lambda x: quartic_coupling(x["BR"], x["mS"]),
    "B.BR_incl": lambda x: br_inclusive(x["m"]),
    "B.Cbs": lambda x: C_BS,
    "B.GK": _pair("k"),
    "B.Gpi": _pair("pi"),
    "B.GpiLO": lambda x: leading_order_gev2("pi", x["m"]),
    "B.Ggamgam": lambda x: photon_width_gev(x["m"]),
    "B.Gmumu": lambda x: SCALAR.partial_width_gev("mumu", x["m"], 1.0),
    "B.ctau": lambda x: SCALAR.ctau_m(x["m"], 1.0),
    # C: axion-like particles
    **ALP_CHECK_FUNCTIONS,
    # F: kaon and pion decays
    **KAON_CHECK_FUNCTIONS,
    # G: decay kinematics
    "G.PSmassless": lambda x: phase_space_volume(x["E"], [0.0] * int(x["n"])),
    "G.PS3_pi": lambda x: phase_space_volume(x.get("M", 0.78266), (PI, PI, PION0_MASS_GEV)),
    "G.PS4_pi": lambda x: phase_space_volume(x.get("M", 1.5), (PI,) * 4),
    "G.dalitz_meanq": lambda x: _mean_pair_mass2(x.get("M", 0.78266), _crossing),
    "G.dalitz_sym": lambda x: _mean_pair_mass2(x.get("M", 0.78266), lambda m12, m123, cos: 1.0),
    "G.ppg_meanM": lambda x: _mean_pair_mass(x["ma"]),
    # E: beam, meson spectra, heavy flavour
    "E.sqrts": lambda x: sqrt_s_fixed_target_gev(x.get("p", 400.0)),
    "E.BMPT_pi": _bmpt_pair("pi+", "pi-"),
    "E.BMPT_K": _bmpt_pair("K+", "K-"),
    "E.BMPT_int.pi+1": lambda x: forward_cross_section_mb("pi+"),
    "E.BMPT_int.pi-1": lambda x: forward_cross_section_mb("pi-"),
    "E.BMPT_int.K+1": lambda x: forward_cross_section_mb("K+"),
    "E.BMPT_int.K-1": lambda x: forward_cross_section_mb("K-"),
    "E.D0_frac_10mrad": lambda x: _d0_spectrum(x).fraction_within(0.010),
    "E.meanE_D0": lambda x: _d0_spectrum(x).mean_energy_gev(CHARM_HADRON_MASS_GEV),
    "E.charm_means": lambda x: [
        _power(x).mean_abs_x_f,
        _power(x).mean_pt2_gev2,
        _power(x).mean_pt_gev,
    ],
    "E.charm_norm": _power_integral,
    "E.xF2lab": _lab,
    "E.Ncc": _charm_pairs("alpinist"),
    "E.Ncc_SHiP": _charm_pairs("ship"),
    "E.Nbb": lambda x: [normalisation(name).beauty.pairs_per_pot(x["A"]) for name in ("alpinist", "ship")],
    # BR(Ds -> tau nu), PDG 2024
    "E.NDs_tau": lambda x: 2 * normalisation("ship").charm.hadrons["Ds"] * 0.0536,
    "E.gamma_cm": lambda x: np.array(cm_boost(x.get("p", 400.0))),
}


def check_function(check_id: str) -> CheckFunction | None:
    """Function of the longest prefix of the id, ``None`` where the package has none yet."""
    parts = check_id.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((CHECK_FUNCTIONS[p] for p in prefixes if p in CHECK_FUNCTIONS), None)

"""From the id of a check value to the function of the package that computes it.

`check_values.json` holds entries {id, inputs, expected, rel_tol, ...}. The id starts with one of the prefixes
below, followed by a dot or the end; what follows is a label. Functions read the inputs, and take a default
only for what the inputs leave out, so that a file with other numbers under the same prefixes works as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from feebly.physics.formfactors.inclusive import r_uds
from feebly.physics.formfactors.nucleon import dirac_form_factor_squared
from feebly.physics.formfactors.pion import pion_form_factor
from feebly.physics.formfactors.radiative import r_eta_gamma, r_pi0_gamma
from feebly.physics.formfactors.three_pions import r_three_pions
from feebly.physics.kinematics.boost import cm_boost, sqrt_s_fixed_target_gev
from feebly.physics.models.dark_photon import DarkPhoton, leptonic_width_gev
from feebly.physics.production import bremsstrahlung as brems
from feebly.physics.production.meson_decay import MESON_MODES, br_pseudoscalar, br_vector
from feebly.physics.production.mixing import VECTOR_MESONS, mixing_angle_squared

Inputs = Mapping[str, float]
CheckFunction = Callable[[Inputs], Any]

# the check values of widths were computed from the form factors in closed form
OWN_WIDTHS = DarkPhoton(width_table="own")


def _pion_form_factor_squared(x: Inputs) -> Any:
    return abs(pion_form_factor(x["s"] if "s" in x else x["m"] ** 2)) ** 2


def _brems(x: Inputs) -> float:
    return brems.bremsstrahlung_per_proton(
        x["m"],
        beam_momentum_gev=x.get("Ebeam", 400.0),
        z_range=(x.get("zmin", 0.1), x.get("zmax", 0.9)),
        pt_max_gev=x.get("ptmax", 1.0),
    )


def _pseudoscalar(tag: str) -> CheckFunction:
    mode = MESON_MODES[tag]
    return lambda x: br_pseudoscalar(x["m"], mode.parent_mass_gev, x.get("BRgg", mode.branching_ratio))


def _vector(tag: str) -> CheckFunction:
    mode = MESON_MODES[tag]
    return lambda x: br_vector(
        x["m"], mode.parent_mass_gev, mode.recoil_mass_gev, x.get("BRVPg", mode.branching_ratio)
    )


def _mixing(tag: str) -> CheckFunction:
    v = VECTOR_MESONS[tag]
    return lambda x: mixing_angle_squared(x["m"], v.mass_gev, v.width_gev, x.get("gV", v.coupling))


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
    "A.sigpp": lambda x: brems.sigma_pp_mb(x["s"]),
    "A.F1sq": lambda x: dirac_form_factor_squared(x["m"]),
    "A.NBB": _brems,
    "A.NBBff": lambda x: _brems(x) * dirac_form_factor_squared(x["m"]),
    # E: beam
    "E.sqrts": lambda x: sqrt_s_fixed_target_gev(x.get("p", 400.0)),
    "E.gamma_cm": lambda x: np.array(cm_boost(x.get("p", 400.0))),
}


def check_function(check_id: str) -> CheckFunction | None:
    """Function of the longest prefix of the id, ``None`` where the package has none yet."""
    parts = check_id.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((CHECK_FUNCTIONS[p] for p in prefixes if p in CHECK_FUNCTIONS), None)

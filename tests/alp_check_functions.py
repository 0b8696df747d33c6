"""Check values of section C (axion-like particles): from the prefix of an id to its function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import pi
from typing import Any

import numpy as np

from feebly.core.constants import ELECTRON_MASS_GEV as ELECTRON
from feebly.core.constants import MUON_MASS_GEV, SIN2_THETA_W
from feebly.physics.formfactors.alp_width_tables import gluon_total_ev, quark_widths
from feebly.physics.formfactors.meson_mixing import ETA_ANGLE_DEG, QUARK_MASS_GEV, kappa, mixing_angle
from feebly.physics.formfactors.nucleus import helm_form_factor
from feebly.physics.formfactors.triangle import pseudoscalar_fermion_loop
from feebly.physics.models.alp import CHIRAL_PHOTON, Alp, photon_width_gev
from feebly.physics.models.alp_couplings import AlpCouplings, couplings_per_unit
from feebly.physics.production.alp_flavour import (
    ALPHA_WEAK,
    k_bs_per_gev,
    top_bracket,
    weak_bracket,
)
from feebly.physics.production.alp_meson_decay import KAON_TAGS, br_b_to_alp_gev2, br_kaon_to_alp
from feebly.physics.production.photon_conversion import COPPER
from feebly.physics.production.primakoff import MB_PER_GEV2, cross_section, proton_photon_density

Inputs = Mapping[str, Any]

PHOTON, FERMION = Alp.benchmark("alp-photon", "g_agamma"), Alp.benchmark("alp-fermion", "1/f")
PER_FG = couplings_per_unit("alp-gluon", "1/f")  # C/Λ of f_G = 1 GeV
PER_F = couplings_per_unit("alp-fermion", "1/f")
HIGGS_VEV_GEV = 246.2197


def _angles(x: Inputs) -> list[Any]:
    u, d, s = QUARK_MASS_GEV if "mu" not in x else (x["mu"], x["md"], x["ms"])
    at = {"eta_angle_deg": x.get("theta_deg", ETA_ANGLE_DEG), "quark_mass_gev": (u, d, s)}
    return [mixing_angle(meson, x["m"], PER_FG.c_gg, **at) for meson in ("pi0", "eta", "etaprime")]


def _angles_of_arcsin(x: Inputs) -> list[Any]:
    # computed with the quark masses of the other angles
    return _angles({"mu": 2.16e-3, "md": 4.67e-3, "ms": 93e-3} | dict(x))


def _br_b(couplings: AlpCouplings, scale: float = 1000.0, option: str = "fixed") -> Callable[[Inputs], Any]:
    return lambda x: k_bs_per_gev(couplings, scale, option) ** 2 * br_b_to_alp_gev2("k", x["m"])


def _br_b_inclusive(x: Inputs) -> Any:
    k = k_bs_per_gev(PER_FG, 1000.0, "inclusive")
    mass = max(x["m"], 1e-3)
    return k**2 * sum(br_b_to_alp_gev2(tag.removeprefix("b-"), mass) for tag in KAON_TAGS)


def _lepton_width(x: Inputs) -> Any:
    # electrons at 10 MeV, muons where they are open
    channel = "mumu" if x["m"] > 2 * MUON_MASS_GEV else "ee"
    assert x["m"] > 2 * ELECTRON
    return FERMION.partial_width_gev(channel, x["m"], 1.0)


def _photons_of_protons(x: Inputs) -> Any:
    ln_qt2 = np.linspace(-25, 5, 20_001)
    density = proton_photon_density(x["x"], np.exp(ln_qt2)) * np.exp(ln_qt2)
    return np.trapezoid(density, ln_qt2)


# g_aWW/4 = g² C_WW/Λ with the electroweak coupling of the loop
_PER_G_WW = AlpCouplings(c_ww=SIN2_THETA_W / (16 * pi * ALPHA_WEAK))

ALP_CHECK_FUNCTIONS: dict[str, Callable[[Inputs], Any]] = {
    "C.B1": lambda x: [pseudoscalar_fermion_loop(x["tau"]).real, pseudoscalar_fermion_loop(x["tau"]).imag],
    "C.BR_B_K_a_BC10": _br_b(PER_F),
    "C.BR_B_K_a_gY": _br_b(PER_F.scaled(1 / (2 * HIGGS_VEV_GEV))),
    "C.BR_B_K_a_gaWW": _br_b(_PER_G_WW),
    "C.BR_B_K_a_BC11_ALPINIST": _br_b(PER_FG),
    "C.BR_B_K_a_BC11_RG": _br_b(PER_FG, option="rg"),
    "C.BR_B_Xs_a_BC11_FORESEE": _br_b_inclusive,
    "C.BR_B_K_a_unit": lambda x: br_b_to_alp_gev2("k", x["m"]),
    "C.BR_B_Kst_a_unit": lambda x: br_b_to_alp_gev2("kstar892", x["m"]),
    "C.BR_K_pi_a_BC11": lambda x: br_kaon_to_alp(x["m"], PER_FG.c_gg),
    "C.BR_K_pi_a_unit": lambda x: br_kaon_to_alp(x["m"], 0.0, 1.0),
    "C.Ggg_BC11_lowm": lambda x: photon_width_gev(x["m"], CHIRAL_PHOTON * PER_FG.c_gg / x["fG"]),
    "C.Ghad_BC10": lambda x: quark_widths().total(np.array(x["m"])) * PER_F.c_ff**2,
    "C.Gll_BC10": _lepton_width,
    "C.Gtot_BC11": lambda x: gluon_total_ev(x["m"]),
    "C.Helm_Cu": lambda x: helm_form_factor(x["q2"], COPPER[1]),
    "C.Pconv_Cu": lambda x: cross_section(0.1, 100.0, *COPPER) / (6380 / MB_PER_GEV2),
    "C.nBudnev": _photons_of_protons,
    "C.sigPrim_Cu": lambda x: cross_section(x["m"], x["E"], x["Z"], x["A"]),
    "C.K_WW": lambda x: weak_bracket(),
    "C.K_tt": lambda x: top_bracket(x["Lambda"], x["mt"], x["mW"]),
    # -2 N_c Σ κ_q Q_q² with κ_s = 0
    "C.chiral_gamma": lambda x: -6 * kappa("up-down", (x["mu"], x["md"], 0.093)) @ np.array([4, 1, 1]) / 9,
    "C.ctau_BC9": lambda x: PHOTON.ctau_m(x["m"], x["g"]),
    "C.fG_to_C": lambda x: PER_FG.c_gg / x["fG"],
    "C.g_to_C": lambda x: couplings_per_unit("alp-photon", "g_agamma").photon * x["g"],
    "C.theta": _angles,
    "C.theta_arcsin": _angles_of_arcsin,
}

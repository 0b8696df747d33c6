"""Flavour-changing couplings of an axion-like particle at one loop: L = k_ij ∂a q̄_i γ_L q_j, k in GeV⁻¹.

The loops run from the scale Λ at which the couplings are given: it belongs to the model, like they do
(2110.10698). What gluons add is a two-loop effect on which public programs differ by more than ten in rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import log, pi, sqrt
from types import MappingProxyType

from feebly.core.constants import (
    ABS_V_CB,
    ABS_V_CS,
    ABS_V_TB,
    ABS_V_TD,
    ABS_V_TS,
    ABS_V_UB,
    ABS_V_US,
    BOTTOM_MASS_GEV,
    BPLUS_LIFETIME_S,
    HBAR_GEV_S,
    HIGGS_VEV_GEV,
    SIN2_THETA_W,
    STRANGE_MASS_GEV,
    TOP_MASS_GEV,
    W_MASS_GEV,
)
from feebly.core.errors import DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.formfactors.b_to_kaon import KAON_STATES, kaon_state
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.physics.production.b_to_scalar import C_BS, width_b_to_kaon_gev

TOP_RUNNING_MASS_GEV = 163.0  # MS-bar, of the Yukawa coupling
ALPHA_WEAK = 1 / 128  # fine-structure constant at the W mass
_TO_BAUER = 16 * pi**2  # c_VV/f of (α_V/4π) c (a/f) V Ṽ in 2110.10698 over C_VV/Λ


def width_b_to_alp_gev3(state: str, mass_gev: float | FloatArray) -> FloatArray:
    """Γ(B -> X a)/|k_bs|² [GeV³], k in GeV⁻¹: (m_B² - m_K²)² f0² √λ/(64π m_B³) of the K and alike.

    The quark equation of motion turns ∂a s̄γ_L b into a density: that of a scalar B -> X S times the masses
    m_b ∓ m_s. state: key of `KAON_STATES`.
    """
    return width_b_to_kaon_gev(state, mass_gev) / C_BS**2 * kaon_state(state).quark_mass_gev ** 2


def yukawa_squared(quark_mass_gev: float) -> float:
    """y_q² = 2 m_q²/v²."""
    return 2 * (quark_mass_gev / HIGGS_VEV_GEV) ** 2


def top_bracket(
    scale_gev: float, top_mass_gev: float = TOP_MASS_GEV, w_mass_gev: float = W_MASS_GEV
) -> float:
    """½ ln(Λ²/m_t²) - ¼ - (3/2)(1 - x + ln x)/(1 - x)² of c_tt, x = m_t²/m_W²; 2110.10698.

    DomainError unless Λ [GeV] is above the top mass.
    """
    if not scale_gev > top_mass_gev:
        raise DomainError(f"scale Lambda = {scale_gev:g} GeV: expected one above the top mass, e.g. 1000")
    x = (top_mass_gev / w_mass_gev) ** 2
    return log(scale_gev / top_mass_gev) - 0.25 - 1.5 * (1 - x + log(x)) / (1 - x) ** 2


def weak_bracket(top_mass_gev: float = TOP_MASS_GEV, w_mass_gev: float = W_MASS_GEV) -> float:
    """-(3α/2π s_W²)(1 - x + x ln x)/(1 - x)² of c_WW; 2110.10698."""
    x = (top_mass_gev / w_mass_gev) ** 2
    return -3 * ALPHA_WEAK / (2 * pi * SIN2_THETA_W) * (1 - x + x * log(x)) / (1 - x) ** 2


BC11_KBS: Mapping[str, str] = MappingProxyType(
    {
        "fixed": "BR(B+ -> K+ a) = 0.11 GeV^2/f_G^2 at 1 GeV, Lambda = 1 TeV: 2102.04474 in ALPINIST",
        "rg": "k_bs = -6.1e-5 V_ts V_tb c_GG/f, Lambda = 12.6 TeV: 2110.10698 in ALPINIST",
        "inclusive": "BR(B -> X_s a) = 0.0488 GeV^2/f_G^2: FORESEE, 2105.07077",
    }
)
"""Public numbers for the two-loop coupling of gluons to b and s; the first is the default.

Their rates of B -> K a differ by up to 52; each holds at its own Λ, whatever Λ is asked for.
"""

_BR_FIXED_GEV2, _BR_FIXED_AT_GEV, _BR_INCLUSIVE_GEV2, _RG = 0.11, 1.0, 76 / (4 * pi**2) ** 2, 6.1e-5


@cache
def gluon_k_bs(option: str = "fixed") -> float:
    """k_bs Λ/C_GG of an option of :data:`BC11_KBS`, negative as the loop of 2110.10698."""
    if option not in BC11_KBS:
        raise unknown("bc11_kbs", option, BC11_KBS)
    if option == "rg":
        return -_RG * ABS_V_TS * ABS_V_TB * _TO_BAUER
    at = _BR_FIXED_AT_GEV if option == "fixed" else 1e-3
    states = ("k",) if option == "fixed" else tuple(KAON_STATES)
    unit = sum(float(width_b_to_alp_gev3(state, at)) for state in states) * BPLUS_LIFETIME_S / HBAR_GEV_S
    wanted = _BR_FIXED_GEV2 if option == "fixed" else _BR_INCLUSIVE_GEV2
    return -sqrt(wanted / unit) * 32 * pi**2  # 1/f_G = 32π² C_GG/Λ


def k_bs_per_gev(couplings: AlpCouplings, scale_gev: float, bc11_kbs: str = "fixed") -> float:
    """k_bs [GeV⁻¹] at C/Λ of ``couplings``: top and W loops with Λ = scale_gev, gluons by option."""
    loops = 0.0
    if couplings.c_ff:
        loops += couplings.c_ff * top_bracket(scale_gev)
    if couplings.c_ww:
        loops += couplings.c_ww * _TO_BAUER * weak_bracket()
    one_loop = ABS_V_TS * ABS_V_TB * yukawa_squared(TOP_RUNNING_MASS_GEV) / (16 * pi**2) * loops
    return one_loop + (couplings.c_gg * gluon_k_bs(bc11_kbs) if couplings.c_gg else 0.0)


def k_sd_per_gev(couplings: AlpCouplings, scale_gev: float, bc11_kbs: str = "fixed") -> float:
    """k_sd [GeV⁻¹]: k_bs with V_td in the place of V_tb, as all its loops have the top quark inside."""
    return k_bs_per_gev(couplings, scale_gev, bc11_kbs) * ABS_V_TD / ABS_V_TB


def k_cu_per_gev(couplings: AlpCouplings, scale_gev: float) -> float:
    """|k_cu| [GeV⁻¹] from C_ff: leading logarithm ½ ln(Λ²/m_W²) of loops with b and s, moduli added.

    2110.10698 with down-type masses in the place of the top: 1e-5 of k_bs. Phases of the CKM matrix left out.
    """
    top_bracket(scale_gev)  # refuses a scale below the top mass
    products = ((ABS_V_CB * ABS_V_UB, BOTTOM_MASS_GEV), (ABS_V_CS * ABS_V_US, STRANGE_MASS_GEV))
    yukawas = sum(ckm * yukawa_squared(mass) for ckm, mass in products)
    return abs(couplings.c_ff) * yukawas / (16 * pi**2) * log(scale_gev / W_MASS_GEV)

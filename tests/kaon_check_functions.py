"""Check values of section F of check_values.json: kaon and pion decays, prefix of the id -> function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from feebly.core.constants import ELECTRON_MASS_GEV, KAON_MASS_GEV, MUON_MASS_GEV
from feebly.physics.production.kaon_to_muon_scalar import br_kplus_to_muon_scalar
from feebly.physics.production.kaon_to_vector import br_kplus_to_pion_vector
from feebly.physics.production.meson_to_hnl import (
    LEPTONIC_MODES,
    br_kaon_to_pion_lepton,
    br_to_lepton,
    helicity_factor,
)

Inputs = Mapping[str, float]


def _leptonic(tag: str) -> Callable[[Inputs], Any]:
    mode = LEPTONIC_MODES[tag]

    def branching_ratio(x: Inputs) -> Any:
        known = x.get("BRl2", x.get("BR", mode.branching_ratio))
        return br_to_lepton(replace(mode, branching_ratio=known), x["mN"])

    return branching_ratio


KAON_CHECK_FUNCTIONS: dict[str, Callable[[Inputs], Any]] = {
    "F.rho_Ke": lambda x: helicity_factor(x["mN"], ELECTRON_MASS_GEV, KAON_MASS_GEV),
    "F.rho_Kmu": lambda x: helicity_factor(x["mN"], MUON_MASS_GEV, KAON_MASS_GEV),
    "F.BR_KeN": _leptonic("k-e"),
    "F.BR_KmuN": _leptonic("k-mu"),
    "F.BR_pi_eN": _leptonic("pi-e"),
    "F.BR_pi_muN": _leptonic("pi-mu"),
    "F.BR_K_pi0_eN": lambda x: br_kaon_to_pion_lepton(x["mN"], ELECTRON_MASS_GEV),
    "F.BR_K_pi0_muN": lambda x: br_kaon_to_pion_lepton(x["mN"], MUON_MASS_GEV),
    "F.BR_K_pi_A": lambda x: br_kplus_to_pion_vector(x["m"]),
    "F.BR_K_pi_A_meas": lambda x: br_kplus_to_pion_vector(x["m"], "2209.05076"),
    "F.BR_K_munuX": lambda x: br_kplus_to_muon_scalar(x["mX"]),
}

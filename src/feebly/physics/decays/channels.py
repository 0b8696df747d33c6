"""Two-body final states by tag: masses and kinds of the first (positive) and the second daughter."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from feebly.core.constants import ELECTRON_MASS_GEV, KAON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import unknown

TWO_BODY_DAUGHTERS_GEV: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "ee": (ELECTRON_MASS_GEV, ELECTRON_MASS_GEV),
        "mumu": (MUON_MASS_GEV, MUON_MASS_GEV),
        "pipi": (PION_MASS_GEV, PION_MASS_GEV),
        "kk": (KAON_MASS_GEV, KAON_MASS_GEV),
    }
)

TWO_BODY_DAUGHTERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ee": ("electron", "electron"),
        "mumu": ("muon", "muon"),
        "pipi": ("hadron", "hadron"),
        "kk": ("hadron", "hadron"),
    }
)
"""What each daughter is to a detector: it decides which planes it has to cross."""

TWO_BODY_SPIN: Mapping[str, float] = MappingProxyType({"ee": 0.5, "mumu": 0.5, "pipi": 0.0, "kk": 0.0})
"""Spin of the daughters: it fixes the angular distribution of the decay of a polarised vector."""

_PDG_CODES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"ee": (-11, 11), "mumu": (-13, 13), "pipi": (211, -211), "kk": (321, -321)}
)


def daughters_pdg(final_state: str) -> tuple[int, int]:
    """Codes of the positive and the negative daughter (PDG Monte Carlo numbering scheme)."""
    if final_state not in _PDG_CODES:
        raise unknown("two-body final state", final_state, _PDG_CODES)
    return _PDG_CODES[final_state]


def daughter_masses_gev(final_state: str) -> tuple[float, float]:
    """Masses [GeV] of the two daughters of a final state; ConfigError for one that is not two-body."""
    if final_state not in TWO_BODY_DAUGHTERS_GEV:
        raise unknown("two-body final state", final_state, TWO_BODY_DAUGHTERS_GEV)
    return TWO_BODY_DAUGHTERS_GEV[final_state]

"""Physical constants and particle data, each with its source; the only place where such a number is typed.

GeV, seconds, metres, millibarn. Sources: [CODATA 2018] Rev. Mod. Phys. 93 (2021) 025010; [PDG 2024]
S. Navas et al., Phys. Rev. D 110 (2024) 030001. "exact" follows from the definitions of the SI.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# --- couplings and unit conversions -------------------------------------------------------------------
ALPHA: Final = 1 / 137.035999  # fine-structure constant at q² = 0 [CODATA 2018]
FERMI_CONSTANT_GEV_M2: Final = 1.1663788e-5  # G_F [PDG 2024, table of physical constants]
HBAR_GEV_S: Final = 6.582119569e-25  # exact
HBARC_GEV_M: Final = 1.973269804e-16  # exact
GEV_M2_TO_MB: Final = 0.3893793721  # (ħc)² in GeV² mb, exact
SIN2_THETA_W: Final = 0.23121  # MS-bar at m_Z [PDG 2024, electroweak review]
HIGGS_VEV_GEV: Final = (math.sqrt(2) * FERMI_CONSTANT_GEV_M2) ** -0.5  # v = (√2 G_F)^(-1/2)

# --- leptons [PDG 2024 summary tables] ----------------------------------------------------------------
ELECTRON_MASS_GEV: Final = 0.51099895e-3
MUON_MASS_GEV: Final = 0.1056583755
TAU_MASS_GEV: Final = 1.77693

# --- light mesons [PDG 2024 summary tables] -----------------------------------------------------------
PION_MASS_GEV: Final = 0.13957039  # pi+-
PION0_MASS_GEV: Final = 0.1349768
KAON_MASS_GEV: Final = 0.493677  # K+-
KAON0_MASS_GEV: Final = 0.497611
ETA_MASS_GEV: Final = 0.547862
ETAPRIME_MASS_GEV: Final = 0.95778
RHO_MASS_GEV: Final = 0.77526  # rho(770), neutral, e+e-
OMEGA_MASS_GEV: Final = 0.78266
PHI_MASS_GEV: Final = 1.019461

# --- proton, heavy mesons [PDG 2024 summary tables] ---------------------------------------------------
PROTON_MASS_GEV: Final = 0.93827209
D_PLUS_MASS_GEV: Final = 1.86966
D0_MASS_GEV: Final = 1.86484
DS_MASS_GEV: Final = 1.96835
B_PLUS_MASS_GEV: Final = 5.27941
B0_MASS_GEV: Final = 5.27972
BS_MASS_GEV: Final = 5.36693
BC_MASS_GEV: Final = 6.27447

# --- quark masses [PDG 2024]: MS-bar, light quarks at 2 GeV, c and b at their own mass, t pole ---------
UP_MASS_GEV: Final = 2.16e-3
DOWN_MASS_GEV: Final = 4.70e-3
STRANGE_MASS_GEV: Final = 93.5e-3
CHARM_MASS_GEV: Final = 1.273
BOTTOM_MASS_GEV: Final = 4.183
TOP_MASS_GEV: Final = 172.57

# --- moduli of CKM elements [PDG 2024, CKM review] ----------------------------------------------------
V_UD: Final = 0.97367
V_US: Final = 0.22431
V_UB: Final = 3.82e-3
V_CD: Final = 0.221
V_CS: Final = 0.975
V_CB: Final = 41.1e-3
V_TD: Final = 8.6e-3
V_TS: Final = 41.5e-3
V_TB: Final = 0.9991

# --- decay constants f [PDG 2024 review of leptonic decays; FLAG 2021 averages, 2111.09849] ------------
F_PION_GEV: Final = 0.1302
F_KAON_GEV: Final = 0.1557
F_D_GEV: Final = 0.2120
F_DS_GEV: Final = 0.2499
F_B_GEV: Final = 0.190

# --- mean lives [PDG 2024 summary tables] -------------------------------------------------------------
K_PLUS_LIFETIME_S: Final = 1.238e-8
D_PLUS_LIFETIME_S: Final = 1.033e-12
D0_LIFETIME_S: Final = 0.4103e-12
DS_LIFETIME_S: Final = 0.5012e-12
B_PLUS_LIFETIME_S: Final = 1.638e-12
B0_LIFETIME_S: Final = 1.517e-12
TAU_LIFETIME_S: Final = 0.2903e-12

MESON_MASS_GEV: Final[Mapping[str, float]] = MappingProxyType(
    {
        "pi0": PION0_MASS_GEV,
        "eta": ETA_MASS_GEV,
        "etaprime": ETAPRIME_MASS_GEV,
        "rho0": RHO_MASS_GEV,
        "rho": RHO_MASS_GEV,  # rho+ and rho- together
        "omega": OMEGA_MASS_GEV,
        "phi": PHI_MASS_GEV,
    }
)
"""Masses of the light mesons that make FIPs in a dump, by the name of their spectrum."""

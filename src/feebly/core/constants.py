"""Physical constants and particle data, each with its source; the only place where such a number is typed.

GeV and metres. Sources: [CODATA 2018] Rev. Mod. Phys. 93 (2021) 025010; [PDG 2024]
S. Navas et al., Phys. Rev. D 110 (2024) 030001. "exact" follows from the definitions of the SI.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# --- coupling and unit conversion ---------------------------------------------------------------------
ALPHA: Final = 1 / 137.035999  # fine-structure constant at q² = 0 [CODATA 2018]
HBARC_GEV_M: Final = 1.973269804e-16  # exact
HBAR_GEV_S: Final = 6.582119569e-25  # exact

# --- leptons [PDG 2024 summary tables] ----------------------------------------------------------------
ELECTRON_MASS_GEV: Final = 0.51099895e-3
MUON_MASS_GEV: Final = 0.1056583755
TAU_MASS_GEV: Final = 1.77693

# --- electroweak and strong parameters [PDG 2024] -----------------------------------------------------
FERMI_GEV_M2: Final = 1.1663788e-5  # G_F/(ħc)³, from the muon lifetime
HIGGS_VEV_GEV: Final = (2**0.5 * FERMI_GEV_M2) ** -0.5
W_MASS_GEV: Final = 80.369
Z_MASS_GEV: Final = 91.1880
HIGGS_MASS_GEV: Final = 125.20
HIGGS_WIDTH_GEV: Final = 4.1e-3  # prediction of the Standard Model
SIN2_THETA_W: Final = 0.23121  # MS-bar at m_Z
ALPHA_S_MZ: Final = 0.1180  # MS-bar, five flavours, at m_Z

# --- quarks [PDG 2024 summary tables] -----------------------------------------------------------------
UP_MASS_GEV: Final = 2.16e-3  # MS-bar at 2 GeV, as the down and strange masses
DOWN_MASS_GEV: Final = 4.70e-3
STRANGE_MASS_GEV: Final = 93.5e-3
CHARM_MASS_GEV: Final = 1.273  # MS-bar at its own mass, as the bottom mass
BOTTOM_MASS_GEV: Final = 4.183
TOP_MASS_GEV: Final = 172.57  # direct measurements
ABS_V_TS: Final = 41.5e-3  # moduli of the CKM matrix, fit with unitarity (section 12)
ABS_V_TB: Final = 0.9991
ABS_V_TD: Final = 8.6e-3
ABS_V_CS: Final = 0.97349
ABS_V_US: Final = 0.22501
V_US_KAON: Final = 0.2243  # |V_us| of kaon decays alone (section 67)
ABS_V_CB: Final = 41.83e-3
ABS_V_UB: Final = 3.732e-3

# --- hadrons [PDG 2024 summary tables] ----------------------------------------------------------------
PROTON_MASS_GEV: Final = 0.93827209
PION_MASS_GEV: Final = 0.13957039  # pi+-
PION0_MASS_GEV: Final = 0.1349768
KAON_MASS_GEV: Final = 0.493677  # K+-
KAON0_MASS_GEV: Final = 0.497611
ETA_MASS_GEV: Final = 0.547862
ETAPRIME_MASS_GEV: Final = 0.95778
RHO_MASS_GEV: Final = 0.77526  # rho(770), neutral, e+e-
OMEGA_MASS_GEV: Final = 0.78266
PHI_MASS_GEV: Final = 1.019461
D0_MASS_GEV: Final = 1.86484
DPLUS_MASS_GEV: Final = 1.86966
DS_MASS_GEV: Final = 1.96835
BPLUS_MASS_GEV: Final = 5.27941
B0_MASS_GEV: Final = 5.27972
BS_MASS_GEV: Final = 5.36693
KPLUS_LIFETIME_S: Final = 1.238e-8
PIPLUS_LIFETIME_S: Final = 2.6033e-8
DPLUS_LIFETIME_S: Final = 1.033e-12
D0_LIFETIME_S: Final = 0.4103e-12
BPLUS_LIFETIME_S: Final = 1.638e-12
B0_LIFETIME_S: Final = 1.517e-12
BS_LIFETIME_S: Final = 1.520e-12  # mean of both mass states
KAON_DECAY_CONSTANT_GEV: Final = 0.1557  # lattice, FLAG 2021
BS_DECAY_CONSTANT_GEV: Final = 0.2303  # lattice, FLAG 2021

MESON_MASS_GEV: Final[Mapping[str, float]] = MappingProxyType(
    {
        "pi0": PION0_MASS_GEV,
        "eta": ETA_MASS_GEV,
        "etaprime": ETAPRIME_MASS_GEV,
        "rho0": RHO_MASS_GEV,
        "rho": RHO_MASS_GEV,  # rho+ and rho- together
        "omega": OMEGA_MASS_GEV,
        "phi": PHI_MASS_GEV,
        "D0": D0_MASS_GEV,  # each heavy meson with its antiparticle
        "D+": DPLUS_MASS_GEV,
        "Ds": DS_MASS_GEV,
        "B": BPLUS_MASS_GEV,  # B+ and B0 together
        "B+": BPLUS_MASS_GEV,
        "B0": B0_MASS_GEV,
        "Bs": BS_MASS_GEV,
    }
)
"""Masses of the mesons that make FIPs in a dump, by the name of their spectrum."""

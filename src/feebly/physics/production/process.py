"""The group of productions by the beam proton and by mesons: one compiled stage for all three kinds."""

from __future__ import annotations

from typing import NamedTuple

from feebly.core.compiled import stage
from feebly.physics.decays.polarised_weights import polarise, polarise_bremsstrahlung, polarise_meson_decay
from feebly.physics.production.kernels import Radiation, Replacement, bremsstrahlung, meson_decay, mixing

BREMSSTRAHLUNG, MESON_DECAY, MIXING = 0, 1, 2
ISOTROPIC, ALONG_FLIGHT, BY_PRODUCTION = 0, 1, 2


class Process(NamedTuple):
    """Bremsstrahlung, decay of a meson, or mixing with one (GeV).

    polarisation, kappa: whether the decay angle is weighted, and with what (``decays.polarisation``).
    """

    kind: int
    polarisation: int
    kappa: float
    radiation: Radiation
    replacement: Replacement
    parent_mass: float
    recoil_mass: float
    ln_p_min: float
    ln_p_max: float
    dlnp: float
    dpt: float
    e_min: float


@stage
def process(s, n, mass, source, density):
    """Fill P, E, MASK and multiply WEIGHT by the density of the production, and of the decay angle."""
    p = source
    if p.kind == BREMSSTRAHLUNG:
        bremsstrahlung(s, n, mass, p.radiation)
    elif p.kind == MESON_DECAY:
        meson_decay(
            s,
            n,
            mass,
            p.parent_mass,
            p.recoil_mass,
            density,
            p.ln_p_min,
            p.ln_p_max,
            p.dlnp,
            p.dpt,
            p.e_min,
        )
    else:
        mixing(s, n, mass, p.replacement, density, p.ln_p_min, p.dlnp, p.dpt, p.e_min)
    _weigh_decay_angle(s, n, mass, p)


@stage
def _weigh_decay_angle(s, n, mass, p):
    """Weights of the decay angle for a polarised particle; nothing to do for an isotropic decay."""
    if p.polarisation == ALONG_FLIGHT:
        polarise(s, n, p.kappa)
    elif p.polarisation == BY_PRODUCTION:
        if p.kind == BREMSSTRAHLUNG:
            polarise_bremsstrahlung(s, n, mass, p.radiation.beam_p, p.radiation.m_p, p.kappa)
        elif p.kind == MESON_DECAY:
            polarise_meson_decay(s, n, mass, p.parent_mass, p.recoil_mass, p.kappa)

"""Compiled production of the decay parent -> recoil X X: the energy of X in the parent's frame is drawn."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from feebly.core.block import NZ, U_MADE1, U_MADE2, U_MADE3, U_MADE4, WEIGHT, E, P
from feebly.core.compiled import stage
from feebly.core.interfaces import FloatArray
from feebly.core.vecmath import exp
from feebly.physics.production.kernels import turned_parent, weigh_by_spectrum

_PI = math.pi


class PairDecay(NamedTuple):
    """Numbers of the decay at one mass (GeV).

    energy: of X in the rest frame of the parent, at equal steps of its probability from 0 to 1.
    """

    parent_mass: float
    ln_p_min: float
    ln_p_max: float
    dlnp: float
    dpt: float
    e_min: float
    energy: FloatArray


@stage
def pair_decay(s, n, mass, source, density):
    """Fill P, E, MASK and multiply WEIGHT by the density of one X of the decay, as `meson_decay` does.

    The energy of X in the rest frame of the parent comes from U_MADE4, its direction there is isotropic.
    """
    r = source
    span, steps = r.ln_p_max - r.ln_p_min, r.energy.size - 1
    for i in range(n):
        x = s[U_MADE4 + i] * steps
        k = int(x)
        e_star = r.energy[k] + (x - k) * (r.energy[k + 1] - r.energy[k])
        p_star = np.sqrt((e_star - mass) * (e_star + mass))
        ln_p = r.ln_p_min + span * s[U_MADE1 + i]
        parent_p = exp(ln_p)
        c = 2.0 * s[U_MADE2 + i] - 1.0
        p, e, cos_parent, parent_pt = turned_parent(
            parent_p, c, s[U_MADE3 + i], s[NZ + i], r.parent_mass, p_star, e_star
        )
        s[P + i] = p
        s[E + i] = e
        # dln p dpT^2 dphi/(2 pi) = dln p p^2 cos(theta) dOmega / pi
        s[WEIGHT + i] *= span * parent_p * parent_p * cos_parent / _PI
        s[U_MADE2 + i] = parent_pt if cos_parent > 0.0 else -1.0
        s[U_MADE3 + i] = ln_p
    weigh_by_spectrum(s, n, density, r.ln_p_min, r.dlnp, r.dpt, r.e_min)

"""<X| s_L b_R |B> for every kaon state X: what a light scalar with a coupling to s and b sees of a B meson.

Form factors as collected in 1904.10447, x = q²/m_B². Uncertain by 10-20%; the K0*(700) is ill-defined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import cos, radians, sin
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import BOTTOM_MASS_GEV, BPLUS_MASS_GEV, KAON_MASS_GEV, STRANGE_MASS_GEV
from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.kinematics.two_body import kallen_gev4

_SUM_GEV = BOTTOM_MASS_GEV + STRANGE_MASS_GEV  # of a pseudoscalar density (K*, K0*, K2*)
_DIFFERENCE_GEV = BOTTOM_MASS_GEV - STRANGE_MASS_GEV  # of a scalar density (K, K1)
_MB = BPLUS_MASS_GEV


def _pole(x: FloatArray, f: float, a: float, b: float) -> FloatArray:
    """f/(1 - a x + b x²), the form in which light-cone and three-point sum rules are given."""
    return f / (1 - a * x + b * x**2)


def _root(q2: FloatArray, mass: float) -> FloatArray:
    """√λ(m_B², m_X², q²) [GeV²]; zero where the decay is closed."""
    return np.asarray(np.sqrt(np.maximum(kallen_gev4(_MB, mass, np.sqrt(q2)), 0.0)))


def _kaon(q2: FloatArray, mass: float) -> FloatArray:
    f0 = 0.33 / (1 - q2 / 38)  # light-cone sum rules, hep-ph/0406232
    return 0.5 * (_MB**2 - mass**2) / _DIFFERENCE_GEV * f0


def _vector(q2: FloatArray, mass: float) -> FloatArray:
    a0 = 1.364 / (1 - q2 / _MB**2) - 0.990 / (1 - q2 / 36.78)  # hep-ph/0412079
    return 0.5 * _root(q2, mass) / _SUM_GEV * a0


def _excited_vector(q2: FloatArray, mass: float, a: float, b: float) -> FloatArray:
    # a, b: form factors ξ of the transverse and the longitudinal meson in the limit of a fast light meson
    a0 = (1 - 2 * mass**2 / (_MB**2 + mass**2 - q2)) * a + mass / _MB * b
    return 0.5 * _root(q2, mass) / _SUM_GEV * a0 / (1 - q2 / _MB**2)


def _scalar(q2: FloatArray, mass: float, f: float, a: float, b: float) -> FloatArray:
    return 0.5 * (_MB**2 - mass**2 - q2) / _SUM_GEV * _pole(q2 / _MB**2, f, a, b)


_K1_ANGLE = radians(-34)  # between K1A and K1B


def _axial(q2: FloatArray, mass: float, weight_a: float, weight_b: float) -> FloatArray:
    x = q2 / _MB**2
    # each of the unmixed states K1A and K1B: its mass [GeV] times its V0
    v0 = weight_a * 1.31 * _pole(x, 0.22, 2.4, 1.78) + weight_b * 1.34 * _pole(x, -0.45, 1.34, 0.64)
    return 0.5 * _root(q2, mass) / _DIFFERENCE_GEV * v0 / mass


def _tensor(q2: FloatArray, mass: float) -> FloatArray:
    x = q2 / _MB**2
    a0 = 0.23 / ((1 - x) * (1 - 1.23 * x + 0.76 * x**2))
    return 0.5 * 6**-0.5 * _root(q2, mass) ** 2 / (_MB * mass) / _SUM_GEV * a0


@dataclass(frozen=True, slots=True)
class KaonState:
    """A kaon resonance that a B meson can leave behind, with its matrix element.

    quark_mass_gev: m_b - m_s or m_b + m_s, by which the divergence of the vector or the axial current exceeds
    the scalar or pseudoscalar density that the matrix element is of.
    """

    name: str
    mass_gev: float
    formula: Callable[[FloatArray, float], FloatArray]
    quark_mass_gev: float = _SUM_GEV

    def matrix_element_gev(self, q2_gev2: ArrayLike) -> FloatArray:
        """<X| s_L b_R |B> [GeV] at q² = the squared mass of what else the B decays to, below (m_B - m_X)²."""
        return np.asarray(self.formula(np.asarray(q2_gev2, float), self.mass_gev))


KAON_STATES: Mapping[str, KaonState] = MappingProxyType(
    {
        "k": KaonState("K", KAON_MASS_GEV, _kaon, _DIFFERENCE_GEV),
        "kstar892": KaonState("K*(892)", 0.89167, _vector),
        "k0star700": KaonState("K0*(700)", 0.845, partial(_scalar, f=0.46, a=1.6, b=1.35)),
        "k0star1430": KaonState("K0*(1430)", 1.425, partial(_scalar, f=0.17, a=4.4, b=6.4)),
        "k1-1270": KaonState(
            "K1(1270)",
            1.253,
            partial(_axial, weight_a=sin(_K1_ANGLE), weight_b=cos(_K1_ANGLE)),
            _DIFFERENCE_GEV,
        ),
        "k1-1400": KaonState(
            "K1(1400)",
            1.403,
            partial(_axial, weight_a=cos(_K1_ANGLE), weight_b=-sin(_K1_ANGLE)),
            _DIFFERENCE_GEV,
        ),
        "k2star1430": KaonState("K2*(1430)", 1.4273, _tensor),
        "kstar1410": KaonState("K*(1410)", 1.414, partial(_excited_vector, a=0.22, b=0.28)),
        "kstar1680": KaonState("K*(1680)", 1.718, partial(_excited_vector, a=0.18, b=0.24)),
    }
)
"""Kaon states by tag."""


def kaon_state(tag: str) -> KaonState:
    """State by tag; ConfigError with the nearest name otherwise."""
    if tag not in KAON_STATES:
        raise unknown("kaon state", tag, KAON_STATES)
    return KAON_STATES[tag]

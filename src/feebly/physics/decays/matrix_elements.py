"""Squared matrix elements of decays to three and four bodies, as weights on phase space.

Each is a function of the masses of the parent and of the bodies in their order, of the masses m12, m123 of
the first two and first three bodies, and of cos: body 1 in the rest frame of 1 and 2, against their direction
in that of the first three. Only the shape matters: the mean over phase space is divided out, because widths
carry the rate. The same source serves NumPy (normalisation, tests) and compiled code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from feebly.core.block import COS3, COS12, M12, M123, TWIST, WEIGHT
from feebly.core.compiled import inlined, stage
from feebly.core.constants import OMEGA_MASS_GEV, RHO_MASS_GEV
from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.core.vecmath import cos_sin_turn
from feebly.physics.formfactors.three_pions import RHO_GEV
from feebly.physics.kinematics.phase_space import chain_integral

_RHO_WIDTH, _OMEGA_WIDTH = 0.1491, 0.00868  # PDG 2024 [GeV]
_A1_MASS, _A1_WIDTH = 1.23, 0.2  # a1(1260): PDG 2024 mass, a width at the low end of 0.2-0.6 GeV
_RHO, _OMEGA = float(RHO_MASS_GEV), float(OMEGA_MASS_GEV)
_CURRENT_RHO, _CURRENT_RHO_WIDTH = RHO_GEV  # of hep-ph/0512180

FLAT, RHO_GAMMA, VECTOR_3PI, SLOPE, OMEGA_PI0, A1_PI = range(6)


def _forms(made: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The functions in the form that ``made`` gives them: as they are, or compiled."""

    @made
    def momentum2(m, m1, m2):
        """Break-up momentum squared [GeV^2]; zero where closed."""
        total, difference = m1 + m2, m1 - m2
        square = (m - total) * (m + total) * (m - difference) * (m + difference) / (4.0 * m * m)
        return np.maximum(square, 0.0)

    @made
    def propagator(q2, m0, width, m1, m2):
        """Parts of m0^2/(Q^2 - m0^2 + i sqrt(Q^2) Gamma(Q^2)), Gamma ~ p^3/Q^2 (P wave; hep-ph/0512180)."""
        q = np.sqrt(q2)
        ratio = momentum2(q, m1, m2) / momentum2(m0, m1, m2)
        # Gamma(Q^2) = Gamma (m0^2/Q^2) (p^2/Q^2 ...)^(3/2) with 4 p^2 = Q^2 - 4 m^2 for equal masses
        running = width * m0 * m0 / q2 * ratio * np.sqrt(ratio)
        real, imaginary = (q2 - m0 * m0) / (m0 * m0), q * running / (m0 * m0)
        size = real * real + imaginary * imaginary
        return real / size, imaginary / size

    @made
    def crossing(m, m1, m2, m3, m12, m123, cos):
        """|p1 x p2|^2 in the rest frame of the three [GeV^4]."""
        return momentum2(m12, m1, m2) * momentum2(m123, m12, m3) * (1.0 - cos * cos)

    @made
    def rho_gamma(m, m1, m2, m3, m4, m12, m123, cos):
        """a -> pi+ pi- gamma by the rho: dGamma/ds ~ s beta^3 (m^2 - s)^3 |BW(s)|^2, sin^2 of the pion."""
        real, imaginary = propagator(m12 * m12, _RHO, _RHO_WIDTH, m1, m2)
        return crossing(m, m1, m2, m3, m12, m123, cos) * (real * real + imaginary * imaginary)

    @made
    def vector_3pi(m, m1, m2, m3, m4, m12, m123, cos):
        """A' -> pi+ pi- pi0: |p+ x p-|^2 |sum of three rho|^2, leading term of hep-ph/0512180."""
        e1 = (m12 * m12 + m1 * m1 - m2 * m2) / (2.0 * m12)
        e3 = (m123 * m123 - m12 * m12 - m3 * m3) / (2.0 * m12)
        pp = np.sqrt(momentum2(m12, m1, m2) * momentum2(m123, m12, m3)) * m123 / m12 * cos
        a, b = propagator(m12 * m12, _CURRENT_RHO, _CURRENT_RHO_WIDTH, m1, m2)
        q2 = m1 * m1 + m3 * m3 + 2.0 * (e1 * e3 + pp)
        c, d = propagator(q2, _CURRENT_RHO, _CURRENT_RHO_WIDTH, m1, m3)
        q2 = m2 * m2 + m3 * m3 + 2.0 * ((m12 - e1) * e3 - pp)
        e, f = propagator(q2, _CURRENT_RHO, _CURRENT_RHO_WIDTH, m2, m3)
        return crossing(m, m1, m2, m3, m12, m123, cos) * ((a + c + e) ** 2 + (b + d + f) ** 2)

    @made
    def slope(m, m1, m2, m3, m4, m12, m123, cos):
        """a -> pi+ pi- pi0: (s - m_pi^2)^2 in the mass of pi+ pi-, chiral leading order (1811.03474)."""
        return (m12 * m12 - m1 * m1) ** 2

    @made
    def omega_pi0(m, m1, m2, m3, m4, m12, m123, cos):
        """A' -> omega pi0, omega -> pi+ pi- pi0 of the first three bodies; P wave, as |p+ x p-|^2."""
        s = m123 * m123
        pole = (s - _OMEGA * _OMEGA) ** 2 + (_OMEGA * _OMEGA_WIDTH) ** 2
        return crossing(m, m1, m2, m3, m12, m123, cos) * momentum2(m, m123, m4) / pole

    @made
    def a1_pi(m, m1, m2, m3, m4, m12, m123, cos):
        """A' -> a1 pi and a1 -> rho pi in S waves, rho of the first two bodies; no interference."""
        s = m123 * m123
        pole = (s - _A1_MASS * _A1_MASS) ** 2 + (_A1_MASS * _A1_WIDTH) ** 2
        real, imaginary = propagator(m12 * m12, _RHO, _RHO_WIDTH, m1, m2)
        return momentum2(m12, m1, m2) * (real * real + imaginary * imaginary) / pole

    return rho_gamma, vector_3pi, slope, omega_pi0, a1_pi


_plain, _compiled = _forms(lambda function: function), _forms(inlined)
_rho_gamma, _vector_3pi, _slope, _omega_pi0, _a1_pi = _compiled

MATRIX_ELEMENTS: Mapping[str, int] = MappingProxyType(
    {
        "flat": FLAT,
        "rho-gamma": RHO_GAMMA,
        "vector-3pi": VECTOR_3PI,
        "slope": SLOPE,
        "omega-pi0": OMEGA_PI0,
        "a1-pi": A1_PI,
    }
)
"""By name. The order of the bodies is that of ``channels``: pi+ pi- first, then gamma, pi0 or pi+ pi-."""

_BODIES = {"rho-gamma": (3,), "vector-3pi": (3,), "slope": (3,), "omega-pi0": (4,), "a1-pi": (4,)}
_NARROW_NODES = 1000  # an omega in a mass range of 1 GeV: 1e-8


def matrix_element(name: str, mass_gev: float, masses_gev: Sequence[float]) -> Callable[..., FloatArray]:
    """Weight as a function of m12, m123 and cos, arrays in GeV; not normalised. ConfigError if unknown."""
    if name not in MATRIX_ELEMENTS:
        raise unknown("matrix element", name, MATRIX_ELEMENTS)
    if len(masses_gev) not in _BODIES.get(name, (3, 4)):
        raise unknown(f"matrix element of {len(masses_gev)} bodies", name, _of_bodies(len(masses_gev)))
    if name == "flat":
        return lambda m12, m123, cos: np.ones(np.broadcast_shapes(*map(np.shape, (m12, m123, cos))))
    function, masses = _plain[MATRIX_ELEMENTS[name] - 1], (*masses_gev, 0.0)[:4]
    return lambda m12, m123, cos: np.asarray(function(mass_gev, *masses, m12, m123, cos))


def _of_bodies(number: int) -> list[str]:
    return [name for name in MATRIX_ELEMENTS if number in _BODIES.get(name, (3, 4))]


@lru_cache(maxsize=512)
def norm(name: str, mass_gev: float, masses_gev: tuple[float, ...]) -> float:
    """Integral of break-up momenta times weight over the masses of the chain: what makes the mean one."""
    weight = matrix_element(name, mass_gev, masses_gev)
    if name == "flat":
        return chain_integral(mass_gev, masses_gev)
    nodes, angles = (_NARROW_NODES if name == "omega-pi0" else 96), (24 if name == "vector-3pi" else 4)
    return chain_integral(mass_gev, masses_gev, weight, nodes, angles)


@stage
def weigh_matrix_element(s, n, kind, m, m1, m2, m3, m4):
    """Multiply WEIGHT by the matrix element at M12, M123, COS12, (omega pi0) COS3 and TWIST."""
    if kind == RHO_GAMMA:
        for i in range(n):
            s[WEIGHT + i] *= _rho_gamma(m, m1, m2, m3, m4, s[M12 + i], s[M123 + i], s[COS12 + i])
    elif kind == VECTOR_3PI:
        for i in range(n):
            s[WEIGHT + i] *= _vector_3pi(m, m1, m2, m3, m4, s[M12 + i], s[M123 + i], s[COS12 + i])
    elif kind == SLOPE:
        for i in range(n):
            s[WEIGHT + i] *= _slope(m, m1, m2, m3, m4, s[M12 + i], s[M123 + i], s[COS12 + i])
    elif kind == OMEGA_PI0:
        for i in range(n):
            # the normal of the omega's decay plane against its flight: sin^2, of mean 2/3
            _, sin = cos_sin_turn(s[TWIST + i])
            c3 = s[COS3 + i]
            align = 1.5 * (1.0 - (1.0 - c3 * c3) * sin * sin)
            s[WEIGHT + i] *= align * _omega_pi0(m, m1, m2, m3, m4, s[M12 + i], s[M123 + i], s[COS12 + i])
    elif kind == A1_PI:
        for i in range(n):
            s[WEIGHT + i] *= _a1_pi(m, m1, m2, m3, m4, s[M12 + i], s[M123 + i], s[COS12 + i])

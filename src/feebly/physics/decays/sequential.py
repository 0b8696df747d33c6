"""Decay of a moving particle to two, three or four bodies, uniform in phase space (compiled).

The chain of ``kinematics.phase_space``: each system moves along its own z axis, about which its members are
turned by a cosine and an azimuth. The masses of the systems are uniform between their limits; the weight is
the product of the break-up momenta over its mean. The last body of each system is followed to the laboratory,
and so is body 1; body 2 is what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from feebly.core.block import (
    COS3,
    COS12,
    M12,
    M123,
    NX,
    NY,
    NZ,
    ROWS,
    TWIST,
    U_DECAY_COS,
    U_DECAY_PHI,
    WEIGHT,
    E,
    P,
)
from feebly.core.compiled import inlined, stage
from feebly.core.vecmath import cos_sin_turn

# Uniform numbers: those that the importance map may shape, and azimuths.
_U1, _U2, _U3, _U4 = (ROWS[f"U_BODY{k}"] for k in range(1, 5))
_PHI12, _PHI3 = ROWS["U_FREE1"], ROWS["U_FREE2"]

MAPPED_NUMBERS = {2: 0, 3: 2, 4: 4}
"""Numbers U_BODY that a decay to so many bodies takes."""
FREE_NUMBERS = {2: 0, 3: 1, 4: 2}
"""Numbers U_FREE, likewise."""


@inlined
def _momentum(m, m1, m2):
    square = (m - m1 - m2) * (m + m1 + m2) * (m - m1 + m2) * (m + m1 - m2)
    return np.sqrt(np.maximum(square, 0.0)) / (2.0 * m)


@inlined
def _turn(a, b, l, c, sin, cos_phi, sin_phi):  # noqa: E741
    """(a, b, l) in a system's own axes, in those of the system above: the z axis turned to (c, phi)."""
    back = 1.0 - c
    x = l * sin * cos_phi + a * (1.0 - back * cos_phi * cos_phi) - b * back * cos_phi * sin_phi
    y = l * sin * sin_phi - a * back * cos_phi * sin_phi + b * (1.0 - back * sin_phi * sin_phi)
    return x, y, l * c - (a * cos_phi + b * sin_phi) * sin


@inlined
def _to_lab(a, b, l, nx, ny, nz):  # noqa: E741
    """(a, b, l) about the flight (nx, ny, nz), in the laboratory; regular unless it points backwards."""
    k = 1.0 / (1.0 + nz)
    x = l * nx + a * (1.0 - nx * nx * k) - b * nx * ny * k
    y = l * ny - a * nx * ny * k + b * (1.0 - ny * ny * k)
    return x, y, l * nz - a * nx - b * ny


@inlined
def _direction(u_cos, u_phi):
    c = 2.0 * u_cos - 1.0
    cos_phi, sin_phi = cos_sin_turn(u_phi)
    return c, np.sqrt((1.0 - c) * (1.0 + c)), cos_phi, sin_phi


Rows = tuple[int, ...]
"""Rows of px, py, pz."""


def sequential(bodies: Sequence[Rows]) -> Any:
    """A stage (s, n, m, m1, m2, m3, m4, inverse_norm) that fills the momenta of the bodies in these rows.

    Two bodies: isotropic, no weight. Three and four: WEIGHT receives the break-up momenta and limits of the
    masses times inverse_norm; M12, M123, COS12 (COS3, TWIST) are for the matrix element.
    """
    makers: dict[int, Any] = {2: _two, 3: _three, 4: _four}
    return makers[len(bodies)](*bodies)


def _two(first: Rows, second: Rows) -> Any:
    (x1, y1, z1), (x2, y2, z2) = first, second

    @stage
    def two_bodies(s, n, m, m1, m2, m3, m4, inverse_norm):
        q = _momentum(m, m1, m2)
        e = np.sqrt(q * q + m1 * m1)
        for i in range(n):
            gamma, beta_gamma = s[E + i] / m, s[P + i] / m
            c, sin, cos_phi, sin_phi = _direction(s[U_DECAY_COS + i], s[U_DECAY_PHI + i])
            nx, ny, nz = s[NX + i], s[NY + i], s[NZ + i]
            along = gamma * q * c + beta_gamma * e
            px, py, pz = _to_lab(q * sin * cos_phi, q * sin * sin_phi, along, nx, ny, nz)
            s[x1 + i] = px
            s[y1 + i] = py
            s[z1 + i] = pz
            s[x2 + i] = s[P + i] * nx - px
            s[y2 + i] = s[P + i] * ny - py
            s[z2 + i] = s[P + i] * nz - pz

    return two_bodies


def _three(first: Rows, second: Rows, third: Rows) -> Any:
    (x1, y1, z1), (x2, y2, z2), (x3, y3, z3) = first, second, third

    @stage
    def three_bodies(s, n, m, m1, m2, m3, m4, inverse_norm):
        low, span = m1 + m2, m - m3 - m1 - m2
        for i in range(n):
            gamma, beta_gamma = s[E + i] / m, s[P + i] / m
            nx, ny, nz = s[NX + i], s[NY + i], s[NZ + i]
            m12 = low + span * s[_U1 + i]
            p, q = _momentum(m12, m1, m2), _momentum(m, m12, m3)
            c, sin, cos_phi, sin_phi = _direction(s[U_DECAY_COS + i], s[U_DECAY_PHI + i])
            # body 3: against the first two
            along = -gamma * q * c + beta_gamma * np.sqrt(q * q + m3 * m3)
            px3, py3, pz3 = _to_lab(-q * sin * cos_phi, -q * sin * sin_phi, along, nx, ny, nz)
            # body 1: in the rest frame of the first two, then of the parent, then in the laboratory
            c12, sin12, cos12, side12 = _direction(s[_U2 + i], s[_PHI12 + i])
            e1 = np.sqrt(p * p + m1 * m1)
            gamma12, beta_gamma12 = np.sqrt(q * q + m12 * m12) / m12, q / m12
            up, e_up = gamma12 * p * c12 + beta_gamma12 * e1, gamma12 * e1 + beta_gamma12 * p * c12
            a, b, along = _turn(p * sin12 * cos12, p * sin12 * side12, up, c, sin, cos_phi, sin_phi)
            px, py, pz = _to_lab(a, b, gamma * along + beta_gamma * e_up, nx, ny, nz)
            s[x1 + i] = px
            s[y1 + i] = py
            s[z1 + i] = pz
            s[x2 + i] = s[P + i] * nx - px3 - px
            s[y2 + i] = s[P + i] * ny - py3 - py
            s[z2 + i] = s[P + i] * nz - pz3 - pz
            s[x3 + i] = px3
            s[y3 + i] = py3
            s[z3 + i] = pz3
            s[WEIGHT + i] *= p * q * span * inverse_norm
            s[M12 + i] = m12
            s[M123 + i] = m
            s[COS12 + i] = c12

    return three_bodies


def _four(first: Rows, second: Rows, third: Rows, fourth: Rows) -> Any:
    (x1, y1, z1), (x2, y2, z2), (x3, y3, z3), (x4, y4, z4) = first, second, third, fourth

    @stage
    def four_bodies(s, n, m, m1, m2, m3, m4, inverse_norm):
        low, span = m1 + m2 + m3, m - m4 - m1 - m2 - m3
        for i in range(n):
            gamma, beta_gamma = s[E + i] / m, s[P + i] / m
            nx, ny, nz = s[NX + i], s[NY + i], s[NZ + i]
            m123 = low + span * s[_U1 + i]
            span12 = m123 - m3 - m1 - m2
            m12 = m1 + m2 + span12 * s[_U2 + i]
            p, q, r = _momentum(m12, m1, m2), _momentum(m123, m12, m3), _momentum(m, m123, m4)
            c, sin, cos_phi, sin_phi = _direction(s[U_DECAY_COS + i], s[U_DECAY_PHI + i])
            # body 4: against the first three
            along = -gamma * r * c + beta_gamma * np.sqrt(r * r + m4 * m4)
            px4, py4, pz4 = _to_lab(-r * sin * cos_phi, -r * sin * sin_phi, along, nx, ny, nz)
            # body 3: against the first two in the rest frame of the first three
            gamma123, beta_gamma123 = np.sqrt(r * r + m123 * m123) / m123, r / m123
            c3, sin3, cos3, side3 = _direction(s[_U3 + i], s[_PHI3 + i])
            e = np.sqrt(q * q + m3 * m3)
            up, e_up = -gamma123 * q * c3 + beta_gamma123 * e, gamma123 * e - beta_gamma123 * q * c3
            a, b, along = _turn(-q * sin3 * cos3, -q * sin3 * side3, up, c, sin, cos_phi, sin_phi)
            px3, py3, pz3 = _to_lab(a, b, gamma * along + beta_gamma * e_up, nx, ny, nz)
            # body 1: up through all systems
            gamma12, beta_gamma12 = np.sqrt(q * q + m12 * m12) / m12, q / m12
            c12, sin12, cos12, side12 = _direction(s[_U4 + i], s[_PHI12 + i])
            e = np.sqrt(p * p + m1 * m1)
            up, e_up = gamma12 * p * c12 + beta_gamma12 * e, gamma12 * e + beta_gamma12 * p * c12
            a, b, up = _turn(p * sin12 * cos12, p * sin12 * side12, up, c3, sin3, cos3, side3)
            up, e_up = gamma123 * up + beta_gamma123 * e_up, gamma123 * e_up + beta_gamma123 * up
            a, b, along = _turn(a, b, up, c, sin, cos_phi, sin_phi)
            px, py, pz = _to_lab(a, b, gamma * along + beta_gamma * e_up, nx, ny, nz)
            s[x1 + i] = px
            s[y1 + i] = py
            s[z1 + i] = pz
            s[x2 + i] = s[P + i] * nx - px4 - px3 - px
            s[y2 + i] = s[P + i] * ny - py4 - py3 - py
            s[z2 + i] = s[P + i] * nz - pz4 - pz3 - pz
            s[x3 + i] = px3
            s[y3 + i] = py3
            s[z3 + i] = pz3
            s[x4 + i] = px4
            s[y4 + i] = py4
            s[z4 + i] = pz4
            s[WEIGHT + i] *= p * q * r * span * span12 * inverse_norm
            s[M12 + i] = m12
            s[M123 + i] = m123
            s[COS12 + i] = c12
            s[COS3 + i] = c3
            s[TWIST + i] = s[_PHI12 + i] - s[_PHI3 + i]

    return four_bodies


def photon_pair(slot: int, meson: Rows, first: Rows, second: Rows, u_cos: int, u_phi: int) -> Any:
    """A stage (s, n, masses) for the isotropic decay of a meson of mass masses[slot] to two photons.

    In these rows. u_cos, u_phi: rows of the uniform numbers that turn about the meson's flight.
    """
    (x, y, z), (x1, y1, z1), (x2, y2, z2) = meson, first, second

    @stage
    def decay(s, n, masses):
        m = masses[slot]
        for i in range(n):
            px, py, pz = s[x + i], s[y + i], s[z + i]
            p = np.sqrt(px * px + py * py + pz * pz)
            c, sin, cos_phi, sin_phi = _direction(s[u_cos + i], s[u_phi + i])
            along = 0.5 * (np.sqrt(p * p + m * m) * c + p)
            side = 0.5 * m * sin
            kx, ky, kz = _to_lab(side * cos_phi, side * sin_phi, along, px / p, py / p, pz / p)
            s[x1 + i] = kx
            s[y1 + i] = ky
            s[z1 + i] = kz
            s[x2 + i] = px - kx
            s[y2 + i] = py - ky
            s[z2 + i] = pz - kz

    return decay

"""Matrix elements against four-vectors and the form factor of three pions; mean weight of one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError
from feebly.physics.decays.channels import CHANNELS, channel_of
from feebly.physics.decays.matrix_elements import MATRIX_ELEMENTS, matrix_element, norm
from feebly.physics.formfactors import three_pions
from feebly.physics.kinematics.phase_space import chain_nodes
from twins import many_bodies as twin

PI, PI0 = PION_MASS_GEV, PION0_MASS_GEV
CASES = [
    ("rho-gamma", (PI, PI, 0.0), 0.6),
    ("vector-3pi", (PI, PI, PI0), 0.9),
    ("slope", (PI, PI, PI0), 0.7),
    ("a1-pi", (PI, PI, PI, PI), 1.4),
]


def chain_variables(p4: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """m12, m123 and cos of rest-frame four-vectors."""
    pair, three = p4[:, 0] + p4[:, 1], p4[:, 0] + p4[:, 1] + p4[:, 2]
    m12, m123 = np.sqrt(twin.invariant2(pair)), np.sqrt(twin.invariant2(three))
    in_three = [twin._boost_all(p, -three[:, 1:] / m123[:, None]) for p in (pair, p4[:, 0])]
    star = twin._boost_all(in_three[1], -in_three[0][:, 1:] / m12[:, None])[:, 1:]
    axis = in_three[0][:, 1:]
    cos = np.sum(star * axis, axis=1) / np.linalg.norm(star, axis=1) / np.linalg.norm(axis, axis=1)
    return m12, m123, cos


@pytest.mark.parametrize(("name", "masses", "mass"), CASES[:2])
def test_shape_is_that_of_the_four_vectors(name: str, masses: tuple[float, ...], mass: float) -> None:
    p4, _ = twin.genbod(np.random.default_rng(3), mass, masses, 400)
    ratio = matrix_element(name, mass, masses)(*chain_variables(p4)) / twin.matrix_element(name, p4, masses)
    assert_allclose(ratio, ratio[0], rtol=1e-6)


def test_vector_to_three_pions_is_the_leading_current() -> None:
    """|p+ x p-|^2 |H_0|^2 against the current of hep-ph/0512180, at its own pion mass."""
    m, mass = three_pions._MPI, 0.95
    m12, cos = chain_nodes(mass, [m] * 3).m12, 0.37
    p, q = np.sqrt(m12**2 / 4 - m**2), np.sqrt(((mass - m) ** 2 - m12**2) * ((mass + m) ** 2 - m12**2))
    q2 = 2 * m**2 + 2 * (m12 / 2 * (mass**2 - m12**2 - m**2) / (2 * m12) + p * q / (2 * m12) * cos)
    neutral = m12**2
    other = mass**2 + 3 * m**2 - neutral - q2
    h = sum(three_pions._rho(x, *three_pions.RHO_GEV) for x in (neutral, q2, other))
    _, lorentz = three_pions.three_pion_current(mass**2, q2, other)
    own = matrix_element("vector-3pi", mass, (m,) * 3)(m12, mass, cos)
    assert_allclose(own, lorentz / mass**2 * abs(h) ** 2, rtol=1e-9)


@pytest.mark.parametrize(("name", "masses", "mass"), CASES)
def test_mean_weight_is_one(name: str, masses: tuple[float, ...], mass: float) -> None:
    """Over flat phase space of another generator: weight over norm times that of phase space."""
    p4, weight = twin.genbod(np.random.default_rng(4), mass, masses, 60_000)
    value = matrix_element(name, mass, masses)(*chain_variables(p4))
    mean = np.average(value, weights=weight) * norm("flat", mass, masses) / norm(name, mass, masses)
    spread = np.std(value * weight / weight.mean()) / np.mean(value) / np.sqrt(len(value))
    assert abs(mean - 1) < 4.5 * spread
    assert spread < 0.02


def test_names_by_channel() -> None:
    for channel in CHANNELS.values():
        for spin_parity in ("1-", "0+", "0-", ""):
            names = channel.matrix_elements(spin_parity)
            assert names[0] == channel.matrix_element(spin_parity)
            assert len(set(names)) == len(names)
            for name in names:
                assert name in MATRIX_ELEMENTS
                if len(channel.bodies) > 2:
                    matrix_element(name, 2.0, channel.masses_gev)  # of as many bodies
    assert channel_of("3pi").matrix_element("1-") == "vector-3pi"
    assert channel_of("3pi").matrix_element("0-") == "flat"
    assert channel_of("pipigamma").matrix_element("0-") == "rho-gamma"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown matrix element 'vector3pi'"):
        norm("vector3pi", 0.9, (PI, PI, PI0))
    with pytest.raises(ConfigError, match="unknown matrix element of 3 bodies 'omega-pi0'"):
        norm("omega-pi0", 0.9, (PI, PI, PI0))

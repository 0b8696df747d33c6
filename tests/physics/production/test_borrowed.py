"""Production of a user's model: a shipped channel times a factor and the user's own power of the coupling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.core.provenance import Origin
from feebly.physics.models.user_model import CouplingScale
from feebly.physics.production.borrowed import BorrowedProduction, MassFactor
from feebly.physics.production.meson_decay import MesonDecay

ORIGIN = Origin("assumed", "test")


def borrowed(factor: MassFactor, power: float = 2.0) -> BorrowedProduction:
    scale = CouplingScale("g", 1e-8, 1e-3, power)
    return BorrowedProduction("eta", "dark-photon/eta", MesonDecay("eta"), factor, scale, ORIGIN)


@pytest.mark.parametrize("power", [1.0, 2.0, 4.0])
def test_rate_is_the_borrowed_one_times_factor_and_power(power):
    channel = borrowed(MassFactor.constant(3.5), power)
    expected = 3.5 * 1e-5**power * MesonDecay("eta").rate(0.3, 1.0, 0.4)
    assert_allclose(channel.rate(0.3, 1e-5, 0.4), expected, rtol=1e-12)


def test_a_table_of_factors_is_linear_in_ln_mass_and_limits_the_masses():
    factor = MassFactor(np.array([1.0, 3.0]), np.array([0.1, 0.4]))
    channel = borrowed(factor)
    assert_allclose(factor([0.1, 0.2, 0.4]), [1.0, 2.0, 3.0], rtol=1e-12)
    assert channel.mass_range_gev((0.01, 2.0)) == (0.1, 0.4)
    assert borrowed(MassFactor.constant(1.0)).mass_range_gev((0.01, 2.0)) == (0.01, 0.547862)
    with pytest.raises(DomainError, match=r"mass 0\.5 GeV: the table of factors ends at 0\.1 and 0\.4 GeV"):
        factor(0.5)


def test_sample_and_parent_are_those_of_the_borrowed_channel():
    channel = borrowed(MassFactor.constant(2.0))
    assert (channel.parent, channel.sampling()) == ("eta", MesonDecay("eta").sampling())
    assert channel.numbers[0].startswith("2 x dark-photon/eta (BR(eta -> gamma gamma) = 0.3936)")


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_a_factor_is_zero_or_positive(value):
    with pytest.raises(ConfigError, match=r"factor = .*expected zero or a positive number"):
        MassFactor.constant(value)

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.core.interfaces import MixingSampling
from feebly.physics.models.alp import MesonMixing
from feebly.physics.models.alp_couplings import couplings_per_unit
from feebly.physics.production.alp_mixing import MIXED_MESONS, AlpMixing

GLUON, PER_FG = couplings_per_unit("alp-gluon"), couplings_per_unit("alp-gluon", "1/f")


def test_weight_of_public_angles():
    # θ f_G at 0.4 GeV of 2201.05170: .01898 (π0), -.03989 (η), -.00466 (η′)
    for tag, angle in (("mixing-pi0", 0.01898), ("mixing-eta", 0.03989), ("mixing-etaprime", 0.00466)):
        weight = AlpMixing(tag, PER_FG, MesonMixing()).weight(0.4, 1e-3)
        assert_allclose(weight, (angle * 1e-3) ** 2, rtol=0.02)


def test_one_meson_makes_one_alp_at_most():
    channel = AlpMixing("mixing-eta", GLUON, MesonMixing())
    weight = channel.weight(0.6, [1e-6, 1.0, 1e3])
    assert weight[0] < 1
    assert list(weight[1:]) == [1.0, 1.0]
    assert_allclose(channel.rate(0.6, 1e-6, 0.4), 0.4 * weight[0], rtol=1e-12)
    with pytest.raises(ConfigError, match="needs the multiplicity of its parent 'eta'"):
        channel.rate(0.6, 1e-6)


@pytest.mark.parametrize(("tag", "mass"), [("mixing-pi0", 0.13498), ("mixing-eta", 0.54786)])
def test_nothing_at_the_meson(tag, mass):
    channel = AlpMixing(tag, GLUON, MesonMixing())
    weights = channel.weight(mass + np.array([-0.0051, -0.0049, 0.0, 0.0049, 0.0051]), 1e-6)
    assert np.all(weights[1:4] == 0)
    assert weights[0] > 0
    assert weights[4] > 0
    assert AlpMixing("mixing-etaprime", GLUON, MesonMixing()).weight(mass, 1e-6) > 0


def test_sampling_is_that_of_the_meson():
    channel = AlpMixing("mixing-etaprime", GLUON, MesonMixing(), "cm-energy")
    assert channel.sampling() == MixingSampling("etaprime", 0.95778, "cm-energy")
    assert channel.mass_range_gev((0.01, 2.9)) == (0.01, 2.9)
    assert set(MIXED_MESONS.values()) == {"pi0", "eta", "etaprime"}


def test_options_reach_the_weight():
    default = AlpMixing("mixing-eta", GLUON, MesonMixing()).weight(0.4, 1e-6)
    other_angle = AlpMixing("mixing-eta", GLUON, MesonMixing(eta_angle_deg=-13)).weight(0.4, 1e-6)
    assert_allclose(other_angle / default, (0.036795 / 0.039888) ** 2, rtol=1e-2)
    other_basis = AlpMixing("mixing-eta", GLUON, MesonMixing(basis="equal"))
    assert float(other_basis.weight(0.4, 1e-6) / default) > 1.5
    assert "kappa equal" in other_basis.numbers[0]
    # the form factor above 1.4 GeV: 0.7^8 at 2 GeV in the weight
    bare = AlpMixing("mixing-pi0", GLUON, MesonMixing())
    ratio = float(bare.weight(2.0, 1e-6) / bare.weight(1.4, 1e-6))
    kinetic = (2.0**2 / (2.0**2 - 0.13498**2) / (1.4**2 / (1.4**2 - 0.13498**2))) ** 2
    assert_allclose(ratio, 0.7**8 * kinetic, rtol=1e-4)


def test_names():
    with pytest.raises(ConfigError, match="unknown mixing channel 'mixing-rho'"):
        AlpMixing("mixing-rho", GLUON, MesonMixing())
    with pytest.raises(ConfigError, match="unknown mixing kinematics 'lab'"):
        AlpMixing("mixing-eta", GLUON, MesonMixing(), "lab")

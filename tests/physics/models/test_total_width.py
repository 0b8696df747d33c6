"""The sum of widths that is kept: of the right masses and of the right model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from feebly.physics.models.alp import Alp
from feebly.physics.models.dark_scalar import DarkScalar
from feebly.physics.models.registry import MODELS
from feebly.physics.models.total_width import total_width


@given(st.lists(st.floats(0.3, 1.5), min_size=1, max_size=4), st.lists(st.floats(0.3, 1.5), max_size=4))
def test_each_array_has_its_own_sum(first, second):
    model = DarkScalar()
    for masses in (first, second, first, [*first, *second]):
        mass = np.array(masses).reshape(-1, 1)
        found = total_width(model._unit_width, model.channels, mass)
        assert_array_equal(found, sum(model._unit_width(tag, mass) for tag in model.channels))
        assert found.shape == mass.shape


def test_two_models_at_the_same_masses():
    mass = np.geomspace(0.3, 1.5, 7)
    gluons, fermions = MODELS["alp-gluon"](), MODELS["alp-fermion"]()
    assert isinstance(gluons, Alp)
    sums = [model.total_width_gev(mass, 1e-6) for model in (gluons, fermions, gluons)]
    assert_array_equal(sums[0], sums[2])
    assert np.all(sums[0] != sums[1])


def test_asked_once_for_all_branching_ratios():
    calls = []

    def width(tag, mass):
        calls.append(tag)
        return mass**2

    mass = np.array([1.0, 2.0])
    for _ in range(3):
        assert_array_equal(total_width(width, ("a", "b"), mass.copy()), [2.0, 8.0])
    assert calls == ["a", "b"]
    with pytest.raises(ValueError, match="read-only"):
        total_width(width, ("a", "b"), mass)[0] = 0.0

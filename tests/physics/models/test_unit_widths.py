"""The widths that are kept: of the right masses and of the right model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from feebly.physics.models.alp import Alp
from feebly.physics.models.dark_scalar import DarkScalar
from feebly.physics.models.registry import MODELS
from feebly.physics.models.unit_widths import unit_widths


@given(st.lists(st.floats(0.3, 1.5), min_size=1, max_size=4), st.lists(st.floats(0.3, 1.5), max_size=4))
def test_each_array_has_its_own_sum(first, second):
    model = DarkScalar()
    for masses in (first, second, first, [*first, *second]):
        mass = np.array(masses).reshape(-1, 1)
        found = unit_widths(model._all_widths, mass)
        assert_array_equal(found.total, sum(model._unit_width(tag, mass) for tag in model.channels))
        assert found.total.shape == mass.shape
        for tag in model.channels:
            assert_array_equal(found.by_channel[tag], model._unit_width(tag, mass))


def test_two_models_at_the_same_masses():
    mass = np.geomspace(0.3, 1.5, 7)
    gluons, fermions = MODELS["alp-gluon"](), MODELS["alp-fermion"]()
    assert isinstance(gluons, Alp)
    sums = [model.total_width_gev(mass, 1e-6) for model in (gluons, fermions, gluons)]
    assert_array_equal(sums[0], sums[2])
    assert np.all(sums[0] != sums[1])


def test_asked_once_for_all_branching_ratios():
    calls = []

    def widths(mass):
        calls.append(mass)
        return {"a": mass**2, "b": mass**2}

    mass = np.array([1.0, 2.0])
    for _ in range(3):
        assert_array_equal(unit_widths(widths, mass.copy()).total, [2.0, 8.0])
    assert len(calls) == 1
    for kept in (unit_widths(widths, mass).total, unit_widths(widths, mass).by_channel["a"]):
        with pytest.raises(ValueError, match="read-only"):
            kept[0] = 0.0

"""What depends on masses alone is computed once for the same masses, and never for others."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.kept import kept


def test_the_same_masses_are_computed_once():
    calls = []

    @kept
    def power(mass_gev, exponent, *, factor=1.0):
        calls.append(mass_gev.shape)
        return factor * mass_gev**exponent

    mass = np.array([0.1, 0.2, 0.3])
    assert_allclose(power(mass, 2), [0.01, 0.04, 0.09], rtol=1e-14)
    assert_allclose(power([0.1, 0.2, 0.3], 2), mass**2, rtol=1e-14)
    assert len(calls) == 1
    # other masses, another shape, other options: anew
    for other, expected in (
        (lambda: power(mass + 1e-16 * mass.max() * 4, 2), mass**2),
        (lambda: power(mass[:, None], 2), mass[:, None] ** 2),
        (lambda: power(mass, 3), mass**3),
        (lambda: power(mass, 2, factor=2.0), 2 * mass**2),
    ):
        result = other()
        assert result.shape == expected.shape
        assert_allclose(result, expected, rtol=1e-13)
    assert len(calls) == 5


def test_what_is_kept_cannot_be_spoiled():
    @kept
    def same(mass_gev):
        return mass_gev

    mass = np.array([1.0, 2.0])
    first = same(mass)
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 7.0
    mass[0] = 5.0
    assert first[0] == 1.0
    assert same(mass)[0] == 5.0
    assert same(0.25) == 0.25

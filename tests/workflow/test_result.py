"""Excluded ranges and numbers in sentences of a result."""

import numpy as np

from feebly.limits.results import ContourPiece
from feebly.workflow.result import excluded_masses, plain_number


def piece(points, number=0):
    mass, coupling = np.array(points, float).T
    return ContourPiece("observed", number, mass, coupling)


def test_mass_ranges_join_where_they_overlap_and_only_there():
    def at(low, high):
        return piece([(low, 1), (high, 1), (high, 2), (low, 1)])

    assert excluded_masses([at(5, 6), at(1, 2), at(1.5, 3)]) == ((1, 3), (5, 6))
    assert excluded_masses([]) == ()


def test_numbers_as_a_person_types_them():
    assert [plain_number(x) for x in (1.4e17, 1e18, 3e-6, 0.9)] == ["1.4e17", "1e18", "3e-06", "0.9"]

"""Conventions of couplings: hand-made values, and refusals of what is no function of the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.publish.limit_files import COUPLINGS, LimitPiece, PublishedLimit, convert_coupling


@pytest.mark.parametrize(
    ("value", "name", "wanted", "model", "expected"),
    [
        (1e-6, "epsilon", "epsilon^2", "", 1e-12),
        (4e-12, "epsilon^2", "epsilon", "", 2e-6),
        (2e-4, "sin-theta", "sin2-theta", "dark-scalar", 4e-8),
        (9e-10, "sin2-theta", "sin-theta", "", 3e-5),
        (1e-8, "U2", "U", "", 1e-4),
        (1.0, "C/Lambda", "g_agamma", "alp-photon", 16 * np.pi / 137.035999),  # 1901.09966, BC9
        (1.0, "1/f", "C/Lambda", "alp-fermion", 2.0),  # BC10
        (1.0, "C/Lambda", "1/f", "alp-gluon", 315.827),  # 32 pi^2, BC11
    ],
)
def test_hand_made_values(value, name, wanted, model, expected):
    assert_allclose(convert_coupling(value, name, wanted, model), expected, rtol=3e-6)


@given(value=st.floats(-12, 0).map(lambda u: 10.0**u), data=st.data())
def test_there_and_back(value, data):
    name = data.draw(st.sampled_from(sorted(COUPLINGS)))
    family = [other for other in COUPLINGS.values() if other.family == COUPLINGS[name].family]
    allowed = {"C/Lambda", "g_agamma"} if family[0].unit == "1/GeV" else {other.name for other in family}
    if name not in allowed:
        return
    wanted = data.draw(st.sampled_from(sorted(allowed)))
    there = convert_coupling(value, name, wanted, "alp-photon")
    assert_allclose(convert_coupling(there, wanted, name, "alp-photon"), value, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "wanted", "model", "words"),
    [
        ("epsilon", "sin-theta", "", "kinetic mixing is not scalar mixing"),
        ("epsilon", "epsilom", "", "did you mean 'epsilon'?"),
        ("C/Lambda", "g_agamma", "", "model '': expected one of alp-photon"),
        ("g_agamma", "C/Lambda", "alp-gluon", "g_agamma is not defined for alp-gluon"),
        ("branching-ratio", "U2", "", "branching ratio is not neutrino mixing"),
    ],
)
def test_what_cannot_be_converted_is_refused(name, wanted, model, words):
    with pytest.raises(ConfigError) as refused:
        convert_coupling([1e-6], name, wanted, model)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_limit_in_another_convention_keeps_its_masses():
    piece = LimitPiece([0.1, 0.2], [1e-6, 2e-6])
    limit = PublishedLimit("x", "epsilon", (piece,), Origin("assumed", "test"), 0.9, region="above")
    squared = limit.in_coupling("epsilon^2")
    assert squared.coupling == "epsilon^2"
    assert_allclose(squared.pieces[0].coupling, [1e-12, 4e-12], rtol=1e-15)
    assert squared.pieces[0].mass_gev.tolist() == [0.1, 0.2]
    assert limit.in_coupling("epsilon") is limit

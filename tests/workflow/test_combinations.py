"""The list of combinations: 36 hadronic of the talks, 61 with the leptonic ones, and where each is open."""

from __future__ import annotations

from collections import Counter

import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import ETAPRIME_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError
from feebly.workflow.acceptance import acceptance
from feebly.workflow.combinations import LONG_CTAU_M, combinations, with_acceptance
from feebly.workflow.sampling import Sampling


@pytest.fixture(scope="module")
def every():
    return combinations()


def test_numbers_of_the_talks(every):
    by_model = Counter((each.model, each.listing) for each in every if each.listing != "further")
    assert by_model == {
        ("dark-photon", "hadronic"): 8,
        ("dark-scalar", "hadronic"): 3,
        ("alp-gluon", "hadronic"): 25,
        ("dark-photon", "leptonic"): 6,
        ("dark-scalar", "leptonic"): 4,
        ("alp-gluon", "leptonic"): 15,
    }
    assert sum(by_model.values()) == 61
    assert len({(each.model, each.source, each.final_state) for each in every}) == len(every)


def test_every_listed_combination_is_open(every):
    for each in every:
        if each.listing != "further":
            assert each.status in ("open", "not searched"), each
            assert each.production
    assert {each.final_state for each in every if each.listing == "hadronic" and not each.searched} == set()


def test_masses_are_those_of_thresholds_and_parents(every):
    found = {(each.model, each.source, each.final_state): each for each in every}
    pions = found["dark-photon", "meson decays", "3pi"]
    assert_allclose(pions.masses_gev, (2 * PION_MASS_GEV + PION0_MASS_GEV, ETAPRIME_MASS_GEV), rtol=1e-6)
    assert "pi0" not in pions.production
    # hadrons of the scalar are gluons and quarks above 1.99 GeV
    assert_allclose(found["dark-scalar", "B decays", "pipi"].masses_gev[1], 1.99, rtol=6e-3)
    assert found["dark-scalar", "B decays", "mumu"].masses_gev[1] > 4.5


def test_acceptance_is_that_of_the_first_mode(every, tmp_path):
    sampling = Sampling(precision=0.2, jobs=1, cache_dir=tmp_path)
    muons = next(each for each in every if (each.source, each.final_state) == ("meson decays", "mumu"))
    done = with_acceptance(muons, sampling=sampling)
    own = acceptance(
        "dark-photon", muons.production[0], "mumu", masses=[done.mass_gev],
        ctau=(LONG_CTAU_M, LONG_CTAU_M, 1), response="none", sampling=sampling,
    )  # fmt: skip
    assert done.acceptance == own.acceptance[0, 0]
    assert 0.05 < done.acceptance < 0.5
    assert done.sigma_mass_gev == own.resolution["mass_gev"][0]
    photons = next(each for each in every if each.status == "not searched")
    assert with_acceptance(photons, sampling=sampling) == photons


def test_models_are_asked_by_tag_or_alias():
    assert {each.model for each in combinations(["BC4"])} == {"dark-scalar"}
    with pytest.raises(ConfigError, match=r"unknown model 'dark-scaler'.*did you mean 'dark-scalar'"):
        combinations(["dark-scaler"])
    with pytest.raises(ConfigError, match="unknown model of the list 'alp-fermion'"):
        combinations(["alp-fermion"])

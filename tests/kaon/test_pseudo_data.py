"""Pseudo-data of searches, and which kind of search a name or a file is of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feebly.core.errors import ConfigError
from feebly.core.tables import shipped_names
from feebly.kaon.invisible import load_invisible_search
from feebly.kaon.invisible_data import MassSquares
from feebly.kaon.search_kinds import KINDS, kinds_of_search

PAIRS = load_invisible_search("pi-x-2016-22")
FLAT = load_invisible_search("pi0-invisible")
SEEDS = range(40)


def test_background_of_pi_nu_nu():
    """20 pairs of neutrinos and 18 others in both regions; none outside."""
    thrown = [PAIRS.pseudo_data(seed) for seed in SEEDS]
    assert abs(np.mean([each.size for each in thrown]) - 38) < 5 * np.sqrt(38 / len(SEEDS))
    every = np.concatenate(thrown)
    assert np.all(((every > 0) & (every < 0.010)) | ((every > 0.026) & (every < 0.068)))


def test_signal_is_what_the_point_expects():
    """In the window of its mass: background and BR over the sensitivity of the point."""
    point = PAIRS.point(0.22)
    ratio, few = 2000 * point.sensitivity, range(4)
    counts = [MassSquares(PAIRS.pseudo_data(seed, {0.22: ratio})).counted(point).n for seed in few]
    expected = point.background + 2000
    assert abs(np.mean(counts) - expected) < 5 * np.sqrt(expected / len(few))


def test_flat_background():
    n = [FLAT.pseudo_data(seed).size for seed in SEEDS]
    mean = FLAT.file.other_background.mean
    assert abs(np.mean(n) - mean) < 5 * np.sqrt(mean / len(SEEDS))


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_a_seed_is_one_data_set(seed):
    assert np.array_equal(PAIRS.pseudo_data(seed), PAIRS.pseudo_data(seed))
    assert not np.array_equal(PAIRS.pseudo_data(seed), PAIRS.pseudo_data(seed + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_every_shipped_search(kind, tmp_path):
    """By its name, and as a file with its keys alone."""
    for name in shipped_names(KINDS[kind][0]):
        assert kind in kinds_of_search(name)
        path = tmp_path / f"{kind}-{name}.toml"
        path.write_text(f'extends = "{name}"\n')
        if len(kinds_of_search(name)) == 1:
            assert kinds_of_search(str(path)) == (kind,)


def test_what_is_no_search(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'pi-mumu'"):
        kinds_of_search("pi-mumuu")
    path = tmp_path / "mine.toml"
    path.write_text('title = "nothing else"\n')
    with pytest.raises(ConfigError, match="expected the keys of a search"):
        kinds_of_search(str(path))
    path.write_text("title = \n")
    with pytest.raises(ConfigError, match=r"mine.toml:1: not valid TOML"):
        kinds_of_search(str(path))

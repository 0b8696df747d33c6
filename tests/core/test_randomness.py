"""Philox against its published answers and a twin of whole numbers; uniform and normal rows by p-values."""

import hashlib
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.block import BLOCK, NORMAL_ROWS, RANDOM_ROWS, ROWS
from feebly.core.randomness import NORMAL_GROUP, fill_normal, fill_uniform, philox, stream_key
from twins.philox import philox as whole_number_philox
from twins.scratch import row, scratch

KEY = stream_key(7, "brems", "mumu")
UNIFORMS = [name for name in ROWS if name.startswith("U_")][:RANDOM_ROWS]
NORMALS = [f"G{k}" for k in range(NORMAL_ROWS)]

# Random123 1.14, tests/kat_vectors, philox4x32 with 10 rounds: counter, key, answer
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_known_answers(counter: str, key: str, answer: str) -> None:
    compiled = philox(*map(np.uint64, words(counter)), *map(np.uint64, words(key)))
    assert tuple(map(int, compiled)) == words(answer)
    assert whole_number_philox(words(counter), words(key)) == words(answer)


def uniforms(key: tuple[np.uint64, np.uint64], first_event: int, n: int = BLOCK) -> np.ndarray:
    """Shape (rows, n)."""
    s = scratch()
    fill_uniform(s, n, *key, first_event)
    return np.array([row(s, name, n) for name in UNIFORMS])


def normals(key: tuple[np.uint64, np.uint64], first_event: int, index: np.ndarray) -> np.ndarray:
    s = scratch(INDEX=index)
    fill_normal(s, index.size, *key, first_event)
    return np.array([row(s, name, index.size) for name in NORMALS])


@pytest.fixture(scope="module")
def many_uniforms() -> np.ndarray:
    return np.concatenate([uniforms(KEY, k * BLOCK) for k in range(400)], axis=1)


@pytest.fixture(scope="module")
def many_normals() -> np.ndarray:
    every = np.arange(BLOCK)
    return np.concatenate([normals(KEY, k * BLOCK, every) for k in range(400)], axis=1)


@pytest.mark.parametrize("first_event", [0, 12345, 2**32 - 2, 2**49])
def test_uniform_rows_are_the_words_of_the_counter(first_event: int) -> None:
    u = uniforms(KEY, first_event, 4)
    for i, group in np.ndindex(4, RANDOM_ROWS // 4):
        high, low = divmod(first_event + i, 2**32)
        expected = whole_number_philox((low, high, group, 0), (int(KEY[0]), int(KEY[1])))
        assert_allclose(u[4 * group : 4 * group + 4, i], (np.array(expected) + 0.5) / 2**32, rtol=0, atol=0)


def test_normal_rows_are_box_muller_of_the_words_of_the_event() -> None:
    first_event, index = 2**40, np.array([3, 17, 500])
    g = normals(KEY, first_event, index)
    for i, group in np.ndindex(3, (NORMAL_ROWS + 2) // 4):
        high, low = divmod(first_event + int(index[i]), 2**32)
        counter = (low, high, NORMAL_GROUP + group, 0)
        a, b, c, d = whole_number_philox(counter, (int(KEY[0]), int(KEY[1])))
        expected = [
            np.sqrt(-2 * np.log((size + 0.5) / 2**32)) * function(2 * np.pi * turn / 2**32)
            for size, turn in ((a, b), (c, d))
            for function in (np.cos, np.sin)
        ]
        rows = g[4 * group : 4 * group + 4, i]
        assert_allclose(rows, expected[: rows.size], rtol=1e-7, atol=1e-7)


def test_numbers_belong_to_the_event_not_to_the_block() -> None:
    assert np.array_equal(uniforms(KEY, 100, 5), uniforms(KEY, 0)[:, 100:105])
    survivors = np.array([4, 40, 400])
    assert np.array_equal(normals(KEY, 64, survivors), normals(KEY, 0, survivors + 64))


def test_uniform_rows_are_uniform(many_uniforms: np.ndarray) -> None:
    assert many_uniforms.min() > 0
    assert many_uniforms.max() < 1
    for u in many_uniforms:
        assert stats.kstest(u, "uniform").pvalue > 1e-4


def test_uniform_rows_are_independent(many_uniforms: np.ndarray) -> None:
    sixteenths = (16 * many_uniforms).astype(int)
    rows = list(combinations(sixteenths, 2))
    neighbouring_events = [(u[:-1], u[1:]) for u in sixteenths]
    for one, other in rows + neighbouring_events:
        counts = np.bincount(16 * one + other, minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-5


def test_normal_rows_are_normal(many_normals: np.ndarray) -> None:
    for g in many_normals:
        assert stats.kstest(g, "norm").pvalue > 1e-4
        assert abs(g.mean()) < 4.5 / np.sqrt(g.size)
        assert abs(g.var() - 1) < 4.5 * np.sqrt(2 / g.size)
    assert 4 < np.abs(many_normals).max() < 6.8  # 32-bit words reach sqrt(2 ln 2^33)


def test_normal_rows_are_uncorrelated(many_normals: np.ndarray) -> None:
    off_diagonal = np.corrcoef(many_normals) - np.eye(NORMAL_ROWS)
    assert np.abs(off_diagonal).max() < 5 / np.sqrt(many_normals.shape[1])
    squares = np.corrcoef(many_normals**2) - np.eye(NORMAL_ROWS)
    assert np.abs(squares).max() < 5 / np.sqrt(many_normals.shape[1])


def test_smearing_is_independent_of_the_event(many_uniforms: np.ndarray, many_normals: np.ndarray) -> None:
    correlation = np.corrcoef(many_uniforms, many_normals)[:RANDOM_ROWS, RANDOM_ROWS:]
    assert np.abs(correlation).max() < 5 / np.sqrt(many_normals.shape[1])


STREAMS = [(1, "brems", "ee"), (2, "brems", "ee"), (1, "brems", "mumu"), (1, "eta", "ee"), (1, "brem", "see")]


def test_streams_differ() -> None:
    keys = {tuple(map(int, stream_key(*stream))) for stream in STREAMS}
    assert len(keys) == len(STREAMS)
    first, second = uniforms(stream_key(*STREAMS[0]), 0), uniforms(stream_key(*STREAMS[1]), 0)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 4.5 / np.sqrt(first.size)


def test_key_words_are_the_digest_of_the_names() -> None:
    digest = hashlib.sha256(b"20250101\x1fomega-pi0\x1fee").digest()
    expected = int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")
    assert tuple(map(int, stream_key(20250101, "omega-pi0", "ee"))) == expected

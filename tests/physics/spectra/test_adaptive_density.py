"""From a list to a density: sums are kept, sparse lists are smooth, rich ones sharp."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.physics.spectra.adaptive_density import ENOUGH_ENTRIES, adaptive_density, count_weighted
from feebly.physics.spectra.library import load_spectrum

U = np.linspace(0.0, 2.0, 41)
PT = np.linspace(0.0, 1.0, 21)
AREA = np.outer(np.diff(U), np.diff(PT**2))


def sample(rng, size):
    """ln p uniform, p_T² exponential with mean 0.1: smooth and known."""
    return rng.uniform(0, 2, size), np.sqrt(rng.exponential(0.1, size))


def truth():
    share = np.diff(1 - np.exp(-(PT**2) / 0.1))
    return np.tile(np.diff(U)[:, None] / 2 * share, (1, 1)) / AREA


@given(size=st.integers(1, 3000), seed=st.integers(0, 2**32 - 1))
def test_sum_of_weights_is_kept(size, seed):
    rng = np.random.default_rng(seed)
    u, pt = sample(rng, size)
    weight = 10.0 ** rng.uniform(-6, 6, size)
    counts = count_weighted(u, pt, weight, U, PT)
    density = adaptive_density(counts, U, PT)
    assert np.all(density >= 0)
    inside = weight[(u < 2) & (pt < 1)].sum()
    assert_allclose((density * AREA).sum(), inside, rtol=1e-9)
    # the distributions of p and of p_T stay those of the list
    assert_allclose((density * AREA).sum(axis=1), counts.weight.sum(axis=1), rtol=1e-9, atol=1e-12 * inside)
    assert_allclose((density * AREA).sum(axis=0), counts.weight.sum(axis=0), rtol=1e-9, atol=1e-12 * inside)
    # nothing outside of what the list knows: an empty table stays empty
    assert (density.sum() > 0) == (counts.entries.sum() > 0)


def test_integrals_have_no_bias_and_cells_less_noise():
    rng = np.random.default_rng(3)
    forward = (slice(10, 20), slice(0, 7))  # not at a cut of the blocks
    expected = (truth() * AREA)[forward].sum()
    found, own, raw = [], [], []
    for _ in range(60):
        u, pt = sample(rng, 2000)
        counts = count_weighted(u, pt, np.full(2000, 1 / 2000), U, PT)
        density = adaptive_density(counts, U, PT)
        found.append((density * AREA)[forward].sum())
        own.append(np.sum((density - truth()) ** 2 * AREA))
        raw.append(np.sum((counts.weight / AREA - truth()) ** 2 * AREA))
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - expected) < 4 * error + 0.005 * expected
    assert np.std(found) < 1.3 * np.sqrt(expected * (1 - expected) / 2000)
    assert np.mean(own) < 0.75 * np.mean(raw)


def test_a_correlation_survives_where_there_are_enough_entries():
    """Two clumps on the diagonal of (p, p_T): a product of the whole table would make four."""
    u = np.repeat([0.31, 1.71], 2 * int(ENOUGH_ENTRIES))
    pt = np.repeat([0.22, 0.78], 2 * int(ENOUGH_ENTRIES))
    density = adaptive_density(count_weighted(u, pt, np.ones(u.size), U, PT), U, PT)
    assert np.count_nonzero(density) == 2
    few = adaptive_density(count_weighted(u[::9], pt[::9], np.ones(u[::9].size), U, PT), U, PT)
    assert np.count_nonzero(few) == 4


def test_a_rich_list_is_the_histogram():
    entries = np.full((40, 20), 30)
    u, pt = 0.5 * (U[1:] + U[:-1]), 0.5 * (PT[1:] + PT[:-1])
    uu, pp = (grid.repeat(30) for grid in map(np.ravel, np.meshgrid(u, pt, indexing="ij")))
    counts = count_weighted(uu, pp, np.ones(uu.size), U, PT)
    assert_allclose(adaptive_density(counts, U, PT), entries / AREA, rtol=1e-12)


def test_effective_entries():
    u, pt = np.full(4, 0.5), np.full(4, 0.5)
    assert count_weighted(u, pt, np.ones(4), U, PT).effective_entries == 4
    assert_allclose(count_weighted(u, pt, np.array([1.0, 1, 1, 0]), U, PT).effective_entries, 3)
    assert_allclose(count_weighted(u, pt, np.array([3.0, 1, 0, 0]), U, PT).effective_entries, 16 / 10)
    assert count_weighted(u + 9, pt, np.ones(4), U, PT).effective_entries == 0


@pytest.mark.parametrize("size", [1500, 40_000])
def test_list_of_a_known_spectrum(tmp_path, size):
    """Mesons drawn from the D0 spectrum and read back: the same momenta and angles."""
    original = load_spectrum("D0", "feynman-power")
    rng = np.random.default_rng(11)
    cell = rng.choice(
        original.density.size, size, p=original.cell_fraction.ravel() / original.fraction_in_table
    )
    i, j = np.divmod(cell, original.density.shape[1])
    a, b, phi = rng.random((3, size))
    p = np.exp(original.ln_p_edges[i] + a * np.diff(original.ln_p_edges)[i])
    pt = np.sqrt(original.pt_edges_gev[j] ** 2 + b * np.diff(original.pt_edges_gev**2)[j])
    rows = [
        (421 * (-1) ** k, t * np.cos(f), t * np.sin(f), np.sqrt(q**2 - t**2), 1.0)
        for k, (q, t, f) in enumerate(zip(p, pt, 2 * np.pi * phi, strict=True))
    ]
    path = tmp_path / "d0.csv"
    head = f"# pot = {size / original.multiplicity}\n# beam_momentum_gev = 400\npid,px,py,pz,weight"
    np.savetxt(path, rows, delimiter=",", header=head, comments="", fmt="%.10g")
    again = load_spectrum("D0", path)
    assert_allclose(again.multiplicity, original.multiplicity, rtol=1e-6)
    assert_allclose(again.multiplicity_relative_error, size**-0.5, rtol=1e-9)
    assert again.effective_entries == size
    assert_allclose(again.mean_momentum_gev(), p.mean(), rtol=0.02)
    for theta in (0.005, 0.01, 0.05):
        share = original.fraction_within(theta)
        error = np.sqrt(share * (1 - share) / size)
        assert abs(again.fraction_within(theta) - share) < 4 * error + 0.02 * share

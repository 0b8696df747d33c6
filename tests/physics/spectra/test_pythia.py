"""Counting mesons in Pythia events; a rebuild agrees with the embedded table."""

import importlib.util
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import chi2

from feebly.core.errors import ConfigError
from feebly.physics.spectra import pythia
from feebly.physics.spectra.hadron_table import LN_P_EDGES, TABLES, read_table
from feebly.physics.spectra.pythia import (
    RECIPES,
    Chunk,
    build_table,
    count_chunk,
    count_mesons,
    mirrored_pz,
    plan_chunks,
)
from feebly.physics.spectra.species import SPECIES

needs_pythia = pytest.mark.skipif(
    importlib.util.find_spec("pythia8mc") is None, reason="pythia8mc is not installed (extra [generators])"
)


@given(events=st.integers(1, 10**7), seed=st.integers(1, 10**6))
def test_chunks_hold_all_events_with_different_seeds(events, seed):
    chunks = plan_chunks(events, seed)
    assert sum(chunk.events for chunk in chunks) == events
    assert [chunk.seed for chunk in chunks] == list(range(seed, seed + len(chunks)))
    assert all(chunk.events == 100_000 for chunk in chunks[:-1])


@pytest.mark.parametrize(("events", "seed"), [(0, 1), (-5, 1), (10, 0), (10, 900_000_000)])
def test_impossible_plans_are_refused(events, seed):
    with pytest.raises(ConfigError, match="expected"):
        plan_chunks(events, seed)


def test_no_workers_is_refused():
    with pytest.raises(ConfigError, match="jobs = 0"):
        count_mesons([Chunk(1, 1)], jobs=0)


def test_missing_generator_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr(pythia.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'feebly\[generators\]'"):
        build_table(tmp_path)


def reflected_by_boosts(pz, energy):
    """p_z after boost to the centre of mass, reflection, and boost back, with 400 GeV + proton at rest."""
    total_energy = np.hypot(400.0, 0.93827) + 0.93827
    mass = np.sqrt(total_energy**2 - 400.0**2)
    gamma, beta_gamma = total_energy / mass, 400.0 / mass
    pz_cm, energy_cm = gamma * pz - beta_gamma * energy, gamma * energy - beta_gamma * pz
    return gamma * -pz_cm + beta_gamma * energy_cm


@given(rapidity=st.floats(-1, 7), mt=st.floats(0.135, 3))
def test_mirror_is_a_reflection_in_the_centre_of_mass(rapidity, mt):
    pz, energy = mt * np.sinh(rapidity), mt * np.cosh(rapidity)
    assert_allclose(mirrored_pz(pz, energy), reflected_by_boosts(pz, energy), rtol=1e-6, atol=1e-7 * mt)


def test_mirror_of_a_meson_at_rest_in_the_centre_of_mass_is_itself():
    gamma = 14.6173  # √s = 27.4295 GeV
    pz = np.sqrt(gamma**2 - 1)
    assert_allclose(mirrored_pz(pz, gamma), pz, rtol=1e-4)


def fake_batch(particles):
    """One event as an awkward array with the fields that are read."""
    ak = pytest.importorskip("awkward", reason="awkward is not installed (extra [generators])")
    record = [
        {"id": code, "p": {"px": px, "py": py, "pz": pz, "e": float(np.sqrt(m**2 + px**2 + py**2 + pz**2))}}
        for code, m, px, py, pz in particles
    ]
    return ak.Array([{"prt": record}])


def cell(p, pt):
    return np.searchsorted(LN_P_EDGES, np.log(p)) - 1, np.searchsorted(RECIPES["light"].pt_edges_gev, pt) - 1


def test_each_meson_enters_itself_and_mirrored():
    batch = fake_batch([(111, 0.135, 1.2, 0.95, 5.0), (2212, 0.938, 0.1, 0.0, 60.0)])
    counts = pythia.count_events(batch, RECIPES["light"])
    assert (counts.events, counts.mesons.tolist()) == (1, [1, 0, 0, 0, 0, 0, 0])
    pt = np.hypot(1.2, 0.95)
    mirror_pz = reflected_by_boosts(5.0, np.sqrt(0.135**2 + pt**2 + 25.0))
    found = {tuple(index) for index in np.argwhere(counts.entries[0])}
    assert found == {cell(np.hypot(5.0, pt), pt), cell(np.hypot(mirror_pz, pt), pt)}


def test_both_charges_of_the_rho_are_one_species():
    batch = fake_batch(
        [(213, 0.77, 0.1, 0.0, 30.0), (-213, 0.77, 0.1, 0.0, 30.0), (113, 0.77, 0.1, 0.0, 30.0)]
    )
    counts = dict(
        zip(
            RECIPES["light"].species,
            pythia.count_events(batch, RECIPES["light"]).mesons.tolist(),
            strict=True,
        )
    )
    assert (counts["rho"], counts["rho0"]) == (2, 1)


@needs_pythia
def test_hadrons_are_not_copied_in_the_record():
    batch = pythia.start_pythia(77, RECIPES["light"]).nextBatch(300)
    for event in batch["prt"]:
        code, daughter = event["id"].to_numpy(), event["daughter1"].to_numpy()
        mesons = np.isin(
            np.abs(code), [c for name in RECIPES["light"].species for c in SPECIES[name].pdg_codes]
        )
        assert mesons.any() or len(code) < 30
        assert not np.any(code[daughter[mesons]] == code[mesons])


@needs_pythia
@pytest.mark.parametrize(("flavour", "events"), [("light", 6000), ("charm", 3000), ("beauty", 3000)])
def test_rebuild_agrees_with_the_embedded_table(flavour, events):
    table = read_table(files("feebly") / "data" / "spectra", TABLES[flavour])
    fresh = count_chunk(Chunk(seed=800_001, events=events, flavour=flavour))
    assert 0.99 * events < fresh.events <= events
    # above, at most one of meson and mirror image enters; the heavier, the faster is the centre of mass
    fast = np.searchsorted(LN_P_EDGES, np.log({"light": 20.0, "charm": 40.0, "beauty": 100.0}[flavour]))
    for k, (parent, counts) in enumerate(table.counts.items()):
        expected = coarse(counts[fast:]) * fresh.events / table.build["events"]
        found = coarse(fresh.entries[k][fast:])
        assert p_value(found, expected) > 1e-6, parent
        mean = table.multiplicity(parent) * fresh.events
        assert abs(fresh.mesons[k] - mean) < 8 * np.sqrt(mean), parent  # mesons of one event go together


def coarse(counts):
    """Sums over blocks of cells, about 30% wide in p and 0.25 GeV in pT."""
    rows = np.add.reduceat(counts, np.arange(0, counts.shape[0], 12), axis=0)
    return np.add.reduceat(rows, np.arange(0, counts.shape[1], 10), axis=1).astype(float)


def p_value(found, expected, enough=8.0):
    """Of χ², with all blocks that expect few mesons taken together."""
    few = expected < enough
    found = np.append(found[~few], found[few].sum())
    expected = np.append(expected[~few], expected[few].sum())
    return chi2.sf(np.sum((found - expected) ** 2 / expected), expected.size)


@needs_pythia
def test_counts_do_not_depend_on_the_number_of_workers():
    chunks = plan_chunks(120, seed=5, chunk_events=60)
    progress = []
    alone = count_mesons(chunks, jobs=1)
    together = count_mesons(chunks, jobs=2, progress=lambda *done: progress.append(done))
    assert_array_equal(together.entries, alone.entries)
    assert_array_equal(together.mesons, alone.mesons)
    assert progress == [(60, 120), (120, 120)]

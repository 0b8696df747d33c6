"""The embedded table: complete, small, unaltered, and made with the committed settings."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from feebly.core.errors import DataError
from feebly.physics.spectra import pythia
from feebly.physics.spectra.hadron_table import (
    TABLES,
    HadronTable,
    read_table,
    write_table,
)

EMBEDDED = files("feebly") / "data" / "spectra"
TABLE_NAME = TABLES["light"]

# An independent run of Pythia 8 with the same settings, 1.8e6 events (another tune: up to 15%).
PYTHIA_MULTIPLICITY = {
    "pi0": 4.72,
    "eta": 0.579,
    "etaprime": 0.062,
    "rho0": 0.661,
    "rho": 1.245,
    "omega": 0.663,
    "phi": 0.0238,
}


@pytest.fixture(scope="module")
def table() -> HadronTable:
    return read_table(EMBEDDED, TABLE_NAME)


@pytest.fixture
def copy(tmp_path) -> Path:
    for suffix in ("npz", "json"):
        shutil.copy(str(EMBEDDED / f"{TABLE_NAME}.{suffix}"), tmp_path)
    return tmp_path


def test_generator_multiplicities(table):
    assert set(table.counts) == set(PYTHIA_MULTIPLICITY)
    for parent, expected in PYTHIA_MULTIPLICITY.items():
        assert_allclose(table.multiplicity(parent), expected, rtol=0.015, err_msg=parent)


def test_density_integrates_to_the_counted_share(table):
    area = np.diff(table.ln_p_edges)[:, None] * np.diff(table.pt_edges_gev**2)
    for parent, counts in table.counts.items():
        share = counts.sum() / (2 * table.mesons[parent])
        assert 0.5 < share < 1
        assert_allclose(np.sum(table.density(parent) * area), share, rtol=1e-12)


@pytest.mark.parametrize("flavour", TABLES)
def test_made_with_the_committed_settings(flavour):
    table, recipe = read_table(EMBEDDED, TABLES[flavour]), pythia.RECIPES[flavour]
    assert table.build["settings"] == list(recipe.settings)
    assert table.build["seed"] == recipe.seed
    assert 0.999 * recipe.events < table.build["events"] <= recipe.events  # Pythia gives a few up
    assert table.build["chunk_events"] == pythia.CHUNK_EVENTS
    assert tuple(table.counts) == recipe.species
    assert_array_equal(table.pt_edges_gev, recipe.pt_edges_gev)


def test_small():
    sizes = [len(file.read_bytes()) for file in EMBEDDED.iterdir()]
    assert len(sizes) >= 2 * len(TABLES)
    assert sum(sizes) < 2_000_000


def test_written_table_reads_back(table, tmp_path):
    write_table(table, tmp_path)
    again = read_table(tmp_path, TABLE_NAME)
    for parent in table.counts:
        assert_array_equal(again.counts[parent], table.counts[parent])
        assert again.digest(parent) == table.digest(parent)


def test_one_altered_count_is_found(copy):
    with np.load(copy / f"{TABLE_NAME}.npz") as archive:
        arrays = dict(archive)
    arrays["phi"][100, 10] += 1
    np.savez_compressed(copy / f"{TABLE_NAME}.npz", **arrays)
    with pytest.raises(DataError, match="phi not as in its SHA-256"):
        read_table(copy, TABLE_NAME)


def test_altered_normalisation_is_found(copy):
    sidecar = copy / f"{TABLE_NAME}.json"
    description = json.loads(sidecar.read_text())
    description["species"]["eta"]["mesons"] *= 2
    sidecar.write_text(json.dumps(description))
    with pytest.raises(DataError, match="eta not as in its SHA-256"):
        read_table(copy, TABLE_NAME)


@pytest.mark.parametrize("position", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_altered_bytes_are_found(copy, position):
    npz = copy / f"{TABLE_NAME}.npz"
    content = bytearray(npz.read_bytes())
    content[int(position * len(content))] ^= 0xFF
    npz.write_bytes(content)
    with pytest.raises(DataError, match="spectra build"):
        read_table(copy, TABLE_NAME)


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_missing_and_cut_files_are_found(copy, suffix):
    path = copy / f"{TABLE_NAME}.{suffix}"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="missing or damaged"):
        read_table(copy, TABLE_NAME)
    path.unlink()
    with pytest.raises(DataError, match="missing or damaged"):
        read_table(copy, TABLE_NAME)

"""A table of hadrons counted in (ln p, pT): its binning, its two files and their digests.

On disk a table is ``NAME.npz`` (edges, and counts per species as integers, so that a rebuild can be compared
exactly) and ``NAME.json`` (generator, settings, seed, number of events and mesons, a digest per species).
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray
from feebly.physics.spectra.species import BEAUTY, CHARM, LIGHT

SCHEMA = 1
TABLES = {
    LIGHT: "light-mesons-400gev-pythia8",
    CHARM: "charm-400gev-pythia8",
    BEAUTY: "beauty-400gev-pythia8",
}
"""Name of the shipped table by flavour."""

# Uniform in ln p (2.5% per bin) and in pT, so that a kernel finds its cell by arithmetic. A meson below 2 GeV
# cannot give two tracks above the thresholds of a dump experiment.
P_MIN_GEV, P_MAX_GEV, LN_P_BINS = 2.0, 400.0, 212
LN_P_EDGES: FloatArray = np.linspace(np.log(P_MIN_GEV), np.log(P_MAX_GEV), LN_P_BINS + 1)
PT_MAX_GEV = {LIGHT: 3.0, CHARM: 4.8, BEAUTY: 6.0}
"""By flavour; fewer than one meson in 500 lies above."""
PT_BINS = 120


def pt_edges(flavour: str) -> FloatArray:
    """Edges in pT [GeV] of the tables of a flavour."""
    return np.linspace(0.0, PT_MAX_GEV[flavour], PT_BINS + 1)


@dataclass(frozen=True, slots=True, eq=False)
class HadronTable:
    """Counted mesons of one beam energy.

    name: of its two files. counts: per species an array (ln p, pT) of histogram entries; mesons: per species
    the number of mesons made, inside the histogram or not; entries_per_meson: 2 when each meson was entered
    with its mirror image, else 1; build: how the table was made (generator, settings, seed, events).
    """

    name: str
    beam_momentum_gev: float
    ln_p_edges: FloatArray
    pt_edges_gev: FloatArray
    counts: Mapping[str, NDArray[np.uint32]]
    mesons: Mapping[str, int]
    entries_per_meson: int
    build: Mapping[str, Any]

    def density(self, parent: str) -> FloatArray:
        """d²N/(d ln p d pT²) [GeV^-2] per meson, C-contiguous, shape (ln p, pT)."""
        area = np.outer(np.diff(self.ln_p_edges), np.diff(self.pt_edges_gev**2))
        density: FloatArray = self.counts[parent] / (self.entries_per_meson * self.mesons[parent] * area)
        return density

    def multiplicity(self, parent: str) -> float:
        """Mesons per generated event: an inelastic interaction, or one with a pair of heavy quarks."""
        return self.mesons[parent] / int(self.build["events"])

    def digest(self, parent: str) -> str:
        """SHA-256 of all that fixes the density of one species: beam, edges, counts, number of mesons."""
        head = [parent, self.beam_momentum_gev, self.entries_per_meson, self.mesons[parent]]
        content = hashlib.sha256(json.dumps(head).encode())
        content.update(self.ln_p_edges.astype("<f8").tobytes())
        content.update(self.pt_edges_gev.astype("<f8").tobytes())
        content.update(self.counts[parent].astype("<u4").tobytes())
        return content.hexdigest()


def write_table(table: HadronTable, directory: Path) -> tuple[Path, Path]:
    """Write the two files of a table; returns their paths (.npz, .json)."""
    directory.mkdir(parents=True, exist_ok=True)
    npz, sidecar = directory / f"{table.name}.npz", directory / f"{table.name}.json"
    edges = {"ln_p_edges": table.ln_p_edges, "pt_edges_gev": table.pt_edges_gev}
    arrays: dict[str, Any] = {**edges, **table.counts}
    np.savez_compressed(npz, **arrays)
    sidecar.write_text(json.dumps(_description(table), indent=2) + "\n", encoding="utf-8")
    return npz, sidecar


def read_table(directory: Traversable, name: str) -> HadronTable:
    """Read the table ``name`` and compare each species with its digest.

    Raises DataError when a file is missing, damaged or altered.
    """
    mend = "install feebly again or rebuild the table with `feebly spectra build`"
    try:
        description = json.loads(directory.joinpath(f"{name}.json").read_text(encoding="utf-8"))
        table = _assemble(name, description, _arrays(directory.joinpath(f"{name}.npz").read_bytes()))
        altered = [
            parent
            for parent in table.counts
            if table.digest(parent) != description["species"][parent]["sha256"]
        ]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"spectrum table {name} in {directory}: missing or damaged ({error}); {mend}"
        ) from error
    if altered:
        raise DataError(
            f"spectrum table {name} in {directory}: {', '.join(altered)} not as in its SHA-256; {mend}"
        )
    return table


def _description(table: HadronTable) -> dict[str, Any]:
    species = {
        parent: {
            "mesons": table.mesons[parent],
            "multiplicity": table.multiplicity(parent),
            "sha256": table.digest(parent),
        }
        for parent in table.counts
    }
    return {
        "schema": SCHEMA,
        "beam_momentum_gev": table.beam_momentum_gev,
        "entries_per_meson": table.entries_per_meson,
        "build": dict(table.build),
        "species": species,
    }


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _assemble(name: str, description: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> HadronTable:
    if description["schema"] != SCHEMA:
        raise ValueError(f"schema {description['schema']}, expected {SCHEMA}")
    species = description["species"]
    return HadronTable(
        name=name,
        beam_momentum_gev=float(description["beam_momentum_gev"]),
        ln_p_edges=arrays["ln_p_edges"],
        pt_edges_gev=arrays["pt_edges_gev"],
        counts={parent: arrays[parent] for parent in species},
        mesons={parent: int(entry["mesons"]) for parent, entry in species.items()},
        entries_per_meson=int(description["entries_per_meson"]),
        build=description["build"],
    )

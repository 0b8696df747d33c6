"""Spectra by the name of their source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from feebly.core.errors import unknown
from feebly.core.provenance import Origin
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from feebly.physics.spectra.hadron_table import TABLES, HadronTable, read_table
from feebly.physics.spectra.species import LIGHT

_MULTIPLICITIES = "light-meson-multiplicities.toml"


def spectra_names() -> tuple[str, ...]:
    """Species with an embedded spectrum; ``rho`` is both charged ones together."""
    return tuple(_multiplicities())


def load_spectrum(parent: str, directory: Traversable | None = None) -> HadronSpectrum:
    """Spectrum of the light meson ``parent`` for 400 GeV protons.

    ``directory``: where ``feebly spectra build`` wrote another table (default: the embedded one). The shape
    is the generator's, the multiplicity the recommended one. Raises ConfigError for an unknown name,
    DataError when the table is missing, damaged or altered.
    """
    multiplicities = _multiplicities()
    if parent not in multiplicities:
        raise unknown("meson spectrum", parent, multiplicities)
    table = _embedded_table(LIGHT) if directory is None else read_table(directory, TABLES[LIGHT])
    entry, build = multiplicities[parent], table.build
    shape_source = f"{build['generator']}, {build['events']:.3g} events, seed {build['seed']}"
    return HadronSpectrum(
        parent=parent,
        beam_momentum_gev=table.beam_momentum_gev,
        ln_p_edges=table.ln_p_edges,
        pt_edges_gev=table.pt_edges_gev,
        density=table.density(parent),
        multiplicity=entry["multiplicity"],
        multiplicity_relative_error=entry["relative_error"],
        multiplicity_origin=Origin(entry["origin"], entry["source"]),
        origin=Origin("derived", shape_source),
        digest=table.digest(parent),
    )


def same_as_shipped(flavour: str, directory: Traversable) -> bool:
    """Whether the table that ``feebly spectra build`` wrote has the counts of the shipped one."""
    built, shipped = read_table(directory, TABLES[flavour]), _embedded_table(flavour)
    return all(built.digest(parent) == shipped.digest(parent) for parent in shipped.counts)


@cache
def _embedded_table(flavour: str) -> HadronTable:
    """The shipped table of a flavour, read and verified once per process."""
    return read_table(_embedded(), TABLES[flavour])


def _embedded() -> Traversable:
    return files("feebly") / "data" / "spectra"


def _multiplicities() -> Mapping[str, Any]:
    text = _embedded().joinpath(_MULTIPLICITIES).read_text(encoding="utf-8")
    return tomllib.loads(text)

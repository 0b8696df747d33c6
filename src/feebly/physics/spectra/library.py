"""Spectra by the name of their source: counted Pythia tables, BMPT, (1-|x_F|)^n, or a user's event list."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.physics.spectra.bmpt import bmpt_density
from feebly.physics.spectra.event_list import is_event_list
from feebly.physics.spectra.feynman_power import DEFAULTS, FeynmanPower, feynman_power_density
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum, density_digest
from feebly.physics.spectra.hadron_table import LN_P_EDGES, TABLES, HadronTable, pt_edges, read_table
from feebly.physics.spectra.heavy_flavour import COPPER_MASS_NUMBER, DEFAULT_NORMALISATION, normalisation
from feebly.physics.spectra.list_spectrum import list_spectrum, load_list, species_in
from feebly.physics.spectra.species import LIGHT, SPECIES, Species, species, species_of

_MULTIPLICITIES = "light-meson-multiplicities.toml"
_BEAM_MOMENTUM_GEV = 400.0  # of the multiplicities, the fits and the tables
DEFAULT_SOURCE = "pythia"


def spectra_names() -> tuple[str, ...]:
    """Light species; ``rho`` is both charged ones together."""
    return species_of(LIGHT)


def require_source(source: str | Path) -> None:
    """ConfigError unless spectra can be had from this name or file."""
    if not is_event_list(source) and source not in SOURCES:
        mend = "or give the path of a .csv or .hepmc3 file"
        raise ConfigError(f"{unknown('source of spectra', str(source), SOURCES)}; {mend}")


def parents_of(source: str | Path) -> tuple[str, ...]:
    """Species that a source has, in the order of :data:`SPECIES`."""
    require_source(source)
    if is_event_list(source):
        return species_in(load_list(source))
    flavours = _FLAVOURS[str(source)]
    return tuple(name for name, each in SPECIES.items() if flavours is None or each.flavour in flavours)


def load_spectrum(
    parent: str,
    source: str | Path = DEFAULT_SOURCE,
    *,
    heavy: str = DEFAULT_NORMALISATION,
    target_mass_number: float = COPPER_MASS_NUMBER,
    power: FeynmanPower | None = None,
) -> HadronSpectrum:
    """Spectrum of the meson ``parent``.

    source: ``pythia`` (the default: counted events), ``bmpt`` (light mesons; fit to data with m_T scaling),
    ``feynman-power`` (charm, beauty; ``power`` other than the default n and b), or the path of an event list.
    Light mesons are normalised to recommended multiplicities, heavy ones to the convention ``heavy`` with a
    target of ``target_mass_number``, those of an event list to its own POT. Raises ConfigError for a name
    that is unknown or that the source does not have, DataError when a shipped table is damaged.
    """
    require_source(source)
    wanted = species(parent)
    if is_event_list(source):
        return list_spectrum(wanted, load_list(source))
    if parent not in parents_of(source):
        raise ConfigError(f"source {str(source)!r} has no {parent}; it has {', '.join(parents_of(source))}")
    multiplicity = _light(parent) if wanted.flavour == LIGHT else _heavy(parent, heavy, target_mass_number)
    if power is None:
        shape = SOURCES[str(source)](wanted)
    elif source == "feynman-power":
        shape = _from_power(wanted, power)
    else:
        raise ConfigError(f"source {str(source)!r} takes no n and b; 'feynman-power' does")
    return HadronSpectrum(parent=parent, beam_momentum_gev=_BEAM_MOMENTUM_GEV, **shape, **multiplicity)


def recommended_multiplicity(parent: str) -> float:
    """Light mesons ``parent`` per interaction that the shipped spectra are normalised to."""
    return float(_light(parent)["multiplicity"])


def same_as_shipped(flavour: str, directory: Traversable) -> bool:
    """Whether the table that ``feebly spectra build`` wrote has the counts of the shipped one."""
    built, shipped = read_table(directory, TABLES[flavour]), embedded_table(flavour)
    return all(built.digest(parent) == shipped.digest(parent) for parent in shipped.counts)


# --- shapes -------------------------------------------------------------------------------------------


def _from_pythia(wanted: Species) -> dict[str, Any]:
    table = embedded_table(wanted.flavour)
    build = table.build
    return {
        "ln_p_edges": table.ln_p_edges,
        "pt_edges_gev": table.pt_edges_gev,
        "density": table.density(wanted.shape),
        "origin": Origin(
            "derived", f"{build['generator']}, {build['events']:.3g} events, seed {build['seed']}"
        ),
        "digest": table.digest(wanted.shape),
        "effective_entries": float(table.counts[wanted.shape].sum()),
    }


def _from_bmpt(wanted: Species) -> dict[str, Any]:
    scaled = "" if wanted.name == "pi0" else ", m_T scaling from the pions (a model: 30-50%)"
    origin = Origin(
        "published" if wanted.name == "pi0" else "assumed",
        f"BMPT fit to p Be -> pions, hep-ph/0101163{scaled}",
    )
    return _computed(wanted, origin, lambda edges: bmpt_density(wanted.mass_gev, LN_P_EDGES, edges))


def _from_power(wanted: Species, power: FeynmanPower | None = None) -> dict[str, Any]:
    fit = power or DEFAULTS[wanted.flavour]
    return _computed(
        wanted, fit.origin, lambda edges: feynman_power_density(fit, wanted.mass_gev, LN_P_EDGES, edges)
    )


def _computed(
    wanted: Species, origin: Origin, density_on: Callable[[FloatArray], FloatArray]
) -> dict[str, Any]:
    edges = pt_edges(wanted.flavour)
    density = density_on(edges)
    digest = density_digest(wanted.name, _BEAM_MOMENTUM_GEV, LN_P_EDGES, edges, density)
    return {
        "ln_p_edges": LN_P_EDGES,
        "pt_edges_gev": edges,
        "density": density,
        "origin": origin,
        "digest": digest,
    }


SOURCES: Mapping[str, Callable[[Species], dict[str, Any]]] = {
    "pythia": _from_pythia,
    "bmpt": _from_bmpt,
    "feynman-power": _from_power,
}
"""Shape by name of the source."""

LIGHT_SOURCES = ("pythia", "bmpt")
"""Sources of light-meson spectra."""

BEAUTY_SOURCES = ("pythia", "feynman-power")
"""Sources of spectra of B mesons."""

_FLAVOURS = {"pythia": None, "bmpt": (LIGHT,), "feynman-power": tuple(DEFAULTS)}


# --- multiplicities and shipped tables ----------------------------------------------------------------


def _light(parent: str) -> dict[str, Any]:
    entry = _multiplicities()[parent]
    return {
        "multiplicity": entry["multiplicity"],
        "multiplicity_relative_error": entry["relative_error"],
        "multiplicity_origin": Origin(entry["origin"], entry["source"]),
    }


def _heavy(parent: str, convention: str, mass_number: float) -> dict[str, Any]:
    flavour = normalisation(convention).flavour(parent)
    return {
        "multiplicity": flavour.mesons_per_pot(parent, mass_number),
        "multiplicity_relative_error": flavour.relative_error,
        "multiplicity_origin": flavour.provenance(),
    }


@cache
def embedded_table(flavour: str) -> HadronTable:
    """The shipped table of a flavour, read and verified once per process."""
    return read_table(_embedded(), TABLES[flavour])


def _embedded() -> Traversable:
    return files("feebly") / "data" / "spectra"


@cache
def _multiplicities() -> Mapping[str, Any]:
    text = _embedded().joinpath(_MULTIPLICITIES).read_text(encoding="utf-8")
    return tomllib.loads(text)

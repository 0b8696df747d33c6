"""Meson spectra of several sources side by side, as rows of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from feebly.core.errors import ConfigError
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from feebly.physics.spectra.heavy_flavour import COPPER_MASS_NUMBER, DEFAULT_NORMALISATION
from feebly.physics.spectra.library import load_spectrum, parents_of
from feebly.physics.spectra.species import SPECIES, species

FORWARD_RAD = 0.010


@dataclass(frozen=True, slots=True)
class SourcedSpectrum:
    """A spectrum and the name of its source as the user wrote it."""

    source: str
    spectrum: HadronSpectrum

    @property
    def parent(self) -> str:
        return self.spectrum.parent

    @property
    def mass_gev(self) -> float:
        return SPECIES[self.parent].mass_gev


@dataclass(frozen=True, slots=True)
class SpectrumRow:
    """Numbers of one spectrum.

    per_pot with its relative error; mean energy and p_T [GeV] of the mesons in the table (above 2 GeV);
    fraction of all mesons within 10 mrad; entries: mesons counted (infinite for a formula); origins.
    """

    source: str
    parent: str
    per_pot: float
    per_pot_relative_error: float
    mean_energy_gev: float
    mean_pt_gev: float
    fraction_within_10_mrad: float
    entries: float
    shape: str
    multiplicity: str
    sha256: str


def collect(
    sources: Sequence[str | Path],
    parents: Sequence[str] | None = None,
    heavy: str = DEFAULT_NORMALISATION,
    target_mass_number: float = COPPER_MASS_NUMBER,
) -> list[SourcedSpectrum]:
    """Spectra of all sources by parent; ``parents`` None: every species that a source has.

    ConfigError for an unknown parent, and for one that none of the sources has.
    """
    available = {str(source): parents_of(source) for source in sources}
    for parent in parents or ():
        species(parent)
        if not any(parent in names for names in available.values()):
            raise ConfigError(f"none of {', '.join(available)} has {parent}")
    return [
        SourcedSpectrum(
            source, load_spectrum(parent, source, heavy=heavy, target_mass_number=target_mass_number)
        )
        for parent in SPECIES
        if parents is None or parent in parents
        for source, names in available.items()
        if parent in names
    ]


def row(sourced: SourcedSpectrum) -> SpectrumRow:
    """Numbers of one spectrum."""
    spectrum = sourced.spectrum
    return SpectrumRow(
        source=sourced.source,
        parent=sourced.parent,
        per_pot=spectrum.multiplicity,
        per_pot_relative_error=spectrum.multiplicity_relative_error,
        mean_energy_gev=spectrum.mean_energy_gev(sourced.mass_gev),
        mean_pt_gev=spectrum.mean_pt_gev(),
        fraction_within_10_mrad=spectrum.fraction_within(FORWARD_RAD),
        entries=spectrum.effective_entries,
        shape=str(spectrum.origin),
        multiplicity=str(spectrum.multiplicity_origin),
        sha256=spectrum.digest,
    )


def spectra_text(rows: Iterable[SpectrumRow]) -> str:
    """The rows as a table for a terminal, a blank line between parents."""
    rows = list(rows)
    width = max([len(each.source) for each in rows] + [len("source")])
    head = ("per POT", "error", "<E> GeV", "<pT> GeV", "in 10 mrad", "counted")
    lines = [f"{'parent':<9} {'source':<{width}} " + " ".join(f"{name:>10}" for name in head)]
    for k, each in enumerate(rows):
        if k and each.parent != rows[k - 1].parent:
            lines.append("")
        numbers = (
            f"{each.per_pot:.4g}",
            f"{each.per_pot_relative_error:.1%}",
            f"{each.mean_energy_gev:.2f}",
            f"{each.mean_pt_gev:.3f}",
            f"{each.fraction_within_10_mrad:.4f}",
            f"{each.entries:.3g}" if each.entries < float("inf") else "formula",
        )
        lines.append(
            f"{each.parent:<9} {each.source:<{width}} " + " ".join(f"{text:>10}" for text in numbers)
        )
    return "\n".join(
        [*lines, "", "means: mesons above 2 GeV in the laboratory; in 10 mrad: fraction of all mesons"]
    )

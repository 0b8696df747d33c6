"""The spectrum of one species in a user's event list."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.physics.spectra.adaptive_density import adaptive_density, count_weighted
from feebly.physics.spectra.event_list import EventList, read_event_list
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum, density_digest
from feebly.physics.spectra.hadron_table import LN_P_BINS, P_MIN_GEV, pt_edges
from feebly.physics.spectra.species import SPECIES, Species


def load_list(source: str | Path) -> EventList:
    """The list in a file, read once as long as the file does not change."""
    path = Path(source)
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise ConfigError(f"cannot read event list {path}: {error.strerror}") from error
    return _read_once(path, changed)


@lru_cache(maxsize=4)
def _read_once(path: Path, changed_ns: int) -> EventList:
    return read_event_list(path)


def species_in(events: EventList) -> tuple[str, ...]:
    """Species of which the list has mesons, in the order of :data:`SPECIES`."""
    found = set(np.abs(events.pid).tolist())
    return tuple(name for name, each in SPECIES.items() if found & set(each.pdg_codes))


def list_spectrum(wanted: Species, events: EventList) -> HadronSpectrum:
    """Density of the wanted mesons in blocks of cells that hold enough of them, normalised by the list's POT.

    Raises ConfigError when the list has none of them above 2 GeV. The error of the multiplicity is
    statistical, of independent mesons.
    """
    chosen = np.isin(np.abs(events.pid), wanted.pdg_codes) & (events.weight > 0)
    if not chosen.any():
        codes = " or ".join(map(str, wanted.pdg_codes))
        raise ConfigError(f"{events.path} has no {wanted.name} (PDG code {codes})")
    (px, py, pz), weight = events.momentum_gev[:, chosen], events.weight[chosen]
    pt, beam = np.hypot(px, py), events.beam_momentum_gev
    ln_p_edges = np.linspace(math.log(P_MIN_GEV), math.log(beam), LN_P_BINS + 1)
    pt_edges_gev = pt_edges(wanted.flavour)
    # (ln p, p_T) does not tell the sign of p_z: mesons that fly back count in the multiplicity only
    forward = pz > 0
    ln_p = np.log(np.hypot(pt, pz))
    counts = count_weighted(ln_p[forward], pt[forward], weight[forward], ln_p_edges, pt_edges_gev)
    if not counts.entries.any():
        raise ConfigError(
            f"{events.path}: all {wanted.name} are below {P_MIN_GEV:g} GeV or beyond the table in pT"
        )
    density = adaptive_density(counts, ln_p_edges, pt_edges_gev) / weight.sum()
    text = f"event list {events.path} (SHA-256 {events.sha256[:12]}), {weight.size} {wanted.name}"
    return HadronSpectrum(
        parent=wanted.name,
        beam_momentum_gev=beam,
        ln_p_edges=ln_p_edges,
        pt_edges_gev=pt_edges_gev,
        density=density,
        multiplicity=float(weight.sum() / events.pot),
        multiplicity_relative_error=float(np.sqrt(np.sum(weight**2)) / weight.sum()),
        multiplicity_origin=Origin("assumed", f"{text} for {events.pot:.6g} POT; error: statistical only"),
        origin=Origin("assumed", text),
        digest=density_digest(wanted.name, beam, ln_p_edges, pt_edges_gev, density),
        effective_entries=counts.effective_entries,
    )

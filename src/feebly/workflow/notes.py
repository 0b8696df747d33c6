"""Notes of a run about its setting and its samples: one line each, for what would else be quietly wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from feebly.engine.yield_tables import YieldTables
from feebly.limits.results import ContourPiece
from feebly.physics.production.bremsstrahlung import Bremsstrahlung
from feebly.workflow.choices import Choices

FORWARD_RAD = 0.010
"""Mesons within this angle make most of what a distant detector sees."""
_STEP = 0.1  # of ln coupling: less is a step, where one channel of several begins
NEGLIGIBLE_ERROR = 0.01
"""Statistical error of a spectrum that is worth no note: far below that of its multiplicity."""


def setting_notes(choices: Choices) -> Iterator[str]:
    """Where analysis and experiment do not fit together: another apparatus, decays that are not simulated."""
    analysis, experiment = choices.analysis, choices.experiment
    if analysis.experiment != experiment.name:
        yield (
            f"analysis {analysis.name} is of experiment {analysis.experiment}, not of {experiment.name}: its "
            "counts, backgrounds and efficiencies were made with another apparatus"
        )
    for channel in choices.production:
        low = channel.mass_range_gev(choices.model.mass_range_gev)[0]
        if isinstance(channel, Bremsstrahlung) and low > choices.mass[0]:
            yield (
                f"no bremsstrahlung below {low:g} GeV: the splitting {channel.splitting!r} is no rate there; "
                f"take --mass from {low:g} on"
            )
    yield from spectrum_notes(choices)
    start, end = experiment.decay_region_z_m
    for tag in choices.channels:
        volume = analysis.final_state(tag).fiducial_volume
        if volume.z_min_m < start or volume.z_max_m > end:
            yield (
                f"the fiducial volume of {tag}, {volume.z_min_m:g}-{volume.z_max_m:g} m, is wider than the "
                f"simulated decays, {start:g}-{end:g} m: widen decay_region_z_m of {experiment.name}"
            )


def spectrum_notes(choices: Choices) -> Iterator[str]:
    """Spectra of so few mesons that their statistical error counts."""
    for parent, spectrum in choices.spectra.items():
        near_beam = spectrum.fraction_within(FORWARD_RAD) / spectrum.fraction_in_table
        mesons = spectrum.effective_entries * near_beam
        if mesons * NEGLIGIBLE_ERROR**2 < 1:
            yield (
                f"the spectrum of {parent} knows about {mesons:.0f} mesons within {1e3 * FORWARD_RAD:g} "
                f"mrad: a statistical error of {max(mesons, 1) ** -0.5:.1%} or more that the Monte Carlo "
                "error does not contain"
            )


def sample_notes(tables: YieldTables, pieces: Iterable[ContourPiece]) -> Iterator[str]:
    """Channels without any accepted event, and contours that break off where the samples do."""
    silent = [
        f"{table.production} -> {table.final_state}" for table in tables.tables.values() if table.silent
    ]
    if silent:
        yield (
            f"not one simulated event of {', '.join(silent)} reaches the signal region: counted as zero; "
            "check cuts, planes and regions if this is not meant"
        )
    last_seen = np.unique([mass for table in tables.tables.values() for mass in table.last_seen_gev])
    ends = {float(mass) for piece in pieces for mass in last_seen if _ends_at(piece, mass)}
    for mass in sorted(ends):
        yield (
            f"the contour breaks off at m = {mass:.4g} GeV, no simulated event is accepted below: the yield "
            "there is small, not known to be zero; take --mass from there on"
        )


def _ends_at(piece: ContourPiece, mass_gev: float) -> bool:
    """Whether the curve runs straight up or down at this mass, and not only across it with a small step."""
    at = np.isclose(piece.mass_gev, mass_gev, rtol=1e-6, atol=0)
    rise = np.abs(np.diff(np.log(piece.coupling)))
    return bool(np.any(at[:-1] & at[1:] & (rise > _STEP)))

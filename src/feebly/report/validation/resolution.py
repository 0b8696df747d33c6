"""Reconstructed events of bremsstrahlung: mass and pointing resolution, fraction in the signal region."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy as np

from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.engine.events import sample_events
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.production.bremsstrahlung import Bremsstrahlung
from feebly.report.validation.plan import ResolutionReference
from feebly.report.validation.rows import Row
from feebly.report.validation.sampling import Sampling, pion_pair
from feebly.workflow.acceptance import half_width

Events = Mapping[str, FloatArray]
_BLOCKS = 400
_ROWS = ("MASS", "ZTAX", "CDATAX", "TAU", "REGION")


def resolution_rows(references: Sequence[ResolutionReference], sampling: Sampling) -> Iterator[Row]:
    """One row per reference; references at the same mass share their events."""

    @cache
    def events(final_state: str, mass_gev: float) -> Events:
        return reconstructed(final_state, mass_gev, sampling)

    for ref in references:
        if ref.quantity not in QUANTITIES:
            raise unknown("quantity", ref.quantity, QUANTITIES)
        sample = events(ref.final_state, ref.mass_gev)
        weight = at_coupling(sample, ref.mass_gev, ref.coupling)
        own = QUANTITIES[ref.quantity](sample, weight)
        yield Row("reconstruction", ref.name, own, ref.reference, ref.tolerance, ref.tuned)


def reconstructed(final_state: str, mass_gev: float, sampling: Sampling) -> Events:
    """Events of bremsstrahlung in the signal and control regions; weights for a long lifetime."""
    states = sampling.analysis.final_states
    state = pion_pair(states["ee"]) if final_state == "pipi" else sampling.analysis.final_state(final_state)
    channel = Bremsstrahlung(beam_momentum_gev=sampling.experiment.beam.momentum_gev)
    return sample_events(sampling.setup(channel, state), mass_gev, dict.fromkeys(_ROWS, 0), _BLOCKS)


def at_coupling(events: Events, mass_gev: float, coupling: float | None) -> FloatArray:
    """Weights at the lifetime of the dark photon; without a coupling those of a long lifetime."""
    if coupling is None:
        return events["WEIGHT"]
    ctau_over_mass = float(DarkPhoton().ctau_m(mass_gev, coupling)) / mass_gev
    return np.asarray(events["WEIGHT"] * np.exp(-events["TAU"] / ctau_over_mass))


def _rms(values: FloatArray, weight: FloatArray) -> float:
    return float(np.sqrt(np.average(values**2, weights=weight)))


def _in_signal_region(events: Events, weight: FloatArray) -> float:
    """Fraction of the events of both regions that lies in the first."""
    return float(np.average(events["REGION"] == 1.0, weights=weight))


QUANTITIES: Mapping[str, Callable[[Events, FloatArray], float]] = MappingProxyType(
    {
        "mass [MeV]": lambda events, weight: 1e3 * half_width(events["MASS"], weight),
        "Z_TAX [m]": lambda events, weight: half_width(events["ZTAX"], weight),
        "CDA_TAX rms [mm]": lambda events, weight: 1e3 * _rms(events["CDATAX"], weight),
        "in signal region": _in_signal_region,
    }
)
"""What a resolution reference may ask for."""

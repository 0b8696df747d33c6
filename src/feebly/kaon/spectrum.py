"""Spectra of the missing mass squared of K+ decays with one selected track, by decay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.one_track import TrackDecay, TrackSelection, simulate
from feebly.kaon.peak_file import TRACKS
from feebly.physics.decays.kaon_standard import StandardDecay, standard_decay

Progress = Callable[[int, int], None]

_BLOCK = 50_000


@dataclass(frozen=True, eq=False)
class MissingMassSpectrum:
    """Histogram of one decay.

    edges_gev2: of the bins (B + 1). per_decay: tracks in each bin per K+ decay in the region (all decays),
    without any rejection by particle identification or photon vetoes; error: Monte Carlo. acceptance: of the
    decay's own track.
    """

    tag: str
    decay: StandardDecay
    edges_gev2: FloatArray
    per_decay: FloatArray
    error: FloatArray
    acceptance: float


def missing_mass_spectrum(
    experiment: KaonExperiment,
    tag: str,
    edges_gev2: Sequence[float] | FloatArray,
    events: int,
    hypothesis: str = "pi",
    selection: TrackSelection | None = None,
    seed: int = 1,
    jobs: int = 1,
    progress: Progress | None = None,
) -> MissingMassSpectrum:
    """Simulate ``events`` decays; hypothesis: mass of the track, ``e``, ``mu`` or ``pi``.

    The same numbers for any number of threads (jobs). Raises ConfigError for an unknown decay, DomainError
    for impossible numbers.
    """
    decay, edges = standard_decay(tag), np.asarray(edges_gev2, float)
    if events < 1:
        raise DomainError(f"events = {events}: expected one at least")
    if hypothesis not in TRACKS:
        raise DomainError(f"hypothesis {hypothesis!r}: expected one of {', '.join(TRACKS)}")
    track = TrackDecay(tag, decay.particle, decay.track_mass_gev, decay.energies_gev)
    mass = TRACKS[hypothesis][1]
    sizes = [min(_BLOCK, events - start) for start in range(0, events, _BLOCK)]

    def block(k: int) -> tuple[FloatArray, int]:
        found = simulate(experiment, track, sizes[k], seed, k, selection, mass)
        accepted = found.missing_mass2_gev2[found.accepted]
        return np.histogram(accepted, edges)[0].astype(float), accepted.size

    counts, accepted = np.zeros(edges.size - 1), 0
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        for k, (histogram, number) in enumerate(pool.map(block, range(len(sizes)))):
            counts, accepted = counts + histogram, accepted + number
            if progress:
                progress(k + 1, len(sizes))
    unit = decay.branching_ratio * decay.tracks / events
    return MissingMassSpectrum(tag, decay, edges, counts * unit, np.sqrt(counts) * unit, accepted / events)

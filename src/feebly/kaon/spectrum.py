"""Spectra of the missing mass squared of K+ decays with one selected track, by decay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.kaon.beam_decays import KPLUS, beam_decays, generator, measured_beam
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.one_track import TrackDecay, TrackSelection, missing_mass2_gev2, simulate
from feebly.kaon.peak_file import TRACKS
from feebly.kaon.rejection import Rejection, survival
from feebly.physics.decays.kaon_standard import StandardDecay, standard_decay

Progress = Callable[[int, int], None]
Region = tuple[float, float]

_BLOCK = 50_000


@dataclass(frozen=True, eq=False)
class MissingMassSpectrum:
    """Histogram of one decay.

    edges_gev2: of the bins (B + 1). per_decay: tracks in each bin per K+ decay in the region (all decays)
    that are not rejected; error: Monte Carlo. acceptance: of the decay's own track. survival: mean chance of
    accepted decays not to be rejected, 1 without rejection. regions_gev2: ranges of the missing mass squared;
    in_regions, in_regions_error: per K+ decay in each.
    """

    tag: str
    decay: StandardDecay
    edges_gev2: FloatArray
    per_decay: FloatArray
    error: FloatArray
    acceptance: float
    survival: float
    regions_gev2: tuple[Region, ...]
    in_regions: FloatArray
    in_regions_error: FloatArray


def missing_mass_spectrum(
    experiment: KaonExperiment,
    tag: str,
    edges_gev2: Sequence[float] | FloatArray,
    events: int,
    hypothesis: str = "pi",
    selection: TrackSelection | None = None,
    rejection: Rejection | None = None,
    regions_gev2: Sequence[Region] = (),
    seed: int = 1,
    jobs: int = 1,
    progress: Progress | None = None,
) -> MissingMassSpectrum:
    """Simulate ``events`` decays; hypothesis: mass of the track, ``e``, ``mu`` or ``pi``.

    Where another particle of the beam may be taken for the kaon each decay is in the histogram twice, with
    the chances of the right and the wrong match. The same numbers for any number of threads (jobs). Raises
    ConfigError for an unknown decay and where nothing is known of a rejection, DomainError for impossible
    numbers.
    """
    decay, edges = standard_decay(tag), np.asarray(edges_gev2, float)
    if events < 1:
        raise DomainError(f"events = {events}: expected one at least")
    if hypothesis not in TRACKS:
        raise DomainError(f"hypothesis {hypothesis!r}: expected one of {', '.join(TRACKS)}")
    track = TrackDecay(tag, decay.particle, decay.track_mass_gev, decay.energies_gev)
    mass, ranges = TRACKS[hypothesis][1], tuple(regions_gev2)
    sizes = [min(_BLOCK, events - start) for start in range(0, events, _BLOCK)]
    wrong = experiment.beam_spectrometer.wrong_match_probability

    def block(k: int) -> FloatArray:
        found = simulate(experiment, track, sizes[k], seed, k, selection, mass).only_accepted()
        random = generator(seed, f"{tag}/rejection", k)
        chance = survival(experiment, decay, found, rejection or Rejection(), random)
        sums = _filled(found.missing_mass2_gev2, chance * (1 - wrong), edges, ranges)
        if wrong > 0:
            beam = beam_decays(experiment, KPLUS, chance.size, random)
            other = measured_beam(experiment, beam, random)
            mass2 = missing_mass2_gev2(other, found.measured, track, mass)
            sums += _filled(mass2, chance * wrong, edges, ranges)
        return np.column_stack((sums, [chance.size, chance.sum()]))

    total = np.zeros((2, edges.size + len(ranges)))
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        for k, part in enumerate(pool.map(block, range(len(sizes)))):
            total = total + part
            if progress:
                progress(k + 1, len(sizes))
    accepted, chance = total[:, -1]
    unit, bins = decay.branching_ratio * decay.tracks / events, edges.size - 1
    weights, errors = unit * total[0, :-1], unit * np.sqrt(total[1, :-1])
    share, mean = float(accepted) / events, float(chance / accepted) if accepted else 1.0
    return MissingMassSpectrum(
        tag, decay, edges, weights[:bins], errors[:bins], share, mean, ranges, weights[bins:], errors[bins:]
    )


def _filled(
    mass2_gev2: FloatArray, weight: FloatArray, edges_gev2: FloatArray, regions_gev2: Sequence[Region]
) -> FloatArray:
    """Sums of the weights and of their squares in the bins and in the regions, shape (2, bins + regions)."""

    def sums(w: FloatArray) -> list[float]:
        inside = ((mass2_gev2 > low) & (mass2_gev2 < high) for low, high in regions_gev2)
        return [
            *np.histogram(mass2_gev2, edges_gev2, weights=w)[0],
            *(float(w[each].sum()) for each in inside),
        ]

    return np.asarray([sums(weight), sums(weight**2)])

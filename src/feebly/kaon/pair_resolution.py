"""Resolutions of K+ -> π+ X, X -> a pair that is seen, against the mass of X."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from feebly.core.errors import DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.kaon.chain_decays import SPECIES, ChainDecay
from feebly.kaon.chain_masses import fixed_masses
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.many_tracks import TracksSelection, simulate_chain
from feebly.kaon.resolution import core_sigma

PAIRS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"ee": ("e+", "e-"), "mumu": ("mu+", "mu-"), "pipi": ("pi+", "pi-"), "gammagamma": ("gamma", "gamma")}
)
"""Species of a pair by the name of the final state."""

_LEAST_EVENTS = 200


@dataclass(frozen=True, eq=False)
class PairResolution:
    """Cores of measured less true masses [GeV] at masses of X [GeV], arrays of one shape.

    pair: invariant mass of the pair; missing: from (p_K - p_π)², σ(m²)/(2m); kaon: of all three together.
    acceptance: of pion and pair.
    """

    final: str
    mass_gev: FloatArray
    pair_gev: FloatArray
    missing_gev: FloatArray
    kaon_gev: FloatArray
    acceptance: FloatArray
    acceptance_error: FloatArray


def pair_resolution(
    experiment: KaonExperiment,
    final: str,
    masses_gev: Sequence[float],
    selection: TracksSelection,
    events: int = 50_000,
    seed: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> PairResolution:
    """Simulate each mass of X. ConfigError: unknown pair; DomainError: closed, or hardly accepted."""
    if final not in PAIRS:
        raise unknown("pair", final, PAIRS)
    if events < 1:
        raise DomainError(f"events = {events}: expected one at least")
    species = PAIRS[final]
    member = SPECIES[species[0]].mass_gev
    samplers = [fixed_masses(mass, (member, member)) for mass in masses_gev]  # refuses what is closed
    found = np.empty((5, len(samplers)))
    for k, (mass, sampler) in enumerate(zip(masses_gev, samplers, strict=True)):
        if progress:
            progress(k, len(samplers), f"{final} {1e3 * mass:.0f} MeV")
        decay = ChainDecay(f"pi-x-{final}", sampler, species)
        found[:, k] = _at_one_mass(experiment, decay, mass, selection, events, seed)
    return PairResolution(final, np.array(masses_gev, float), *found)


def _at_one_mass(
    experiment: KaonExperiment,
    decay: ChainDecay,
    mass_gev: float,
    selection: TracksSelection,
    events: int,
    seed: int,
) -> tuple[float, ...]:
    seen = simulate_chain(experiment, decay, events, seed, 0, selection)
    if seen.weight.size < _LEAST_EVENTS:
        raise DomainError(
            f"X of {1e3 * mass_gev:.4g} MeV: {seen.weight.size} of {events} simulated decays are accepted; "
            f"expected {_LEAST_EVENTS} at least: another mass, a wider momentum window or more events"
        )
    missing2 = seen.missing_mass2_gev2((0,)) - seen.mass_gev((1, 2), measured=False) ** 2
    error = np.sqrt(seen.acceptance * (1 - seen.acceptance) / events)
    return (
        core_sigma(seen.mass_gev((1, 2)) - seen.mass_gev((1, 2), measured=False)),
        core_sigma(missing2) / (2 * mass_gev),
        core_sigma(seen.mass_gev(seen.everything)),
        seen.acceptance,
        float(error),
    )

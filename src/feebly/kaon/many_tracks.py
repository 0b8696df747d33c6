"""Fast simulation of K+ decays to several tracks and photons: acceptance, and masses as they are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from feebly.apparatus.shapes import BoolArray
from feebly.core.interfaces import FloatArray
from feebly.core.records import require
from feebly.kaon.beam_decays import KPLUS, beam_decays, generator, measured_beam
from feebly.kaon.chain_decays import ChainDecay, Product, decay_products
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.momenta import Momenta, invariant_mass_gev
from feebly.kaon.photons import calorimeter_of, impact, measured_photon, on_calorimeter
from feebly.kaon.spectrometer import crossings, measured_track, on_planes


@dataclass(frozen=True, slots=True)
class TracksSelection:
    """What every track and photon must fulfil.

    momentum_gev: window of each reconstructed track. photon_energy_gev: least energy of each photon.
    least_separation_m: by plane, between any two that cross it.
    """

    momentum_gev: tuple[float, float] = (5.0, 65.0)
    photon_energy_gev: float = 2.0
    least_separation_m: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        low, high = self.momentum_gev
        require(0 <= low < high, self, "momentum_gev", "two momenta in order")
        require(self.photon_energy_gev >= 0, self, "photon_energy_gev", "zero or a positive energy")
        for distance in self.least_separation_m.values():
            require(distance >= 0, self, "least_separation_m", "zero or positive distances")


@dataclass(frozen=True, eq=False)
class ChainEvents:
    """The accepted ones, shape (n,), of ``simulated`` decays in the region.

    true, measured: momenta of the particles of the final state, and their masses. weight: chance that the
    members of the chain decay where they are followed, 1 for prompt ones.
    """

    simulated: int
    true: tuple[Momenta, ...]
    measured: tuple[Momenta, ...]
    masses_gev: tuple[float, ...]
    kaon_measured: Momenta
    weight: FloatArray

    @property
    def acceptance(self) -> float:
        return float(self.weight.sum()) / self.simulated

    def mass_gev(self, places: Sequence[int], measured: bool = True) -> FloatArray:
        """Invariant mass of the particles at these places of the final state."""
        momenta = self.measured if measured else self.true
        return invariant_mass_gev([(momenta[k], self.masses_gev[k]) for k in places])

    def missing_mass2_gev2(self, places: Sequence[int]) -> FloatArray:
        """(p_K - sum of p)² of the particles at these places, all measured."""
        energy = np.sqrt(self.kaon_measured.squared + KPLUS.mass_gev**2)
        rest = self.kaon_measured
        for k in places:
            energy = energy - np.sqrt(self.measured[k].squared + self.masses_gev[k] ** 2)
            rest = rest - self.measured[k]
        return np.asarray(energy**2 - rest.squared)

    @property
    def total_momentum_gev(self) -> FloatArray:
        """Size of the sum of all measured momenta."""
        total = self.measured[0]
        for other in self.measured[1:]:
            total = total + other
        return np.sqrt(total.squared)

    @property
    def everything(self) -> tuple[int, ...]:
        return tuple(range(len(self.measured)))


def simulate_chain(
    experiment: KaonExperiment,
    decay: ChainDecay,
    events: int,
    seed: int,
    block: int = 0,
    selection: TracksSelection | None = None,
) -> ChainEvents:
    """``events`` decays inside the region; the same for the same seed, name of the decay and block.

    Accepted are those of which all particles are on their detectors, apart and in the momentum window.
    """
    selection = selection or TracksSelection()
    random = generator(seed, decay.name, block)
    beam = beam_decays(experiment, KPLUS, events, random)
    products, weight = decay_products(decay, beam, random)
    kaon_measured = measured_beam(experiment, beam, random)
    kept = np.arange(events)
    for product in products:  # what one particle loses the next need not cross
        kept = kept[_on_detectors(experiment, product.at(kept), selection.photon_energy_gev)]
    kept = kept[_apart(experiment, [product.at(kept) for product in products], selection.least_separation_m)]
    measured = [_measured(experiment, product.at(kept), random) for product in products]
    inside = np.ones(kept.size, bool)
    low, high = selection.momentum_gev
    for product, momenta in zip(products, measured, strict=True):
        if product.species.particle is not None:
            inside &= (momenta.squared > low**2) & (momenta.squared < high**2)
    kept = kept[inside]
    return ChainEvents(
        events,
        tuple(product.momenta[kept] for product in products),
        tuple(momenta[inside] for momenta in measured),
        tuple(product.species.mass_gev for product in products),
        kaon_measured[kept],
        weight[kept],
    )


def _on_detectors(experiment: KaonExperiment, product: Product, photon_energy_gev: float) -> BoolArray:
    """Whether tracks start before the first chamber and cross their planes, and photons are seen."""
    species, momenta, vertex = product
    if species.particle is None:
        return on_calorimeter(experiment, momenta, vertex, photon_energy_gev)
    starts = vertex[2] < experiment.detectors.tracking.chambers_z_m[0]
    return np.asarray(starts & on_planes(experiment, species.particle, momenta, vertex, species.charge))


def _measured(experiment: KaonExperiment, product: Product, random: np.random.Generator) -> Momenta:
    if product.species.particle is None:
        return measured_photon(experiment, product.momenta, product.vertex_m, random)
    return measured_track(experiment.detectors.tracking, product.momenta, random)[1]


def _apart(
    experiment: KaonExperiment, products: Sequence[Product], separations: Mapping[str, float]
) -> BoolArray:
    """Whether any two that cross a plane are farther from each other there than asked."""
    apart = np.ones(products[0].momenta.x.size, bool)
    for name, least in separations.items():
        places = [place for product in products if (place := _place(experiment, product, name)) is not None]
        for (x1, y1), (x2, y2) in combinations(places, 2):
            apart &= np.hypot(x1 - x2, y1 - y2) > least
    return apart


def _place(experiment: KaonExperiment, product: Product, plane: str) -> tuple[FloatArray, FloatArray] | None:
    """x, y [m] on a plane; None for a photon on a plane that is not the calorimeter's."""
    known = experiment.detectors.plane(plane)
    if product.species.particle is None:
        if known.name != calorimeter_of(experiment)[1].name:
            return None
        return impact(product.momenta, product.vertex_m, known.z_m)
    found = crossings(experiment, product.momenta, product.vertex_m, product.species.charge)
    return next((x, y) for at, x, y in found if at.name == known.name)

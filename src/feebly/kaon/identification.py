"""Identification of a track as pion, muon or electron: rings of Cherenkov light, and the calorimeters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feebly.apparatus.experiment import ChargedParticle
from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.core.records import require, require_not_negative, require_positive

MASSES: dict[ChargedParticle, float] = {
    "electron": ELECTRON_MASS_GEV,
    "muon": MUON_MASS_GEV,
    "hadron": PION_MASS_GEV,
}
"""Lightest first: the largest ring first. Hadrons are pions."""

_LEAST_HITS = 4  # a circle has three parameters


@dataclass(frozen=True, slots=True)
class Rich:
    """Ring-imaging Cherenkov counter: radius = focal length × angle.

    index_minus_one: n - 1 of the gas. hits: mean number on the ring of a particle at the speed of light.
    hit_resolution_m: of one hit, along the radius. window_m: half width about the radius of the hypothesis.
    ring_efficiency: share of rings with enough hits that are matched to their track. confusion: chance that a
    ring lies in the window of another particle for other reasons than its measured radius.
    """

    focal_length_m: float
    index_minus_one: float
    hits: float
    hit_resolution_m: float
    window_m: float
    ring_efficiency: float
    confusion: float

    def __post_init__(self) -> None:
        require_positive(
            self,
            "focal_length_m",
            "index_minus_one",
            "hits",
            "hit_resolution_m",
            "window_m",
            "ring_efficiency",
        )
        require_not_negative(self, "confusion")
        require(self.ring_efficiency <= 1, self, "ring_efficiency", "at most 1")
        require(self.confusion <= 1, self, "confusion", "at most 1")

    def angle2(self, mass_gev: float, momentum_gev: FloatArray) -> FloatArray:
        """θ² of the light: cos θ = 1/(n β), 0 below the threshold (PDG 2024, review of detectors)."""
        speed = momentum_gev / np.hypot(momentum_gev, mass_gev)
        cos = 1 / ((1 + self.index_minus_one) * speed)
        return np.asarray(np.arccos(np.minimum(cos, 1.0)) ** 2)

    def radius_m(self, mass_gev: float, momentum_gev: FloatArray) -> FloatArray:
        """Radius of the ring; 0 below the threshold."""
        return np.asarray(self.focal_length_m * np.sqrt(self.angle2(mass_gev, momentum_gev)))

    def mean_hits(self, mass_gev: float, momentum_gev: FloatArray) -> FloatArray:
        """Hits grow with sin² θ (Frank and Tamm)."""
        largest = np.arccos(1 / (1 + self.index_minus_one))
        angle = np.sqrt(self.angle2(mass_gev, momentum_gev))
        return np.asarray(self.hits * np.sin(angle) ** 2 / np.sin(largest) ** 2)

    def probability(
        self, particle: ChargedParticle, hypothesis: ChargedParticle, momentum_gev: FloatArray
    ) -> FloatArray:
        """Chance that the ring of ``particle`` is found and is in the window of ``hypothesis``.

        The window ends half way to the radius of the next hypothesis, so that no ring is in two. The fitted
        radius is Gaussian with hit resolution/√(hits - 3), at least that of one degree of freedom.
        """
        from scipy.special import gammainc, ndtr

        hits = self.mean_hits(MASSES[particle], momentum_gev)
        found = self.ring_efficiency * gammainc(_LEAST_HITS, hits)  # P(Poisson >= 4)
        sigma = self.hit_resolution_m / np.sqrt(np.maximum(hits - (_LEAST_HITS - 1), 1.0))
        low, high = self._window(hypothesis, momentum_gev)
        centre = self.radius_m(MASSES[particle], momentum_gev)
        share = ndtr((high - centre) / sigma) - ndtr((low - centre) / sigma)
        if particle != hypothesis:
            share = np.minimum(share + self.confusion, 1.0)
        seen = self.radius_m(MASSES[hypothesis], momentum_gev) > 0
        return np.where(seen, found * share, 0.0)

    def _window(self, hypothesis: ChargedParticle, momentum_gev: FloatArray) -> tuple[FloatArray, FloatArray]:
        radii = [self.radius_m(mass, momentum_gev) for mass in MASSES.values()]
        k = list(MASSES).index(hypothesis)
        low, high = radii[k] - self.window_m, radii[k] + self.window_m
        if k + 1 < len(radii):
            low = np.maximum(low, (radii[k] + radii[k + 1]) / 2)
        if k > 0:
            high = np.minimum(high, (radii[k] + radii[k - 1]) / 2)
        return low, high


Chances = dict[ChargedParticle, float]
"""By true particle: chance to pass."""


@dataclass(frozen=True, slots=True)
class Identification:
    """What identifies a track.

    calorimeters: for each hypothesis the chance of an electron, a muon and a hadron (pion) to pass the
    electromagnetic and hadronic calorimeters and the muon counters behind them.
    """

    rich: Rich
    calorimeters: dict[ChargedParticle, Chances]

    def __post_init__(self) -> None:
        complete = set(self.calorimeters) == set(MASSES) and all(
            set(row) == set(MASSES) for row in self.calorimeters.values()
        )
        require(complete, self, "calorimeters", "for electron, muon and hadron the chances of all three")
        inside = all(0 <= chance <= 1 for row in self.calorimeters.values() for chance in row.values())
        require(inside, self, "calorimeters", "chances between 0 and 1")

    def probability(
        self, particle: ChargedParticle, hypothesis: ChargedParticle, momentum_gev: FloatArray
    ) -> FloatArray:
        """Chance that a track of ``particle`` with true momenta [GeV] is identified as ``hypothesis``."""
        if hypothesis not in MASSES:
            raise DomainError(f"hypothesis {hypothesis!r}: expected one of {', '.join(MASSES)}")
        ring = self.rich.probability(particle, hypothesis, np.asarray(momentum_gev, float))
        return np.asarray(self.calorimeters[hypothesis][particle] * ring)

"""Resolution of the missing mass: the Gaussian core of a simulated distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.kaon.beam_decays import KPLUS, Parent
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.one_track import TrackSelection, simulate, two_body
from feebly.physics.decays.kaon_standard import TrackParticle
from feebly.physics.kinematics.two_body import two_body_momentum_gev

_TRUNCATED = 0.98658  # standard deviation of a unit Gaussian cut at 3 standard deviations
_EVENTS = 50_000
_LEAST_EVENTS = 200
_DEGREE = 3


@dataclass(frozen=True, slots=True)
class MassResolution:
    """Resolution and acceptance of K+ -> track X at masses of X [GeV], arrays of one shape.

    sigma_mass2_gev2: core of (p_K - p_track)²; acceptance: accepted over all decays in the region, with its
    binomial error. Between the masses: `sigma_mass_at`, `acceptance_at`, never outside.
    """

    track_mass_gev: float
    parent: Parent
    mass_gev: FloatArray
    sigma_mass2_gev2: FloatArray
    acceptance: FloatArray
    acceptance_error: FloatArray

    @property
    def sigma_mass_gev(self) -> FloatArray:
        """σ(m²)/(2m)."""
        return np.asarray(self.sigma_mass2_gev2 / (2 * self.mass_gev))

    def sigma_mass_at(self, mass_gev: FloatArray) -> FloatArray:
        """σ_m [GeV]. σ(m²) is smooth in the momentum of the track in the rest frame: a cubic through it."""
        mass = self._inside(mass_gev)
        degree = min(_DEGREE, self.mass_gev.size - 1)
        smooth = np.polynomial.Polynomial.fit(self._momentum(self.mass_gev), self.sigma_mass2_gev2, degree)
        return np.asarray(smooth(self._momentum(mass)) / (2 * mass))

    def acceptance_at(self, mass_gev: FloatArray) -> FloatArray:
        """Acceptance, straight lines between the masses."""
        return np.interp(self._inside(mass_gev), self.mass_gev, self.acceptance)

    def _momentum(self, mass_gev: FloatArray) -> FloatArray:
        return two_body_momentum_gev(self.parent.mass_gev, self.track_mass_gev, mass_gev)

    def _inside(self, mass_gev: FloatArray) -> FloatArray:
        mass = np.asarray(mass_gev, float)
        low, high = self.mass_gev[0], self.mass_gev[-1]
        if np.any((mass < low * (1 - 1e-12)) | (mass > high * (1 + 1e-12))):
            raise DomainError(
                f"mass {mass.min():g}-{mass.max():g} GeV: the resolution is known for {low:g}-{high:g} GeV"
            )
        return mass


def core_sigma(values: FloatArray) -> float:
    """Standard deviation of the values within 3 of it from their mean, corrected for the cut; iterated."""
    centre, sigma = float(np.median(values)), float(values.std())
    for _ in range(40):
        inside = values[np.abs(values - centre) < 3 * sigma]
        before, centre, sigma = sigma, float(inside.mean()), float(inside.std()) / _TRUNCATED
        if abs(sigma - before) < 1e-7 * sigma:
            break
    return sigma


def mass_resolution(
    experiment: KaonExperiment,
    particle: TrackParticle,
    track_mass_gev: float,
    masses_gev: Sequence[float] | FloatArray,
    selection: TrackSelection,
    events: int = _EVENTS,
    seed: int = 1,
    parent: Parent = KPLUS,
) -> MassResolution:
    """Simulate K+ -> track X at each mass of X. DomainError for closed masses and tiny acceptances."""
    masses = np.asarray(masses_gev, float)
    sigma, acceptance = np.empty(masses.size), np.empty(masses.size)
    for k, mass in enumerate(masses):
        decay = two_body(f"{particle}-x", particle, track_mass_gev, float(mass), parent)
        found = simulate(experiment, decay, events, seed, 0, selection)
        if found.accepted.sum() < _LEAST_EVENTS:
            raise DomainError(
                f"mass {mass:g} GeV: {found.accepted.sum()} of {events} simulated tracks are accepted; "
                "expected a mass away from the endpoint, or a wider momentum window"
            )
        sigma[k], acceptance[k] = core_sigma(found.missing_mass2_gev2[found.accepted]), found.acceptance
    error = np.sqrt(acceptance * (1 - acceptance) / events)
    return MassResolution(track_mass_gev, parent, masses, sigma, acceptance, error)

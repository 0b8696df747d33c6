"""Signal in a plane of two couplings at one mass: every width and rate is a quadratic form of them.

Amplitudes are linear in the couplings, so widths and rates are a x² + b x y + c y². Their values on both axes
and on one diagonal fix the three numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feebly.core.constants import HBARC_GEV_M
from feebly.core.interfaces import FloatArray, Model, ProductionChannel, YieldSource


@dataclass(frozen=True, slots=True)
class QuadraticForm:
    """xx x² + xy x y + yy y², not below zero."""

    xx: float
    xy: float
    yy: float

    @classmethod
    def through(cls, on_x: float, on_y: float, on_diagonal: float) -> QuadraticForm:
        """The form with these values at (1, 0), (0, 1) and (1, 1)."""
        return cls(on_x, on_diagonal - on_x - on_y, on_y)

    def __call__(self, x: FloatArray, y: FloatArray) -> FloatArray:
        value = self.xx * x**2 + self.xy * x * y + self.yy * y**2
        return np.asarray(np.maximum(value, 0.0))  # a negative one is the rounding of a cancellation


@dataclass(frozen=True, eq=False)
class Direction:
    """A model and its production with the couplings of one direction, for one unit of them."""

    model: Model
    production: Sequence[ProductionChannel]


@dataclass(frozen=True, eq=False)
class CouplingPlane:
    """N(x, y) at one mass [GeV]: sum over production i and final state f of POT rate_i BR_f η_f N_if(cτ).

    widths_gev: by final state, all of them; rates: by production tag, per POT; efficiencies: by asked final
    state, times the share in which every pi0 and eta decays to two photons; channels: the open pairs
    (production, final state).
    """

    mass_gev: float
    widths_gev: Mapping[str, QuadraticForm]
    rates: Mapping[str, QuadraticForm]
    efficiencies: Mapping[str, float]
    channels: tuple[tuple[str, str], ...]
    source: YieldSource
    pot: float

    def ctau_m(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Proper decay length [m]."""
        return np.asarray(HBARC_GEV_M / self._total_gev(x, y))

    def events(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Expected events; x and y broadcast."""
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        total = self._total_gev(x, y)
        ctau = HBARC_GEV_M / total
        result = np.zeros(x.shape)
        for production, state in self.channels:
            seen = self.source.expected_events(production, state, self.mass_gev, ctau)
            ratio = self.widths_gev[state](x, y) / total
            result += self.pot * self.efficiencies[state] * self.rates[production](x, y) * ratio * seen
        return result

    def _total_gev(self, x: FloatArray, y: FloatArray) -> FloatArray:
        total = sum((form(x, y) for form in self.widths_gev.values()), start=np.zeros(np.shape(x)))
        return np.asarray(np.maximum(total, np.finfo(float).tiny))


def plane_through(
    directions: tuple[Direction, Direction, Direction],
    mass_gev: float,
    multiplicities: Mapping[str, float | None],
    efficiencies: Mapping[str, float],
    channels: tuple[tuple[str, str], ...],
    source: YieldSource,
    pot: float,
    unit: float = 1.0,
) -> CouplingPlane:
    """The plane from models along (1, 0), (0, 1) and (1, 1); the other arguments are its fields.

    multiplicities: parents per POT by production tag. unit: value of the models' coupling at which they are
    asked: small enough for amplitudes to be linear.
    """

    def form(values: Sequence[float]) -> QuadraticForm:
        return QuadraticForm.through(*values)

    first = directions[0]
    widths = {
        tag: form([float(each.model.partial_width_gev(tag, mass_gev, unit)) / unit**2 for each in directions])
        for tag in first.model.channels
    }
    by_tag = [{channel.tag: channel for channel in each.production} for each in directions]
    rates = {
        tag: form([float(own[tag].rate(mass_gev, unit, multiplicities[tag])) / unit**2 for own in by_tag])
        for tag in {production for production, _ in channels}
    }
    return CouplingPlane(mass_gev, widths, rates, efficiencies, channels, source, pot)

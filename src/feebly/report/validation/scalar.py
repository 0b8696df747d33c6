"""Yields of the dark scalar against a pilot calculation, with the selection of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.interfaces import FloatArray, ProductionChannel
from feebly.core.records import decode
from feebly.core.tables import load_document
from feebly.engine.histogram import laplace
from feebly.engine.sampler import MassSample, sample_masses
from feebly.physics.models.dark_scalar import DarkScalar
from feebly.physics.production.b_to_scalar import br_exclusive
from feebly.physics.production.scalar_presets import BREMS, DARK_SCALAR, ScalarPreset
from feebly.physics.spectra.heavy_flavour import normalisation
from feebly.physics.spectra.library import load_spectrum
from feebly.report.validation.rows import Row
from feebly.report.validation.sampling import Sampling
from feebly.report.validation.selection import OpenSelection

_EXPERIMENT = "na62-dump-2021"
_PRECISION = 0.03


@dataclass(frozen=True, slots=True)
class PilotPoint:
    """Expected events of B decays and of bremsstrahlung at one mass and sin²θ."""

    mass_gev: float
    sin2_theta: float
    b: float
    brems: float


@dataclass(frozen=True, slots=True)
class PilotYields:
    """Points of the pilot with what it took otherwise: fraction of b to B+ (and B0), form factor."""

    b_fraction: float
    brems_form_factor: str
    tolerance: float
    source: str
    points: tuple[PilotPoint, ...]


@dataclass(frozen=True, slots=True)
class ScalarPlan:
    """Selection, final states and POT of the pilot."""

    preset: str
    channels: tuple[str, ...]
    selection: OpenSelection
    pot: float
    pilot: PilotYields


def scalar_plan() -> ScalarPlan:
    """The shipped plan of the dark scalar."""
    return decode(ScalarPlan, load_document("validation plan", "validation", "dark-scalar"))


@dataclass(frozen=True)
class OpenYields:
    """Expected events of all decays to two tracks in the acceptance, no region, efficiency 1."""

    plan: ScalarPlan
    precision: float = _PRECISION

    @cached_property
    def sampling(self) -> Sampling:
        return Sampling(load_experiment(_EXPERIMENT), load_analysis(_EXPERIMENT))

    @cached_property
    def preset(self) -> ScalarPreset:
        return DARK_SCALAR.load(self.plan.preset)

    def sample(self, channel: ProductionChannel, tag: str, mass_gev: float) -> MassSample:
        """Sample of one production and final state at one mass."""
        here = self.sampling
        state = self.plan.selection.final_state(here.analysis.final_state(tag), here.experiment)
        setup = here.setup(channel, state)
        (sample,) = sample_masses(setup, np.array([mass_gev]), self.precision)
        return sample

    def per_rate(
        self, channel: ProductionChannel, mass_gev: float, sin2: FloatArray
    ) -> dict[str, FloatArray]:
        """Events for one S per POT by final state, BR included, at each sin²θ."""
        model, found = DarkScalar(), {}
        ctau = model.ctau_m(mass_gev, np.sqrt(sin2))
        for tag in self.plan.channels:
            if mass_gev > model.threshold_gev(tag):
                events, _ = laplace(self.sample(channel, tag, mass_gev).histogram[0], ctau / mass_gev)
                found[tag] = self.plan.pot * float(model.branching_ratio(tag, mass_gev)) * events
        return found

    def by_production(self, mass_gev: float, sin2: FloatArray) -> dict[str, dict[str, FloatArray]]:
        """Events by production and final state with the choices of the preset."""
        found = {}
        for channel in self.preset.production_channels():
            low, high = channel.mass_range_gev((0.0, np.inf))
            if low < mass_gev < high:
                rate = channel.rate(mass_gev, np.sqrt(sin2), self.multiplicity(channel))
                each = self.per_rate(channel, mass_gev, sin2)
                found[channel.tag] = {tag: rate * events for tag, events in each.items()}
        return found

    def multiplicity(self, channel: ProductionChannel) -> float | None:
        """Parents per POT."""
        if channel.parent is None:
            return None
        return load_spectrum(channel.parent, **self.preset.spectrum_options).multiplicity


def as_the_pilot(chosen: OpenYields, mass_gev: float, sin2: float) -> tuple[float, float]:
    """Events of B decays and of bremsstrahlung with what the pilot took otherwise (`PilotYields`)."""
    pilot, at = chosen.plan.pilot, np.array([sin2])
    preset = replace(chosen.preset, brems_form_factor=pilot.brems_form_factor)
    channels = {channel.tag: channel for channel in preset.production_channels()}
    beauty = normalisation(preset.beauty).beauty
    mesons = 2 * 2 * pilot.b_fraction * beauty.pairs_per_pot()
    rates = {
        "b-k": sin2 * mesons * float(br_exclusive(mass_gev, "B+")),
        BREMS: float(channels[BREMS].rate(mass_gev, np.sqrt(sin2))),
    }
    b, brems = (
        rate * sum(float(events[0]) for events in chosen.per_rate(channels[tag], mass_gev, at).values())
        for tag, rate in rates.items()
    )
    return b, brems


def total(
    parts: Mapping[str, Mapping[str, FloatArray]], factors: Mapping[str, float] | None = None
) -> FloatArray:
    """Sum over production and final states, the latter times ``factors`` (1 where not named)."""
    factors = factors or {}
    return np.asarray(
        sum(factors.get(tag, 1.0) * events for each in parts.values() for tag, events in each.items())
    )


def pilot_rows(chosen: OpenYields) -> Iterator[Row]:
    """Yields with what the pilot took; then those of the preset, for information."""
    pilot = chosen.plan.pilot
    for point in pilot.points:
        own = as_the_pilot(chosen, point.mass_gev, point.sin2_theta)
        for kind, value, reference in zip(("B", BREMS), own, (point.b, point.brems), strict=True):
            group = "dark scalar: yields, recoil and form factor as the pilot has them"
            yield Row(group, f"{_name(point)}: {kind}", value, reference, pilot.tolerance)
    for point in pilot.points:
        found = chosen.by_production(point.mass_gev, np.array([point.sin2_theta]))
        brems = {BREMS: found.pop(BREMS)}
        for kind, parts, reference in (("B", found, point.b), (BREMS, brems, point.brems)):
            group = "dark scalar: yields of the preset"
            yield Row(group, f"{_name(point)}: {kind}", float(total(parts)[0]), reference)


def _name(point: PilotPoint) -> str:
    return f"{point.mass_gev:g} GeV, {point.sin2_theta:g}"

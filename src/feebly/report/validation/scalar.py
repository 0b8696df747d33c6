"""Dark scalar against a pilot calculation and ALPINIST, with the selection of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import log10
from pathlib import Path

import numpy as np

from feebly.analysis.analysis import load_analysis
from feebly.analysis.final_state import FinalState
from feebly.analysis.regions import Box
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
from feebly.report.validation.curves import Pieces, closed_piece, outer_edges, overlap
from feebly.report.validation.references import find_reference, read_columns, why_missing
from feebly.report.validation.rows import FOLDED, Row
from feebly.report.validation.sampling import Sampling

_EXPERIMENT = "na62-dump-2021"
_ANYWHERE = Box(-1e4, 1e4, 1e4)
_SIN2 = np.geomspace(1e-13, 1e-1, 2401)
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
class ScalarContour:
    """Closed curve in (mass, sin²θ), read at some masses; relative tolerances of sin²θ."""

    file: str
    masses_gev: tuple[float, ...]
    tolerance_lower: float
    tolerance_upper: float
    source: str


@dataclass(frozen=True, slots=True)
class ScalarPlan:
    """Selection, POT and events that exclude; the references."""

    preset: str
    channels: tuple[str, ...]
    z_m: tuple[float, float]
    momentum_min_gev: float
    pot: float
    events: float
    pilot: PilotYields
    contour: ScalarContour


def scalar_plan() -> ScalarPlan:
    """The shipped plan of the dark scalar."""
    return decode(ScalarPlan, load_document("validation plan", "validation", "dark-scalar"))


@dataclass(frozen=True)
class OpenSelection:
    """Expected events of all decays to two tracks in the acceptance, no region, efficiency 1."""

    plan: ScalarPlan
    precision: float = _PRECISION

    @cached_property
    def sampling(self) -> Sampling:
        return Sampling(load_experiment(_EXPERIMENT), load_analysis(_EXPERIMENT))

    @cached_property
    def preset(self) -> ScalarPreset:
        return DARK_SCALAR.load(self.plan.preset)

    def final_state(self, tag: str) -> FinalState:
        """The tracks of the analysis, without cuts on anything but z and momentum."""
        state, (z_min, z_max) = self.sampling.analysis.final_state(tag), self.plan.z_m
        return replace(
            state,
            momentum_min_gev=self.plan.momentum_min_gev,
            fiducial_volume=replace(state.fiducial_volume, z_min_m=z_min, z_max_m=z_max, cones=()),
            track_cda_max_m=1e3,
            signal_region=replace(state.signal_region, shape=_ANYWHERE),
            control_region=None,
            calorimeter=None,
            masks=(),
        )

    def sample(self, channel: ProductionChannel, tag: str, mass_gev: float) -> MassSample:
        """Sample of one production and final state at one mass."""
        setup = self.sampling.setup(channel, self.final_state(tag))
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


def as_the_pilot(chosen: OpenSelection, mass_gev: float, sin2: float) -> tuple[float, float]:
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


def edges_of(sin2: FloatArray, events: FloatArray, threshold: float) -> tuple[float, float] | None:
    """Smallest and largest sin²θ with at least ``threshold`` events, by logarithmic interpolation."""
    inside = np.flatnonzero(events >= threshold)
    if inside.size == 0 or inside[0] == 0 or inside[-1] == sin2.size - 1:
        return None
    first, last = inside[0], inside[-1]
    return _crossing(sin2, events, first - 1, threshold), _crossing(sin2, events, last, threshold)


def _crossing(sin2: FloatArray, events: FloatArray, k: int, threshold: float) -> float:
    below, above = np.log(np.maximum(events[k : k + 2], 1e-300))
    share = (np.log(threshold) - below) / (above - below)
    return float(sin2[k] * (sin2[k + 1] / sin2[k]) ** share)


def scalar_rows(plan: ScalarPlan, folder: Path | None) -> Iterator[Row]:
    """Yields against the pilot, edges and area against ALPINIST."""
    chosen = OpenSelection(plan)
    yield from pilot_rows(chosen)
    yield from contour_rows(chosen, folder)


def pilot_rows(chosen: OpenSelection) -> Iterator[Row]:
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


def contour_rows(chosen: OpenSelection, folder: Path | None) -> Iterator[Row]:
    """Both edges in sin²θ at each mass, median and worst distance, and the common area."""
    reference, title = chosen.plan.contour, f"{FOLDED} dark scalar, ALPINIST"
    path = find_reference(folder, "contours", reference.file)
    if path is None:
        reason = why_missing(folder, f"contours/{reference.file}")
        yield Row(title, "both edges and area", skipped=reason)
        return
    curve = (closed_piece(*read_columns(path, 2).T),)
    own = own_edges(chosen, reference.masses_gev)
    pairs = {mass: outer_edges(curve, mass) for mass in reference.masses_gev}
    tolerances = (reference.tolerance_lower, reference.tolerance_upper)
    for k, edge in enumerate(("lower", "upper")):
        for mass, theirs in pairs.items():
            found = own[mass]
            yield Row(
                f"{title}: {edge} edge in sin^2 theta", f"{mass:g} GeV",
                found[k] if found else None, theirs[k] if theirs else None, tolerances[k],
            )  # fmt: skip
    yield from _distances(own, pairs)
    yield Row("area: intersection over union", "dark scalar, ALPINIST", _common_area(own, curve), 1.0)


def own_edges(
    chosen: OpenSelection, masses_gev: tuple[float, ...]
) -> dict[float, tuple[float, float] | None]:
    """Edges in sin²θ by mass."""
    found = {mass: total(chosen.by_production(mass, _SIN2)) for mass in masses_gev}
    return {mass: edges_of(_SIN2, events, chosen.plan.events) for mass, events in found.items()}


def _distances(
    own: Mapping[float, tuple[float, float] | None], theirs: Mapping[float, tuple[float, float] | None]
) -> Iterator[Row]:
    for k, edge in enumerate(("lower", "upper")):
        steps = [abs(log10(a[k] / b[k])) for m, b in theirs.items() if b and (a := own[m])]
        if steps:
            group = "dark scalar, ALPINIST: |log10| of own over reference sin^2 theta"
            yield Row(group, f"{edge} edge, median", float(np.median(steps)))
            yield Row(group, f"{edge} edge, worst", max(steps))


def _common_area(own: Mapping[float, tuple[float, float] | None], curve: Pieces) -> float:
    """Intersection over union between the first and the last of the masses."""
    edges = {mass: pair for mass, pair in own.items() if pair}
    if len(edges) < 2:
        return 0.0
    mass = np.array(list(edges))
    lower, upper = np.array(list(edges.values())).T
    piece = closed_piece(np.append(mass, mass[::-1]), np.append(lower, upper[::-1]))
    return overlap((piece,), curve, (mass.min(), mass.max()))

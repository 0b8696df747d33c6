"""Expected events of axion-like particles by production and decay against ``pilot_alp_yields.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from math import fsum, hypot
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import DataError
from feebly.core.interfaces import ProductionChannel
from feebly.core.records import decode
from feebly.core.tables import load_document
from feebly.engine.histogram import laplace
from feebly.engine.sampler import MassSample, sample_masses
from feebly.physics.decays.channels import channel_of
from feebly.physics.models.alp import Alp
from feebly.physics.production.alp_presets import ALP_PRESETS, AlpPreset
from feebly.physics.spectra.library import load_spectrum
from feebly.report.validation.references import find_reference, why_missing
from feebly.report.validation.rows import Row
from feebly.report.validation.sampling import Sampling
from feebly.report.validation.selection import OpenSelection

_EXPERIMENT, _ANALYSIS = "na62-dump-2021", "na62-dump-all"
_PRECISION = 0.03
_PHOTONS = ("photon-pi0", "photon-eta")

PRODUCTION: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "prim": ("primakoff",),
        "phot": _PHOTONS,
        "mix_pi0": ("mixing-pi0",),
        "mix_eta": ("mixing-eta",),
        "mix_etap": ("mixing-etaprime",),
        "primakoff_epa": ("primakoff",),
        "photon_meson_pythia": _PHOTONS,
        "photon_meson_bmpt": _PHOTONS,
    }
)
"""Production tags of a mode of the file; B stands for every kaon state."""

DECAYS: Mapping[str, str] = MappingProxyType(
    {
        "2El": "ee",
        "2Mu": "mumu",
        "2Gamma": "gammagamma",
        "2PiGamma": "pipigamma",
        "3Pi": "3pi",
        "3Pi0": "3pi0",
        "2PiEta": "pipieta",
        "2Pi0Eta": "pi0pi0eta",
    }
)
"""Final state of a decay of the file."""


@dataclass(frozen=True, slots=True)
class AlpBenchmark:
    """One section of the file: preset with changed options, relative tolerance, protons on target.

    claimed: decays that are tested, all where none are named. information_gev: masses at which nothing is.
    remark: what is known about the others.
    """

    section: str
    preset: str
    tolerance: float
    pot: float
    options: dict[str, str] = field(default_factory=dict)
    claimed: tuple[str, ...] = ()
    information_gev: tuple[float, ...] = ()
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class AlpPlan:
    """The file, the selection, and the sections by tag of the model.

    least_share: of the events of a point, below which an entry is left out. largest_error: of an entry,
    relative, above which it is no test.
    """

    file: str
    least_share: float
    largest_error: float
    selection: OpenSelection
    benchmarks: dict[str, AlpBenchmark]


@dataclass(frozen=True, slots=True)
class Entry:
    """Expected events and their MC error at one mass [GeV] and C/Lambda [1/GeV]."""

    mass_gev: float
    coupling: float
    mode: str
    decay: str
    events: float
    error: float


@cache
def alp_plan() -> AlpPlan:
    """The shipped plan."""
    return decode(AlpPlan, load_document("validation plan", "validation", "alp"))


@dataclass(frozen=True)
class AlpYields:
    """Own events of one benchmark in the selection of the plan."""

    plan: AlpPlan
    benchmark: str
    precision: float = _PRECISION

    @cached_property
    def preset(self) -> AlpPreset:
        chosen = self.plan.benchmarks[self.benchmark]
        return replace(ALP_PRESETS[self.benchmark].load(chosen.preset), **chosen.options)  # type: ignore[arg-type]

    @cached_property
    def model(self) -> Alp:
        return Alp.benchmark(self.benchmark, **self.preset.model_options)

    @cached_property
    def sampling(self) -> Sampling:
        return Sampling(load_experiment(_EXPERIMENT), load_analysis(_ANALYSIS))

    @cached_property
    def channels(self) -> dict[str, ProductionChannel]:
        return {channel.tag: channel for channel in self.preset.production_channels()}

    def tags(self, mode: str) -> tuple[str, ...]:
        """Production channels of a mode of the file."""
        return PRODUCTION.get(mode) or tuple(tag for tag in self.channels if tag.startswith("b-"))

    def events(self, entry: Entry) -> tuple[float, float]:
        """Expected events of an entry and their MC error."""
        state, mass = DECAYS[entry.decay], entry.mass_gev
        source = "bmpt" if entry.mode.endswith("bmpt") else self.preset.spectrum
        visible = float(self.model.branching_ratio(state, mass)) * channel_of(state).to_photons
        ctau = float(self.model.ctau_m(mass, entry.coupling))
        pot, value, variance = self.plan.benchmarks[self.benchmark].pot, 0.0, 0.0
        for tag in self.tags(entry.mode):
            channel = self.channels[tag]
            low, high = channel.mass_range_gev(self.model.mass_range_gev)
            if not low < mass < high:
                continue
            sample, parents = self.sample(tag, state, source, mass)
            (each,), (error,) = laplace(sample.histogram[0], np.array([ctau / mass]))
            factor = pot * visible * float(channel.rate(mass, entry.coupling, parents))
            value, variance = value + factor * each, variance + (factor * error) ** 2
        return value, variance**0.5

    @cached_property
    def _samples(self) -> dict[tuple[str, str, str, float], tuple[MassSample, float | None]]:
        return {}

    def sample(self, tag: str, state: str, source: str, mass_gev: float) -> tuple[MassSample, float | None]:
        """Sample of a channel at one mass, made once, and parents per POT."""
        key = tag, state, source, mass_gev
        if key not in self._samples:
            self._samples[key] = self._made(*key)
        return self._samples[key]

    def _made(self, tag: str, state: str, source: str, mass_gev: float) -> tuple[MassSample, float | None]:
        channel, here, selection = self.channels[tag], self.sampling, self.plan.selection
        cuts = selection.final_state(here.analysis.final_state(state), here.experiment)
        place = Sampling(selection.experiment(here.experiment, cuts), here.analysis)
        setup = place.setup(channel, cuts, source)
        parents = setup.spectrum
        if channel.parent:
            parents = load_spectrum(channel.parent, source, **self.preset.spectrum_options)
        (sample,) = sample_masses(replace(setup, spectrum=parents), np.array([mass_gev]), self.precision)
        return sample, parents.multiplicity if parents else None


def read_entries(path: Path, section: str) -> list[Entry]:
    """Entries of one section for NA62, by rising mass; DataError if the file is not what it should be."""
    try:
        points = json.loads(path.read_text(encoding="utf-8"))[section]
        found = [entry for point in points for entry in _entries(point)]
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: expected JSON with the pilot yields of {section!r} ({error})") from error
    return found


def _entries(point: Mapping[str, Any]) -> Iterator[Entry]:
    mass, coupling = float(point["m"]), float(point["C"])
    if "modes" in point:
        for name, (events, error) in point["modes"].items():
            mode, decay = name.split("|")
            yield Entry(mass, coupling, mode, decay, events, error)
    elif "mode" in point:
        yield Entry(mass, coupling, point["mode"], point["decay"], *point["N"])
    elif point["exp"] == "NA62":
        for mode in ("primakoff_epa", "photon_meson_pythia", "photon_meson_bmpt"):
            yield Entry(mass, coupling, mode, "2Gamma", *point[mode])


def large_entries(entries: list[Entry], least_share: float) -> list[Entry]:
    """Entries that are at least this part of all events at their mass and coupling."""

    def total(entry: Entry) -> float:
        here = (entry.mass_gev, entry.coupling)
        return fsum(each.events for each in entries if (each.mass_gev, each.coupling) == here)

    return [entry for entry in entries if entry.events >= least_share * total(entry)]


def alp_yield_rows(benchmark: str, plan: AlpPlan, folder: Path | None) -> Iterator[Row]:
    """One row per entry of a benchmark that is large enough."""
    group, chosen = f"{benchmark}: yields of the pilot", plan.benchmarks[benchmark]
    path = find_reference(folder, plan.file)
    if path is None:
        yield Row(group, "all modes", skipped=why_missing(folder, plan.file))
        return
    own, told = AlpYields(plan, benchmark), False
    entries = large_entries(read_entries(path, chosen.section), plan.least_share)
    decays = {entry.decay for entry in entries}
    for entry in entries:
        events, error = own.events(entry)
        spread = error / events if events > 0 else 0.0
        decay = "" if len(decays) == 1 else f" {entry.decay}"
        name = f"{entry.mass_gev:g} GeV {entry.coupling:g} {entry.mode}{decay}"
        row = Row(group, name, events, entry.events, tolerance(entry, spread, plan, chosen))
        if row.verdict != "ok" and not told:
            row, told = replace(row, remark=chosen.remark), True
        yield row


def tolerance(entry: Entry, own_error: float, plan: AlpPlan, chosen: AlpBenchmark) -> float | None:
    """Relative tolerance with three times both MC errors; None where nothing is claimed."""
    pilot_error = entry.error / entry.events
    claimed = not chosen.claimed or entry.decay in chosen.claimed
    if not claimed or entry.mass_gev in chosen.information_gev or pilot_error > plan.largest_error:
        return None
    return chosen.tolerance + 3 * hypot(own_error, pilot_error)

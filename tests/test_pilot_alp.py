"""Yields of axion-like particles in the acceptance of ALPINIST (2201.05170) against a pilot calculation.

Fermions: two tracks of p > 5 GeV from decays at 102-182 m, straws 0.10-1.00 m about the beam hole. Nothing
is tuned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feebly.analysis.analysis import FinalState, load_analysis
from feebly.analysis.regions import Box
from feebly.apparatus.experiment import Experiment, load_experiment
from feebly.core.block import BLOCK
from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from feebly.physics.models.alp import Alp
from feebly.physics.production.alp_presets import ALP_PRESETS
from feebly.physics.production.conversion_kernel import convert_photons
from feebly.physics.production.conversion_packing import pack_meson_photons, pack_proton_photons
from feebly.physics.spectra.library import load_spectrum
from feebly.report.validation.sampling import Sampling
from twins.kinematics import isotropic_decay
from twins.scratch import row, scratch

PILOT = json.loads((Path(__file__).parent / "reference" / "pilot_alp_yields.json").read_text())
ANYWHERE = Box(-1e4, 1e4, 1e4)
FERMION = ALP_PRESETS["alp-fermion"].load("alp-fermion")
MODEL = Alp.benchmark("alp-fermion")
CHANNELS = {channel.tag: channel for channel in FERMION.production_channels()}
MODES = {
    "B": tuple(tag for tag in CHANNELS if tag.startswith("b-")),
    "mix_eta": ("mixing-eta",),
    "mix_etap": ("mixing-etaprime",),
}
FINAL_STATES = {"2El": "ee", "2Mu": "mumu"}


def experiment() -> Experiment:
    found = load_experiment("na62-dump-2021")
    planes = [
        replace(plane, shape=replace(plane.shape, r_min_m=0.10, r_max_m=1.00))
        if plane.name.startswith("STRAW")
        else plane
        for plane in found.planes
    ]
    return replace(found, planes=tuple(planes))


SAMPLING = Sampling(experiment(), load_analysis("na62-dump-2021"))


def two_tracks(tag: str) -> FinalState:
    state = SAMPLING.analysis.final_state(tag)
    return replace(
        state,
        momentum_min_gev=5.0,
        fiducial_volume=replace(state.fiducial_volume, z_min_m=102.0, z_max_m=182.0, cones=()),
        track_cda_max_m=1e3,
        signal_region=replace(state.signal_region, shape=ANYWHERE),
        control_region=None,
        calorimeter=None,
        masks=(),
    )


def events(point: Mapping[str, Any]) -> tuple[float, float]:
    """Expected events and their MC error."""
    tag, mass, value, variance = FINAL_STATES[point["decay"]], point["m"], 0.0, 0.0
    ratio = float(MODEL.branching_ratio(tag, mass))
    ctau = float(MODEL.ctau_m(mass, point["C"]))
    for production in MODES[point["mode"]]:
        channel = CHANNELS[production]
        (sample,) = sample_masses(SAMPLING.setup(channel, two_tracks(tag)), np.array([mass]), 0.05)
        each, error = laplace(sample.histogram[0], np.array([ctau / mass]))
        mesons = load_spectrum(channel.parent, **FERMION.spectrum_options).multiplicity
        factor = point["POT"] * ratio * float(channel.rate(mass, point["C"], mesons))
        value, variance = value + factor * each[0], variance + (factor * error[0]) ** 2
    return value, variance**0.5


# long and short lifetimes; the other rows have the same samples with another branching ratio
ROWS = [point for point in PILOT["Cff"] if point["m"] in (0.1, 0.25, 0.6) or point["decay"] == "2Mu"]


@pytest.mark.parametrize(
    "point", ROWS, ids=lambda point: f"{point['m']}-{point['C']:g}-{point['mode']}-{point['decay']}"
)
def test_fermion_coupling(point: Mapping[str, Any]) -> None:
    value, error = events(point)
    expected, pilot_error = point["N"]
    allowed = np.hypot(
        PILOT["meta"]["tolerances"]["Cff"], 3 * np.hypot(error / value, pilot_error / expected)
    )
    assert abs(value / expected - 1) < allowed


# --- two photons ------------------------------------------------------------------------------------------
# each above 1 GeV, together above 3 GeV, in the calorimeter at r > 0.15 m and 0.10 m apart, decays from 102 m
# to the calorimeter; photons absorbed with 6.0 b

PHOTON = ALP_PRESETS["alp-photon"].load("alp-photon")
THETA_MAX, LEAST, Z_MIN, Z_IMPACT, N = 0.02, 2.0, 102.0, 23.07, 250 * BLOCK


spectrum_of = cache(load_spectrum)  # one object: the photons of its decays are kept


def conversions(channel: Any, source: str, mass: float) -> tuple[list[np.ndarray], float]:
    """Columns cos θ, E and weight per unit rate of ALPs within THETA_MAX; parents per POT."""
    rng, sampling = np.random.default_rng(7), channel.sampling()
    spectrum = spectrum_of(channel.parent, source) if channel.parent else None
    if spectrum is None:
        packed, parents = pack_proton_photons(sampling, LEAST), None
    else:
        packed, parents = pack_meson_photons(sampling, spectrum, LEAST), spectrum.multiplicity
    columns: list[list[np.ndarray]] = [[], [], []]
    for _ in range(N // BLOCK):
        u = rng.uniform(size=(4, BLOCK))
        cos = 1 - u[0] * (1 - np.cos(THETA_MAX))
        s = scratch(NZ=cos, U_MADE1=u[1], U_MADE2=u[2], U_MADE3=u[3], WEIGHT=np.ones(BLOCK))
        convert_photons(s, BLOCK, mass, packed, np.ones((1, 1)))
        weight = np.where(row(s, "MASK") > 0, row(s, "WEIGHT"), 0.0)
        for column, values in zip(columns, (cos, row(s, "E").copy(), weight), strict=True):
            column.append(values)
    cos, energy, weight = map(np.concatenate, columns)
    return [cos, energy, weight * 2 * np.pi * (1 - np.cos(THETA_MAX)) / N], parents


def in_calorimeter(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    ax, ay = np.abs(x), np.abs(y)
    return (ax < 1.13) & (ay < 1.13) & (ax + ay < 1.598) & (np.hypot(x, y) > 0.15)


def two_photons(columns: list[np.ndarray], mass: float, ctau: float) -> tuple[float, float]:
    """Accepted decays per unit rate, and their MC error."""
    rng, (cos, energy, weight) = np.random.default_rng(8), columns
    z_calorimeter = next(plane.z_m for plane in SAMPLING.experiment.planes if plane.name == "LKr")
    p = np.sqrt(energy**2 - mass**2)
    flight = rng.uniform(0, 2 * np.pi, N)
    direction = np.array([np.sqrt(1 - cos**2) * np.cos(flight), np.sqrt(1 - cos**2) * np.sin(flight), cos])
    z = rng.uniform(Z_MIN, z_calorimeter, N)
    path, length = (z - Z_IMPACT) / cos, ctau * p / mass
    weight = weight * np.exp(-path / length) / (length * cos) * (z_calorimeter - Z_MIN)
    vertex = direction * path + np.array([0.0, -0.022, 0.0])[:, None]
    fip = np.column_stack([direction.T * p[:, None]])
    first, second = isotropic_decay(rng, fip, (mass, 0.0, 0.0))
    accepted, hits = first[:, 0] + second[:, 0] > 3.0, []
    for photon in (first, second):
        x, y = (vertex[k] + photon[:, k + 1] / photon[:, 3] * (z_calorimeter - z) for k in (0, 1))
        accepted &= (photon[:, 3] > 0) & (photon[:, 0] > 1.0) & in_calorimeter(x, y)
        hits.append((x, y))
    accepted &= np.hypot(hits[0][0] - hits[1][0], hits[0][1] - hits[1][1]) > 0.10
    weight = weight * accepted
    return float(weight.sum()), float(np.sqrt((weight**2).sum()))


POINTS = ((0.02, 4.9e-6), (0.1, 1.2e-6), (0.5, 4.1e-7), (1.0, 4e-7))
LONG_LIVED = [point for point in PILOT["CBB_2gamma"] if (point["m"], point["C"]) in POINTS]


@pytest.mark.parametrize("kind", ["primakoff_epa", "photon_meson_pythia", "photon_meson_bmpt"])
@pytest.mark.parametrize("point", LONG_LIVED, ids=lambda point: f"{point['m']}-{point['C']:g}")
def test_photon_coupling(point: Mapping[str, Any], kind: str) -> None:
    source = kind.removeprefix("photon_meson_")
    preset = replace(PHOTON, absorption="alpinist")
    value, variance = 0.0, 0.0
    for channel in preset.production_channels():
        if (channel.tag == "primakoff") == (kind == "primakoff_epa"):
            columns, parents = conversions(channel, source, point["m"])
            events, error = two_photons(columns, point["m"], point["ctau"])
            factor = PILOT["meta"]["POT"]["NA62"] * float(channel.rate(point["m"], point["C"], parents))
            value, variance = value + factor * events, variance + (factor * error) ** 2
    expected, pilot_error = point[kind]
    spread = np.hypot(np.sqrt(variance) / value, pilot_error / expected)
    assert spread < 0.07
    assert abs(value / expected - 1) < PILOT["meta"]["tolerances"]["CBB"] + 3 * spread

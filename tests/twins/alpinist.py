"""Experiment and cuts of ALPINIST (2201.05170) for NA62, as its public code has them.

Tracks: E > 5 GeV, STRAW1 and STRAW4 between 0.10 and 1.00 m, calorimeter; no other plane. Two photons: each
above 1 GeV at r > 0.15 m. Photons of decays to more bodies: no threshold, r > 0.08 m. Photons are 0.10 m
apart, at any distance from tracks. Decays from 102 m to 182 m, of photons alone up to the calorimeter.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from feebly.analysis.analysis import FinalState, load_analysis
from feebly.analysis.regions import Box
from feebly.apparatus.experiment import Experiment, load_experiment
from feebly.physics.decays.channels import channel_of

ANYWHERE = Box(-1e9, 1e9, 1e9)
START_M, END_M = 102.0, 182.0


@cache
def with_tracks() -> Experiment:
    """Two straw chambers and the calorimeter."""
    found = load_experiment("na62-dump-2021")
    planes = [
        replace(plane, shape=replace(plane.shape, r_min_m=0.10, r_max_m=1.00))
        if plane.name.startswith("STRAW")
        else plane
        for plane in found.planes
        if plane.name in ("STRAW1", "STRAW4", "LKr", "MUV3")
    ]
    return replace(found, planes=tuple(planes), decay_region_z_m=(START_M, END_M))


@cache
def photons_alone() -> Experiment:
    """The calorimeter; the tracker, which nothing crosses, stands behind it."""
    found = load_experiment("na62-dump-2021")
    z = found.plane("LKr").z_m
    return replace(
        found,
        planes=(found.plane("LKr"),),
        decay_region_z_m=(START_M, z - 0.01),
        tracking=replace(found.tracking, chambers_z_m=(z, z + 0.1)),
        magnet=replace(found.magnet, z_centre_m=z + 0.2),
    )


def experiment(tag: str) -> Experiment:
    return with_tracks() if channel_of(tag).tracks else photons_alone()


def anywhere(state: FinalState) -> FinalState:
    """Every vertex and every direction counts."""
    volume = replace(state.fiducial_volume, z_min_m=-1e4, z_max_m=1e4, cones=())
    region = replace(state.signal_region, shape=ANYWHERE)
    return replace(
        state, fiducial_volume=volume, track_cda_max_m=1e6, signal_region=region, control_region=None,
        calorimeter=None, masks=(),
    )  # fmt: skip


def final_state(tag: str) -> FinalState:
    """Decays with photons."""
    channel = channel_of(tag)
    analysis = "na62-dump-2021" if channel.tracks else "na62-dump-photons"
    state = anywhere(load_analysis(analysis).final_state(tag))
    assert state.photons is not None
    threshold, radius = (1.0, 0.15) if tag == "gammagamma" else (0.0, 0.08)
    photons = replace(state.photons, energy_min_gev=threshold, r_min_m=radius, track_separation_min_m=0.0)
    return replace(state, momentum_min_gev=5.0 if channel.tracks else 0.0, photons=photons)

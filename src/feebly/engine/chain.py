"""The compiled chain: random -> map -> produce -> decay -> transport -> smear -> vertex -> regions -> fill.

This module owns no physics; it runs the stages of the other rooms in order over blocks of events.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from feebly.analysis.selection import assign_regions
from feebly.apparatus.beam import interaction_point
from feebly.apparatus.reconstruction import invariant_mass, vertex_and_pointing
from feebly.apparatus.response import smear_tracks
from feebly.apparatus.transport import apply_planes, apply_separation, track_slopes
from feebly.core.block import (
    BLOCK,
    DX1,
    DX2,
    DY1,
    DY2,
    INDEX,
    MASK,
    MOM1,
    MOM2,
    NX,
    NY,
    NZ,
    PX1,
    PX2,
    PY1,
    PY2,
    PZ1,
    PZ2,
    REGION,
    STRIDE,
    TAU,
    TX1,
    TX2,
    TY1,
    TY2,
    U0,
    U_DECAY_COS,
    U_DECAY_PHI,
    U_DECAY_Z,
    WEIGHT,
    X0,
    XV,
    Y0,
    YV,
    Z0,
    ZV,
    E,
    P,
)
from feebly.core.compiled import FASTMATH, stage
from feebly.core.randomness import fill_normal, fill_uniform
from feebly.engine.aim import aim_at_disc
from feebly.engine.histogram import fill
from feebly.engine.importance import accumulate, apply_map
from feebly.physics.decays.flight import decay_vertex
from feebly.physics.decays.polarised_weights import polarise, polarise_bremsstrahlung, polarise_meson_decay
from feebly.physics.decays.two_body import two_body
from feebly.physics.production.kernels import Radiation, Replacement, bremsstrahlung, meson_decay, mixing

BREMSSTRAHLUNG, MESON_DECAY, MIXING = 0, 1, 2
ISOTROPIC, ALONG_FLIGHT, BY_PRODUCTION = 0, 1, 2


class Process(NamedTuple):
    """Production and decay of one channel at one mass (GeV).

    polarisation, kappa: whether the decay angle is weighted, and with what (``decays.polarisation``).
    """

    kind: int
    polarisation: int
    mass: float
    daughter1: float
    daughter2: float
    kappa: float
    radiation: Radiation
    replacement: Replacement
    parent_mass: float
    recoil_mass: float
    ln_p_min: float
    ln_p_max: float
    dlnp: float
    dpt: float
    e_min: float


class Acceptance(NamedTuple):
    """Cuts of one final state (GeV, m)."""

    p_min: float
    separation_kind: int
    separation_z: float
    separation_d0: float
    separation_power: float
    fv_z_min: float
    fv_z_max: float
    cda_max: float


# Rows that the stages after production and after transport still read.
_FLIGHT = (X0, Y0, Z0, NX, NY, NZ, P, E)
_AFTER_PRODUCTION = (WEIGHT, INDEX, MASK, *_FLIGHT, U_DECAY_Z, U_DECAY_COS, U_DECAY_PHI)
_AFTER_TRANSPORT = (WEIGHT, INDEX, TAU, XV, YV, ZV, MOM1, MOM2, TX1, TY1, TX2, TY2)
# What else a caller may want to see of the events.
_TRUTH = (*_FLIGHT, PX1, PY1, PZ1, PX2, PY2, PZ2, DX1, DY1, DX2, DY2)
# Where more than this share of a block survives production, sorting out the others costs more than it saves.
_WORTH_COMPACTING = 0.6


@stage
def find_survivors(s, n, survivors):
    """List the events with MASK > 0; returns their number."""
    kept = 0
    for i in range(n):
        survivors[kept] = i
        kept += 1 if s[MASK + i] > 0.0 else 0
    return kept


def _mover(rows):
    """A stage that moves the listed events to the front of the given rows."""

    @stage
    def move(s, survivors, kept):
        for j in range(kept):
            i = survivors[j]
            for row in rows:  # a constant tuple: unrolled
                s[row + j] = s[row + i]

    return move


_move_after_production, _move_after_transport, _move_truth = map(
    _mover, (_AFTER_PRODUCTION, _AFTER_TRANSPORT, _TRUTH)
)


@stage
def produce(s, n, process, density):
    """Run the production stage of the channel."""
    p = process
    if p.kind == BREMSSTRAHLUNG:
        bremsstrahlung(s, n, p.mass, p.radiation)
    elif p.kind == MESON_DECAY:
        meson_decay(
            s,
            n,
            p.mass,
            p.parent_mass,
            p.recoil_mass,
            density,
            p.ln_p_min,
            p.ln_p_max,
            p.dlnp,
            p.dpt,
            p.e_min,
        )
    else:
        mixing(s, n, p.mass, p.replacement, density, p.ln_p_min, p.dlnp, p.dpt, p.e_min)


@stage
def weigh_decay_angle(s, n, process):
    """Weights of the decay angle for a polarised particle; nothing to do for an isotropic decay."""
    p = process
    if p.polarisation == ALONG_FLIGHT:
        polarise(s, n, p.kappa)
    elif p.polarisation == BY_PRODUCTION:
        if p.kind == BREMSSTRAHLUNG:
            polarise_bremsstrahlung(s, n, p.mass, p.radiation.beam_p, p.radiation.m_p, p.kappa)
        elif p.kind == MESON_DECAY:
            polarise_meson_decay(s, n, p.mass, p.parent_mass, p.recoil_mass, p.kappa)


@stage
def run_block(
    s, survivors, saved, key0, key1, first_event, edges, n_uniform, process, density, apparatus, planes, cuts,
    cones, regions, keep_coordinates, keep_truth,
):  # fmt: skip
    """One block from random numbers to region labels; returns the number of events left in the rows."""
    a = apparatus
    n = BLOCK
    fill_uniform(s, n, key0, key1, first_event)
    apply_map(s, n, edges, n_uniform)
    if keep_coordinates:
        for k in range(edges.shape[0] * STRIDE):
            saved[k] = s[U0 + k]
    interaction_point(s, n, a.x_beam, a.y_beam, a.sigma_x, a.sigma_y, a.z_impact, a.interaction_length)
    aim_at_disc(s, n, a.z_aim, a.r_aim)
    produce(s, n, process, density)
    weigh_decay_angle(s, n, process)
    kept = find_survivors(s, n, survivors)
    if kept < _WORTH_COMPACTING * n:
        _move_after_production(s, survivors, kept)
        n = kept
    decay_vertex(s, n, a.z_decay_min, a.z_decay_max)
    two_body(s, n, process.mass, process.daughter1, process.daughter2)
    track_slopes(s, n, a.z_magnet, a.kick, cuts.p_min)
    apply_planes(s, n, planes, a.z_magnet)
    n = find_survivors(s, n, survivors)
    _move_after_transport(s, survivors, n)
    if keep_truth:
        _move_truth(s, survivors, n)
    apply_separation(s, n, cuts.separation_kind, cuts.separation_z, cuts.separation_d0, cuts.separation_power)
    fill_normal(s, n, key0, key1, first_event)
    smear_tracks(s, n, a.z_chamber1, a.z_chamber2, a.hit, a.scattering, a.p_constant, a.p_slope)
    vertex_and_pointing(s, n, a.z_chamber1, a.axis_x, a.axis_y)
    if keep_truth:
        invariant_mass(s, n, process.daughter1, process.daughter2)
    assign_regions(s, n, cuts.fv_z_min, cuts.fv_z_max, cones, cuts.cda_max, regions)
    return n


@stage
def train_on(s, n, saved, edges, objective, training):
    """Add the squared integrand of every asked lifetime to the bins of the map.

    objective: rows (lambda, norm); a row with lambda = inf stands for the long-lifetime limit.
    """
    for i in range(n):
        if s[REGION + i] != 1.0:
            continue
        tau, w = s[TAU + i], s[WEIGHT + i]
        total = 0.0
        for k in range(objective.shape[0]):
            g = np.exp(-tau / objective[k, 0]) * w / objective[k, 1]
            total += g * g
        accumulate(training, edges, saved, int(s[INDEX + i]), total)


@stage
def collect(s, n, events, event_rows, least_region, stored):
    """Copy the asked rows of events with REGION >= least_region to events[stored:], while there is room."""
    for i in range(n):
        if s[REGION + i] >= least_region and stored < events.shape[0]:
            for k in range(event_rows.size):
                events[stored, k] = s[event_rows[k] + i]
            stored += 1
    return stored


_KERNEL_SOURCES = (
    ("feebly.core", ("block.py", "compiled.py", "vecmath.py", "randomness.py")),
    ("feebly.apparatus", ("beam.py", "transport.py", "response.py", "reconstruction.py")),
    ("feebly.physics.production", ("kernels.py",)),
    ("feebly.physics.decays", ("flight.py", "polarised_weights.py", "two_body.py")),
    ("feebly.analysis", ("selection.py",)),
    ("feebly.engine", ("aim.py", "importance.py", "histogram.py", "chain.py")),
)


@cache
def kernel_digest() -> str:
    """SHA-256 of the sources of all compiled stages: the version of the kernels."""
    sha = hashlib.sha256()
    for package, names in _KERNEL_SOURCES:
        for name in names:
            sha.update(resources.files(package).joinpath(name).read_bytes())
    return sha.hexdigest()


def _compiled(digest: int) -> Any:
    """The loop over blocks. Numba's disk cache sees only this file's date; the digest of all kernel sources
    in the closure is part of its key, so that a change in any stage compiles anew. (The stages themselves are
    not cached on disk: a stale one would be linked in without notice.)
    """

    @njit(nogil=True, cache=True, error_model="numpy", fastmath=FASTMATH)
    def run(
        s, survivors, saved, key0, key1, first_block, blocks, edges, n_uniform, process, density, apparatus,
        planes, cuts, cones, regions, histogram, training, objective, events, event_rows, least_region,
    ):  # fmt: skip
        _ = digest
        train = objective.size > 0
        stored = 0
        for block in range(first_block, first_block + blocks):
            first_event = block * BLOCK
            n = run_block(
                s, survivors, saved, key0, key1, first_event, edges, n_uniform, process, density, apparatus,
                planes, cuts, cones, regions, train, events.shape[0] > 0,
            )  # fmt: skip
            fill(s, n, histogram)
            if train:
                train_on(s, n, saved, edges, objective, training)
            stored = collect(s, n, events, event_rows, least_region, stored)
        return stored

    return run


@cache
def compiled_chain() -> Any:
    """The compiled loop, built once per process (and cached on disk by Numba)."""
    return _compiled(int(kernel_digest()[:15], 16))

"""The compiled chain: random -> map -> produce -> decay -> transport -> smear -> vertex -> regions -> fill.

This module owns no physics; it runs the stages of the other rooms in order over blocks of events. Production
and what follows the decay are chosen by the types of their numbers (``groups`` and ``Topology``): one chain
is compiled for each pair that is used.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from feebly.analysis.selection import assign_regions
from feebly.apparatus.beam import interaction_point
from feebly.core.block import (
    BLOCK,
    BODY_ROWS,
    FIRST_MAPPED,
    INDEX,
    MASK,
    REGION,
    STRIDE,
    TAU,
    U_BODY,
    U_DECAY_COS,
    U_DECAY_PHI,
    U_DECAY_Z,
    WEIGHT,
)
from feebly.core.compiled import FASTMATH, stage
from feebly.core.randomness import fill_body, fill_uniform
from feebly.engine.aim import aim_at_disc
from feebly.engine.compaction import FLIGHT, find_survivors, mover
from feebly.engine.groups import KINDS
from feebly.engine.histogram import fill
from feebly.engine.importance import accumulate, apply_map, save_coordinates
from feebly.engine.many_bodies import PARTS, observe_many
from feebly.engine.two_tracks import TwoTracks, two_tracks
from feebly.physics.decays.flight import decay_vertex


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


_AFTER_PRODUCTION = (WEIGHT, INDEX, MASK, *FLIGHT, U_DECAY_Z, U_DECAY_COS, U_DECAY_PHI)
_move_after_production = mover(_AFTER_PRODUCTION)
_move_body_numbers = mover(tuple(U_BODY + k * STRIDE for k in range(BODY_ROWS)))
# Where more than this share of a block survives production, sorting out the others costs more than it saves.
_WORTH_COMPACTING = 0.6


@stage
def _draw_nothing(s, n, key0, key1, first_event):
    """Two bodies need no more numbers."""


class Topology(NamedTuple):
    """What follows a decay to so many tracks and photons.

    stage: from the decay vertex on; kernels: the files of its code; draw: stage for the numbers that the
    importance map shapes beside the common ones.
    """

    stage: Any
    kernels: tuple[tuple[str, tuple[str, ...]], ...]
    draw: Any = _draw_nothing


_TWO_TRACK_KERNELS = (
    ("feebly.apparatus", ("transport.py", "response.py", "reconstruction.py")),
    ("feebly.physics.decays", ("two_body.py",)),
    ("feebly.engine", ("two_tracks.py",)),
)
_STAGES: dict[type, Any] = {kind.source: kind.stage for kind in KINDS.values()}
_MANY_BODY_KERNELS = (
    *_TWO_TRACK_KERNELS,
    ("feebly.apparatus", ("calorimeter.py", "neutral_reconstruction.py")),
    ("feebly.physics.decays", ("sequential.py", "matrix_elements.py")),
    ("feebly.engine", ("many_bodies.py",)),
)
_TOPOLOGIES: dict[type, Topology] = {TwoTracks: Topology(two_tracks, _TWO_TRACK_KERNELS)}


def add_topology(decay: type, topology: Topology) -> None:
    """What follows a decay whose numbers are of this type; before a chain for it is asked for."""
    _TOPOLOGIES[decay] = topology


def topology_of(decay: type) -> Topology:
    """What follows a decay, by the type of its numbers; the stages of many bodies are made when asked for."""
    if decay in PARTS and decay not in _TOPOLOGIES:
        add_topology(decay, Topology(observe_many(decay), _MANY_BODY_KERNELS, fill_body))
    return _TOPOLOGIES[decay]


def produce(s, n, mass, source, density):
    """The stage of the group that ``source`` belongs to, chosen by its type when the chain is compiled."""
    raise NotImplementedError("compiled only")


def draw_more(s, n, key0, key1, first_event, decay):
    """Uniform numbers of the decay that the map shapes, by the type of ``decay``."""
    raise NotImplementedError("compiled only")


def observe(s, survivors, n, key0, key1, first_event, mass, decay, apparatus, planes, cuts, keep_truth):
    """From the decay vertex to what is measured, by the stage of the type of ``decay``."""
    raise NotImplementedError("compiled only")


@overload(produce)
def _produce(s, n, mass, source, density):
    chosen = _STAGES[source.instance_class]

    def implementation(s, n, mass, source, density):
        chosen(s, n, mass, source, density)

    return implementation


@overload(draw_more)
def _draw_more(s, n, key0, key1, first_event, decay):
    chosen = topology_of(decay.instance_class).draw

    def implementation(s, n, key0, key1, first_event, decay):
        chosen(s, n, key0, key1, first_event)

    return implementation


@overload(observe)
def _observe(
    s, survivors, n, key0, key1, first_event, mass, decay, apparatus, planes, cuts, keep_truth
):  # fmt: skip
    chosen = topology_of(decay.instance_class).stage

    def implementation(
        s, survivors, n, key0, key1, first_event, mass, decay, apparatus, planes, cuts, keep_truth
    ):  # fmt: skip
        return chosen(
            s, survivors, n, key0, key1, first_event, mass, decay, apparatus, planes, cuts, keep_truth
        )

    return implementation


@stage
def run_block(
    s, survivors, saved, key0, key1, first_event, edges, n_uniform, mass, source, density, decay, apparatus,
    planes, cuts, cones, regions, keep_coordinates, keep_truth,
):  # fmt: skip
    """One block from random numbers to region labels; returns the number of events left in the rows."""
    a = apparatus
    n = BLOCK
    fill_uniform(s, n, key0, key1, first_event)
    draw_more(s, n, key0, key1, first_event, decay)
    apply_map(s, n, edges, n_uniform)
    if keep_coordinates:
        save_coordinates(s, saved, edges.shape[0])
    interaction_point(s, n, a.x_beam, a.y_beam, a.sigma_x, a.sigma_y, a.z_impact, a.interaction_length)
    aim_at_disc(s, n, a.z_aim, a.r_aim)
    produce(s, n, mass, source, density)
    kept = find_survivors(s, n, survivors)
    if kept < _WORTH_COMPACTING * n:
        _move_after_production(s, survivors, kept)
        if edges.shape[0] > FIRST_MAPPED:
            _move_body_numbers(s, survivors, kept)
        n = kept
    decay_vertex(s, n, a.z_decay_min, a.z_decay_max)
    n = observe(s, survivors, n, key0, key1, first_event, mass, decay, a, planes, cuts, keep_truth)
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


_COMMON_KERNELS = (
    ("feebly.core", ("block.py", "compiled.py", "vecmath.py", "randomness.py")),
    ("feebly.apparatus", ("beam.py",)),
    ("feebly.physics.decays", ("flight.py",)),
    ("feebly.analysis", ("selection.py",)),
    ("feebly.engine", ("aim.py", "importance.py", "histogram.py", "compaction.py", "chain.py")),
)


def kernel_files(kind: str, decay: type) -> tuple[tuple[str, str], ...]:
    """(package, name) of the files with the compiled code for a kind of production and a type of decay."""
    parts = (*_COMMON_KERNELS, *KINDS[kind].kernels, *topology_of(decay).kernels)
    return tuple((package, name) for package, names in parts for name in names)


@cache
def kernel_digest(kind: str, decay: type) -> str:
    """SHA-256 of the sources of the compiled stages: the version of the kernels."""
    sha = hashlib.sha256()
    for package, name in kernel_files(kind, decay):
        sha.update(resources.files(package).joinpath(name).read_bytes())
    return sha.hexdigest()


def _compiled(digest: int) -> Any:
    """The loop over blocks. Numba's disk cache sees only this file's date; the digest of all kernel sources
    in the closure is part of its key, so that a change in any stage compiles anew. (The stages themselves are
    not cached on disk: a stale one would be linked in without notice.)
    """

    @njit(nogil=True, cache=True, error_model="numpy", fastmath=FASTMATH)
    def run(
        s, survivors, saved, key0, key1, first_block, blocks, edges, n_uniform, mass, source, density, decay,
        apparatus, planes, cuts, cones, regions, histogram, training, objective, events, event_rows,
        least_region,
    ):  # fmt: skip
        _ = digest
        train = objective.size > 0
        stored = 0
        for block in range(first_block, first_block + blocks):
            first_event = block * BLOCK
            n = run_block(
                s, survivors, saved, key0, key1, first_event, edges, n_uniform, mass, source, density, decay,
                apparatus, planes, cuts, cones, regions, train, events.shape[0] > 0,
            )  # fmt: skip
            fill(s, n, histogram)
            if train:
                train_on(s, n, saved, edges, objective, training)
            stored = collect(s, n, events, event_rows, least_region, stored)
        return stored

    return run


@cache
def compiled_chain(kind: str, decay: type) -> Any:
    """The compiled loop for a kind of production and a type of decay.

    Built once per process and cached on disk by Numba. Kinds of one group share the machine code.
    """
    return _loop(int(kernel_digest(kind, decay)[:15], 16))


_loop = cache(_compiled)

"""Topology of two charged tracks: two-body decay, transport, smearing, vertex and pointing (compiled)."""

from __future__ import annotations

from typing import NamedTuple

from feebly.apparatus.reconstruction import invariant_mass, vertex_and_pointing
from feebly.apparatus.response import smear_tracks
from feebly.apparatus.transport import apply_planes, apply_separation, track_slopes
from feebly.core.block import (
    DX1,
    DX2,
    DY1,
    DY2,
    INDEX,
    MOM1,
    MOM2,
    PX1,
    PX2,
    PY1,
    PY2,
    PZ1,
    PZ2,
    TAU,
    TX1,
    TX2,
    TY1,
    TY2,
    WEIGHT,
    XV,
    YV,
    ZV,
)
from feebly.core.compiled import stage
from feebly.core.randomness import fill_normal
from feebly.engine.compaction import FLIGHT, find_survivors, mover
from feebly.physics.decays.two_body import two_body


class TwoTracks(NamedTuple):
    """Masses of the positive and the negative daughter (GeV)."""

    daughter1: float
    daughter2: float


# Rows that the stages after transport still read, and what else a caller may want to see of the events.
_AFTER_TRANSPORT = (WEIGHT, INDEX, TAU, XV, YV, ZV, MOM1, MOM2, TX1, TY1, TX2, TY2)
_TRUTH = (*FLIGHT, PX1, PY1, PZ1, PX2, PY2, PZ2, DX1, DY1, DX2, DY2)
_move_after_transport, _move_truth = map(mover, (_AFTER_TRANSPORT, _TRUTH))


@stage
def two_tracks(
    s, survivors, n, key0, key1, first_event, mass, decay, apparatus, planes, cuts, keep_truth
):  # fmt: skip
    """From the decay vertex to what is measured of it; returns the number of events left in the rows."""
    a = apparatus
    two_body(s, n, mass, decay.daughter1, decay.daughter2)
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
        invariant_mass(s, n, decay.daughter1, decay.daughter2)
    return n

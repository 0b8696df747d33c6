"""Topologies with photons or four tracks: decay, transport, clusters, vertex and pointing (compiled).

The bodies of a decay are tracks first, then photons, then mesons (pi0, eta) that decay to two photons.
Events are sorted out three times: after the cut on the tracks' momenta, after the photons' cuts, after all
apertures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from feebly.apparatus.calorimeter import (
    keep_photons_apart,
    keep_tracks_apart,
    photon_impact,
    photon_rows,
    smear_photon,
)
from feebly.apparatus.geometry import Clusters
from feebly.apparatus.neutral_reconstruction import (
    constrain_pair,
    point_back,
    total_momentum,
    vertex_of_four,
    vertex_of_pairs,
)
from feebly.apparatus.reconstruction import vertex_and_pointing
from feebly.apparatus.response import pair_smearing, smear_tracks
from feebly.apparatus.transport import pair_separation, pair_transport, rows_of
from feebly.core.block import INDEX, MASK, ROWS, TAU, WEIGHT, WHERE, XV, YV, ZV
from feebly.core.compiled import stage
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.core.randomness import fill_normal, free_filler, more_normals
from feebly.engine.compaction import FLIGHT, find_survivors, mover
from feebly.physics.decays.matrix_elements import weigh_matrix_element
from feebly.physics.decays.sequential import FREE_NUMBERS, MAPPED_NUMBERS, photon_pair, sequential


class ManyBodies(NamedTuple):
    """Numbers of a decay: matrix element by number, one over its norm, masses (GeV) of the bodies, then 0.

    The type of the decay, below, says how many tracks, photons and mesons there are.
    """

    matrix_element: int
    inverse_norm: float
    masses: tuple[float, float, float, float]


class TwoTracksPhoton(ManyBodies):
    """pi+ pi- gamma."""

    __slots__ = ()


class TwoTracksMeson(ManyBodies):
    """pi+ pi- pi0, K+ K- pi0, pi+ pi- eta."""

    __slots__ = ()


class TwoTracksTwoMesons(ManyBodies):
    """pi+ pi- pi0 pi0."""

    __slots__ = ()


class FourTracks(ManyBodies):
    """2 pi+ 2 pi-."""

    __slots__ = ()


class TwoPhotons(ManyBodies):
    """gamma gamma."""

    __slots__ = ()


class ThreeMesons(ManyBodies):
    """3 pi0, pi0 pi0 eta."""

    __slots__ = ()


class PhotonAcceptance(NamedTuple):
    """Cuts of one final state (GeV, m): those of ``chain.Acceptance``, then those of photons.

    calorimeter: packed shape, its z first.
    """

    p_min: float
    separation_kind: int
    separation_z: float
    separation_d0: float
    separation_power: float
    fv_z_min: float
    fv_z_max: float
    cda_max: float
    e_min: float
    r_min2: float
    photon_separation2: float
    track_separation2: float
    calorimeter: FloatArray
    clusters: Clusters


@dataclass(frozen=True, slots=True)
class Parts:
    """How many of what a decay has."""

    tracks: int
    photons: int
    mesons: int

    @property
    def bodies(self) -> int:
        return self.tracks + self.photons + self.mesons

    @property
    def all_photons(self) -> int:
        """With those of the mesons."""
        return self.photons + 2 * self.mesons

    @property
    def mapped(self) -> int:
        """Numbers U_BODY that the importance map shapes."""
        return len(self.body_numbers)

    @property
    def body_numbers(self) -> tuple[str, ...]:
        """Rows U_BODY in use: of the decay itself, then cosines of the mesons' decays."""
        number = min(4, MAPPED_NUMBERS[self.bodies] + self.mesons)
        return tuple(f"U_BODY{k}" for k in range(1, number + 1))

    @property
    def meson_numbers(self) -> tuple[tuple[int, int], ...]:
        """Rows of cosine and azimuth of each meson's decay."""
        cosines = list(self.body_numbers[MAPPED_NUMBERS[self.bodies] :])
        free = iter(range(FREE_NUMBERS[self.bodies] + 1, 13))
        rows = []
        for _ in range(self.mesons):
            cosine = cosines.pop(0) if cosines else f"U_FREE{next(free)}"
            rows.append((ROWS[cosine], ROWS[f"U_FREE{next(free)}"]))
        return tuple(rows)

    @property
    def free(self) -> int:
        """Numbers U_FREE in use."""
        used = MAPPED_NUMBERS[self.bodies] + self.mesons - self.mapped
        return FREE_NUMBERS[self.bodies] + self.mesons + used

    @property
    def body_rows(self) -> tuple[tuple[int, ...], ...]:
        """Rows of the momentum of each body."""
        tracks = [rows_of("PX PY PZ", k) for k in range(1, self.tracks + 1)]
        photons = [rows_of("KX KY KZ", k) for k in range(1, self.photons + 1)]
        mesons = [rows_of("QX QY QZ", k) for k in range(1, self.mesons + 1)]
        return (*tracks, *photons, *mesons)

    @property
    def constrained(self) -> tuple[tuple[int, int], ...]:
        """(first cluster, number of the body) of each meson."""
        return tuple((self.photons + 2 * k, self.tracks + self.photons + k) for k in range(self.mesons))


@stage
def _nothing(s, n, *rest):
    """A stage that a topology does not need."""


def _in_turn(stages: list[Any]) -> Any:
    """One stage that runs all, which take the same arguments."""
    if len(stages) < 2:
        return stages[0] if stages else _nothing
    first, others = stages[0], _in_turn(stages[1:])

    @stage
    def run(s, n, *rest):
        first(s, n, *rest)
        others(s, n, *rest)

    return run


def _keep_fast(parts: Parts) -> Any:
    """MASK = 0 where a track is slower than p_min [GeV]."""
    rows = [rows_of("PX PY PZ", k) for k in range(1, parts.tracks + 1)]

    def one(x: int, y: int, z: int) -> Any:
        @stage
        def keep(s, n, p_min):
            for i in range(n):
                p2 = s[x + i] * s[x + i] + s[y + i] * s[y + i] + s[z + i] * s[z + i]
                s[MASK + i] = s[MASK + i] if (p2 > p_min * p_min) & (s[z + i] > 0.0) else 0.0

        return keep

    return _in_turn([one(*row) for row in rows])


def _meson_decays(parts: Parts) -> Any:
    """Stages (s, n, masses) for the decays of the mesons."""
    stages = []
    for k, (u_cos, u_phi) in enumerate(parts.meson_numbers):
        slot, first = parts.tracks + parts.photons + k, parts.photons + 2 * k + 1
        pair = (rows_of("KX KY KZ", first), rows_of("KX KY KZ", first + 1))
        stages.append(photon_pair(slot, parts.body_rows[slot], *pair, u_cos, u_phi))
    return _in_turn(stages)


def _constraints(parts: Parts) -> Any:
    """Stages (s, n, z, masses) that scale the pairs of clusters to the masses of their mesons."""

    def one(first: int, slot: int, kept: int) -> Any:
        @stage
        def constrain(s, n, z, masses):
            constrain_pair(s, n, first, kept, z, masses[slot])

        return constrain

    pairs = enumerate(parts.constrained, start=1)
    return _in_turn([one(*numbers, ROWS[f"SCALE{k}"]) for k, numbers in pairs])


_EVENT = (WEIGHT, INDEX, MASK, TAU, XV, YV, ZV, WHERE)


@stage
def _number(s, n):
    """WHERE: the place of the event after production."""
    for i in range(n):
        s[WHERE + i] = float(i)


@stage
def _fetch_flight(s, n):
    """Bring the rows of the flight, which were left in place, to where the events are now."""
    for i in range(n):
        where = int(s[WHERE + i])
        for row in FLIGHT:
            s[row + i] = s[row + where]


def _decay(parts: Parts) -> Any:
    """From the decay vertex to photons inside the calorimeter, sorted; returns the number of events left."""
    bodies = sum(parts.body_rows, ())
    photons = sum((photon_rows(k) for k in range(1, parts.all_photons + 1)), ())
    tracks = rows_of("PX PY PZ", *range(1, parts.tracks + 1))
    numbers = sum(parts.meson_numbers, ())
    fill_first = free_filler(0, min(1, (parts.free + 3) // 4))
    fill_others = free_filler(1, (parts.free + 3) // 4)
    generate, keep_fast = sequential(parts.body_rows), _keep_fast(parts)
    decay_mesons = _meson_decays(parts)
    see_photons = _in_turn([photon_impact(k) for k in range(1, parts.all_photons + 1)])
    move_bodies, move_photons = mover((*_EVENT, *bodies, *numbers)), mover((*_EVENT, *tracks, *photons))
    has_tracks, has_photons, number = parts.tracks > 0, parts.all_photons > 0, parts.all_photons

    @stage
    def decay_and_see_photons(s, survivors, n, key0, key1, first_event, mass, decay, cuts):
        _number(s, n)
        fill_first(s, n, key0, key1, first_event)
        m1, m2, m3, m4 = decay.masses
        generate(s, n, mass, m1, m2, m3, m4, decay.inverse_norm)
        weigh_matrix_element(s, n, decay.matrix_element, mass, m1, m2, m3, m4)
        if has_tracks:
            keep_fast(s, n, cuts.p_min)
            n = find_survivors(s, n, survivors)
            move_bodies(s, survivors, n)
        if has_photons:
            fill_others(s, n, key0, key1, first_event)
            decay_mesons(s, n, decay.masses)
            see_photons(s, n, cuts.calorimeter[0], cuts.e_min, cuts.r_min2, cuts.calorimeter)
            n = find_survivors(s, n, survivors)
            move_photons(s, survivors, n)
            keep_photons_apart(s, n, number, cuts.photon_separation2)
        return n

    return decay_and_see_photons


def _track_apertures(parts: Parts) -> Any:
    """Tracks through the planes and away from the photons, sorted; weights of the pair separation."""
    pairs = [(k, k + 1) for k in range(1, parts.tracks + 1, 2)]
    transports = [pair_transport(*pair) for pair in pairs]
    slopes = _in_turn([transport.track_slopes for transport in transports])
    planes_of_pairs = _in_turn([transport.apply_planes for transport in transports])
    keep_apart = _in_turn([keep_tracks_apart(k) for k in range(1, parts.tracks + 1)])
    every_pair = [(a, b) for b in range(1, parts.tracks + 1) for a in range(1, b)]
    separate = _in_turn([pair_separation(*pair) for pair in every_pair])
    seen = rows_of("PX PY PZ MOM TX TY DX DY", *range(1, parts.tracks + 1))
    photons = sum((photon_rows(k) for k in range(1, parts.all_photons + 1)), ())
    move = mover((*_EVENT, *seen, *photons))
    number = parts.all_photons

    @stage
    def apertures(s, survivors, n, apparatus, planes, cuts):
        a = apparatus
        slopes(s, n, a.z_magnet, a.kick, cuts.p_min)
        planes_of_pairs(s, n, planes, a.z_magnet)
        if number > 0:
            lever = cuts.calorimeter[0] - a.z_magnet
            keep_apart(s, n, number, lever, cuts.track_separation2)
        n = find_survivors(s, n, survivors)
        move(s, survivors, n)
        separate(s, n, cuts.separation_kind, cuts.separation_z, cuts.separation_d0, cuts.separation_power)
        return n

    return apertures


def _measure_photons(parts: Parts, first: int) -> Any:
    """Clusters of all photons, with the deviates N from ``first`` on."""
    normals = [tuple(ROWS[f"N{first + 3 * k + j}"] for j in range(3)) for k in range(parts.all_photons)]
    return _in_turn([smear_photon(k, rows) for k, rows in enumerate(normals, start=1)])  # type: ignore[arg-type]


def _with_tracks(parts: Parts) -> Any:
    four = parts.tracks == 4
    decay_and_see_photons, apertures = _decay(parts), _track_apertures(parts)
    fill_more = more_normals(10 if four else 3 * parts.all_photons)
    smear_others = pair_smearing(3, 4, "N") if four else _nothing
    measure_photons, constrain = _measure_photons(parts, 0), _constraints(parts)
    add_up = total_momentum(parts.tracks, parts.all_photons)

    @stage
    def observe(
        s, survivors, n, key0, key1, first_event, mass, decay, apparatus, planes, cuts, keep_truth
    ):  # fmt: skip
        a = apparatus
        n = decay_and_see_photons(s, survivors, n, key0, key1, first_event, mass, decay, cuts)
        n = apertures(s, survivors, n, a, planes, cuts)
        fill_normal(s, n, key0, key1, first_event)
        fill_more(s, n, key0, key1, first_event)
        smear_tracks(s, n, a.z_chamber1, a.z_chamber2, a.hit, a.scattering, a.p_constant, a.p_slope)
        smear_others(s, n, a.z_chamber1, a.z_chamber2, a.hit, a.scattering, a.p_constant, a.p_slope)
        measure_photons(s, n, cuts.clusters)
        if four:
            vertex_of_four(s, n, a.z_chamber1)
        else:
            vertex_and_pointing(s, n, a.z_chamber1, a.axis_x, a.axis_y)
        z = cuts.calorimeter[0]
        constrain(s, n, z, decay.masses)
        add_up(s, n, z, decay.masses)
        point_back(s, n, a.axis_x, a.axis_y)
        if keep_truth:
            _fetch_flight(s, n)
        return n

    return observe


def _photons_only(parts: Parts) -> Any:
    decay_and_see_photons = _decay(parts)
    fill_normals = more_normals(3 * parts.all_photons)
    measure_photons, constrain = _measure_photons(parts, 0), _constraints(parts)
    find_vertex, add_up = vertex_of_pairs(parts.all_photons // 2), total_momentum(0, parts.all_photons)
    all_mesons = parts.mesons > 0
    move = mover((*_EVENT, *sum((photon_rows(k) for k in range(1, parts.all_photons + 1)), ())))

    @stage
    def observe(
        s, survivors, n, key0, key1, first_event, mass, decay, apparatus, planes, cuts, keep_truth
    ):  # fmt: skip
        a = apparatus
        n = decay_and_see_photons(s, survivors, n, key0, key1, first_event, mass, decay, cuts)
        n = find_survivors(s, n, survivors)
        move(s, survivors, n)
        fill_normals(s, n, key0, key1, first_event)
        measure_photons(s, n, cuts.clusters)
        m1, m2, m3, _ = decay.masses
        known = (m1, m2, m3) if all_mesons else (mass, mass, mass)
        middle = 0.5 * (cuts.fv_z_min + cuts.fv_z_max)
        z = cuts.calorimeter[0]
        find_vertex(s, n, z, known, cuts.clusters, a.axis_x, a.axis_y, a.z_impact, middle)
        if all_mesons:
            constrain(s, n, z, decay.masses)
            add_up(s, n, z, decay.masses)
        if keep_truth:
            _fetch_flight(s, n)
        return n

    return observe


PARTS: dict[type, Parts] = {
    TwoTracksPhoton: Parts(2, 1, 0),
    TwoTracksMeson: Parts(2, 0, 1),
    TwoTracksTwoMesons: Parts(2, 0, 2),
    FourTracks: Parts(4, 0, 0),
    TwoPhotons: Parts(0, 2, 0),
    ThreeMesons: Parts(0, 0, 3),
}
"""What each type of decay has."""


def type_of(parts: Parts) -> type:
    """Type of the numbers of a decay to these parts; ConfigError where no chain is made for them."""
    for kind, known in PARTS.items():
        if parts == known:
            return kind
    raise ConfigError(
        f"decays to {parts.tracks} tracks, {parts.photons} photons and {parts.mesons} pi0 or eta: no chain "
        "is made for them"
    )


@cache
def observe_many(decay: type) -> Any:
    """The stage of a type of decay, made when it is first asked for."""
    return (_with_tracks if PARTS[decay].tracks else _photons_only)(PARTS[decay])

"""Forward simulation of decays to three and four bodies, with photons: plain draws, four-vectors, no aiming.

Written from the physics, apart from the compiled chain: phase space by GENBOD with ordered random numbers and
accept-reject, matrix elements from four-vectors, every boost a matrix.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feebly.apparatus.experiment import Calorimeter
from feebly.engine.setup import ChannelSetup
from feebly.physics.decays.channels import channel_of
from twins.forward import beam_interactions, decay_in_flight, draw_production
from twins.kinematics import (
    boost,
    breakup_momentum_gev,
    four_vector,
    isotropic,
    isotropic_decay,
    rotation_from_z,
)
from twins.spectrometer import closest_points, measure, position_at

Array = NDArray[np.float64]


def two_body_size(mass: Array, m1: Array, m2: float) -> Array:
    """Break-up momentum, elementwise, by Kallen's formula."""
    a, b, c = mass**2, m1**2, m2**2
    square = a**2 + b**2 + c**2 - 2 * (a * b + a * c + b * c)
    return np.sqrt(np.maximum(square, 0)) / (2 * mass)


def genbod(rng: np.random.Generator, mass: float, masses: tuple[float, ...], n: int) -> tuple[Array, Array]:
    """Four-vectors (n, bodies, 4) in the rest frame and weights; masses of the systems in order."""
    bodies = len(masses)
    r = np.sort(rng.uniform(size=(n, bodies - 2)), axis=1)
    sums = np.cumsum(masses)
    system = np.column_stack(
        [np.full(n, masses[0]), *(r[:, k] * (mass - sums[-1]) + sums[k + 1] for k in range(bodies - 2)),
         np.full(n, mass)]
    )  # fmt: skip
    weight, p4 = np.ones(n), np.zeros((n, bodies, 4))
    p4[:, 0, 0] = masses[0]
    for k in range(1, bodies):
        p = two_body_size(system[:, k], system[:, k - 1], masses[k])
        weight *= p
        direction = isotropic(rng, n)
        moved = direction * p[:, None]
        # the system so far moves with `moved`, the new body against it
        gamma_beta = moved / system[:, k - 1, None]
        for j in range(k):
            p4[:, j] = _boost_all(p4[:, j], gamma_beta)
        p4[:, k] = four_vector(-moved, masses[k])
    return p4, weight


def _boost_all(p4: Array, gamma_beta: Array) -> Array:
    """Boost of each vector by its own gamma beta (Jackson, section 11.7)."""
    gamma = np.sqrt(1 + np.sum(gamma_beta**2, axis=1))
    along = np.sum(p4[:, 1:] * gamma_beta, axis=1)
    energy = gamma * p4[:, 0] + along
    space = p4[:, 1:] + gamma_beta * (p4[:, 0] + along / (gamma + 1))[:, None]
    return np.column_stack([energy, space])


def invariant2(p4: Array) -> Array:
    return np.asarray(p4[:, 0] ** 2 - np.sum(p4[:, 1:] ** 2, axis=1))


def rho_amplitude(q2: Array, m: float, width: float, m1: float, m2: float) -> NDArray[np.complex128]:
    """m^2/(Q^2 - m^2 + i sqrt(Q^2) Gamma), Gamma = Gamma0 (m/Q) ... (p/p0)^3 m/Q as in hep-ph/0512180."""
    p, p0 = two_body_size(np.sqrt(q2), np.array(m1), m2), breakup_momentum_gev(m, m1, m2)
    ratio = (p / p0) ** 3 * (m**2 / q2) * 1.0
    # (Q^2 - 4 mu^2)/(m^2 - 4 mu^2) to 3/2 is (p/p0)^3 for equal masses
    return np.asarray(m**2 / (q2 - m**2 + 1j * np.sqrt(q2) * width * ratio))


def matrix_element(name: str, p4: Array, masses: tuple[float, ...]) -> Array:
    """|M|^2 up to a constant from four-vectors in the rest frame of the parent."""
    if name == "flat":
        return np.ones(len(p4))
    plus, minus, third = p4[:, 0], p4[:, 1], p4[:, 2]
    s = invariant2(plus + minus)
    if name == "rho-gamma":
        # epsilon(p+, p-, k)^2 in the rest frame of the parent, up to its mass: (p+ x p-).
        cross = np.cross(plus[:, 1:], minus[:, 1:])
        return np.sum(cross**2, axis=1) * abs(rho_amplitude(s, 0.77526, 0.1491, *masses[:2])) ** 2
    if name == "vector-3pi":
        cross = np.cross(plus[:, 1:], minus[:, 1:])
        pairs = ((plus + minus, masses[0], masses[1]), (plus + third, masses[0], masses[2]),
                 (minus + third, masses[1], masses[2]))  # fmt: skip
        h = sum(rho_amplitude(invariant2(q), 0.77609, 0.14446, a, b) for q, a, b in pairs)
        return np.asarray(np.sum(cross**2, axis=1) * abs(h) ** 2)
    if name == "omega-pi0":
        omega = plus + minus + third
        mass = np.sqrt(invariant2(omega))
        star = [_boost_all(p, -omega[:, 1:] / mass[:, None]) for p in (plus, minus)]
        normal = np.cross(star[0][:, 1:], star[1][:, 1:])
        # the polarisation of the omega is the normal; that of the A' is averaged: |k x normal|^2
        amplitude = np.cross(omega[:, 1:], normal)
        return np.asarray(
            np.sum(amplitude**2, axis=1) / ((mass**2 - 0.78266**2) ** 2 + (0.78266 * 0.00868) ** 2)
        )
    raise AssertionError(name)


def rest_frame_decays(
    rng: np.random.Generator, name: str, mass: float, masses: tuple[float, ...], n: int
) -> Array:
    """Four-vectors (n, bodies, 4) by accept-reject."""
    if len(masses) == 2:
        p = breakup_momentum_gev(mass, *masses) * isotropic(rng, n)
        return np.stack([four_vector(p, masses[0]), four_vector(-p, masses[1])], axis=1)
    kept: list[Array] = []
    ceiling = 0.0
    while sum(map(len, kept)) < n:
        p4, weight = genbod(rng, mass, masses, 4 * n)
        weight = weight * matrix_element(name, p4, masses)
        ceiling = ceiling or 1.6 * weight.max()
        assert weight.max() < ceiling
        kept.append(p4[rng.uniform(size=len(weight)) * ceiling < weight])
    return np.concatenate(kept)[:n]


class Clusters(NamedTuple):
    """Measured photons of all events: x, y [m] and energy [GeV], shape (photons, events)."""

    x: Array
    y: Array
    energy: Array


def impact(z: float, vertex: Array, momentum: Array) -> Array:
    return vertex[:, :2] + momentum[:, :2] / momentum[:, 2:] * (z - vertex[:, 2:])


def photons_seen(setup: ChannelSetup, vertex: Array, photons: list[Array], tracks: list[Array]) -> Array:
    """Photons inside the calorimeter, energetic, apart from each other and from the tracks."""
    cuts, experiment = setup.final_state.photons, setup.experiment
    good = np.ones(len(vertex), bool)
    if cuts is None:
        return good
    plane = experiment.plane(cuts.plane)
    hits = []
    for k in photons:
        hit = impact(plane.z_m, vertex, k)
        good &= (np.linalg.norm(k, axis=1) > cuts.energy_min_gev) & (k[:, 2] > 0)
        good &= plane.shape.contains(*hit.T) & (np.hypot(*hit.T) > cuts.r_min_m)
        hits.append(hit)
    others = [position_at(plane.z_m, vertex, p, (-1) ** k, experiment.magnet) for k, p in enumerate(tracks)]
    for a, hit in enumerate(hits):
        for other in hits[:a]:
            good &= np.hypot(*(hit - other).T) > cuts.separation_min_m
        for other in others:
            good &= np.hypot(*(hit - other).T) > cuts.from_tracks_m
    return good


def tracks_seen(setup: ChannelSetup, vertex: Array, tracks: list[Array]) -> Array:
    good = np.ones(len(vertex), bool)
    state, experiment = setup.final_state, setup.experiment
    for k, (p, kind) in enumerate(zip(tracks, state.daughters, strict=True)):
        good &= (np.linalg.norm(p, axis=1) > state.momentum_min_gev) & (p[:, 2] > 0)
        for plane in experiment.planes:
            if kind in plane.particles:
                at = position_at(plane.z_m, vertex, p, (-1) ** k, experiment.magnet)
                good &= (vertex[:, 2] < plane.z_m) & plane.shape.contains(*at.T)
    return good


def separation_weight(setup: ChannelSetup, vertex: Array, tracks: list[Array]) -> Array:
    weight = np.ones(len(vertex))
    if setup.separation.kind == "none":
        return weight
    z = setup.experiment.plane(setup.separation.plane).z_m
    hits = [impact(z, vertex, p) for p in tracks]
    for a in range(len(hits)):
        for b in range(a):
            weight = weight * setup.separation.efficiency(np.hypot(*(hits[a] - hits[b]).T))
    return weight


def smear_photons(
    rng: np.random.Generator, c: Calorimeter, z: float, vertex: Array, photons: list[Array]
) -> Clusters:
    """Independent deviates for each term of the resolutions."""
    x, y, energies = [], [], []
    for k in photons:
        e, hit = np.linalg.norm(k, axis=1), impact(z, vertex, k)
        g = rng.normal(size=(7, len(e)))
        a, b, constant = c.energy_resolution
        energies.append(e + a * np.sqrt(e) * g[0] + b * g[1] + constant * e * g[2])
        stochastic, fixed = c.position_resolution
        x.append(hit[:, 0] + stochastic / np.sqrt(e) * g[3] + fixed * g[4])
        y.append(hit[:, 1] + stochastic / np.sqrt(e) * g[5] + fixed * g[6])
    return Clusters(*(np.array(v) for v in (x, y, energies)))


def least_squares_vertex(z1: float, positions: list[Array], slopes: list[Array]) -> tuple[Array, Array]:
    """Vertex (n, 3) of the least squared transverse distances, and the largest pair distance."""
    n, k = len(positions[0]), len(positions)
    # x_i + t_i dz = x, y_i + u_i dz = y in the unknown x, y, dz
    design, value = np.zeros((n, 2 * k, 3)), np.zeros((n, 2 * k))
    for j, (position, slope) in enumerate(zip(positions, slopes, strict=True)):
        design[:, 2 * j, 0] = design[:, 2 * j + 1, 1] = 1
        design[:, 2 * j : 2 * j + 2, 2] = -slope
        value[:, 2 * j : 2 * j + 2] = position
    x, y, dz = np.einsum("nij,nj->ni", np.linalg.pinv(design), value).T
    points = [np.column_stack([p, np.full(n, z1)]) for p in positions]
    units = [np.column_stack([t, np.ones(n)]) for t in slopes]
    units = [u / np.linalg.norm(u, axis=1, keepdims=True) for u in units]
    distances = [
        np.linalg.norm(np.subtract(*closest_points(points[a], units[a], points[b], units[b])), axis=1)
        for a in range(k)
        for b in range(a)
    ]
    return np.column_stack([x, y, z1 + dz]), np.max(distances, axis=0)


def reconstruct(
    setup: ChannelSetup, mass: float, tracks: list[tuple[Array, Array, Array]], clusters: Clusters | None
) -> dict[str, Array]:
    """Vertex, CDA, mass and pointing of measured tracks (position, slope, momentum) and clusters."""
    experiment, channel = setup.experiment, channel_of(setup.final_state.tag)
    z1, axis = experiment.tracking.chambers_z_m[0], experiment.axis_m
    z = experiment.plane(experiment.calorimeter.plane).z_m if experiment.calorimeter else 0.0
    _, direct, mesons = channel.parts
    energy = clusters.energy.copy() if clusters else np.zeros((0, 0))
    if not tracks:
        assert clusters is not None
        return _photon_reconstruction(setup, mass, clusters, z)
    if len(tracks) == 2:
        n = len(tracks[0][0])
        points = [np.column_stack([t[0], np.full(n, z1)]) for t in tracks]
        units = [np.column_stack([t[1], np.ones(n)]) for t in tracks]
        units = [u / np.linalg.norm(u, axis=1, keepdims=True) for u in units]
        one, other = closest_points(points[0], units[0], points[1], units[1])
        vertex, cda = (one + other) / 2, np.linalg.norm(one - other, axis=1)
    else:
        vertex, cda = least_squares_vertex(z1, [t[0] for t in tracks], [t[1] for t in tracks])
    total = np.zeros((len(vertex), 4))
    for (_, slope, p), body in zip(tracks, channel.bodies, strict=False):
        u = np.column_stack([slope, np.ones(len(vertex))])
        u /= np.linalg.norm(u, axis=1, keepdims=True)
        total += four_vector(u * p[:, None], body.mass_gev)
    if clusters is not None:
        total += photon_total(vertex, z, clusters, energy, direct, mesons, channel.masses_gev[-mesons:])
    return point_back(vertex, cda, total, axis)


def photon_total(
    vertex: Array,
    z: float,
    clusters: Clusters,
    energy: Array,
    direct: int,
    mesons: int,
    masses: tuple[float, ...],
) -> Array:
    """Sum of the photons' four-vectors, pairs scaled to their masses."""
    units = []
    for x, y in zip(clusters.x, clusters.y, strict=True):
        d = np.column_stack([x, y, np.full(len(x), z)]) - vertex
        units.append(d / np.linalg.norm(d, axis=1, keepdims=True))
    for k in range(mesons):
        a, b = direct + 2 * k, direct + 2 * k + 1
        one_minus_cos = 0.5 * np.sum((units[a] - units[b]) ** 2, axis=1)
        scale = masses[k] / np.sqrt(2 * energy[a] * energy[b] * one_minus_cos)
        energy[a], energy[b] = energy[a] * scale, energy[b] * scale
    return np.asarray(sum(np.column_stack([e, u * e[:, None]]) for e, u in zip(energy, units, strict=True)))


def point_back(vertex: Array, cda: Array, total: Array, axis: tuple[float, float]) -> dict[str, Array]:
    flight = total[:, 1:] / np.linalg.norm(total[:, 1:], axis=1, keepdims=True)
    on_axis = np.broadcast_to(np.array([*axis, 0.0]), vertex.shape)
    beam = np.broadcast_to(np.array([0.0, 0.0, 1.0]), vertex.shape)
    on_flight, nearest = closest_points(vertex, flight, on_axis, beam)
    return {
        "RXV": vertex[:, 0], "RYV": vertex[:, 1], "RZV": vertex[:, 2], "CDA": cda,
        "MASS": np.sqrt(invariant2(total)), "ZTAX": nearest[:, 2],
        "CDATAX": np.linalg.norm(on_flight - nearest, axis=1),
    }  # fmt: skip


def _photon_reconstruction(setup: ChannelSetup, mass: float, c: Clusters, z: float) -> dict[str, Array]:
    """z of the vertex from the known masses of the pairs; it lies on the line from the dump to the centre."""
    experiment, channel = setup.experiment, channel_of(setup.final_state.tag)
    calorimeter = experiment.calorimeter
    assert calorimeter is not None
    a, b, constant = calorimeter.energy_resolution
    masses = channel.masses_gev if channel.parts[2] else (mass,)
    ways, weights = [], []
    for k, m in enumerate(masses):
        e1, e2 = c.energy[2 * k], c.energy[2 * k + 1]
        way = np.hypot(c.x[2 * k] - c.x[2 * k + 1], c.y[2 * k] - c.y[2 * k + 1]) * np.sqrt(e1 * e2) / m
        variance = sum((a / np.sqrt(e)) ** 2 + (b / e) ** 2 + constant**2 for e in (e1, e2))
        ways.append(way)
        weights.append(1 / (way**2 * variance))
    zv = z - np.average(ways, axis=0, weights=weights)
    centre = [np.average(v, axis=0, weights=c.energy) for v in (c.x, c.y)]
    dump = experiment.dump.z_impact_m
    xv, yv = (
        start + (end - start) * (zv - dump) / (z - dump)
        for start, end in zip(experiment.axis_m, centre, strict=True)
    )
    zero = np.zeros(len(zv))
    return {"RXV": xv, "RYV": yv, "RZV": zv, "CDA": zero, "ZTAX": zero + dump, "CDATAX": zero}


def forward_many(
    rng: np.random.Generator, setup: ChannelSetup, mass: float, ctau_m: float, n: int, pool: int = 100_000
) -> tuple[Array, Array]:
    """Expected events per POT of unit rate and BR = 1 in each region and their standard deviation.

    The place of decay is forced into the decay region and weighted. Decays are drawn from a pool in the rest
    frame, each turned at random: rotations make them as good as new.
    """
    experiment, state, channel = setup.experiment, setup.final_state, channel_of(setup.final_state.tag)
    momentum, made, _ = draw_production(
        rng, setup.sampling, setup.spectrum, mass, n, experiment.beam.momentum_gev
    )
    vertex, weight = decay_in_flight(
        rng, beam_interactions(rng, experiment, len(momentum)), momentum, mass, ctau_m,
        experiment.decay_region_z_m, True,
    )  # fmt: skip
    generated, weight = len(momentum), weight * made / len(momentum)
    inside = weight > 0
    momentum, vertex, weight = momentum[inside], vertex[inside], weight[inside]
    decays = rest_frame_decays(rng, setup.matrix_element, mass, channel.masses_gev, pool)
    bodies = turned(rng, decays[rng.integers(len(decays), size=len(momentum))])
    lab = [boost(bodies[:, k], momentum, mass)[:, 1:] for k in range(bodies.shape[1])]
    number, direct, mesons = channel.parts
    tracks, photons = lab[:number], lab[number : number + direct]
    for k in range(mesons):
        parent = channel.masses_gev[number + direct + k]
        photons += [p4[:, 1:] for p4 in isotropic_decay(rng, lab[number + direct + k], (parent, 0.0, 0.0))]
    good = tracks_seen(setup, vertex, tracks) & photons_seen(setup, vertex, photons, tracks)
    vertex, weight = vertex[good], weight[good]
    tracks, photons = [p[good] for p in tracks], [k[good] for k in photons]
    weight = weight * separation_weight(setup, vertex, tracks)
    measured = [measure(rng, experiment.tracking, vertex, p) for p in tracks]
    clusters = None
    if photons:
        assert experiment.calorimeter is not None
        z = experiment.plane(experiment.calorimeter.plane).z_m
        clusters = smear_photons(rng, experiment.calorimeter, z, vertex, photons)
    event = reconstruct(setup, mass, measured, clusters)
    volume = state.fiducial_volume.contains(event["RXV"], event["RYV"], event["RZV"])
    selected = volume & (event["CDA"] < state.track_cda_max_m)
    label = np.where(selected, state.region_names(event["ZTAX"], event["CDATAX"]), "")
    weights = [weight[label == region.name] for region in state.regions]
    value = np.array([w.sum() for w in weights])
    return value, np.sqrt([(w**2).sum() - w.sum() ** 2 / generated for w in weights])


def turned(rng: np.random.Generator, p4: Array) -> Array:
    """Each event turned about a random axis: z to a random direction after a random azimuth."""
    phi = rng.uniform(0, 2 * np.pi, len(p4))
    c, s = np.cos(phi), np.sin(phi)
    about_z = np.zeros((len(p4), 3, 3))
    about_z[:, 0, 0], about_z[:, 0, 1], about_z[:, 1, 0], about_z[:, 1, 1] = c, -s, s, c
    about_z[:, 2, 2] = 1
    rotation = rotation_from_z(isotropic(rng, len(p4))) @ about_z
    out = p4.copy()
    out[..., 1:] = np.einsum("nij,nkj->nki", rotation, p4[..., 1:])
    return out

"""The two-body chain in vectorised NumPy, for bremsstrahlung: what the compiled chain is compared with.

The same physics and importance map with arrays instead of loops; events that fail are dropped as early as in
the compiled chain. Only the random numbers are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from feebly.apparatus.experiment import Experiment
from feebly.apparatus.geometry import aim_disc
from feebly.core.block import BLOCK
from feebly.core.constants import ELECTRON_MASS_GEV
from feebly.core.interfaces import BremsstrahlungSampling
from feebly.engine.histogram import BINS_PER_DECADE, MOMENTS, TAU_BINS, TAU_MIN
from feebly.engine.importance import BINS, UNIFORM_EVENTS
from feebly.engine.setup import ChannelSetup
from twins.forward import bremsstrahlung_density

Array = NDArray[np.float64]
Columns = dict[str, Array]

CHUNK = 16 * BLOCK  # 8192 events: the fastest of 1024, 2048 ... 65536 (measured)
_UNIFORMS = 9


def numpy_chain(setup: ChannelSetup, mass_gev: float, edges: Array, events: int, seed: int = 1) -> Array:
    """Sums of the moments (regions, TAU_BINS, MOMENTS) of ``events``, rounded down to whole CHUNKs."""
    rng = np.random.default_rng(seed)
    histogram = np.zeros((len(setup.final_state.regions), TAU_BINS, MOMENTS))
    for _ in range(events // CHUNK):
        c = produced(rng, setup, mass_gev, edges)
        c = decayed(c, setup, mass_gev)
        c = transported(c, setup)
        c = reconstructed(rng, c, setup)
        fill(histogram, c, setup)
    return histogram


def keep(c: Columns, mask: NDArray[np.bool_]) -> Columns:
    return {name: values[mask] for name, values in c.items()}


def mapped(u: Array, edges: Array) -> tuple[Array, Array]:
    """Coordinates (dimensions, n) after the importance map, and 1/density of the mixture."""
    n = u.shape[1]
    plain, share = n * UNIFORM_EVENTS // BLOCK, UNIFORM_EVENTS / BLOCK
    y, volume = u.copy(), np.ones(n)
    for k, grid in enumerate(edges):
        widths = np.diff(grid)
        bins = (u[k] * BINS).astype(np.int64)
        bins[:plain] = np.searchsorted(grid, u[k, :plain], side="right") - 1
        y[k, plain:] = (grid[bins] + (u[k] * BINS - bins) * widths[bins])[plain:]
        volume *= BINS * widths[bins]
    return y, 1.0 / ((1.0 - share) / volume + share)


def produced(rng: np.random.Generator, setup: ChannelSetup, mass: float, edges: Array) -> Columns:
    """Production points, directions through the aim disc and momenta; weight per POT at epsilon = 1."""
    e, s = setup.experiment, setup.sampling
    assert isinstance(s, BremsstrahlungSampling)
    u = rng.random((_UNIFORMS, CHUNK))
    u[: len(edges)], jacobian = mapped(u[: len(edges)], edges)
    x0, y0 = (
        rng.normal(centre, sigma, CHUNK)
        for centre, sigma in zip(e.beam.centre_m, e.beam.spot_sigma_m, strict=True)
    )
    z0 = e.dump.z_impact_m + rng.exponential(e.dump.interaction_length_m, CHUNK)
    z_aim, radius = aim_disc(e)
    r, phi = radius * np.sqrt(u[0]), 2 * np.pi * u[6]
    dx, dy, dz = r * np.cos(phi) - x0, r * np.sin(phi) - y0, z_aim - z0
    d = np.sqrt(dx**2 + dy**2 + dz**2)
    nz = dz / d
    z = s.z_min + (s.z_max - s.z_min) * u[3]
    p = z * s.beam_momentum_gev
    pt2 = p**2 * (1 - nz) * (1 + nz)
    density = np.where(pt2 < s.pt_max_gev**2, bremsstrahlung_density(s, mass, z, pt2), 0.0)
    weight = jacobian * np.pi * radius**2 * nz / d**2 * density * p**2 * nz / np.pi * (s.z_max - s.z_min)
    c = {"w": weight, "x0": x0, "y0": y0, "z0": z0, "nx": dx / d, "ny": dy / d, "nz": nz, "p": p}
    c |= {"u_z": u[1], "u_cos": u[2], "u_phi": u[7]}
    return keep(c, density > 0)


def decayed(c: Columns, setup: ChannelSetup, mass: float) -> Columns:
    """Vertex, tau and slopes of both daughters; those above the momentum cut."""
    low, high = setup.experiment.decay_region_z_m
    m1, m2 = setup.daughter_masses_gev
    zv = low + (high - low) * c["u_z"]
    lever, pz = zv - c["z0"], c["p"] * c["nz"]
    xv, yv = c["x0"] + c["nx"] / c["nz"] * lever, c["y0"] + c["ny"] / c["nz"] * lever
    p_star = np.sqrt((mass**2 - (m1 + m2) ** 2) * (mass**2 - (m1 - m2) ** 2)) / (2 * mass)
    cos = 2 * c["u_cos"] - 1
    transverse, phi = p_star * np.sqrt(1 - cos**2), 2 * np.pi * c["u_phi"]
    gamma = np.sqrt(c["p"] ** 2 + mass**2) / mass
    along = gamma * p_star * cos + c["p"] / mass * np.sqrt(p_star**2 + m1**2)
    a, b = transverse * np.cos(phi), transverse * np.sin(phi)
    nx, ny, nz = c["nx"], c["ny"], c["nz"]
    per = 1 / (1 + nz)
    px = along * nx + a * (1 - nx**2 * per) - b * nx * ny * per
    py = along * ny - a * nx * ny * per + b * (1 - ny**2 * per)
    pz1 = along * nz - a * nx - b * ny
    qx, qy, qz = c["p"] * nx - px, c["p"] * ny - py, pz - pz1
    out = {"w": c["w"] * (high - low) / pz, "tau": lever / pz, "xv": xv, "yv": yv, "zv": zv}
    out |= {"px1": px, "py1": py, "pz1": pz1, "px2": qx, "py2": qy, "pz2": qz}
    out |= {"p1": np.sqrt(px**2 + py**2 + pz1**2), "p2": np.sqrt(qx**2 + qy**2 + qz**2)}
    cut = setup.final_state.momentum_min_gev
    return keep(out, (out["p1"] > cut) & (out["p2"] > cut) & (pz1 > 0) & (qz > 0))


def transported(c: Columns, setup: ChannelSetup) -> Columns:
    """Events whose daughters cross all planes; weight times the efficiency of the pair separation."""
    e, state = setup.experiment, setup.final_state
    assert state.calorimeter is None
    good = np.ones(len(c["w"]), bool)
    for k, charge, particle in ((1, 1.0, state.daughters[0]), (2, -1.0, state.daughters[1])):
        at = track(c, k, charge, e)
        for plane in e.planes:
            if particle in plane.particles:
                good &= (plane.z_m > c["zv"]) & plane.shape.contains(*at(plane.z_m))
    c = keep(c, good)
    if setup.separation.kind != "none":
        z = e.plane(setup.separation.plane).z_m
        (x1, y1), (x2, y2) = (track(c, k, charge, e)(z) for k, charge in ((1, 1.0), (2, -1.0)))
        c["w"] = c["w"] * setup.separation.efficiency(np.hypot(x1 - x2, y1 - y2))
    return c


def track(c: Columns, k: int, charge: float, e: Experiment) -> Callable[[float], tuple[Array, Array]]:
    """Positions (x, y) [m] against z of daughter k: a line, a thin kick in p_x that keeps |p|, a line."""
    px, py, pz = c[f"px{k}"], c[f"py{k}"], c[f"pz{k}"]
    magnet = e.magnet
    after = px + charge * magnet.kick_gev
    pz_after = np.sqrt(np.maximum(pz**2 + px**2 - after**2, ELECTRON_MASS_GEV**2))
    lever = magnet.z_centre_m - c["zv"]
    x_magnet, y_magnet = c["xv"] + px / pz * lever, c["yv"] + py / pz * lever

    def position(z: float) -> tuple[Array, Array]:
        if z < magnet.z_centre_m:
            return c["xv"] + px / pz * (z - c["zv"]), c["yv"] + py / pz * (z - c["zv"])
        return (
            x_magnet + after / pz_after * (z - magnet.z_centre_m),
            y_magnet + py / pz_after * (z - magnet.z_centre_m),
        )

    return position


def smeared(
    rng: np.random.Generator, c: Columns, k: int, e: Experiment
) -> tuple[Array, Array, Array, Array, Array]:
    """Measured position and slope at the first chamber, and momentum, of daughter k."""
    t = e.tracking
    (z1, z2), p = t.chambers_z_m, c[f"p{k}"]
    g = rng.standard_normal((5, p.size))
    angle = np.sqrt((t.hit_sigma_m / (z2 - z1)) ** 2 + (t.multiple_scattering_gev_rad / p) ** 2)
    sx, sy = c[f"px{k}"] / c[f"pz{k}"], c[f"py{k}"] / c[f"pz{k}"]
    lever, pull = z1 - c["zv"], t.hit_sigma_m / (z2 - z1)
    constant, per_gev = t.momentum_resolution
    return (
        c["xv"] + sx * lever + t.hit_sigma_m * g[0],
        c["yv"] + sy * lever + t.hit_sigma_m * g[1],
        sx - pull * g[0] + angle * g[2],
        sy - pull * g[1] + angle * g[3],
        p * (1 + np.sqrt(constant**2 + (per_gev * p) ** 2) * g[4]),
    )


def reconstructed(rng: np.random.Generator, c: Columns, setup: ChannelSetup) -> Columns:
    """Vertex, distance of the tracks, invariant mass and pointing from the measured tracks."""
    e, (m1, m2) = setup.experiment, setup.daughter_masses_gev
    z1 = e.tracking.chambers_z_m[0]
    x1, y1, tx1, ty1, p1 = smeared(rng, c, 1, e)
    x2, y2, tx2, ty2, p2 = smeared(rng, c, 2, e)
    wx, wy = x1 - x2, y1 - y2
    cx, cy, cz = ty1 - ty2, tx2 - tx1, tx1 * ty2 - ty1 * tx2
    cc = cx**2 + cy**2 + cz**2
    l1 = -(wy * cx - wx * cy + (wx * ty2 - wy * tx2) * cz) / cc
    l2 = -(wy * cx - wx * cy + (wx * ty1 - wy * tx1) * cz) / cc
    ax, ay, az = x1 + tx1 * l1, y1 + ty1 * l1, z1 + l1
    bx, by, bz = x2 + tx2 * l2, y2 + ty2 * l2, z1 + l2
    xv, yv, zv = (ax + bx) / 2, (ay + by) / 2, (az + bz) / 2
    cos1, cos2 = 1 / np.sqrt(1 + tx1**2 + ty1**2), 1 / np.sqrt(1 + tx2**2 + ty2**2)
    product = p1 * p2 * (1 + tx1 * tx2 + ty1 * ty2) * cos1 * cos2
    energies = np.sqrt((p1**2 + m1**2) * (p2**2 + m2**2))
    px, py = p1 * cos1 * tx1 + p2 * cos2 * tx2, p1 * cos1 * ty1 + p2 * cos2 * ty2
    pz = p1 * cos1 + p2 * cos2
    tx, ty = px / pz, py / pz
    rx, ry, tt = xv - e.axis_m[0], yv - e.axis_m[1], tx**2 + ty**2
    return {
        "w": c["w"],
        "tau": c["tau"],
        "x": xv,
        "y": yv,
        "z": zv,
        "cda": np.sqrt((ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2),
        "mass": np.sqrt(m1**2 + m2**2 + 2 * (energies - product)),
        "z_tax": zv - (rx * tx + ry * ty) / tt,
        "cda_tax": np.abs(rx * ty - ry * tx) / np.sqrt(tt),
    }


def fill(histogram: Array, c: Columns, setup: ChannelSetup) -> None:
    """Add the moments of tau by region; the signal region wins where they overlap."""
    state = setup.final_state
    free = state.fiducial_volume.contains(c["x"], c["y"], c["z"]) & (c["cda"] < state.track_cda_max_m)
    bins = np.clip((np.log10(c["tau"] / TAU_MIN) * BINS_PER_DECADE).astype(np.int64), 0, TAU_BINS - 1)
    for k, region in enumerate(state.regions):
        here = free & region.contains(c["z_tax"], c["cda_tax"])
        free &= ~here
        w, tau = c["w"][here], c["tau"][here]
        for moment, value in enumerate((w, w * tau, w * tau**2, w**2)):
            histogram[k, :, moment] += np.bincount(bins[here], value, TAU_BINS)

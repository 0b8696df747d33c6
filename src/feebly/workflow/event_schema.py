"""The schema of simulated events: every column with its unit and meaning, in the order of the files.

z along the beam, origin of the experiment's file. ``true`` quantities are those of the simulation, ``reco``
those that a detector measures. Daughters are counted as in ``decays.channels``: tracks first, positive and
negative in turn, then photons, then pi0 and eta. Photons are counted in the same order, those of a meson one
after the other; cluster k is that of photon k.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.physics.decays.channels import Channel, channel_of

SCHEMA_VERSION = 1
"""Raised when a column changes its name, unit or meaning, or goes; not when one is added."""

Rows = Mapping[str, FloatArray]
_CALORIMETER = "Z"
"""Not a row of the chain: z of the calorimeter [m]."""


@dataclass(frozen=True, slots=True)
class EventField:
    """One column: name (ends in the unit), unit, meaning, kind of quantity and NumPy type.

    rows: rows of the chain that it is made of; make: how (None: the one row as it is, or no row at all).
    """

    name: str
    unit: str
    meaning: str
    kind: Literal["label", "true", "reco"]
    rows: tuple[str, ...] = ()
    make: Callable[..., FloatArray] | None = None
    dtype: str = "f8"

    def column(self, rows: Rows) -> FloatArray:
        """The column from the rows of the chain."""
        values = [rows[name] for name in self.rows]
        return values[0] if self.make is None else np.asarray(self.make(*values))


# --- how a column is made of rows ---------------------------------------------------------------------


def _energy(mass: float, *momentum: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(sum(p**2 for p in momentum) + mass**2))


def _sum(*energies: FloatArray) -> FloatArray:
    return np.asarray(sum(energies))


def _p_z(p: FloatArray, slope_x: FloatArray, slope_y: FloatArray) -> FloatArray:
    """p_z of a track of momentum p and slopes dx/dz, dy/dz."""
    return np.asarray(p / np.sqrt(1.0 + slope_x**2 + slope_y**2))


def _p_x(p: FloatArray, slope_x: FloatArray, slope_y: FloatArray) -> FloatArray:
    return slope_x * _p_z(p, slope_x, slope_y)


def _p_y(p: FloatArray, slope_x: FloatArray, slope_y: FloatArray) -> FloatArray:
    return slope_y * _p_z(p, slope_x, slope_y)


_BY_AXIS = (("x", _p_x), ("y", _p_y), ("z", _p_z))


def _of_clusters(part: Callable[..., FloatArray], z: float, *vertex_and_clusters: FloatArray) -> FloatArray:
    """A component of the momentum of photons from the reconstructed vertex to their clusters (x, y, E)."""
    (x, y, z_vertex), clusters = vertex_and_clusters[:3], vertex_and_clusters[3:]
    lever, total = z - z_vertex, np.zeros_like(x)
    for cx, cy, energy in zip(clusters[::3], clusters[1::3], clusters[2::3], strict=True):
        total += part(energy, (cx - x) / lever, (cy - y) / lever)
    return total


# --- groups of columns --------------------------------------------------------------------------------


def _point(name: str, rows: str, meaning: str, kind: Literal["true", "reco"]) -> tuple[EventField, ...]:
    return tuple(
        EventField(f"{name}_{axis}_m", "m", f"{axis} of {meaning}", kind, (row,))
        for axis, row in zip("xyz", rows.split(), strict=True)
    )


def _momentum(name: str, who: str, letter: str, numbers: tuple[int, ...]) -> Iterator[EventField]:
    """True momentum, the sum of the rows of these numbers."""
    make = np.add if len(numbers) > 1 else None
    for axis in "xyz":
        rows = tuple(f"{letter}{axis.upper()}{k}" for k in numbers)
        yield EventField(f"{name}_p{axis}_gev", "GeV", f"true p_{axis} of {who}", "true", rows, make)


def _daughters(channel: Channel) -> Iterator[EventField]:
    for k, (body, photons) in enumerate(zip(channel.bodies, photons_of(channel), strict=True), start=1):
        who = f"daughter {k}"
        letter, numbers = ("K", photons) if photons else ("P", (k,))
        rows = tuple(f"{letter}{axis}{n}" for n in numbers for axis in "XYZ")
        make: Callable[..., FloatArray] = partial(_energy, body.mass_gev)
        if photons:
            rows, make = tuple(f"KE{n}" for n in photons), _sum
        yield EventField(f"d{k}_e_gev", "GeV", f"true energy of {who}", "true", rows, make)
        yield from _momentum(f"d{k}", f"{who} at the decay", letter, numbers)
        if not photons:
            for axis, row in (("x", f"DX{k}"), ("y", f"DY{k}")):
                text = f"true d{axis}/dz of {who} behind the magnet"
                yield EventField(f"d{k}_d{axis}dz_behind", "1", text, "true", (row,))


def _photons(channel: Channel) -> Iterator[EventField]:
    for k in range(1, channel.photons + 1):
        yield EventField(f"photon{k}_e_gev", "GeV", f"true energy of photon {k}", "true", (f"KE{k}",))
        yield from _momentum(f"photon{k}", f"photon {k}", "K", (k,))
        for axis in "xy":
            text, row = f"true {axis} of photon {k} at the calorimeter", f"L{axis.upper()}{k}"
            yield EventField(f"photon{k}_{axis}_m", "m", text, "true", (row,))


def _tracks(channel: Channel) -> Iterator[EventField]:
    for k in range(1, len(channel.tracks) + 1):
        for axis in "xy":
            text, row = f"measured {axis} of track {k} at the first chamber", f"H{axis.upper()}{k}"
            yield EventField(f"reco{k}_{axis}_m", "m", text, "reco", (row,))
        rows = (f"RP{k}", f"SX{k}", f"SY{k}")
        for axis, make in _BY_AXIS:
            text = f"measured p_{axis} of track {k}"
            yield EventField(f"reco{k}_p{axis}_gev", "GeV", text, "reco", rows, make)


def _clusters(channel: Channel) -> Iterator[EventField]:
    for k in range(1, channel.photons + 1):
        meson = (k - 1 - channel.parts[1]) // 2 + 1
        energy = (f"CE{k}", f"SCALE{meson}") if meson > 0 else (f"CE{k}",)
        make = np.divide if meson > 0 else None
        text = f"measured energy of cluster {k}"
        yield EventField(f"cluster{k}_e_gev", "GeV", text, "reco", energy, make)
        for axis in "xy":
            text, row = f"measured {axis} of cluster {k} at the calorimeter", f"C{axis.upper()}{k}"
            yield EventField(f"cluster{k}_{axis}_m", "m", text, "reco", (row,))


def _neutrals(channel: Channel) -> Iterator[EventField]:
    for k, photons in enumerate(photons_of(channel), start=1):
        rows = (_CALORIMETER, "RXV", "RYV", "RZV", *(f"C{q}{n}" for n in photons for q in "XYE"))
        how = ", energies scaled to its mass" if len(photons) > 1 else ""
        for axis, part in _BY_AXIS if photons else ():
            text = f"p_{axis} of daughter {k} from its clusters and the reconstructed vertex{how}"
            yield EventField(f"reco{k}_p{axis}_gev", "GeV", text, "reco", rows, partial(_of_clusters, part))


def _reconstructed(channel: Channel) -> Iterator[EventField]:
    tracks, photons, mesons = channel.parts
    if tracks:
        whole = f"the {'two' if tracks == 2 else 'four'} tracks"
        seen = whole + (" and the clusters" if photons + mesons else "")
        yield from _point("reco_vertex", "RXV RYV RZV", "the reconstructed vertex", "reco")
        cda = f"distance of closest approach of {whole}" + (", the largest of all pairs" * (tracks > 2))
        yield EventField("reco_cda_m", "m", cda, "reco", ("CDA",))
        yield EventField("reco_mass_gev", "GeV", f"invariant mass of {seen}", "reco", ("MASS",))
        text = "Z_TAX: z where the total momentum comes closest to the axis"
        yield EventField("z_tax_m", "m", text, "reco", ("ZTAX",))
        text = "CDA_TAX: its distance from the axis there"
        yield EventField("cda_tax_m", "m", text, "reco", ("CDATAX",))
    else:
        known = "of the mesons" if mesons else "of the particle"
        vertex = f"the vertex, from the clusters and the known mass {known}, on a line to the dump"
        yield from _point("reco_vertex", "RXV RYV RZV", vertex, "reco")
        where = "from that vertex" if mesons else "for a decay in the middle of the fiducial volume"
        yield EventField("reco_mass_gev", "GeV", f"invariant mass {where}", "reco", ("MASS",))


# --- the schema ---------------------------------------------------------------------------------------


def photons_of(channel: Channel) -> tuple[tuple[int, ...], ...]:
    """Numbers of the photons that each daughter is, or decays to; none for a track."""
    numbers = iter(range(1, channel.photons + 1))
    count = {"photon": 1, "meson": 2}
    return tuple(tuple(next(numbers) for _ in range(count.get(body.kind, 0))) for body in channel.bodies)


@cache
def event_schema(final_state: str) -> tuple[EventField, ...]:
    """The columns of events of a final state, in their order."""
    channel = channel_of(final_state)
    mode = "index in the list 'productions' of the metadata"
    region = "0: in none, k: k-th of the list 'regions' of the metadata"
    made = "the point where the particle is made in the dump"
    return (
        EventField("weight", "events", "expected events that this one stands for", "label"),
        EventField("production", "1", mode, "label", dtype="i2"),
        EventField("region", "1", region, "label", dtype="i2"),
        *_point("origin", "X0 Y0 Z0", made, "true"),
        EventField("fip_e_gev", "GeV", "energy of the particle", "true", ("E",)),
        *(
            EventField(
                f"fip_p{axis}_gev", "GeV", f"p_{axis} of the particle", "true", (row, "P"), np.multiply
            )
            for axis, row in zip("xyz", ("NX", "NY", "NZ"), strict=True)
        ),
        *_point("vertex", "XV YV ZV", "the true decay vertex", "true"),
        EventField("proper_length_m", "m", "c times the proper time of the decay", "true"),
        *_daughters(channel),
        *_photons(channel),
        *_tracks(channel),
        *_clusters(channel),
        *_neutrals(channel),
        *_reconstructed(channel),
    )


@cache
def chain_rows(final_state: str) -> tuple[str, ...]:
    """Rows of the chain that the columns and the cut-flow are made of."""
    used = (row for field in event_schema(final_state) for row in field.rows if row != _CALORIMETER)
    return tuple(dict.fromkeys(["REGION", "TAU", *used]))


def event_columns(
    rows: Rows, final_state: str, mass_gev: float, calorimeter_z_m: float | None = None
) -> dict[str, FloatArray]:
    """All columns but ``weight`` and ``production`` of events given as rows of the chain.

    calorimeter_z_m: needed where there are photons.
    """
    given = rows if calorimeter_z_m is None else {**rows, _CALORIMETER: np.asarray(calorimeter_z_m)}
    columns = {field.name: field.column(given) for field in event_schema(final_state) if field.rows}
    columns["region"] = rows["REGION"].astype("i2")
    columns["proper_length_m"] = mass_gev * rows["TAU"]
    return columns


def in_schema_order(columns: Mapping[str, FloatArray], final_state: str) -> dict[str, FloatArray]:
    """The columns in the order and with the types of the schema."""
    return {
        field.name: np.ascontiguousarray(columns[field.name], field.dtype)
        for field in event_schema(final_state)
    }

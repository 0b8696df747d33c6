"""The schema of simulated events: every column with its unit and meaning, in the order of the files.

z along the beam, origin of the experiment's file. ``true`` quantities are those of the simulation, ``reco``
those that a detector measures. Daughter and track 1 is the positive particle, 2 the negative one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from feebly.core.interfaces import FloatArray

SCHEMA_VERSION = 1
"""Raised when a column changes its name, unit or meaning, or goes; not when one is added."""

Rows = Mapping[str, FloatArray]


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


def _p_z(p: FloatArray, slope_x: FloatArray, slope_y: FloatArray) -> FloatArray:
    """p_z of a track of momentum p and slopes dx/dz, dy/dz."""
    return np.asarray(p / np.sqrt(1.0 + slope_x**2 + slope_y**2))


def _p_x(p: FloatArray, slope_x: FloatArray, slope_y: FloatArray) -> FloatArray:
    return slope_x * _p_z(p, slope_x, slope_y)


def _p_y(p: FloatArray, slope_x: FloatArray, slope_y: FloatArray) -> FloatArray:
    return slope_y * _p_z(p, slope_x, slope_y)


def _point(name: str, rows: str, meaning: str, kind: Literal["true", "reco"]) -> tuple[EventField, ...]:
    return tuple(
        EventField(f"{name}_{axis}_m", "m", f"{axis} of {meaning}", kind, (row,))
        for axis, row in zip("xyz", rows.split(), strict=True)
    )


def _daughter(k: int) -> tuple[EventField, ...]:
    who = f"daughter {k}"
    # its energy needs its mass, which no row has: see event_columns
    energy = EventField(f"d{k}_e_gev", "GeV", f"true energy of {who}", "true", ())
    momentum = tuple(
        EventField(f"d{k}_p{axis}_gev", "GeV", f"true p_{axis} of {who} at the decay", "true", (row,))
        for axis, row in zip("xyz", (f"PX{k}", f"PY{k}", f"PZ{k}"), strict=True)
    )
    slopes = tuple(
        EventField(
            f"d{k}_d{axis}dz_behind", "1", f"true d{axis}/dz of {who} behind the magnet", "true", (row,)
        )
        for axis, row in (("x", f"DX{k}"), ("y", f"DY{k}"))
    )
    return (energy, *momentum, *slopes)


def _track(k: int) -> tuple[EventField, ...]:
    rows = (f"RP{k}", f"SX{k}", f"SY{k}")
    positions = tuple(
        EventField(
            f"reco{k}_{axis}_m", "m", f"measured {axis} of track {k} at the first chamber", "reco", (row,)
        )
        for axis, row in (("x", f"HX{k}"), ("y", f"HY{k}"))
    )
    momenta = tuple(
        EventField(f"reco{k}_p{axis}_gev", "GeV", f"measured p_{axis} of track {k}", "reco", rows, make)
        for axis, make in (("x", _p_x), ("y", _p_y), ("z", _p_z))
    )
    return (*positions, *momenta)


EVENT_SCHEMA: tuple[EventField, ...] = (
    EventField("weight", "events", "expected events that this one stands for", "label"),
    EventField("production", "1", "index in the list 'productions' of the metadata", "label", dtype="i2"),
    EventField(
        "region", "1", "0: in none, k: k-th of the list 'regions' of the metadata", "label", dtype="i2"
    ),
    *_point("origin", "X0 Y0 Z0", "the point where the particle is made in the dump", "true"),
    EventField("fip_e_gev", "GeV", "energy of the particle", "true", ("E",)),
    *(
        EventField(f"fip_p{axis}_gev", "GeV", f"p_{axis} of the particle", "true", (row, "P"), np.multiply)
        for axis, row in zip("xyz", ("NX", "NY", "NZ"), strict=True)
    ),
    *_point("vertex", "XV YV ZV", "the true decay vertex", "true"),
    EventField("proper_length_m", "m", "c times the proper time of the decay", "true", ()),
    *_daughter(1),
    *_daughter(2),
    *_track(1),
    *_track(2),
    *_point("reco_vertex", "RXV RYV RZV", "the reconstructed vertex", "reco"),
    EventField("reco_cda_m", "m", "distance of closest approach of the two tracks", "reco", ("CDA",)),
    EventField("reco_mass_gev", "GeV", "invariant mass of the two tracks", "reco", ("MASS",)),
    EventField(
        "z_tax_m", "m", "Z_TAX: z where the total momentum comes closest to the axis", "reco", ("ZTAX",)
    ),
    EventField("cda_tax_m", "m", "CDA_TAX: its distance from the axis there", "reco", ("CDATAX",)),
)

CHAIN_ROWS = tuple(dict.fromkeys(["REGION", "TAU", *(row for field in EVENT_SCHEMA for row in field.rows)]))
"""Rows of the chain that the columns are made of."""


def event_columns(
    rows: Rows, mass_gev: float, daughter_masses_gev: tuple[float, float]
) -> dict[str, FloatArray]:
    """All columns but ``weight`` and ``production`` of events given as rows of the chain."""
    columns = {field.name: field.column(rows) for field in EVENT_SCHEMA if field.rows}
    columns["region"] = rows["REGION"].astype("i2")
    columns["proper_length_m"] = mass_gev * rows["TAU"]
    for k, m in enumerate(daughter_masses_gev, start=1):
        p2 = sum(rows[f"P{axis}{k}"] ** 2 for axis in "XYZ")
        columns[f"d{k}_e_gev"] = np.sqrt(p2 + m**2)
    return columns


def in_schema_order(columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """The columns in the order and with the types of the schema."""
    return {field.name: np.ascontiguousarray(columns[field.name], field.dtype) for field in EVENT_SCHEMA}

"""A run folder as the tables of a record need it, and what each of their columns must say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from feebly.core.constants import PROTON_MASS_GEV
from feebly.limits.results import ContourPiece
from feebly.publish.hepdata.column_meaning import coupling_of, plain_words
from feebly.publish.hepdata.tables import Column, Qualifier
from feebly.publish.limit_files.couplings import COUPLINGS
from feebly.report.contour_table import read_contours
from feebly.report.saved_grid import SavedGrid, read_saved_grid

_NUCLEON_DIGITS = 4  # of a centre-of-mass energy per nucleon: the nucleons move in the nucleus


@dataclass(frozen=True, eq=False)
class SavedResult:
    """One run: its arrays with ``result.json``, and its contours."""

    folder: Path
    grid: SavedGrid
    pieces: tuple[ContourPiece, ...]

    @property
    def content(self) -> Mapping[str, Any]:
        """Of ``result.json``."""
        return self.grid.content

    @property
    def setting(self) -> Mapping[str, Any]:
        """Experiment, POT, final states, limit."""
        setting: Mapping[str, Any] = self.content["setting"]
        return setting

    @property
    def model(self) -> str:
        return str(self.content["model"])

    @property
    def coupling(self) -> str:
        """Name of the coupling, as the run has it."""
        return str(self.content["coupling"])

    @property
    def coupling_header(self) -> str:
        """The same as a header that says that it is a coupling."""
        if self.coupling == "ctau-m":
            return "ctau"
        return self.coupling if coupling_of(plain_words(self.coupling)) else f"coupling {self.coupling}"

    @property
    def coupling_units(self) -> str:
        """Units of its column, "" for a pure number or a coupling of a model file."""
        unit = COUPLINGS[self.coupling].unit if self.coupling in COUPLINGS else ""
        return {"1": "", "1/GeV": "GeV^-1"}.get(unit, unit)

    @property
    def beam_energy_gev(self) -> float:
        """Of a proton of the beam, to four digits."""
        momentum = float(self.content["apparatus"]["experiment"]["beam"]["momentum_gev"])
        return _digits(sqrt(momentum**2 + PROTON_MASS_GEV**2))

    @property
    def cm_energy_gev(self) -> float:
        """Of a beam proton and a proton at rest: s = 2 m² + 2 m E."""
        m, energy = PROTON_MASS_GEV, self.beam_energy_gev
        return _digits(sqrt(2 * m**2 + 2 * m * energy))

    @property
    def is_projection(self) -> bool:
        return bool(self.setting["projection"])

    @property
    def convention(self) -> str:
        """Of the limit, with the order of outcomes where it is not the default."""
        order = self.setting["ordering"]
        return f"{self.setting['convention']}{'' if order == 'total-count' else f', {order}'}"

    def qualifiers(self, *more: Qualifier) -> tuple[Qualifier, ...]:
        """What every dependent column says, and what this one says beside it."""
        setting = self.setting
        projection = " (projection)" if self.is_projection else ""
        return (
            Qualifier("CL", float(setting["cl"])),
            Qualifier("POT", float(setting["pot"])),
            Qualifier("beam energy", self.beam_energy_gev, "GeV"),
            Qualifier("model", self.model),
            Qualifier("channel", ", ".join(setting["channels"])),
            Qualifier("limit convention", self.convention),
            Qualifier("coupling convention", f"{self.coupling}, not its square"),
            Qualifier("experiment", f"{setting['analysis']}{projection}"),
            Qualifier("preset", str(self.content["preset"]["name"])),
            *more,
        )

    def mass_column(self, values: Any, independent: bool = True) -> Column:
        """Masses in GeV."""
        return Column("mass", _plain(values), "GeV", () if independent else self.qualifiers())

    def coupling_column(
        self, values: Any, name: str = "{}", more: tuple[Qualifier, ...] = (), independent: bool = False
    ) -> Column:
        """Couplings; ``{}`` in the name stands for the coupling."""
        qualifiers = () if independent else self.qualifiers(*more)
        return Column(name.format(self.coupling_header), _plain(values), self.coupling_units, qualifiers)


def read_saved_result(folder: str | Path) -> SavedResult:
    """The run in a folder; DataError (one line) for anything else."""
    grid = read_saved_grid(folder)
    return SavedResult(Path(folder), grid, read_contours(Path(folder) / "contours.csv"))


def _plain(values: Any) -> tuple[Any, ...]:
    return tuple(values.tolist() if hasattr(values, "tolist") else values)


def _digits(value: float) -> float:
    return float(f"{value:.{_NUCLEON_DIGITS}g}")

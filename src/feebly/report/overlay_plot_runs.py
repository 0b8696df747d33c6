"""A run folder as a figure sees it: its curves and what must be said about them, read from its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feebly.core.errors import DataError
from feebly.limits.results import ContourPiece
from feebly.report.contour_table import read_contours
from feebly.report.saved_run import read_result
from feebly.report.symbols import final_state_symbol, scientific_text
from feebly.statistics.regions.ordering import TOTAL_COUNT


@dataclass(frozen=True, eq=False)
class PlottedRun:
    """Curves of a run with the content of its ``result.json``; name: what the user calls it."""

    name: str
    content: dict[str, Any]
    pieces: tuple[ContourPiece, ...]

    @property
    def setting(self) -> dict[str, Any]:
        return dict(self.content["setting"])

    @property
    def model(self) -> str:
        return str(self.content["model"])

    @property
    def coupling(self) -> str:
        """Name of the coupling of its curves."""
        return str(self.content["coupling"])

    @property
    def projection(self) -> bool:
        return bool(self.setting["projection"])

    @property
    def main_kind(self) -> str:
        """Kind of the contour that the run is about: observed, or expected for a projection."""
        return "expected" if self.projection else "observed"

    @property
    def mass_range_gev(self) -> tuple[float, float, int]:
        low, high, n = self.setting["mass_range_gev"]
        return low, high, n

    @property
    def coupling_range(self) -> tuple[float, float, int]:
        low, high, n = self.setting["coupling_range"]
        return low, high, n

    @property
    def degenerate_bands(self) -> tuple[tuple[str, ...], ...]:
        """Groups of expected kinds that are one curve."""
        return tuple(tuple(group) for group in self.content["degenerate_bands"])

    def contour(self, kind: str) -> tuple[ContourPiece, ...]:
        """The closed pieces of one kind."""
        return tuple(piece for piece in self.pieces if piece.kind == kind)

    @property
    def facts(self) -> dict[str, str]:
        """What distinguishes runs: data, statistics, final states, physics; each as a few words."""
        setting = self.setting
        ordering = "" if setting["ordering"] == TOTAL_COUNT else f", {setting['ordering']}"
        responses = dict.fromkeys(f"{response['set']}" for response in self.content["responses"].values())
        return {
            "model": self.model,
            "pot": f"{scientific_text(setting['pot'])} POT" + " (projection)" * self.projection,
            "channels": ", ".join(map(final_state_symbol, setting["channels"])),
            "preset": f"preset {self.content['preset']['name']}",
            "analysis": setting["analysis"],
            "background": f"background: {setting['background_assumption'] or 'of the analysis'}",
            "response": f"response {', '.join(responses)}",
            "cl": f"{100 * setting['cl']:g}% CL",
            "convention": f"{setting['convention']}{ordering}",
        }


def read_plotted_run(folder: str | Path) -> PlottedRun:
    """The run in a folder that `write_run` wrote. Raises `DataError` (one line) for anything else."""
    content = read_result(folder)
    pieces = read_contours(Path(folder) / "contours.csv")
    return plotted_run(Path(folder).resolve().name, content, pieces)


def plotted_run(name: str, content: dict[str, Any], pieces: Sequence[ContourPiece]) -> PlottedRun:
    """A run from the content of its files; DataError where ``result.json`` lacks what figures need."""
    run = PlottedRun(name, content, tuple(pieces))
    try:
        run.facts, run.degenerate_bands, run.mass_range_gev, run.coupling_range, content["caption"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{name}: result.json is damaged ({error}); make the run again") from None
    return run

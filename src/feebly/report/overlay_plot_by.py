"""What each final state, or each production mode, of a run excludes alone: from the grid in its folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from feebly.core.errors import ConfigError, DataError, unknown
from feebly.core.tables import plain
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece
from feebly.report.overlay_plot_layers import COLOURS, DASHES, Layer, Overlay, Style, make_overlay, run_curve
from feebly.report.overlay_plot_runs import PlottedRun, read_plotted_run
from feebly.report.saved_grid import SavedGrid, read_saved_grid
from feebly.report.saved_run import read_run
from feebly.report.symbols import final_state_symbol
from feebly.workflow.saved_search import saved_search

BY = ("channel", "production")


def overlay_by_part(
    folder: str | Path, by: str, coupling: str | None = None, in_mev: bool = False
) -> Overlay:
    """All of a run together, and each of its parts alone.

    by: ``channel``: a final state with the counts and the background of its own region; ``production``: the
    yield of one production mode against the limit of all regions. Same convention and CL as the run. Raises
    DataError (one line) where the run cannot be made again from what its folder keeps.
    """
    if by not in BY:
        raise unknown("--by", by, BY)
    run, grid = read_plotted_run(folder), read_saved_grid(folder)
    whole = make_overlay([run], coupling=coupling, in_mev=in_mev)
    parts = dict(_contours(run, grid, folder, by))
    style = replace(whole.layers[0].style, fill=None, width=2.0, order=2.5)
    layers = [replace(whole.layers[0], label="all", name="all together", style=style)]
    for i, (name, pieces) in enumerate(item for item in parts.items() if item[1]):
        words = final_state_symbol(name) if by == "channel" else name
        curves = tuple(run_curve(run, piece, whole.coupling) for piece in pieces)
        look = Style(
            COLOURS[1 + i % (len(COLOURS) - 1)], DASHES[i // (len(COLOURS) - 1) % len(DASHES)], order=4
        )
        layers.append(Layer(f"run0-{by}-{i}", words, f"{words} alone", run.main_kind, curves, look))
    return replace(whole, layers=tuple(layers), notes=tuple(_notes(parts, by, grid)))


def _notes(parts: dict[str, tuple[ContourPiece, ...]], by: str, grid: SavedGrid) -> Iterator[str]:
    what = "final state with the counts of its own region" if by == "channel" else "production mode"
    size = f"{grid.mass_gev.size} × {grid.coupling.size}"
    yield f"Thick: all together. Thin: each {what} alone, from the grid of the run ({size} points)."
    if nothing := [final_state_symbol(name) for name, pieces in parts.items() if not pieces]:
        yield f"Nothing excluded alone: {', '.join(nothing)}."


def _contours(
    run: PlottedRun, grid: SavedGrid, folder: str | Path, by: str
) -> Iterator[tuple[str, tuple[ContourPiece, ...]]]:
    channels = grid.group("by_channel")
    if not channels:
        raise DataError(f"{folder}: its grid.h5 has no yields by channel; make the run again with feebly run")
    search = saved_search(read_run(folder), grid.mass_gev, grid.coupling, channels, run.setting["channels"])
    _require_same_counts(search.observation, run)
    if by == "channel":
        for state in run.setting["channels"]:
            yield state, search.of_final_state(state, run.main_kind)
    else:
        for mode in run.setting["production"]:
            yield mode, search.of_production(mode, run.main_kind)


def _require_same_counts(observation: Observation, run: PlottedRun) -> None:
    """ConfigError where the analysis has other counts or backgrounds today than in the run."""
    for state, kept in run.content["counting"].items():
        region = observation.region(state)
        now = region.observed, plain(region.background.density)
        if now != (kept["observed"], kept["background"]["parameters"]):
            raise ConfigError(
                f"{run.name}: counts of {state} have changed since the run; make it again with feebly run"
            )

"""The words below the exclusion figure: what a reader must know beside the curves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from feebly.analysis.analysis import NO_RESPONSE
from feebly.limits.discovery import DISCOVERY_KINDS
from feebly.limits.notes import goes_on
from feebly.report.contour_paths import band_sentences
from feebly.report.symbols import final_state_symbol
from feebly.statistics.projection import NONE, SUPPRESS
from feebly.workflow.result import RunResult

OBSERVED_LINES = "Solid: observed limit; dashed: expected, hidden where the two agree."


def caption_text(result: RunResult) -> str:
    """What a reader must know beside the figure: lines, events, assumptions, open edges, calibrations."""
    return " ".join(_caption_sentences(result)).replace(" GeV", "\u00a0GeV")


def _caption_sentences(result: RunResult) -> Iterator[str]:
    if not result.contour(result.main_kind):
        yield f"{result.summary()}."
    elif result.projection:
        yield f"Dashed: expected limit, nothing observed. {_assumed_background(result)}"
        yield from _reach(result)
    else:
        yield OBSERVED_LINES
        yield from _notches(result)
    yield from band_sentences(result)
    if result.recast_from:
        yield f"Yields from tables, interpolated between their knots: {result.recast_from}."
    yield from _not_searched(result)
    yield from _edges(result)
    if result.calibrated:
        yield f"Calibrated on published curves, not derived: {', '.join(result.calibrated)}."
    if assumed := [tag for tag in result.channels if _is_assumed(result, tag)]:
        yield f"Assumed, calibrated on nothing: response to {', '.join(map(final_state_symbol, assumed))}."


def _edges(result: RunResult) -> Iterator[str]:
    pieces, model = result.scan.pieces, result.particle
    if not any(piece.open_edge for piece in pieces):
        return
    if model is None or goes_on(pieces, result.mass_range_gev[:2], result.coupling_range[:2], model):
        yield "Dotted: edge of the grid, the contour goes on beyond it."
    else:
        yield "Dotted: the largest coupling that there is."


def _is_assumed(result: RunResult, final_state: str) -> bool:
    """Whether somebody chose the response; ideal detection is no statement about a detector."""
    chosen = result.responses[final_state] != NO_RESPONSE
    return chosen and result.response(final_state).origin.kind == "assumed"


def _not_searched(result: RunResult) -> Iterator[str]:
    """Masses that a final state leaves out, where the scan meets them."""
    low, high, _ = result.mass_range_gev
    for state in result.final_states:
        for start, stop in (mask.edges_gev for mask in state.masks):
            if low <= stop and start <= high:
                yield f"Not searched in {final_state_symbol(state.tag)}: {start:.3f}–{stop:.3f} GeV."


def _assumed_background(result: RunResult) -> str:
    numbers = (
        f"{state.signal_region.background.mean:.2g} ({final_state_symbol(state.tag)})"
        for state in result.final_states
    )
    base, assumed = result.analysis.projection_of, result.assumption
    if assumed and assumed.kind == NONE:
        return "Assumed: no background."
    suppressed = f" and suppressed by {assumed.suppression:g}" if assumed and assumed.kind == SUPPRESS else ""
    return f"Background{f' scaled from {base}{suppressed}' if base else ''}: {', '.join(numbers)} events."


def _reach(result: RunResult) -> Iterator[str]:
    """What the contours of discovery are, if there are any."""
    if any(result.contour(kind) for kind in DISCOVERY_KINDS):
        three, five = result.scan.grid.s_discovery.values()
        coincide = ", which coincide" if np.array_equal(three, five, equal_nan=True) else ""
        yield f"Blue: signal whose median outcome is 3σ (dash-dotted) and 5σ (solid), two-sided{coincide}."
    elif result.scan.grid.s_discovery:
        yield "No signal of the grid reaches 3σ in the median."


def _notches(result: RunResult) -> Iterator[str]:
    for state in result.final_states:
        for event in state.signal_region.events:
            if result.excluded_couplings(event.mass_gev, "expected"):
                yield f"Notch at {event.mass_gev:g} GeV: 1 event observed in {final_state_symbol(state.tag)}."

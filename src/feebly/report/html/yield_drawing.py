"""Which production gives the yield along the lower edge of the contour, drawn as SVG.

Few lines on two logarithmic axes in the colours and the font of the page, light or dark: written as text, in
a hundredth of the time that a drawing by matplotlib takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from math import log10

import numpy as np
from markupsafe import Markup

from feebly.core.interfaces import FloatArray
from feebly.limits.contour import edges_at
from feebly.limits.results import ContourPiece
from feebly.report.log_axes import log_ticks
from feebly.report.saved_grid import SavedGrid

_WIDTH, _HEIGHT = 520, 350
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 508, 10, 306
_SEEN = 0.01  # of all events at some mass: productions that are always below it are left out
_COLOURS = ("#2e86c9", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f")
_DASHES = ("none", "7 3", "2 3")


def along_lower_edge(
    grid: SavedGrid, pieces: Sequence[ContourPiece]
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Masses of the grid [GeV] and events by production at the smallest excluded coupling of each.

    ln N is a line in ln C between the couplings of the grid. NaN where nothing is excluded.
    """
    mass, ln_coupling = grid.mass_gev, np.log(grid.coupling)
    edges = [edges_at(pieces, float(m)) for m in mass]
    ln_low = np.array([np.log(found[0][0]) if found else np.nan for found in edges])
    events: dict[str, FloatArray] = {}
    for channel, values in grid.group("by_channel").items():
        production = channel.split("/")[0]
        at_edge = np.array([_at(ln_low[i], ln_coupling, row) for i, row in enumerate(values)])
        events[production] = events.get(production, 0.0) + at_edge
    return mass, events


def _at(ln_low: float, ln_coupling: FloatArray, row: FloatArray) -> float:
    if np.isnan(ln_low) or not (row > 0).any():
        return ln_low * 0.0
    some = row > 0
    return float(np.exp(np.interp(ln_low, ln_coupling[some], np.log(row[some]))))


def yield_drawing(
    mass: FloatArray, events: Mapping[str, FloatArray], name: Callable[[str], Markup]
) -> Markup | None:
    """The figure with its legend; None where nothing is excluded at two masses of the grid.

    mass, events: of `along_lower_edge`; name: a production as the legend names it.
    """
    total = np.sum(list(events.values()), axis=0)
    seen = np.isfinite(total) & (total > 0)
    if seen.sum() < 2:
        return None
    shown = {tag: n for tag, n in events.items() if np.max(n[seen] / total[seen]) >= _SEEN}
    order = sorted(shown, key=lambda tag: -np.nanmax(shown[tag][seen] / total[seen]))
    x_range = (float(mass[seen].min()), float(mass[seen].max()))
    y_range = (float(total[seen].min()) * _SEEN / 2, float(total[seen].max()) * 1.5)
    axes = _Axes(x_range, y_range)
    looks = dict(zip(order, cycle(_looks()), strict=False))
    lines = [
        f'<path d="{axes.path(mass, shown[tag])}" stroke="{colour}" stroke-dasharray="{dash}"/>'
        for tag, (colour, dash) in looks.items()
    ]
    label = "Signal events by production along the lower edge of the contour, against mass"
    drawing = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        f'<clipPath id="yield-frame"><rect {axes.frame}/></clipPath>'
        f'<g class="axes">{"".join(axes.marks())}<rect {axes.frame} fill="none"/></g>'
        f'<g class="lines" clip-path="url(#yield-frame)">'
        f'<path class="total" d="{axes.path(mass, total)}"/>{"".join(lines)}</g></svg>'
    )
    entries = [_entry(name(tag), *look) for tag, look in looks.items()]
    return Markup(
        f'{drawing}<ul class="legend"><li>{_swatch("currentColor", "1 2")}all</li>{"".join(entries)}</ul>'
    )


def _looks() -> Iterator[tuple[str, str]]:
    return ((colour, dash) for dash in _DASHES for colour in _COLOURS)


def _entry(name: Markup, colour: str, dash: str) -> str:
    return f"<li>{_swatch(colour, dash)}<code>{name}</code></li>"


def _swatch(colour: str, dash: str) -> str:
    line = f'<path d="M0 6H28" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    return f'<svg viewBox="0 0 28 12" aria-hidden="true">{line}</svg>'


class _Axes:
    """Two logarithmic axes in a frame: from values to the units of the drawing."""

    def __init__(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        self.x_range, self.y_range = x_range, y_range
        self.frame = f'x="{_LEFT}" y="{_TOP}" width="{_RIGHT - _LEFT}" height="{_BOTTOM - _TOP}"'

    def x(self, value: float) -> float:
        low, high = self.x_range
        return _LEFT + (_RIGHT - _LEFT) * log10(value / low) / log10(high / low)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return _BOTTOM - (_BOTTOM - _TOP) * log10(value / low) / log10(high / low)

    def path(self, mass: FloatArray, values: FloatArray) -> str:
        """Lines through the points, with a gap where there is no value."""
        words, pen_up = [], True
        for m, n in zip(mass.tolist(), values.tolist(), strict=True):
            if n > 0:  # not NaN
                words.append(f"{'M' if pen_up else 'L'}{self.x(m):.1f} {max(-1e4, self.y(n)):.1f}")
            pen_up = not n > 0
        return "".join(words)

    def marks(self) -> Iterator[str]:
        for value in log_ticks(*self.x_range):
            x = self.x(value)
            yield f'<path d="M{x:.1f} {_BOTTOM}v-6"/>'
            yield f'<text x="{x:.1f}" y="{_BOTTOM + 17}" text-anchor="middle">{value:g}</text>'
        for value in log_ticks(*self.y_range):
            y = self.y(value)
            yield f'<path d="M{_LEFT} {y:.1f}h6"/>'
            yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        middle = (_LEFT + _RIGHT) / 2
        yield f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">mass [GeV]</text>'
        across = (_TOP + _BOTTOM) / 2
        yield f'<text transform="translate(14 {across}) rotate(-90)" text-anchor="middle">events</text>'

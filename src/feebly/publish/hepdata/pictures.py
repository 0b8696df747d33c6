"""A picture of each table and its thumbnail, drawn from the table's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.limits.results import ContourPiece
from feebly.publish.hepdata.column_meaning import kind_of, meanings
from feebly.publish.hepdata.grids import grid_of
from feebly.publish.hepdata.limit_pieces import READERS, layout_of, limit_meanings
from feebly.publish.hepdata.tables import Column, Table
from feebly.report.contour_paths import filled_path
from feebly.report.figure_style import figure_file, own_style
from feebly.report.log_axes import set_log_ticks
from feebly.report.symbols import coupling_symbol, mass_symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THUMBNAIL_DPI = 40
_DECADES = 8  # of a map below its largest value that have a colour
_LINES: dict[str, dict[str, Any]] = {
    "observed": {"color": "black", "linewidth": 1.3},
    "expected": {"color": "black", "linewidth": 1.1, "linestyle": (0, (4, 2))},
    "expected-1s": {"color": "#2e8b3d", "linewidth": 1.0},
    "expected+1s": {"color": "#2e8b3d", "linewidth": 1.0},
    "expected-2s": {"color": "#c9a400", "linewidth": 1.0},
    "expected+2s": {"color": "#c9a400", "linewidth": 1.0},
}


def pictures(table: Table, model: str) -> tuple[bytes, bytes]:
    """PNG of a table and its thumbnail; the same table gives the same bytes."""
    figure = _figure(table, model)
    title = f"feebly: {table.name}"
    return figure_file(figure, "png", title), figure_file(figure, "png", title, dpi=THUMBNAIL_DPI)


def _figure(table: Table, model: str) -> Figure:
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(5.6, 4.4), layout="constrained")
        axes = figure.add_subplot()
        roles = [each.role for each in meanings(table) if each.independent]
        if "mass" in roles and set(roles) & {"coupling", "lifetime"} and "piece" not in roles:
            _map(figure, axes, table, model)
        elif "piece" in roles:
            _curves(axes, table, model)
        elif roles == ["mass"]:
            _against_mass(axes, table, model)
        else:
            _bars(axes, table)
        axes.set_title(table.name, fontsize=11)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def _map(figure: Figure, axes: Axes, table: Table, model: str) -> None:
    """The first dependent column as a heat map; white where it is zero, missing or below eight decades."""
    from matplotlib.colors import LogNorm, Normalize

    grid = grid_of(table)
    name, values = next(iter(grid.values.items()))
    shown = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    axes.set(xscale="log", yscale="log")
    _labels(axes, table, model)
    if not np.isfinite(shown).any():
        axes.text(0.5, 0.5, "zero everywhere", transform=axes.transAxes, ha="center")
        return
    top = float(np.nanmax(shown))
    low = max(float(np.nanmin(shown)), top * 10.0**-_DECADES)
    is_probability = meanings(table)[len(grid.axes)].role == "cls"  # zero has a meaning there
    mesh = axes.pcolormesh(
        grid.axes[0].values,
        grid.axes[1].values,
        (values if is_probability else np.where(shown >= low, shown, np.nan)).T,
        norm=Normalize(0, 1) if is_probability else LogNorm(low, top) if low < top else None,
        shading="nearest",
        rasterized=True,
    )
    figure.colorbar(mesh, ax=axes, label=name)


def _curves(axes: Axes, table: Table, model: str) -> None:
    """Every piece as a curve of its own, by kind."""
    from matplotlib.patches import PathPatch

    pieces = _pieces(table)
    main = tuple(piece for piece in pieces if piece.kind in ("observed", "expected"))
    if main:
        axes.add_patch(PathPatch(filled_path(main), facecolor="#d5dfec", linewidth=0))
    said: set[str] = set()
    for piece in sorted(pieces, key=lambda piece: piece in main):  # the main curve lies on its bands
        label = None if piece.kind in said else piece.kind
        said.add(piece.kind)
        axes.plot(piece.mass_gev, piece.coupling, label=label, **_LINES[piece.kind])
    axes.set(xscale="log", yscale="log")
    axes.legend(frameon=False, fontsize=9)
    _labels(axes, table, model)


def _pieces(table: Table) -> tuple[ContourPiece, ...]:
    found = limit_meanings(table)
    by_kind = READERS[layout_of(table, found)](table, found, None, None)
    return tuple(
        ContourPiece(kind, number, *piece)
        for (kind, _), pieces in by_kind.items()
        for number, piece in enumerate(pieces)
    )


def _against_mass(axes: Axes, table: Table, model: str) -> None:
    mass = table.independent[0].numbers
    for column in table.dependent:
        kind = kind_of(column.name)
        style = _LINES.get(kind, {}) if "limit" in column.name else {"linestyle": ":"}
        label = column.name.removeprefix("upper limit on ")
        axes.plot(mass, column.numbers, label=label, drawstyle="steps-mid", **style)
    roles = {each.role for each in meanings(table) if not each.independent}
    if roles == {"events"}:
        axes.set(xscale="log", ylim=(0, None), ylabel="events")
    else:
        positive = all(not (column.numbers <= 0).any() for column in table.dependent)
        axes.set(xscale="log", yscale="log" if positive else "linear")
    axes.legend(frameon=False, fontsize=8)
    _labels(axes, table, model)


def _bars(axes: Axes, table: Table) -> None:
    """Numbers of rows that have names: counts by region, events by cut."""
    names = ["\n".join(map(str, row)) for row in zip(*(c.values for c in table.independent), strict=True)]
    at = np.arange(len(names))
    for number, column in enumerate(table.dependent):
        values = column.numbers
        shown = np.where(values > 0, values, np.nan)
        place = at + 0.16 * (number - (len(table.dependent) - 1) / 2)
        axes.errorbar(
            place, shown, _bar_sizes(column, shown), fmt="os"[number % 2], label=column.name, capsize=2
        )
    axes.set(yscale="log", xlim=(-0.6, len(names) - 0.4))
    axes.set_xticks(at, names, fontsize=7, rotation=0 if len(names) < 7 else 90)
    axes.legend(frameon=False, fontsize=9)


def _bar_sizes(column: Column, values: Any) -> Any:
    """Lengths below and above the points, down to a tenth of the value where it would reach zero."""
    sizes = np.zeros((2, len(column.values)))
    for row, bar in column.error_rows:
        sizes[:, row] = -float(bar.minus), float(bar.plus)
    sizes[0] = np.minimum(sizes[0], 0.9 * np.nan_to_num(values))
    return sizes


def _labels(axes: Axes, table: Table, model: str) -> None:
    found = [each for each in meanings(table) if each.role in ("mass", "coupling", "lifetime")]
    for each in found:
        if each.role == "mass":
            axes.set_xlabel(f"{mass_symbol(model)} [{each.column.units}]", fontsize=13)
            set_log_ticks(axes.xaxis, axes.get_xlim(), "{:g}".format)
        elif each.role == "lifetime":
            axes.set_ylabel(r"$c\tau$ [m]", fontsize=13)
        else:
            name = each.column.name.removeprefix("lower ").removeprefix("upper ").removeprefix("coupling ")
            name = name.removeprefix("limit on ").split(",")[0]
            axes.set_ylabel(coupling_symbol(name), fontsize=13)

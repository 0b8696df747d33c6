"""What ``feebly coverage`` tells and writes: sentences, and ``coverage.csv``, ``.png`` and ``.json``."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.tables import plain, write_atomically
from feebly.report.software import made_with
from feebly.statistics.proofs.coverage import CoverageTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOYS_P_MIN = 1e-4
"""Smallest p-value of the toys against the enumeration that passes."""

COLUMNS = "relative_sigma_b,background,signal,coverage,required,toys,n_toys"
_LIBRARIES = ("numpy", "scipy", "matplotlib")


def passed(tables: Sequence[CoverageTable]) -> bool:
    """Whether every point covers and the toys agree with the enumeration."""
    return all(table.covers and table.chi_square()[2] > TOYS_P_MIN for table in tables)


def coverage_text(tables: Sequence[CoverageTable]) -> str:
    """Two lines for each table: the lowest coverage, and the toys."""
    return "\n".join(line for table in tables for line in _lines(table))


def _lines(table: CoverageTable) -> Iterator[str]:
    setting, (lowest, signal, background) = table.setting, table.minimum
    word = "ok" if table.covers else "TOO LOW"
    yield (
        f"{setting.convention}, {100 * setting.cl:g}% CL, {_errors(table)}: coverage at least {lowest:.4f} "
        f"at {table.coverage.size} points (s = {signal:.4g}, b = {background:.4g}); required "
        f"{setting.required:.4g}: {word}"
    )
    if table.n_toys:
        chi2, points, p_value = table.chi_square()
        verdict = "ok" if p_value > TOYS_P_MIN else "DISAGREE"
        yield (
            f"  {table.n_toys} toys at each point: chi2 = {chi2:.1f} for {points} points below full "
            f"coverage, p = {p_value:.3g}: {verdict}"
        )


def _errors(table: CoverageTable) -> str:
    setting = table.setting
    b = f"sigma_b / b = {setting.relative_sigma_b:g}" if setting.relative_sigma_b else "b known"
    signal = f"signal error {setting.signal_error:g}" if setting.signal_error else "signal known"
    return f"{b}, {signal}"


def coverage_dict(tables: Sequence[CoverageTable], seed: int) -> dict[str, Any]:
    """Settings, lowest points and verdicts as plain values; the points themselves are in the CSV."""
    return {
        "passed": passed(tables),
        "seed": seed,
        "scans": [_scan_dict(table) for table in tables],
    }


def _scan_dict(table: CoverageTable) -> dict[str, Any]:
    content = plain(table.setting) | {
        "required": table.setting.required,
        "points": table.coverage.size,
        "minimum": dict(zip(("coverage", "signal", "background"), table.minimum, strict=True)),
        "covers": table.covers,
        "n_toys": table.n_toys,
    }
    if table.n_toys:
        toys = dict(zip(("chi2", "points", "p_value"), table.chi_square(), strict=True))
        content["toys_against_enumeration"] = toys | {"required_p_value": TOYS_P_MIN}
    return content


def coverage_csv(tables: Sequence[CoverageTable]) -> str:
    """One line for each point; ``toys`` is empty without toys."""
    lines = [
        "# coverage of the true signal; signal and background in events",
        f"# {tables[0].setting.convention}, {100 * tables[0].setting.cl:g}% CL, "
        f"signal error {tables[0].setting.signal_error:g}",
        COLUMNS,
    ]
    for table in tables:
        head, tail = f"{table.setting.relative_sigma_b:g}", f"{table.setting.required:g}"
        for i, background in enumerate(table.background):
            for j, signal in enumerate(table.signal):
                toys = "" if table.toys is None else repr(float(table.toys[i, j]))
                lines.append(
                    f"{head},{float(background)!r},{float(signal)!r},{float(table.coverage[i, j])!r},{tail},"
                    f"{toys},{table.n_toys}"
                )
    return "\n".join(lines) + "\n"


def write_coverage(
    tables: Sequence[CoverageTable], seed: int, folder: Path, command: Sequence[str] | None
) -> None:
    """Write the three files into the folder (made if need be), each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "coverage.csv", coverage_csv(tables))
    write_atomically(folder / "coverage.png", coverage_png(tables))
    content = coverage_dict(tables, seed) | {"provenance": made_with(_LIBRARIES, command)}
    write_atomically(folder / "coverage.json", json.dumps(content, indent=2, allow_nan=False) + "\n")


def coverage_png(tables: Sequence[CoverageTable]) -> bytes:
    """The figure as a file, 150 dpi."""
    memory = io.BytesIO()
    coverage_figure(tables).savefig(memory, format="png", dpi=150, metadata={"Software": None})
    return memory.getvalue()


def coverage_figure(tables: Sequence[CoverageTable]) -> Figure:
    """Coverage against the signal, one panel for each table and one line for each background."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 0.6 + 3.0 * len(tables)), layout="constrained")
    for axes, table in zip(np.ravel(figure.subplots(len(tables), 1, squeeze=False)), tables, strict=True):
        _draw(axes, table)
    return figure


def _draw(axes: Axes, table: CoverageTable) -> None:
    from matplotlib import colormaps

    colours = colormaps["viridis"](np.linspace(0.0, 0.9, table.background.size))
    for i, (b, colour) in enumerate(zip(table.background, colours, strict=True)):
        axes.plot(table.signal, table.coverage[i], color=colour, linewidth=1.0, label=f"{b:.3g}")
        if table.toys is not None:
            error = np.sqrt(table.toys[i] * (1 - table.toys[i]) / table.n_toys)
            axes.errorbar(
                table.signal, table.toys[i], error, fmt="o", markersize=2.5, linewidth=0.8, color=colour
            )
    setting = table.setting
    axes.axhline(setting.cl, color="0.2", linewidth=1.0)
    if setting.required < setting.cl:
        axes.axhline(setting.required, color="0.2", linewidth=0.8, linestyle="--")
    low = min(setting.required, float(table.coverage.min())) - 0.01
    axes.set(xscale="log", ylim=(low, 1.004), xlabel="signal [events]", ylabel="coverage")
    axes.set_title(f"{setting.convention}, {100 * setting.cl:g}% CL, {_errors(table)}", fontsize=10)
    axes.legend(
        title="b [events]", fontsize=7, title_fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5)
    )

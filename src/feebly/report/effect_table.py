"""The effect table: shift of both edges of the exclusion for each changed option, as text, CSV and dict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.workflow.compare import Comparison, Effect

COLUMNS = "option,value,mass_gev,lower,upper,lower_shift,upper_shift"
_CELL = 14


def effect_text(result: Comparison) -> str:
    """One line per variation, the largest first: shift of the lower and the upper edge at each mass."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Comparison) -> Iterator[str]:
    width = max((len(effect.variation.name) for effect in result.effects), default=0)
    masses = "".join(f"{f'{mass:g} GeV':>{_CELL}}" for mass in result.masses_gev)
    edges = "".join(f"{_edges(pair):>{_CELL}}" for pair in result.edges)
    run = result.run
    yield f"{run.model}, {run.analysis.name}, preset {result.preset.name}: {run.coupling_name} of the edges"
    yield f"{'':{width}}{masses}"
    yield f"{result.preset.name:{width}}{edges}"
    yield ""
    yield "shift of the lower/upper edge in %"
    for effect in result.effects:
        cells = zip(effect.shift(result.edges), effect.edges, result.edges, effect.valid, strict=True)
        yield f"{effect.variation.name:{width}}" + "".join(f"{_cell(*cell):>{_CELL}}" for cell in cells)
    yield ""
    yield "gone: nothing is excluded with the change; new: nothing without it; -: neither, or not valid there"


def _edges(pair: FloatArray) -> str:
    return "-" if np.isnan(pair).any() else f"{pair[0]:.1e}/{pair[1]:.1e}".replace("e-0", "e-")


def _cell(shift: FloatArray, edges: FloatArray, base: FloatArray, valid: bool) -> str:
    gone, absent = bool(np.isnan(edges).any()), bool(np.isnan(base).any())
    if not valid or (gone and absent):
        return "-"
    if gone or absent:
        return "gone" if gone else "new"
    return "/".join(f"{round(100 * part, 1) + 0.0:+.1f}" for part in shift)  # + 0.0: no minus before a zero


def effect_csv(result: Comparison) -> str:
    """The table as text: relative shifts; numbers read back exactly, empty where there is none."""
    rows = [
        ",".join([row["option"], row["value"], *(_number(row[name]) for name in COLUMNS.split(",")[2:])])
        for row in effect_rows(result)
    ]
    header = [
        f"# shift of the edges of the exclusion of {result.run.model}, preset {result.preset.name}",
        f"# lower, upper: {result.run.coupling_name} of the changed edges; shift: relative to the base",
    ]
    return "\n".join([*header, COLUMNS, *rows]) + "\n"


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value))


def effect_rows(result: Comparison) -> list[dict[str, Any]]:
    """One row per variation and mass; None where there is no edge, or the choice says nothing."""
    return [row for effect in result.effects for row in _rows(effect, result)]


def _rows(effect: Effect, result: Comparison) -> Iterator[dict[str, Any]]:
    edges = np.where(effect.valid[:, None], effect.edges, np.nan)
    for mass, pair, shift in zip(result.masses_gev, edges, effect.shift(result.edges), strict=True):
        values = dict(zip(COLUMNS.split(",")[3:], (*pair, *shift), strict=True))
        numbers = {name: None if np.isnan(value) else float(value) for name, value in values.items()}
        variation = effect.variation
        yield {"option": variation.option, "value": variation.value, "mass_gev": float(mass)} | numbers


def comparison_dict(result: Comparison) -> dict[str, Any]:
    """Everything but the contours, ready for JSON."""
    edges = np.where(np.isnan(result.edges), None, result.edges)  # type: ignore[call-overload]
    return {
        "model": result.run.model,
        "coupling": result.run.coupling_name,
        "analysis": result.run.analysis.name,
        "preset": result.preset.name,
        "precision": result.run.precision,
        "seed": result.run.seed,
        "base": [
            {"mass_gev": float(mass), "lower": pair[0], "upper": pair[1]}
            for mass, pair in zip(result.masses_gev, edges.tolist(), strict=True)
        ],
        "effects": effect_rows(result),
        "band": {"options": list(result.preset.band), "pieces": len(result.band)},
    }

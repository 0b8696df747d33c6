"""What ``feebly closure`` tells and writes: a table, ``closure.csv``, ``closure.png``, ``closure.json``."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.tables import plain, write_atomically
from feebly.report.software import made_with
from feebly.statistics.backgrounds import Background, Sum
from feebly.statistics.proofs.closure import P_MIN, PULL_MEAN, PULL_WIDTH, Closure, ClosureResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = "signal,background,signal_error,p_value,pull_mean,pull_width,passed"
_LIBRARIES = ("numpy", "scipy", "matplotlib")


def background_text(background: Background) -> str:
    """``TruncatedGaussian(0.016, 0.002)``: kind and numbers of a background in one word."""
    if isinstance(background, Sum):
        return " + ".join(background_text(part) for part in background.parts)
    numbers = ", ".join(_number(value) for value in plain(background).values())
    return f"{type(background).__name__}({numbers})"


def _number(value: Any) -> str:
    if isinstance(value, list):
        return "(" + ", ".join(_number(item) for item in value) + ")"
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def closure_text(closure: Closure) -> str:
    """One line for each point, then the verdict."""
    lines = [f"{'s':>6} {'error':>6}  {'background':<72}{'p (uniform)':>12}  pull: mean, width"]
    lines += [_line(result) for result in closure.results]
    n = len(closure.results[0].transforms)
    verdict = "passed" if closure.passed else "FAILED"
    lines.append(
        f"{len(closure.results)} points x {n} experiments, all together p = {closure.p_value:.3g}; required "
        f"p > {P_MIN:g}, |mean| <= {PULL_MEAN:g}, width {PULL_WIDTH[0]:g}-{PULL_WIDTH[1]:g}: {verdict}"
    )
    return "\n".join(lines)


def _line(result: ClosureResult) -> str:
    point = result.point
    pulls = "" if result.pull_mean is None else f"{result.pull_mean:+.3f}, {result.pull_width:.3f}"
    failed = "" if result.passed else "  FAILED"
    return (
        f"{point.signal:6g} {point.signal_error:6g}  {background_text(point.background):<72}"
        f"{result.p_value:12.3g}  {pulls}{failed}"
    ).rstrip()


def closure_dict(closure: Closure, seed: int) -> dict[str, Any]:
    """Every point without its transforms, the criteria and the verdict."""
    return {
        "passed": closure.passed,
        "p_value": closure.p_value,
        "seed": seed,
        "repetitions": len(closure.results[0].transforms),
        "criteria": {"p_min": P_MIN, "pull_mean": PULL_MEAN, "pull_width": list(PULL_WIDTH)},
        "points": [_point_dict(result) for result in closure.results],
    }


def _point_dict(result: ClosureResult) -> dict[str, Any]:
    return {
        "signal": result.point.signal,
        "background": background_text(result.point.background),
        "signal_error": result.point.signal_error,
        "p_value": result.p_value,
        "pull_mean": result.pull_mean,
        "pull_width": result.pull_width,
        "passed": result.passed,
    }


def closure_csv(closure: Closure) -> str:
    """One line for each point; pulls are empty where they are not tested."""
    lines = [f"# {len(closure.results[0].transforms)} experiments at each point; events", COLUMNS]
    for result in closure.results:
        row = _point_dict(result)
        row["background"] = f'"{row["background"]}"'
        lines.append(",".join("" if value is None else str(value) for value in row.values()))
    return "\n".join(lines) + "\n"


def write_closure(closure: Closure, seed: int, folder: Path, command: Sequence[str] | None) -> None:
    """Write the three files into the folder (made if need be), each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "closure.csv", closure_csv(closure))
    memory = io.BytesIO()
    closure_figure(closure).savefig(memory, format="png", dpi=150, metadata={"Software": None})
    write_atomically(folder / "closure.png", memory.getvalue())
    content = closure_dict(closure, seed) | {"provenance": made_with(_LIBRARIES, command)}
    write_atomically(folder / "closure.json", json.dumps(content, indent=2, allow_nan=False) + "\n")


def closure_figure(closure: Closure) -> Figure:
    """Distribution of u minus the uniform one, each point in grey and all together in black."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    draw_transforms(axes, [result.transforms for result in closure.results])
    n = len(closure.results[0].transforms)
    axes.set_title(f"closure: {len(closure.results)} points x {n} experiments", fontsize=10)
    return figure


def draw_transforms(axes: Axes, points: Sequence[Sequence[float]]) -> None:
    """The transforms of each point, all of the same number, against uniform ones."""
    from scipy.stats import kstwo

    for transforms in points:
        axes.plot(*_difference(transforms), color="0.7", linewidth=0.7)
    together = [u for transforms in points for u in transforms]
    axes.plot(*_difference(together), color="black", linewidth=1.4, label="all together")
    n = len(points[0])
    for side in (-1, 1):
        limit = side * kstwo.isf(P_MIN, n)
        axes.axhline(
            limit, color="#c03a2b", linestyle="--", linewidth=1.0, label=None if side < 0 else "p = 0.001"
        )
    axes.set(xlim=(0, 1), xlabel="u", ylabel="fraction below u, minus u")
    axes.legend(fontsize=8, loc="lower left")


def _difference(transforms: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    u = np.sort(np.array(transforms))
    return u, (np.arange(u.size) + 0.5) / u.size - u

"""One measured figure beside its target, and the table of all of them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

MISSING = "not in this version"


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its unit and target.

    value: None where feebly has nothing to measure yet. reach: the target, None for a figure without one.
    larger_is_better: the target is a least value, else a largest one. note: how it was measured.
    """

    name: str
    value: float | None
    unit: str
    reach: float | None = None
    larger_is_better: bool = False
    note: str = ""

    @property
    def status(self) -> str:
        """``ok`` or ``below`` the target; empty without a target."""
        if self.value is None:
            return MISSING
        if self.reach is None:
            return ""
        reached = self.value >= self.reach if self.larger_is_better else self.value <= self.reach
        return "ok" if reached else "below"


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of text: name, reached, reach, status, note."""
    rows = [("figure", "reached", "reach", "", "measured")]
    rows += [(f.name, _reached(f), _reach(f), f.status, f.note) for f in figures]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = ["  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[4]]) for row in rows]
    rule = "  ".join("-" * w for w in [*widths, len("measured")])
    return "\n".join(line.rstrip() for line in [lines[0], rule, *lines[1:]])


def as_json(figures: Iterable[Figure]) -> str:
    """Machine and figures as one JSON object."""
    rows = [asdict(figure) | {"status": figure.status} for figure in figures]
    return json.dumps({"machine": machine(), "figures": rows}, indent=2)


def machine() -> dict[str, Any]:
    """What the figures depend on besides the code."""
    import llvmlite.binding as llvm

    return {
        "cpu": llvm.get_host_cpu_name(),
        "vectors": vector_instructions(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "scipy")},
    }


def vector_instructions() -> str:
    """The widest vector instructions of this CPU that LLVM may use."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    known = {"avx512f": "AVX-512", "avx2": "AVX2", "neon": "NEON"}
    return next((name for flag, name in known.items() if features.get(flag)), "none known")


def _reached(figure: Figure) -> str:
    return "-" if figure.value is None else f"{figure.value:.3g} {figure.unit}".rstrip()


def _reach(figure: Figure) -> str:
    if figure.reach is None:
        return "-"
    return f"{'>=' if figure.larger_is_better else '<='} {figure.reach:.3g} {figure.unit}".rstrip()

"""What an overlay figure is made of: layers of curves, each with its place, style and words.

Runs and limits become layers here; the drawing, the table beside the figure and the page all read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.limits.results import ContourPiece
from feebly.physics.models.alp_couplings import DIRECTIONS
from feebly.physics.models.registry import MODELS
from feebly.publish.limit_files import MIXING_BENCHMARKS, PublishedLimit, convert_coupling
from feebly.report.contour_paths import edge_segments
from feebly.report.overlay_plot_runs import PlottedRun

Dash = str | tuple[int, tuple[float, ...]]
Shape = Literal["inside", "above", "points", "line"]

COLOURS = ("black", "#0072B2", "#D55E00", "#007A5A", "#A8518A", "#8A6D00", "#2A9BD0")
"""Of the runs, in order: blue, vermilion, green, purple and yellow of Okabe and Ito, darker where text."""

GREYS = ("0.86", "0.78", "0.70", "0.82", "0.74")
_SOLID, _DASHED, _EXPECTED, _DOTTED = "-", (0, (6.0, 2.5)), (0, (3.0, 1.5)), (0, (1.0, 1.5))
DASHES: tuple[Dash, ...] = (_SOLID, (0, (5.0, 1.5)), (0, (5.0, 1.5, 1.0, 1.5)))
_NOT_COMPARABLE = {*DIRECTIONS, *MIXING_BENCHMARKS.values()}
_LIMIT_DASHES: dict[str, Dash] = {"observed": _SOLID, "projection": _DASHED}


@dataclass(frozen=True, eq=False)
class DrawnCurve:
    """One curve. on_edge (n - 1,): segments along the edge of the grid of a run, where no limit was found."""

    mass_gev: FloatArray
    coupling: FloatArray
    on_edge: NDArray[np.bool_] | None = None

    @property
    def log_points(self) -> FloatArray:
        """Points (n, 2) in log10 of mass [GeV] and coupling."""
        return np.log10(np.column_stack([self.mass_gev, self.coupling]))


@dataclass(frozen=True, slots=True)
class Style:
    """How a layer is drawn; fill: None for a line alone."""

    colour: str
    dash: Dash = _SOLID
    width: float = 1.3
    fill: str | None = None
    order: float = 3.0


@dataclass(frozen=True, eq=False)
class Layer:
    """Curves of one kind of one run or limit.

    key: unique, made of letters, digits and ``-``. label: words at the curve, empty for none. name: words for
    a list of curves. kind: as in ``contours.csv`` or of the limit. inner: of a band, its inner contour.
    """

    key: str
    label: str
    name: str
    kind: str
    curves: tuple[DrawnCurve, ...]
    style: Style
    shape: Shape = "inside"
    inner: tuple[DrawnCurve, ...] = ()


@dataclass(frozen=True, eq=False)
class Overlay:
    """Layers in one convention of the coupling, with the words of the figure.

    runs, limits: what the layers were made of. model: tag for the symbol of the mass.
    """

    layers: tuple[Layer, ...]
    runs: tuple[PlottedRun, ...]
    limits: tuple[PublishedLimit, ...]
    coupling: str
    model: str
    in_mev: bool = False
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def mass_unit(self) -> str:
        return "MeV" if self.in_mev else "GeV"

    @property
    def mass_factor(self) -> float:
        """Masses of the axis over masses in GeV."""
        return 1e3 if self.in_mev else 1.0


def make_overlay(
    runs: Sequence[PlottedRun],
    limits: Sequence[PublishedLimit] = (),
    labels: Sequence[str] = (),
    coupling: str | None = None,
    in_mev: bool = False,
) -> Overlay:
    """Layers of runs and published limits in one convention of the coupling.

    labels: of the runs, in order (default: what distinguishes them). coupling: name of the convention
    (default: that of the first run, else of the first limit). Raises ConfigError (one line) where a coupling
    cannot be turned into it, or where nothing is to be drawn.
    """
    if not runs and not limits:
        raise ConfigError("nothing to plot: expected a run folder or a file of limits")
    if len(labels) > len(runs):
        raise ConfigError(f"{len(labels)} labels for {len(runs)} runs: expected one for each at most")
    wanted = coupling or (runs[0].coupling if runs else limits[0].coupling)
    limits = [_with_tag(limit) for limit in limits]
    models = [run.model for run in runs] + [limit.model for limit in limits if limit.model]
    _refuse_other_benchmark(runs, limits)
    own = [*labels, *_run_labels(runs)[len(labels) :]]
    layers: list[Layer] = []
    for i, (run, label) in enumerate(zip(runs, own, strict=True)):
        layers += _run_layers(run, i, label, wanted, alone=len(runs) == 1)
    converted = tuple(_converted_limit(limit, wanted, models) for limit in limits)
    layers += [_limit_layer(limit, i) for i, limit in enumerate(converted)]
    model = models[0] if models else ""
    taken = [limit.label for limit in limits if not limit.model] if model in _NOT_COMPARABLE else []
    notes = (f"Taken for {model}, which {', '.join(taken)} does not say.",) if taken else ()
    return Overlay(tuple(layers), tuple(runs), converted, wanted, model, in_mev, notes)


def _with_tag(limit: PublishedLimit) -> PublishedLimit:
    """The limit with the tag of its model, which may be told by an alias or by its benchmark (``BC9``)."""
    names = (limit.model, limit.benchmark)
    if mixing := next((MIXING_BENCHMARKS[name] for name in names if name in MIXING_BENCHMARKS), None):
        return replace(limit, model=mixing)
    name = next((name for name in names if name in MODELS), None)
    return limit if name is None else replace(limit, model=MODELS.tag(name))


def _refuse_other_benchmark(runs: Sequence[PlottedRun], limits: Sequence[PublishedLimit]) -> None:
    """C/Lambda of another axion-like particle and |U| with another flavour are other couplings."""
    named = [(run.name, run.model) for run in runs] + [(limit.label, limit.model) for limit in limits]
    benchmarks = {model: name for name, model in named if model in _NOT_COMPARABLE}
    if len(benchmarks) > 1:
        (one, first), (two, second) = list(benchmarks.items())[:2]
        raise ConfigError(f"{first} is of {one} and {second} of {two}: their couplings are not comparable")


def _converted_limit(limit: PublishedLimit, wanted: str, models: Sequence[str]) -> PublishedLimit:
    """The limit in the wanted convention; a limit without a model takes that of the others."""
    known = limit if limit.model or not models else replace(limit, model=models[0])
    try:
        return known.in_coupling(wanted)
    except ConfigError as error:
        raise ConfigError(f"{limit.label}: {error}") from None


# --- runs ---------------------------------------------------------------------------------------------


def _run_labels(runs: Sequence[PlottedRun]) -> list[str]:
    """The fewest facts that tell all runs apart, else the names of their folders; none for a run alone."""
    if len(runs) < 2:
        return [""] * len(runs)
    facts = [run.facts for run in runs]
    differing = [key for key in facts[0] if len({fact[key] for fact in facts}) > 1]
    for number in range(1, 4):
        for keys in combinations(differing, number):
            labels = [", ".join(fact[key] for key in keys) for fact in facts]
            if len(set(labels)) == len(labels):
                return labels
    return [run.name for run in runs]


def _run_layers(run: PlottedRun, index: int, label: str, wanted: str, alone: bool) -> Iterator[Layer]:
    colour = COLOURS[index % len(COLOURS)]
    dash: Dash = _DASHED if run.projection else _SOLID
    main = run.main_kind
    fill = "#d5dfec" if alone else None
    named = label or run.name
    yield Layer(
        f"run{index}-{main}",
        label or ("would be excluded" if run.projection else "excluded"),
        named if "projection" in named else f"{named}: {'projection' if run.projection else main}",
        main,
        _curves(run, main, wanted),
        Style(colour, dash, 1.5, fill, 4 - 0.01 * index),
    )
    if not alone:
        return
    for sigma, band_fill in ((2, "#f4df8a"), (1, "#9fd39a")):
        outer, inner = (_curves(run, f"expected{sign}{sigma}s", wanted) for sign in "-+")
        same = any(
            {f"expected-{sigma}s", f"expected+{sigma}s"} <= set(group) for group in run.degenerate_bands
        )
        if outer and not same:
            style = Style("none", fill=band_fill, order=2.0 - 0.1 * sigma)
            name = f"expected ±{sigma}σ"
            yield Layer(f"run{index}-band{sigma}", "", name, f"band-{sigma}s", outer, style, inner=inner)
    if not run.projection:
        style = Style("#c03a2b", _EXPECTED, 1.2, order=3.5)
        yield Layer(
            f"run{index}-expected",
            "",
            f"{named}: expected",
            "expected",
            _curves(run, "expected", wanted),
            style,
        )
    for sigma in (3, 5):
        if found := _curves(run, f"discovery-{sigma}s", wanted):
            dotted: Dash = (0, (6, 1.5, 1, 1.5)) if sigma == 3 else _SOLID
            style = Style("#2b6ca3", dotted, 1.0, order=3.2)
            yield Layer(
                f"run{index}-discovery{sigma}",
                f"{sigma}σ",
                f"discovery at {sigma}σ",
                f"discovery-{sigma}s",
                found,
                style,
            )


def _curves(run: PlottedRun, kind: str, wanted: str) -> tuple[DrawnCurve, ...]:
    return tuple(run_curve(run, piece, wanted) for piece in run.contour(kind))


def run_curve(run: PlottedRun, piece: ContourPiece, wanted: str) -> DrawnCurve:
    """A piece of a run with its coupling in the wanted convention; ConfigError where that cannot be."""
    coupling = piece.coupling
    if run.coupling != wanted:  # an own model may have a coupling of its own name
        try:
            coupling = convert_coupling(coupling, run.coupling, wanted, run.model)
        except ConfigError as error:
            raise ConfigError(f"{run.name}: {error}") from None
    return DrawnCurve(piece.mass_gev, coupling, edge_segments(piece, run))


# --- limits -------------------------------------------------------------------------------------------


def _limit_layer(limit: PublishedLimit, index: int) -> Layer:
    curves = tuple(DrawnCurve(piece.mass_gev, piece.coupling) for piece in limit.pieces)
    seen = limit.kind == "observed" and limit.region != "points"
    style = Style(
        "0.45" if seen else "0.35",
        _LIMIT_DASHES.get(limit.kind, _EXPECTED),
        0.7 if seen else 1.1,
        GREYS[index % len(GREYS)] if seen else None,
        (1.0 if seen else 3.15) + 0.001 * index,  # a line alone: on the areas of runs, below their lines
    )
    name = limit.label if limit.kind == "observed" else f"{limit.label}: {limit.kind}"
    return Layer(f"limit{index}", limit.label, name, limit.kind, curves, style, limit.region)

"""A run result without a run: the contours of tests/reference/contours and yields that cross them.

At each mass log(N / limit) is a parabola in log coupling, zero at the two edges of the pilot's curve.
"""

from pathlib import Path

import numpy as np

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.provenance import Origin
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece, Grid, ScanResult
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.production.presets import preset
from feebly.workflow.result import InputRecord, RunResult

CONTOURS = Path(__file__).parents[1] / "reference" / "contours"
EVENT_GEV, WINDOW_GEV = 0.411, 0.004
LEFT_EDGE_GEV = 0.01


def pilot(name):
    """Columns of a pilot's contour: mass, lower and upper coupling, events at the peak."""
    return np.loadtxt(CONTOURS / f"feebly_pilot_{name}.csv", delimiter=",").T


def closed_piece(kind, piece, mass, low, up, open_edge=False):
    """Lower edge to the right, upper edge back to the left, closed."""
    return ContourPiece(
        kind,
        piece,
        np.concatenate([mass, mass[::-1], mass[:1]]),
        np.concatenate([low, up[::-1], low[:1]]),
        open_edge,
    )


def with_notch(mass, low, up):
    """The curve with its step at the event: both limits at the edges of the window."""
    inside = np.abs(mass - EVENT_GEV) <= WINDOW_GEV
    at_event = (low[inside][0], up[inside][0])
    knots = EVENT_GEV + WINDOW_GEV * np.array([-1.001, -1, 1, 1.001])
    step = [
        np.exp(np.interp(np.log(knots), np.log(mass[~inside]), np.log(edge[~inside]))) for edge in (low, up)
    ]
    for edge, value in zip(step, at_event, strict=True):
        edge[1:3] = value
    order = np.argsort(np.concatenate([mass[~inside], knots]))
    return (
        np.concatenate([mass[~inside], knots])[order],
        *(np.concatenate([e[~inside], s])[order] for e, s in zip((low, up), step, strict=True)),
    )


def parabola(coupling, low, up, ratio):
    """log(N / limit): log(ratio) in the middle of the edges, zero at both."""
    u = np.log(coupling)
    middle, half = np.log(low * up)[:, None] / 2, np.log(up / low)[:, None] / 2
    return np.log(ratio)[:, None] * (1 - ((u - middle) / half) ** 2)


def grid_of(curve, channels, analysis, n_coupling=36):
    """Yields that cross the limit on the curve, shared by the open channels."""
    mass, low, up, peak = curve
    coupling = np.geomspace(1e-8, 1e-3, n_coupling)
    seen = Observation(analysis, DarkPhoton(), channels)
    expected, observed = seen.s_up_expected(mass), seen.s_up_observed(mass)
    s_up = expected if observed is None else observed
    total = s_up[:, None] * np.exp(parabola(coupling, low, up, peak / s_up))
    opened = {tag: seen.open_at(tag, mass)[:, None] for tag in channels}
    shares = sum(opened.values())
    yields = {tag: np.where(is_open, total / shares, 0.0) for tag, is_open in opened.items()}
    halves = {f"{mode}/{tag}": n / 2 for tag, n in yields.items() for mode in ("brems", "pi0")}
    return Grid(
        mass_gev=mass,
        coupling=coupling,
        yields=yields,
        by_channel=halves,
        mc_error=np.full(total.shape, 0.008),
        observed=seen.counts(mass),
        s_up_observed=observed,
        s_up_expected=expected,
        cls=seen.cls(mass, total),
        unconverged=np.zeros(total.shape, dtype=bool),
    )


def pieces_of(curve, projection, islands):
    """Contours from the columns of the curve; ``islands`` adds a piece of its own at large mass."""
    mass, low, up, _ = curve
    outside = np.abs(mass - EVENT_GEV) > WINDOW_GEV
    on_edge = bool(mass[0] <= LEFT_EDGE_GEV)
    pieces = [closed_piece("expected", 0, mass[outside], low[outside], up[outside], on_edge)]
    if not projection:
        pieces.append(closed_piece("observed", 0, *with_notch(mass, low, up), on_edge))
    if islands:
        angle = np.linspace(0, 2 * np.pi, 41)
        m, c = 1.4 * np.exp(0.1 * np.cos(angle)), 3e-7 * np.exp(0.3 * np.sin(angle))
        m[-1], c[-1] = m[0], c[0]
        pieces += [ContourPiece(kind, 1, m, c) for kind in {piece.kind for piece in pieces}]
    return tuple(sorted(pieces, key=lambda piece: (piece.kind, piece.piece)))


def synthetic_result(name="leptons_2502", projection=False, islands=False, empty=False):
    """A result as `feebly run dark-photon` would make it, from a pilot's contour."""
    channels = ("mumu",) if name.startswith("mumu") else ("ee", "mumu")
    physics = preset("na62-conservative" if name.startswith("mumu") else "na62-ff-mixing")
    analysis = load_analysis("na62-dump-run2" if projection else "na62-dump-2021")
    curve = pilot(name)
    grid = grid_of(curve, channels, analysis)
    best = np.unravel_index(np.argmax(grid.total), grid.total.shape)
    peak = (float(grid.mass_gev[best[0]]), float(grid.coupling[best[1]]), float(grid.total[best]))
    pieces = () if empty else pieces_of(curve, projection, islands)
    return RunResult(
        model="dark-photon",
        coupling_name="epsilon",
        experiment=load_experiment(analysis.experiment),
        analysis=analysis,
        preset=physics,
        responses={tag: physics.response_set(tag) for tag in channels},
        pot=analysis.pot,
        projection=projection,
        channels=channels,
        production=physics.production,
        cl=0.90,
        convention="cls-counting",
        signal_error=0.0,
        precision=0.01,
        seed=1,
        mass_range_gev=(LEFT_EDGE_GEV, 2.0, len(grid.mass_gev)),
        coupling_range=(1e-8, 1e-3, len(grid.coupling)),
        scan=ScanResult(grid, pieces, peak, notes=("mumu is closed below 0.2113 GeV",)),
        inputs=(
            InputRecord("pi0 per POT", "4.1", Origin("assumed", "synthetic"), "0" * 64),
            InputRecord("meson weight", "0.5", physics.origin["meson_weight"]),
        ),
        tables={f"brems/{tag}": f"{i:064x}" for i, tag in enumerate(channels)},
        timings={"tables": 12.5, "scan": 0.25},
        notes=("a synthetic result: no physics",),
    )

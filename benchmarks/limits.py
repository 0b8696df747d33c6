"""Speed of what follows the tables: CLs on a grid, and the contour after a change of the model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from statistics import median

import numpy as np

from benchmarks.figures import Figure
from benchmarks.timing import REPEATS, cpu_seconds, median_cpu_seconds
from feebly.limits.observation import Observation
from feebly.limits.results import ScanResult
from feebly.limits.scan import scan
from feebly.statistics import CountingModel, Region, TruncatedGaussian, cls_value
from feebly.statistics.counting import count_quantiles
from feebly.statistics.regions.joint_cells import cls_of_cells, quantile_cls
from feebly.statistics.regions.ordering import ORDERINGS
from feebly.workflow.choices import Choices, choose
from feebly.workflow.executors import available_cores
from feebly.workflow.run import signal_yields
from feebly.workflow.sampling import DEFAULT_PRECISION, DEFAULT_SEED, table_requests
from feebly.workflow.store import TableStore, default_directory
from feebly.workflow.tables import obtain_tables

PRESETS = ("na62-ff-mixing", "na62-ff-mixing-alt")  # the same tables, other weights and efficiencies


def cls_grid() -> Figure:
    """CLs of 100 x 100 signals for the observed count and the five quantiles of the background."""
    background, observed = TruncatedGaussian(2.57, 0.33), 4  # OCR1+2+3 of 2303.08666: five different counts
    signal = np.geomspace(1e-3, 1e3, 100 * 100).reshape(100, 100)

    def grid() -> None:
        for n in (observed, *count_quantiles(background)):
            cls_value(n, signal, background)

    milliseconds = 1e3 * median_cpu_seconds(grid)
    note = "one region, b = 2.57 +- 0.33, n = 4 and the quantiles of n"
    return Figure("CLs grid 100 x 100, observed + 5 quantiles", milliseconds, "ms", 50.0, note=note)


OUTER_REGIONS = {
    "OCR1": (0.29, 0.04, 1),
    "OCR2": (0.58, 0.07, 1),
    "OCR3": (1.70, 0.22, 2),
    "CR": (0.17, 0.02, 0),
}
"""Four control regions of 2303.08666: background, its error, observed events."""

BANDS = (0.02275013, 0.15865525, 0.5, 0.84134475, 0.97724987)  # -2 .. +2 sigma


def four_regions(ordering: str) -> Figure:
    """CLs of 100 x 100 cells, each with its own signal in four regions: observed and five quantiles."""
    rows = OUTER_REGIONS.items()
    model = CountingModel(tuple(Region(name, n, TruncatedGaussian(b, e)) for name, (b, e, n) in rows))
    total = np.geomspace(1e-3, 1e3, 100)[:, None]
    shares = np.stack([np.linspace(0.1 + 0.1 * k, 0.4 - 0.1 * k, 100) for k in range(4)])
    signals = total[None] * shares[:, None, :]

    def grid() -> None:
        cls_of_cells(model, signals, ordering=ordering)
        quantile_cls(model, signals, BANDS, ordering=ordering)

    seconds = median_cpu_seconds(grid)
    note = f"{', '.join(OUTER_REGIONS)} of 2303.08666, shares differ from cell to cell"
    return Figure(f"the same, four regions, {ordering}", seconds, "s", 1.0, note=note)


def against_pyhf() -> Figure:
    """How many times faster the grid of one region is than pyhf, asked point by point in the same process."""
    name = "CLs grid against pyhf point by point"
    try:
        import pyhf
    except ImportError:
        return Figure(name, None, "times", 1000.0, larger_is_better=True, note="pyhf is not installed")
    model = pyhf.simplemodels.uncorrelated_background([1.0], [2.57], [0.33])
    data, bounds = [4, *model.config.auxdata], [(0, 100), (1e-10, 10)]

    def points() -> None:
        for mu in (0.5, 2.0, 5.0, 10.0):
            pyhf.infer.hypotest(mu, data, model, par_bounds=bounds, return_expected_set=True)

    point = median_cpu_seconds(points, repeats=3) / 4
    grid = (cls_grid().value or np.nan) / 1e3
    note = f"asymptotic pyhf {pyhf.__version__}, {1e3 * point:.3g} ms for a point with its band"
    return Figure(name, 100 * 100 * point / grid, "times", 1000.0, larger_is_better=True, note=note)


def model_change() -> Figure:
    """CPU time from another preset to its contours, yield tables in memory (made first if there are none)."""
    options = [choose("dark-photon", preset_name=name) for name in PRESETS]
    requests = table_requests(options[0], options[0].mass[:2], DEFAULT_PRECISION, DEFAULT_SEED)
    obtained = obtain_tables(requests, TableStore(default_directory()), available_cores())

    def contours(choices: Choices) -> ScanResult:
        observation = Observation(choices.analysis, choices.model, choices.channels)
        return scan(signal_yields(choices, obtained), observation, choices.mass, choices.coupling)

    for choices in options:
        contours(choices)
    changes = islice(cycle(options), REPEATS)
    seconds = median(cpu_seconds(partial(contours, choices)) for choices in changes)
    note = f"{' <-> '.join(PRESETS)}, 100 x 100 grid, all channels"
    return Figure("model change, tables cached -> contour", seconds, "s", 0.2, note=note)


def figures() -> Iterator[Figure]:
    """All figures of the limits."""
    yield cls_grid()
    for ordering in ORDERINGS:
        yield four_regions(ordering)
    yield against_pyhf()
    yield model_change()

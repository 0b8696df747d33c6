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
from feebly.statistics import TruncatedGaussian, cls_value
from feebly.statistics.counting import count_quantiles
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
    yield model_change()

"""Events along the lower edge: their sum is the limit; the drawing has gaps where nothing is excluded."""

import re

import numpy as np
import pytest
from markupsafe import Markup
from numpy.testing import assert_allclose

from feebly.report.html.yield_drawing import along_lower_edge, yield_drawing
from feebly.report.run_folder import write_run
from feebly.report.saved_grid import read_saved_grid
from report.synthetic import EVENT_GEV, WINDOW_GEV, synthetic_result


@pytest.fixture(scope="module")
def result():
    return synthetic_result()


@pytest.fixture(scope="module")
def grid(result, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feebly.report.run_folder.figure_bytes", lambda result, kind: b"")
        patch.setattr("feebly.report.html.page.write_report", lambda folder: None)
        return read_saved_grid(write_run(result, tmp_path_factory.mktemp("run")))


def test_the_sum_on_the_edge_is_the_limit(result, grid):
    """Yields of the synthetic grid cross ln 10 on the edges of the pilot, in halves for both productions.

    Between couplings of the grid (38% apart) a straight line misses ln N, a parabola, by up to 0.09.
    """
    mass, events = along_lower_edge(grid, result.contour("observed"))
    outside = np.abs(mass - EVENT_GEV) > WINDOW_GEV
    assert set(events) == {"brems", "pi0"}
    assert_allclose(sum(events.values())[outside], np.log(10), rtol=0.1)
    assert_allclose(events["brems"], events["pi0"], rtol=1e-12)


def test_masses_without_exclusion_have_no_events(result, grid):
    (piece,) = result.contour("observed")
    cut = type(piece)("observed", 0, np.array([0.1, 0.3, 0.3, 0.1]), np.array([1e-6, 1e-6, 1e-5, 1e-6]))
    mass, events = along_lower_edge(grid, [cut])
    assert np.array_equal(np.isfinite(events["pi0"]), (mass >= 0.1) & (mass <= 0.3))
    assert yield_drawing(mass, {"pi0": np.full(mass.shape, np.nan)}, Markup) is None


def test_lines_of_the_drawing():
    """Decades of events on known places; a gap; a production that is never a hundredth has no line."""
    mass = np.array([0.1, 0.2, 0.4, 0.8, 1.0])
    gap = np.array([1.0, 1.0, np.nan, 1.0, 1.0])
    drawing = yield_drawing(mass, {"pi0": 0.9 * gap, "eta": 0.1 * gap, "phi": 1e-3 * gap}, Markup)
    total, first, second = re.findall(
        r'<path (?:class="total" )?d="([^"]+)"(?: stroke="[^"]+"[^>]*)?/>', drawing
    )[-6:-3]
    assert total.count("M") == 2  # the gap
    assert total.count("L") == 2
    assert re.findall("<code>(.*?)</code>", drawing) == ["pi0", "eta"]
    x = [float(word.split()[0]) for word in re.split("[ML]", first)[1:]]
    assert_allclose(x, 58 + 450 * np.log10(mass[[0, 1, 3, 4]] / 0.1), atol=0.06)
    heights = [float(re.match(r"M\S+ ([\d.]+)", line)[1]) for line in (total, first, second)]
    per_decade = 296 / np.log10(1.5 / (0.01 / 2))
    assert_allclose(np.diff(heights), per_decade * np.log10([1.001 / 0.9, 9.0]), atol=0.11)

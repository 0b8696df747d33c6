"""The script of the figure of the one idea runs, and its panels belong together."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_allclose

from docs.blocks import ROOT


def script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "figures" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)  # where its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def one_idea(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return script("one_idea", monkeypatch)


@pytest.mark.slow
def test_panels_belong_together(one_idea: ModuleType, checkout: Path) -> None:
    numbers = one_idea.compute(precision=0.02)
    # 1 -> 2: the sum over the bars at their centres
    centres = np.sqrt(numbers.t_edges[1:] * numbers.t_edges[:-1])
    by_bars = (numbers.t_weights * np.exp(-centres / numbers.ctau[:, None]) / numbers.ctau[:, None]).sum(1)
    long_lived = numbers.ctau > 0.1
    assert_allclose(by_bars[long_lived], numbers.events[long_lived], rtol=0.02)
    # 3 -> 4: where the signal of the third panel crosses 2.30 events lie the edges of the contour
    above = numbers.epsilon[numbers.signal > one_idea.LIMIT]
    assert_allclose([above[0], above[-1]], numbers.edges, rtol=0.03)
    one_idea.draw(numbers, checkout / "figure.png")
    assert (checkout / "figure.png").stat().st_size > 20_000


def test_contour_with_hadrons_holds_that_of_leptons(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    hadrons = script("hadrons", monkeypatch)
    contours = hadrons.compute(
        channels=("mumu", "pipi"), production=["brems"], mass=(0.45, 0.9, 4), precision=0.3
    )
    (inner,) = contours.leptons.excluded_couplings(0.6)
    (outer,) = contours.everything.excluded_couplings(0.6)
    assert outer[0] < inner[0] < inner[1] < outer[1]
    assert "| `pipi` | 0.45–0.492 GeV, 0.503–0.9 GeV |" in hadrons.table(contours)
    hadrons.draw(contours, checkout / "figure.png")
    assert (checkout / "figure.png").stat().st_size > 10_000


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "images").glob("*")), ids=lambda path: path.name)
def test_figures_are_small(path: Path) -> None:
    assert path.stat().st_size < 150_000

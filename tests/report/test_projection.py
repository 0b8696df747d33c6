"""A projection in the run folder: discovery contours, the stated background, the figure's words."""

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.report.exclusion_plot import caption_text, exclusion_figure
from feebly.report.run_folder import read_contours, write_run
from feebly.statistics.projection import BackgroundAssumption
from report.synthetic import synthetic_result

KINDS = ("discovery-3s", "discovery-5s")


def projected(assumption="scale", reach=True):
    """The synthetic projection with discovery contours moved in coupling."""
    result = synthetic_result(projection=True)
    grid, pieces = result.scan.grid, [*result.scan.pieces]
    for kind, power in zip(KINDS, (0.98, 0.9), strict=True):
        for piece in result.contour("expected") if reach else ():
            middle = np.exp(np.log(piece.coupling).mean())
            pieces.append(replace(piece, kind=kind, coupling=middle * (piece.coupling / middle) ** power))
    s = {kind: np.full_like(grid.mass_gev, k) for k, kind in enumerate(KINDS, 3)}
    scan = replace(result.scan, grid=replace(grid, s_discovery=s), pieces=tuple(pieces))
    return replace(result, scan=scan, assumption=BackgroundAssumption.parse(assumption))


@pytest.mark.parametrize(
    ("assumption", "words"),
    [
        ("scale", "Background scaled from na62-dump-2021: 0.11"),
        ("suppress:10", "Background scaled from na62-dump-2021 and suppressed by 10: "),
        ("none", "Assumed: no background."),
    ],
)
def test_figure_says_the_assumption(assumption, words):
    assert words in caption_text(projected(assumption))


def test_figure_draws_and_names_the_reach():
    figure = exclusion_figure(projected())
    drawn = {line.get_gid() for line in figure.axes[0].lines}
    assert {f"{kind}-0" for kind in KINDS} <= drawn
    assert "Blue: signal whose median outcome is 3σ (dash-dotted) and 5σ (solid), two-sided." in caption_text(
        projected()
    )
    assert "No signal of the grid reaches 3σ" in caption_text(projected(reach=False))
    assert "Blue" not in caption_text(synthetic_result())


def test_figure_says_where_three_and_five_sigma_coincide():
    result = projected("none")
    s = dict.fromkeys(KINDS, np.full_like(result.scan.grid.mass_gev, np.log(2)))
    scan = replace(result.scan, grid=replace(result.scan.grid, s_discovery=s))
    assert "5σ (solid), two-sided, which coincide." in caption_text(replace(result, scan=scan))


def test_run_folder_tells_reach_and_assumption(tmp_path):
    result = projected("suppress:10")
    write_run(result, tmp_path)
    content = json.loads((tmp_path / "result.json").read_text())
    assert content["setting"]["background_assumption"] == "suppress:10"
    assert content["setting"]["discovery"] == {
        "kinds": {"discovery-3s": 3.0, "discovery-5s": 5.0}, "sides": "two-sided", "power": 0.5,
    }  # fmt: skip
    last = content["limits"][-1]["s_discovery"]
    assert 2 < last["discovery-3s"] < last["discovery-5s"] < 10
    assert "projection of na62-dump-2021, background: suppress:10" in (tmp_path / "contours.csv").read_text()
    kinds = {piece.kind for piece in read_contours(tmp_path / "contours.csv")}
    assert kinds == {"expected", *KINDS}
    with h5py.File(tmp_path / "grid.h5") as file:
        assert_allclose(file["s_discovery-5s"][:], 4, rtol=1e-12)
        assert file["s_discovery-5s"].attrs["unit"] == "events"


def test_an_observation_has_neither(tmp_path):
    write_run(synthetic_result(), tmp_path)
    content = json.loads((tmp_path / "result.json").read_text())
    assert content["setting"]["background_assumption"] is None
    assert content["setting"]["discovery"] is None
    assert all(row["s_discovery"] == {} for row in content["limits"])

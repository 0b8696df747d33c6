"""Rows of the dark scalar; its numbers are compared in ``tests/test_alpinist_dark_scalar.py``."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.physics.models.dark_scalar import DarkScalar
from feebly.report.validation import scalar
from feebly.report.validation.scalar import OpenSelection, contour_rows, pilot_rows, scalar_plan, total

PLAN = scalar_plan()


@pytest.fixture
def toy(monkeypatch):
    """Events that exclude between 1e-8 and 1e-6 in sin²θ at every mass; the pilot's own numbers."""

    def by_production(self, mass_gev, sin2):
        events = PLAN.events * np.minimum((sin2 / 1e-8) ** 2, (1e-6 / sin2) ** 2)
        return {"b-k": {"mumu": 0.25 * events, "pipi": 0.5 * events}, "brems": {"pipi": 0.25 * events}}

    monkeypatch.setattr(OpenSelection, "by_production", by_production)
    monkeypatch.setattr(scalar, "as_the_pilot", lambda chosen, mass, sin2: (8.0, 12.0))
    return OpenSelection(PLAN)


def test_edges_area_and_distances(toy, tmp_path):
    folder = tmp_path / "contours"
    folder.mkdir()
    # a box whose lower edge is twice stronger and whose upper edge is 10% lower
    (folder / PLAN.contour.file).write_text("# m,s\n0.1,5e-9\n3,5e-9\n3,0.9e-6\n0.1,0.9e-6\n")
    rows = list(contour_rows(toy, tmp_path))
    lower, upper = ([row for row in rows if f"{edge} edge in" in row.group] for edge in ("lower", "upper"))
    assert len(lower) == len(upper) == len(PLAN.contour.masses_gev)
    assert_allclose([row.ratio for row in lower], 2.0, rtol=1e-3)
    assert_allclose([row.ratio for row in upper], 1 / 0.9, rtol=1e-3)
    assert {row.verdict for row in (*lower, *upper)} == {"ok"}
    told = {row.name: row.own for row in rows if "log10" in row.group}
    assert_allclose(told["lower edge, median"], np.log10(2), rtol=1e-3)
    assert_allclose(told["upper edge, worst"], -np.log10(0.9), rtol=1e-2)
    (area,) = (row for row in rows if row.group.startswith("area"))
    assert_allclose(area.own, np.log(0.9e-6 / 1e-8) / np.log(1e-6 / 5e-9), rtol=1e-3)


def test_a_lower_edge_too_weak_or_an_upper_edge_too_far_is_outside(toy, tmp_path):
    (tmp_path / "contours").mkdir()
    file = tmp_path / "contours" / PLAN.contour.file
    file.write_text("0.1,3.9e-9\n3,3.9e-9\n3,0.8e-6\n0.1,0.8e-6\n")  # 2.56 and 1.25
    assert {row.verdict for row in contour_rows(toy, tmp_path) if "edge in" in row.group} == {"outside"}


def test_missing_contour_is_one_skipped_row(toy, tmp_path):
    (row,) = contour_rows(toy, tmp_path)
    assert row.verdict.startswith(f"skipped: contours/{PLAN.contour.file} is not in the folder")


def test_pilot_first_then_the_preset_for_information(toy):
    rows = list(pilot_rows(toy))
    assert [row.verdict for row in rows[6:]] == ["info"] * 6
    assert [row.own for row in rows[:2]] == [8.0, 12.0]
    assert rows[0].verdict == "ok"  # 8.0 against 8.63
    assert rows[5].verdict == "outside"  # 12 against 70.5
    share = [rows[6].own, rows[7].own]
    assert_allclose(share[0] / share[1], 3.0, rtol=1e-12)


def test_selection_has_no_region_and_no_clusters():
    state = OpenSelection(PLAN).final_state("ee")
    assert (state.fiducial_volume.z_min_m, state.fiducial_volume.z_max_m) == (102.0, 182.0)
    assert (state.momentum_min_gev, state.calorimeter, state.masks) == (5.0, None, ())
    assert state.signal_region.contains(-500.0, 3.0)


def test_events_are_those_of_two_tracks_with_their_branching_ratios(monkeypatch):
    """One event per unit of rate and BR: what is left are POT, rate and branching ratio."""
    monkeypatch.setattr(scalar, "laplace", lambda histogram, lam: (np.ones_like(lam), None))
    monkeypatch.setattr(OpenSelection, "sample", lambda *a: type("S", (), {"histogram": [None]}))
    chosen = OpenSelection(replace(PLAN, channels=("mumu", "pipi")))
    parts = chosen.by_production(0.5, np.array([1e-8]))
    model = DarkScalar()
    share = sum(float(model.branching_ratio(tag, 0.5)) for tag in ("mumu", "pipi"))
    # |F_S|² = 1.667 at 0.5 GeV
    assert_allclose(total({"brems": parts["brems"]}), 1e18 * 1e-8 * 1.6672 * share, rtol=1e-4)
    assert_allclose(total(parts, {"pipi": 0.0, "mumu": 0.0}), 0.0, atol=1e-12)
    assert "b-kstar1680" in parts

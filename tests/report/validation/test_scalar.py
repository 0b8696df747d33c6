"""Rows of the dark scalar's yields; their numbers are compared in ``tests/test_alpinist_dark_scalar.py``."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.physics.models.dark_scalar import DarkScalar
from feebly.report.validation import scalar
from feebly.report.validation.scalar import OpenYields, pilot_rows, scalar_plan, total

PLAN = scalar_plan()


@pytest.fixture
def toy(monkeypatch):
    """Three of four events from B decays; the pilot's own numbers."""

    def by_production(self, mass_gev, sin2):
        events = 1e10 * sin2
        return {"b-k": {"mumu": 0.25 * events, "pipi": 0.5 * events}, "brems": {"pipi": 0.25 * events}}

    monkeypatch.setattr(OpenYields, "by_production", by_production)
    monkeypatch.setattr(scalar, "as_the_pilot", lambda chosen, mass, sin2: (8.0, 12.0))
    return OpenYields(PLAN)


def test_pilot_first_then_the_preset_for_information(toy):
    rows = list(pilot_rows(toy))
    assert [row.verdict for row in rows[6:]] == ["info"] * 6
    assert [row.own for row in rows[:2]] == [8.0, 12.0]
    assert rows[0].verdict == "ok"  # 8.0 against 8.63
    assert rows[5].verdict == "outside"  # 12 against 70.5
    share = [rows[6].own, rows[7].own]
    assert_allclose(share[0] / share[1], 3.0, rtol=1e-12)


def test_events_are_those_of_two_tracks_with_their_branching_ratios(monkeypatch):
    """One event per unit of rate and BR: what is left are POT, rate and branching ratio."""
    monkeypatch.setattr(scalar, "laplace", lambda histogram, lam: (np.ones_like(lam), None))
    monkeypatch.setattr(OpenYields, "sample", lambda *a: type("S", (), {"histogram": [None]}))
    chosen = OpenYields(replace(PLAN, channels=("mumu", "pipi")))
    parts = chosen.by_production(0.5, np.array([1e-8]))
    model = DarkScalar()
    share = sum(float(model.branching_ratio(tag, 0.5)) for tag in ("mumu", "pipi"))
    # |F_S|² = 1.667 at 0.5 GeV
    assert_allclose(total({"brems": parts["brems"]}), 1e18 * 1e-8 * 1.6672 * share, rtol=1e-4)
    assert_allclose(total(parts, {"pipi": 0.0, "mumu": 0.0}), 0.0, atol=1e-12)
    assert "b-kstar1680" in parts

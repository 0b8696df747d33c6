"""Rows of the ALP yields: which entries, from which channels, with which tolerance."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import DataError, DomainError
from feebly.report.validation import alp_yields
from feebly.report.validation.alp_yields import (
    DECAYS,
    AlpYields,
    Entry,
    alp_plan,
    alp_yield_rows,
    large_entries,
    read_entries,
    tolerance,
)

PLAN = alp_plan()
FILE = Path(__file__).parents[2] / "reference" / PLAN.file


def test_sections_of_the_file():
    found = {tag: read_entries(FILE, each.section) for tag, each in PLAN.benchmarks.items()}
    assert {tag: len(entries) for tag, entries in found.items()} == {
        "alp-photon": 30, "alp-fermion": 29, "alp-gluon": 240,
    }  # fmt: skip
    assert found["alp-photon"][0] == Entry(
        0.02, 4.9e-6, "primakoff_epa", "2Gamma", 0.3152007937200395, 0.006271502960590683
    )
    meta = json.loads(FILE.read_text())["meta"]["tolerances"]
    for section, tag in (("CBB", "alp-photon"), ("Cff", "alp-fermion"), ("CGG", "alp-gluon")):
        assert PLAN.benchmarks[tag].tolerance == meta[section]
    for tag, entries in found.items():
        own = AlpYields(PLAN, tag)
        for entry in entries:
            assert entry.decay in DECAYS
            assert set(own.tags(entry.mode)) <= set(own.channels)
            assert own.tags(entry.mode)


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / PLAN.file
    path.write_text("{}")
    with pytest.raises(DataError, match="expected JSON with the pilot yields of 'CGG'"):
        read_entries(path, "CGG")


def test_small_entries_are_left_out():
    entries = [Entry(0.1, 1e-6, mode, "2Gamma", n, 0.1) for mode, n in (("a", 99.0), ("b", 0.9), ("c", 1.1))]
    other = Entry(0.2, 1e-6, "b", "2Gamma", 0.9, 0.1)
    assert large_entries([*entries, other], 0.01) == [entries[0], entries[2], other]


def test_tolerances():
    chosen = PLAN.benchmarks["alp-gluon"]
    entry = Entry(0.5, 3e-9, "mix_eta", "2Gamma", 2.0, 0.04)
    assert_allclose(tolerance(entry, 0.03, PLAN, chosen), 0.10 + 3 * np.hypot(0.03, 0.02), rtol=1e-12)
    assert tolerance(replace(entry, decay="3Pi"), 0.03, PLAN, chosen) is None
    assert tolerance(replace(entry, mass_gev=0.85), 0.03, PLAN, chosen) is None
    assert tolerance(replace(entry, error=0.7), 0.03, PLAN, chosen) is None
    assert tolerance(replace(entry, decay="2El"), 0.03, PLAN, PLAN.benchmarks["alp-fermion"]) is not None


def test_events_are_pot_rate_and_visible_branching_ratio(monkeypatch):
    """One event per unit of rate and BR at 0.5 GeV from the mixing with eta."""
    monkeypatch.setattr(alp_yields, "laplace", lambda histogram, lam: (np.ones(1), np.full(1, 0.1)))
    sample = type("S", (), {"histogram": [None]})
    monkeypatch.setattr(AlpYields, "_made", lambda self, *key: (sample, 0.4))
    own, plain = AlpYields(PLAN, "alp-gluon"), {}
    for decay in ("2Gamma", "3Pi", "2PiGamma", "3Pi0"):
        entry = Entry(0.5, 3e-9, "mix_eta", decay, 1.0, 0.1)
        plain[decay], error = own.events(entry)
        assert_allclose(error / plain[decay], 0.1, rtol=1e-12)
    rate = float(own.channels["mixing-eta"].rate(0.5, 3e-9, 0.4))
    visible = {"2Gamma": 1.0, "3Pi": 0.98823, "2PiGamma": 1.0, "3Pi0": 0.98823**3}
    for decay, share in visible.items():
        ratio = float(own.model.branching_ratio(DECAYS[decay], 0.5))
        assert_allclose(plain[decay], 5e19 * rate * ratio * share, rtol=1e-9)
    above = Entry(5.0, 3e-9, "mix_eta", "2Gamma", 1.0, 0.1)  # beyond the widths
    with pytest.raises(DomainError, match="outside"):
        own.events(above)


def test_rows_and_their_remark(monkeypatch, tmp_path):
    monkeypatch.setattr(AlpYields, "events", lambda self, entry: (entry.events * 1.05, 0.0))
    rows = list(alp_yield_rows("alp-gluon", PLAN, FILE.parent))
    claimed = [row for row in rows if row.tolerance is not None]
    assert claimed
    assert all(row.name.endswith("2Gamma") for row in claimed)
    assert {row.verdict for row in rows} == {"ok", "info"}
    assert [row.remark is not None for row in rows if row.verdict == "info"].count(True) == 1
    assert max(len(row.name) for row in rows) <= 37
    (row,) = alp_yield_rows("alp-gluon", PLAN, tmp_path)
    assert row.verdict.startswith(f"skipped: {PLAN.file} is not in the folder")

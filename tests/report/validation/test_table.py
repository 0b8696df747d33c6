"""The plan of comparisons and the whole table."""

from dataclasses import replace

import numpy as np
import pytest

from feebly.analysis.analysis import load_analysis
from feebly.core.errors import ConfigError
from feebly.physics.production.presets import preset
from feebly.report.validation import PARTS, table, validate
from feebly.report.validation.alp_yields import alp_plan
from feebly.report.validation.curves import closed_piece
from feebly.report.validation.plan import projection_plan, validation_plan
from feebly.report.validation.resolution import QUANTITIES
from feebly.report.validation.rows import WIDTH
from feebly.report.validation.scalar import scalar_plan

PLAN, SCALAR_PLAN = validation_plan(), scalar_plan()


def test_plan_names_what_exists():
    analysis = load_analysis("na62-dump-2021")
    for run in PLAN.runs.values():
        assert preset(run.preset)
        assert set(run.response) == set(run.channels)
        for tag, name in run.response.items():
            assert analysis.response(name, tag).origin.calibrated_on or name == "hadrons"
    for item in (*PLAN.contours, *PLAN.closing, *PLAN.notch):
        assert item.run in PLAN.runs
        assert item.source
    assert {r.quantity for r in PLAN.resolution} == set(QUANTITIES)


def test_notch_is_measured_outside_the_window_of_the_event():
    (event,) = load_analysis("na62-dump-2021").final_state("mumu").signal_region.events
    for notch in PLAN.notch:
        left, right = notch.sides_gev
        assert notch.mass_gev == event.mass_gev
        assert left < event.mass_gev - event.mass_window_gev
        assert right > event.mass_gev + event.mass_window_gev


def test_genuine_tests_are_not_called_calibrated():
    # nothing was tuned on the upper edges above 0.2 GeV, the notches and the pilot's curves
    for contour in PLAN.contours:
        assert contour.tuned_upper[1] <= 0.2
        if contour.name.endswith("pilot"):
            assert contour.tuned_lower == (0.0, 0.0)
        elif contour.tolerance_lower is None:  # for information
            assert contour.run == "hadrons"
        else:
            assert contour.tuned_lower[1] > 0.4


@pytest.fixture
def short_plan(monkeypatch):
    """One contour for all runs, one acceptance, one resolution: the table without its long calculations."""
    asked = []

    def contour(settings, progress, jobs):
        asked.append((settings.preset, settings.channels, jobs))
        mass = np.array([0.01, 0.53, 0.53, 0.01])
        return (closed_piece(mass, np.array([4e-7, 4e-7, 4e-6, 4e-6])),)

    acceptance = replace(PLAN.acceptance, points=PLAN.acceptance.points[:1])
    plan = replace(PLAN, acceptance=acceptance, resolution=PLAN.resolution[:1])
    monkeypatch.setattr(table, "validation_plan", lambda: plan)
    pilot = replace(SCALAR_PLAN.pilot, points=SCALAR_PLAN.pilot.points[:1])
    monkeypatch.setattr(table, "scalar_plan", lambda: replace(SCALAR_PLAN, channels=("ee",), pilot=pilot))
    monkeypatch.setattr(table, "observed_contour", contour)
    return asked


def test_progress_rises_to_the_end(short_plan, tmp_path):
    told = []
    validate(lambda *args: told.append(args), reference_dir=tmp_path)
    shares = [done / total for done, total, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert 0.9 < shares[-1] <= 1.0
    assert {text.split(":")[0] for _, _, text in told} == set(PARTS)


def test_pieces_of_a_part_have_equal_shares():
    told = []
    part = table.PartProgress("b", 30.0, 50.0, 100.0, lambda *args: told.append(args))
    second = part.piece(1, 2, "run")
    second(5, 10, "half")
    assert told == [(550, 1000, "b: run "), (675, 1000, "b: run half")]


def test_some_parts_alone(short_plan):
    report = validate(only=("statistics",))
    assert not short_plan
    assert {row.group for row in report.rows} >= {"p-values of mu mu"}
    assert not any(row.group == "not compared yet" for row in report.rows)
    with pytest.raises(ConfigError, match=r"part of the validation 'dark-scaler'.*dark-scalar"):
        validate(only=("dark-scaler",))


def test_whole_table_without_references(short_plan, tmp_path):
    told = []
    report = validate(lambda *args: told.append(args), jobs=2, reference_dir=tmp_path)
    assert [(name, jobs) for name, _, jobs in short_plan] == [(r.preset, 2) for r in PLAN.runs.values()]
    assert len(told) >= len(PLAN.runs)
    reasons = [row.skipped for row in report.rows if row.skipped]
    files = [contour.file for contour in PLAN.contours if contour.file]
    projected = [contour.file for contour in projection_plan().contours]
    for name in [*files, *projected, PLAN.yields.file, alp_plan().file]:
        assert any(f"{name} is not in the folder" in reason for reason in reasons), name
    for later in PLAN.later:
        assert later.reason in reasons
    by_group = {row.group: row for row in report.rows}
    assert by_group["acceptance of bremsstrahlung"].verdict == "ok"
    assert by_group["reconstruction"].verdict == "ok"
    text = report.text(full=True)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.isascii()

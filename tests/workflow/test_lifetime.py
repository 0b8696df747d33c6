"""Limits against mass, lifetime and branching ratio: the same yields as the model that has them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.production.meson_decay import MesonDecay
from feebly.report.branching_report import branching_csv, branching_png, facts
from feebly.report.run_folder import write_run
from feebly.workflow.choices import choose
from feebly.workflow.lifetime import LifetimeQuestion, branching_limits, exclude_lifetime
from feebly.workflow.run import signal_yields
from feebly.workflow.sampling import Sampling, table_requests

QUESTION = LifetimeQuestion(
    "dark-photon", ("eta",), ("mumu",), 1e-7, preset="na62-conservative", response="none"
)
MASS, EPSILON = 0.3, 3e-6


@pytest.fixture(scope="module")
def sampling(tmp_path_factory):
    return Sampling(precision=0.1, jobs=1, cache_dir=tmp_path_factory.mktemp("cache"))


def events(choices, sampling, mass, coupling):
    requests = table_requests(choices, (mass, mass), sampling.precision, sampling.seed)
    return signal_yields(choices, sampling.tables(requests)).at_points(mass, coupling).total()[0]


def test_yield_is_that_of_a_model_with_this_lifetime_and_these_ratios(sampling):
    model = choose(
        "dark-photon", channels=["mumu"], production=["eta"], preset_name="na62-conservative", response="none"
    )
    known = DarkPhoton()
    made = 1e-7 / float(MesonDecay("eta").branching_ratio(MASS) * EPSILON**2)
    share = float(known.branching_ratio("mumu", MASS))
    weight = model.preset.meson_weight
    free = replace(QUESTION, ratios={"mumu": share}).choices(None, None)
    assert_allclose(
        events(free, sampling, MASS, float(known.ctau_m(MASS, EPSILON))),
        made * events(model, sampling, MASS, EPSILON) / weight,
        rtol=1e-10,
    )


def test_limit_on_the_ratio_is_s_up_over_the_yield(sampling):
    found = branching_limits(QUESTION, MASS, (0.1, 1e3, 9), sampling)
    assert found.ctau_m[0] == 0.1
    assert found.ctau_m[-1] == pytest.approx(1e3)
    at_one = replace(QUESTION, branching_ratio=1.0).choices(None, None)
    expected = np.log(10) / events(at_one, sampling, MASS, 0.1)
    assert_allclose(found.expected[0], expected, rtol=1e-6)
    assert_allclose(found.observed, found.expected, rtol=1e-12)  # no event near 0.3 GeV
    assert np.all(found.mc_error > 0)
    long_lived = found.expected[-2:] / found.ctau_m[-2:]
    assert_allclose(long_lived[0], long_lived[1], rtol=2e-2)  # proportional to the lifetime
    assert found.expected[0] > found.expected.min() < found.expected[-1]


def test_table_and_figure_of_the_limits(sampling):
    found = branching_limits(QUESTION, MASS, (0.1, 1e3, 9), sampling)
    lines = branching_csv(found).splitlines()
    names, *rows = (line for line in lines if not line.startswith("#"))
    assert names == "ctau_m,observed,expected,relative_mc_error"
    assert len(rows) == 9
    assert float(rows[0].split(",")[2]) == found.expected[0]
    assert facts(found)["limit on"] == "BR(eta -> recoil X), sum of eta"
    assert branching_png(found).startswith(b"\x89PNG")


def test_region_is_closed_and_moves_with_the_ratio(sampling, tmp_path):
    mass = (0.25, 0.5, 5)
    weak, strong = (
        exclude_lifetime(replace(QUESTION, branching_ratio=ratio), mass, (1e-3, 1e4, 40), sampling)
        for ratio in (3e-13, 3e-12)
    )
    (low, high), (lower, higher) = (run.excluded_couplings(0.3)[0] for run in (weak, strong))
    assert lower < low < high < higher
    # N is proportional to 1/ctau at long lifetimes: ten times the ratio, ten times the lifetime
    assert_allclose(higher / high, 10.0, rtol=0.1)
    limit = branching_limits(QUESTION, 0.3, (high, 2 * high, 2), sampling)
    assert_allclose(limit.observed[0], 3e-13, rtol=0.03)
    for piece in strong.contour("observed"):
        assert (piece.mass_gev[0], piece.coupling[0]) == (piece.mass_gev[-1], piece.coupling[-1])
    folder = write_run(strong, tmp_path / "run")
    written = json.loads((folder / "result.json").read_text())
    assert written["coupling"] == "ctau-m"
    records = {record["name"]: record for record in written["inputs"]}
    assert records["production eta"]["value"] == "BR = 3e-12 (eta)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"branching_ratio": 1.5}, r"branching ratio 1\.5 of the production: expected 0 to 1"),
        ({"production": ("brems",)}, "production 'brems' has no parent with a branching ratio to fix"),
        ({"production": ("eta", "pi0")}, "production of eta and pi0: one branching ratio needs one parent"),
        ({"channels": ("mumu", "ee")}, "branching ratios of nothing: expected one for each of mumu, ee"),
        ({"ratios": {"mumu": 1.2}}, "ratios = .*expected mumu above 0 and at most 1"),
        ({"channels": ("mumu", "ee"), "ratios": {"mumu": 0.7, "ee": 0.7}}, "ratios = .*a sum of at most 1"),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(ConfigError, match=message):
        replace(QUESTION, **changes).choices(None, None)


def test_masses_out_of_reach_are_refused(sampling):
    with pytest.raises(DomainError, match="mass 5 GeV is outside"):
        branching_limits(QUESTION, 5.0, None, sampling)
    with pytest.raises(ConfigError, match=r"mass 0\.6 GeV: no channel of eta -> mumu is open"):
        branching_limits(QUESTION, 0.6, None, sampling)

"""Simulated events against the engine's yields and against forward simulation (``twins.forward``).

Yields: the tables have maps, events and sums of their own (another seed); the factor of each channel is put
together here. Distributions: forward simulation knows no aiming, no map and no accept-reject.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from feebly.physics.models.dark_photon import DarkPhoton
from feebly.workflow.choices import Choices, choose
from feebly.workflow.event_sample import EventSample
from feebly.workflow.sampling import channel_setup
from feebly.workflow.simulate import simulate
from feebly.workflow.yields import yields
from twins.forward import ForwardEvents, forward_events

PRESET = "na62-ff-mixing"
QUANTITIES = {"z_tax_m": "ZTAX", "cda_tax_m": "CDATAX", "reco_mass_gev": "MASS"}


class Point(NamedTuple):
    """forced: decays of the forward simulation are forced into the region and weighted."""

    production: str
    channel: str
    mass_gev: float
    coupling: float
    response: str
    trials: int
    forced: bool = True


POINTS = [
    Point("brems", "mumu", 0.30, 1e-6, "2303", 250_000, forced=False),
    Point("brems", "ee", 0.10, 1.6e-7, "none", 60_000),
    Point("brems", "mumu", 0.50, 1.8e-6, "2502", 100_000),
    Point("pi0", "ee", 0.05, 5.7e-6, "none", 700_000, forced=False),
    Point("eta", "ee", 0.20, 2e-6, "2312", 300_000),
    Point("eta", "mumu", 0.40, 3e-8, "2502", 300_000),
    Point("omega-pi0", "ee", 0.20, 2e-6, "2502", 400_000),
    Point("mixing-rho", "mumu", 0.60, 3.6e-7, "none", 400_000),
]


@cache
def simulated(point: Point) -> EventSample:
    return simulate(
        "dark-photon", point.channel, mass_gev=point.mass_gev, coupling=point.coupling, n=4000,
        production=[point.production], preset=PRESET, response=point.response,
    )  # fmt: skip


def chosen(point: Point) -> Choices:
    return choose(
        "dark-photon", channels=[point.channel], production=[point.production], preset_name=PRESET,
        response=point.response,
    )  # fmt: skip


@cache
def forward(point: Point, seed: int) -> ForwardEvents:
    choices = chosen(point)
    setup = channel_setup(choices, choices.production[0], point.channel, seed)
    ctau = float(DarkPhoton().ctau_m(point.mass_gev, point.coupling))
    return forward_events(
        np.random.default_rng(seed), setup.sampling, setup.spectrum, setup.experiment, setup.final_state,
        setup.separation, (point.mass_gev, *setup.daughter_masses_gev), ctau, point.trials, point.forced,
    )  # fmt: skip


def engine(point: Point, cache_dir) -> tuple[float, float]:
    """Expected events of the tables and their error."""
    model = DarkPhoton()
    ctau = float(model.ctau_m(point.mass_gev, point.coupling))
    rows = yields(
        "dark-photon", point.production, point.channel, masses=[point.mass_gev], ctau=(ctau, ctau, 1),
        preset=PRESET, response=point.response, precision=0.005, seed=11, cache_dir=cache_dir,
    )  # fmt: skip
    factor = point.coupling**2 * float(model.branching_ratio(point.channel, point.mass_gev))
    assert rows.columns["region"][0] == "SR"
    return factor * rows.columns["yield"][0], factor * rows.columns["mc_error"][0]


@pytest.mark.slow
def test_yields_agree_with_the_engine(tmp_path) -> None:
    pulls = []
    for point in POINTS:
        events, (value, error) = simulated(point), engine(point, tmp_path)
        assert np.hypot(events.mc_error, error) < 0.015 * value
        pulls.append((events.expected - value) / np.hypot(events.mc_error, error))
    assert stats.chi2.sf(np.sum(np.square(pulls)), len(pulls)) > 1e-4, pulls
    assert abs(np.mean(pulls)) < 4 / np.sqrt(len(pulls)), pulls


@pytest.mark.slow
def test_yields_agree_with_forward_simulation() -> None:
    """Absolute numbers: rate, branching ratio, POT and efficiency are multiplied here."""
    pulls = []
    for seed, point in enumerate(POINTS):
        events, found, choices = simulated(point), forward(point, seed), chosen(point)
        (mode,) = choices.production
        rate = float(mode.rate(point.mass_gev, point.coupling, choices.multiplicities()[mode.tag]))
        ratio = float(DarkPhoton().branching_ratio(point.channel, point.mass_gev))
        factor = choices.analysis.pot * rate * ratio * choices.response(point.channel).efficiency
        w = factor * found.weight[found.region == "SR"]
        error = np.sqrt(np.sum(w**2) - w.sum() ** 2 / found.generated)
        assert error < 0.05 * w.sum()
        pulls.append((events.expected - w.sum()) / np.hypot(events.mc_error, error))
    assert stats.chi2.sf(np.sum(np.square(pulls)), len(pulls)) > 1e-4, pulls


def kolmogorov(values: np.ndarray, reference: np.ndarray, weight: np.ndarray) -> float:
    """p-value of events of equal weight against weighted ones, by the effective number of these."""
    order = np.argsort(reference)
    x, total = reference[order], np.concatenate([[0.0], np.cumsum(weight[order])]) / weight.sum()
    points = np.sort(np.concatenate([values, reference]))
    difference = np.searchsorted(np.sort(values), points, side="right") / values.size
    difference = difference - total[np.searchsorted(x, points, side="right")]
    n, m = values.size, weight.sum() ** 2 / np.sum(weight**2)
    return float(stats.kstwobign.sf(np.abs(difference).max() * np.sqrt(n * m / (n + m))))


@pytest.mark.slow
@pytest.mark.parametrize("column", QUANTITIES)
def test_distributions_agree_with_forward_simulation(column: str) -> None:
    p_values = {}
    for seed, point in enumerate(POINTS):
        found = forward(point, seed)
        mine = found.region == "SR"
        assert found.weight[mine].sum() ** 2 > 600 * np.sum(found.weight[mine] ** 2)
        reference = found.event[QUANTITIES[column]][mine]
        p_values[point[:4]] = kolmogorov(simulated(point).columns[column], reference, found.weight[mine])
    assert min(p_values.values()) > 1e-3, p_values
    # nor is there a common tendency: p-values of true hypotheses are uniform
    assert stats.kstest(list(p_values.values()), "uniform").pvalue > 1e-4, p_values


def test_kolmogorov_sees_a_small_shift() -> None:
    """The test can fail: a tenth of a standard deviation among as many events."""
    rng = np.random.default_rng(3)
    values, reference = rng.normal(size=4000), rng.normal(size=4000)
    assert kolmogorov(values, reference, np.ones(4000)) > 1e-3
    assert kolmogorov(values + 0.1, reference, np.ones(4000)) < 1e-3

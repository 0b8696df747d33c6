"""The compiled chain as a whole: every lifetime from one sample, same bytes again, and what it promises."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import PairSeparation
from feebly.core.block import BLOCK, ROWS
from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from feebly.core.errors import ConfigError
from feebly.engine import sampler
from feebly.engine.events import sample_events
from feebly.engine.histogram import laplace
from feebly.engine.opening import opening_mass_gev
from feebly.engine.sampler import MassSample, sample_masses
from feebly.workflow.choices import choose
from feebly.workflow.sampling import channel_setup
from twins.channels import channel, final_state, na62
from twins.kinematics import four_vector
from twins.spectrometer import accepted, position_at

CHANNELS = [("brems", "ee", 0.1), ("pi0", "ee", 0.05), ("eta", "mumu", 0.3), ("mixing-rho", "mumu", 0.6)]
NAMES = (
    "WEIGHT", "TAU", "REGION", "X0", "Y0", "Z0", "NX", "NY", "NZ", "P", "E", "XV", "YV", "ZV",
    "PX1", "PY1", "PZ1", "PX2", "PY2", "PZ2", "RXV", "RYV", "RZV", "CDA", "MASS", "ZTAX", "CDATAX",
    "G0", "G9",
)  # fmt: skip


def sample(tag: str, decay: str, mass: float, precision: float = 0.03) -> MassSample:
    return sample_masses(channel(tag, decay), np.array([mass]), precision)[0]


def events(tag: str, decay: str, mass: float, blocks: int = 64) -> dict[str, np.ndarray]:
    return sample_events(channel(tag, decay), mass, {name: ROWS[name] for name in NAMES}, blocks)


def columns(table: dict[str, np.ndarray], names: str) -> np.ndarray:
    return np.column_stack([table[name] for name in names.split()])


@pytest.mark.parametrize(("tag", "decay", "mass"), CHANNELS)
def test_histogram_is_the_sum_over_events(tag: str, decay: str, mass: float) -> None:
    """Moments against the exact sum of the same events, from 1e-6 of the maximum to long lifetimes."""
    measured = sample(tag, decay, mass, precision=0.5)
    table = events(tag, decay, mass, measured.events // BLOCK)
    lam = np.logspace(-3, 7, 300)
    # one event is off by (0.009 tau/lambda)^3/6 at most, 6e-4 at 1e-6 of the maximum; many events cancel that
    for region, rtol in ((1, 1e-4), (2, 6e-4)):
        mine = table["REGION"] == region
        tau, weight = table["TAU"][mine], table["WEIGHT"][mine]
        assert mine.any()
        truth = np.array([np.sum(weight * np.exp(-tau / x)) / x for x in lam])
        value, _ = laplace(measured.histogram[region - 1], lam)
        wanted = (truth > 1e-6 * truth.max()) | (lam > 1)
        assert_allclose(value[wanted], truth[wanted], rtol=rtol)
        assert_allclose(value[lam > 1], truth[lam > 1], rtol=1e-6)


@pytest.mark.parametrize(("tag", "decay", "mass"), CHANNELS)
def test_events_are_whole(tag: str, decay: str, mass: float) -> None:
    """What comes out of the chain: daughters make the mass, pass every aperture, lie in their region."""
    table, state = events(tag, decay, mass), final_state(decay)
    origin, vertex = columns(table, "X0 Y0 Z0"), columns(table, "XV YV ZV")
    first, second = columns(table, "PX1 PY1 PZ1"), columns(table, "PX2 PY2 PZ2")
    m = {"ee": ELECTRON_MASS_GEV, "mumu": MUON_MASS_GEV}[decay]
    total = four_vector(first, m) + four_vector(second, m)
    square = total[:, 0] ** 2 - np.sum(total[:, 1:] ** 2, axis=1)
    assert_allclose(square / mass**2, 1, atol=1e-14 * total[:, 0].max() ** 2 / mass**2)
    assert_allclose(
        total, np.column_stack([table["E"], columns(table, "NX NY NZ") * table["P"][:, None]]), rtol=1e-9
    )
    flight = (vertex - origin) / (vertex - origin)[:, 2:]
    assert_allclose(total[:, 1:] / total[:, 3:], flight, rtol=1e-8, atol=1e-12)
    assert_allclose(table["TAU"], (vertex - origin)[:, 2] / total[:, 3], rtol=1e-10)
    assert np.all(accepted(na62(), state, vertex, first, second))
    names = state.region_names(table["ZTAX"], table["CDATAX"])
    number = {region.name: k for k, region in enumerate(state.regions, 1)}
    assert np.array_equal([number[name] for name in names], table["REGION"])
    assert np.all(state.fiducial_volume.contains(table["RXV"], table["RYV"], table["RZV"]))
    assert np.all(table["CDA"] < state.track_cda_max_m)
    # nothing decays before it is made, nor is made before the dump
    assert np.all((table["TAU"] > 0) & (table["Z0"] > na62().dump.z_impact_m))
    # decays outside the fiducial volume are simulated too: some are reconstructed inside
    assert table["ZV"].min() < state.fiducial_volume.z_min_m
    # every event has deviates of its own
    assert all(np.unique(table[name]).size == table["WEIGHT"].size for name in ("G0", "G9"))
    # the reconstructed vertex and mass scatter around the true ones
    signal = table["REGION"] == 1
    assert abs(np.median(table["MASS"][signal] / mass) - 1) < 0.01
    assert abs(np.median((table["RZV"] - table["ZV"])[signal])) < 0.3


def test_smearing_is_that_of_the_tracking() -> None:
    """Reconstructed mass: half of 16-84% is 1.8 MeV at 411 MeV for long-lived A' (pilot calculation)."""
    table = events("brems", "mumu", 0.411, blocks=256)
    signal = table["REGION"] == 1
    order = np.argsort(table["MASS"][signal])
    cumulative = np.cumsum(table["WEIGHT"][signal][order])
    low, high = np.interp([0.16, 0.84], cumulative / cumulative[-1], table["MASS"][signal][order])
    assert_allclose((high - low) / 2, 1.8e-3, rtol=0.1)


@pytest.mark.parametrize("decay", ["ee", "mumu"])
def test_separation_weights_each_event(decay: str) -> None:
    """The same events with and without a pair separation: weights differ by its efficiency."""
    smooth = PairSeparation("smooth", 0.035)
    rows = {name: ROWS[name] for name in NAMES}
    edges_of = channel("brems", decay, smooth)  # trained with the separation: compare inside one sample
    table = sample_events(edges_of, 0.3, rows, 64)
    vertex, tracks = columns(table, "XV YV ZV"), [columns(table, f"PX{k} PY{k} PZ{k}") for k in (1, 2)]
    z = na62().plane("STRAW1").z_m
    hits = [position_at(z, vertex, p, q, na62().magnet) for p, q in zip(tracks, (1, -1), strict=True)]
    efficiency = smooth.efficiency(np.hypot(*(hits[0] - hits[1]).T))
    # divided out, the yield is that without separation
    lam = np.array([1.0, 1e5])
    signal = table["REGION"] == 1
    bare = (
        (table["WEIGHT"] / efficiency * (table["REGION"] == 1))[:, None]
        * np.exp(-table["TAU"][:, None] / lam)
        / lam
    )
    value, error = laplace(sample("brems", decay, 0.3, 0.02).histogram[0], lam)
    spread = np.sqrt(np.sum(bare[signal] ** 2, axis=0))
    assert np.all(np.abs(bare.sum(axis=0) - value) < 4.5 * np.hypot(spread, error))
    assert np.average(efficiency[signal]) < 0.99


def test_same_seed_same_bytes_whatever_ran_before() -> None:
    masses = np.array([0.25, 0.26])
    first = sample_masses(channel("eta", "mumu"), masses, 0.05)
    sample("brems", "ee", 0.02)
    sample("mixing-rho", "mumu", 0.5)
    again = sample_masses(channel("eta", "mumu"), masses, 0.05)
    for one, other in zip(first, again, strict=True):
        assert one.histogram.tobytes() == other.histogram.tobytes()
        assert one.precision.tobytes() == other.precision.tobytes()
        assert (one.events, one.converged) == (other.events, other.converged)


def test_other_seed_other_events_same_yield() -> None:
    lam = np.array([1.0, 1e4])
    one = sample("eta", "mumu", 0.3, 0.02)
    other = sample_masses(channel("eta", "mumu", seed=99), np.array([0.3]), 0.02)[0]
    assert one.histogram.tobytes() != other.histogram.tobytes()
    (a, da), (b, db) = (laplace(s.histogram[0], lam) for s in (one, other))
    assert np.all(np.abs(a - b) < 4.5 * np.hypot(da, db))


def test_asked_precision_is_reached_and_costs_events() -> None:
    coarse, fine = sample("eta", "mumu", 0.3, 0.05), sample("eta", "mumu", 0.3, 0.01)
    assert coarse.converged
    assert fine.converged
    assert np.all(fine.precision <= 0.01 * np.array([1, 1, 1, 3]))
    assert fine.events > 2 * coarse.events
    assert fine.effective_events > 5000


def test_precision_is_the_scatter_between_seeds() -> None:
    """The error that stops the sampling is the real one."""
    lam = np.array([0.1, 1.0, 1e4])
    runs = [sample_masses(channel("pi0", "ee", seed=k), np.array([0.05]), 0.05)[0] for k in range(30)]
    value, error = (np.array(x) for x in zip(*(laplace(run.histogram[0], lam) for run in runs), strict=True))
    ratio = np.std(value, axis=0, ddof=1) / np.mean(error, axis=0)
    # a standard deviation from 30 runs is known to 13%
    assert np.all((ratio > 0.5) & (ratio < 1.5))


def test_no_event_no_yield() -> None:
    """A volume that nothing reaches: zero after all events, an infinite error, and nothing converged."""
    setup = channel("brems", "mumu")
    nothing = replace(setup, final_state=replace(setup.final_state, momentum_min_gev=390.0))
    (result,) = sample_masses(nothing, np.array([0.3]), 0.05)
    assert not result.histogram.any()
    assert result.effective_events == 0
    assert result.events > 500_000
    assert not result.converged
    assert np.all(np.isinf(result.precision))


HARD = PairSeparation("hard", 0.025)


def test_a_mass_that_is_closed_by_kinematics_is_exactly_zero() -> None:
    setup = channel("brems", "ee", HARD)
    opening = opening_mass_gev(setup)
    below, above = sample_masses(setup, opening * np.array([0.999, 1.2]), 0.05)
    assert (below.events, below.converged, below.precision.max()) == (0, True, 0.0)
    assert below.histogram.shape == above.histogram.shape
    assert not below.histogram.any()
    assert above.converged


def test_close_to_the_opening_events_are_found() -> None:
    """Eight masses over four orders of magnitude in yield: the map walks down, and the yield is a power."""
    setup = channel("brems", "ee", HARD)
    opening = opening_mass_gev(setup)
    distance = np.geomspace(0.02, 0.3, 8)
    samples = sample_masses(setup, opening * (1 + distance), 0.03)
    assert_allclose([s.mass_gev for s in samples], opening * (1 + distance), rtol=0)
    assert all(s.converged for s in samples)
    ln_n = np.log([s.histogram[0, :, 0].sum() for s in samples])
    slope = np.diff(ln_n) / np.diff(np.log(distance))
    assert ln_n[-1] - ln_n[0] > 9
    assert np.all((slope > 3) & (slope < 8))
    assert np.all(np.abs(np.diff(slope)) < 1)


def test_the_order_of_the_masses_does_not_matter() -> None:
    masses = np.array([0.3, 0.25, 0.4])
    mixed = sample_masses(channel("eta", "mumu"), masses, 0.05)
    ordered = sample_masses(channel("eta", "mumu"), np.sort(masses), 0.05)
    assert [s.mass_gev for s in mixed] == [0.3, 0.25, 0.4]
    for one, other in zip(sorted(mixed, key=lambda s: s.mass_gev), ordered, strict=True):
        assert one.histogram.tobytes() == other.histogram.tobytes()


def test_the_map_comes_down_from_the_highest_mass() -> None:
    """The highest mass is what it is alone; the others profit from its map."""
    masses = np.array([0.25, 0.4])
    pair, alone = sample_masses(channel("eta", "mumu"), masses, 0.05), sample("eta", "mumu", 0.4, 0.05)
    assert pair[1].histogram.tobytes() == alone.histogram.tobytes()
    assert pair[0].histogram.tobytes() != sample("eta", "mumu", 0.25, 0.05).histogram.tobytes()


@pytest.mark.parametrize("name", ["U_DECAY_Z", "MX1", "nonsense"])
def test_rows_that_do_not_follow_the_events_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown row of events '{name}'; known: WEIGHT, INDEX, X0"):
        sample_events(channel("brems", "mumu"), 0.3, [name], 1)


def test_below_an_empty_mass_nothing_is_drawn() -> None:
    """Close to the opening of B -> K S, S -> e+ e- no event is accepted; what is left out has none either."""
    setup = channel("b-k0star700", "ee", HARD)
    opening = opening_mass_gev(setup)
    masses = opening * np.array([1.005, 1.01, 1.02, 1.6])
    lowest, lower, empty, seen = sample_masses(setup, masses, 0.1)
    assert seen.converged
    assert empty.events > 500_000
    for each in (lowest, lower, empty):
        assert not each.histogram.any()
        assert not each.converged
        assert np.all(np.isinf(each.precision))
    assert (lowest.events, lower.events) == (0, 0)
    # a task that sees nothing at all, and what it leaves out
    assert [each.events > 500_000 for each in sample_masses(setup, masses[:3], 0.1)] == [False, False, True]
    alone = sample_masses(setup, masses[1:2], 0.1)[0]
    assert alone.events > 500_000
    assert not alone.histogram.any()


def test_photons_fade_without_an_opening() -> None:
    """Two photons are open at any mass; those of a boosted light particle are too close to be told apart."""
    choices = choose("alp-gluon", analysis="na62-dump-all", channels=["gammagamma"], production=["b-k"])
    setup = channel_setup(choices, choices.production[0], "gammagamma", 1)
    assert opening_mass_gev(setup) == 0
    lowest, faded, seen = sample_masses(setup, np.array([0.001, 0.0013, 0.02]), 0.1)
    assert seen.converged
    assert (lowest.events, faded.events > 500_000) == (0, True)
    assert not faded.histogram.any()


def test_an_empty_mass_far_above_the_opening_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heavy particles may be too rare for the map to find any where lighter ones are many."""
    setup = channel("eta", "mumu")
    measured = sampler._Task._measured

    def blind(task: sampler._Task, mass: float, precision: float) -> MassSample:
        sample = measured(task, mass, precision)
        if mass > 0.5:
            return replace(sample, histogram=0 * sample.histogram, effective_events=0.0, converged=False)
        return sample

    monkeypatch.setattr(sampler._Task, "_measured", blind)
    lower, heavy = sample_masses(setup, np.array([0.4, 0.54]), 0.1)
    assert heavy.effective_events == 0
    assert lower.converged

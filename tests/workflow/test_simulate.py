"""Simulated events: exact numbers, weights that add up, whole events, same bytes for any number of jobs."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from feebly.core.constants import MUON_MASS_GEV
from feebly.core.errors import ConfigError, DomainError
from feebly.engine.events import EVENT_ROWS
from feebly.physics.decays.channels import CHANNELS
from feebly.workflow.event_sample import EventSample
from feebly.workflow.event_schema import chain_rows, event_schema
from feebly.workflow.simulate import simulate
from twins.channels import final_state, na62
from twins.kinematics import invariant_mass_gev
from twins.spectrometer import position_at, reconstruct

POINT = {"mass_gev": 0.3, "coupling": 1e-6, "n": 2000}


def sample(channel: str = "mumu", **options) -> EventSample:
    return simulate("dark-photon", channel, **POINT | options)


def vectors(events: EventSample, name: str, unit: str = "m") -> np.ndarray:
    """Columns name_x_m, ... or name_px_gev, ... side by side."""
    parts = [f"{name}_{axis}_m" if unit == "m" else f"{name}_p{axis}_gev" for axis in "xyz"]
    return np.column_stack([events.columns[part] for part in parts])


def weighted_ks(a: np.ndarray, b: np.ndarray, wa: np.ndarray, wb: np.ndarray) -> float:
    """p-value of the two-sample Kolmogorov test with effective numbers of events."""
    values = np.sort(np.concatenate([a, b]))
    curves = []
    for x, w in ((a, wa), (b, wb)):
        order = np.argsort(x)
        total = np.concatenate([[0.0], np.cumsum(w[order])]) / w.sum()
        curves.append(total[np.searchsorted(x[order], values, side="right")])
    n, m = (w.sum() ** 2 / np.sum(w**2) for w in (wa, wb))
    return float(stats.kstwobign.sf(np.abs(curves[0] - curves[1]).max() * np.sqrt(n * m / (n + m))))


@pytest.fixture(scope="module")
def unweighted() -> EventSample:
    return sample()


@pytest.fixture(scope="module")
def everything() -> EventSample:
    return sample(region="all", weighted=True, n=4000)


def test_exactly_the_asked_events(unweighted: EventSample, everything: EventSample) -> None:
    assert len(unweighted) == 2000
    assert set(unweighted.region_names()) == {"SR"}
    assert np.unique(unweighted.weight).size == 1
    assert len(everything) == 4000
    assert set(everything.region_names()) == {"SR", "CR", ""}
    for events in (unweighted, everything):
        assert_allclose(events.weight.sum(), events.expected, rtol=1e-12)
        assert events.mc_error < 0.02 * events.expected
        assert sum(share.events for share in events.shares) == len(events)
        assert_allclose(sum(share.expected for share in events.shares), events.expected, rtol=1e-12)
        assert list(events.columns) == [field.name for field in event_schema("mumu")]
        json.dumps(events.metadata(), allow_nan=False)


def test_regions_are_those_of_the_analysis(everything: EventSample) -> None:
    state, columns = final_state("mumu"), everything.columns
    inside = state.fiducial_volume.contains(*vectors(everything, "reco_vertex").T)
    selected = inside & (columns["reco_cda_m"] < state.track_cda_max_m)
    named = np.where(selected, state.region_names(columns["z_tax_m"], columns["cda_tax_m"]), "")
    assert_array_equal(named, everything.region_names())
    # the weights of the events tell what the cut-flow tells
    steps = {step.name: step.expected for step in everything.cut_flow}
    for name, cut in (("fiducial volume", inside), ("SR", named == "SR")):
        w = everything.weight[cut]
        # effective number of the part of a sum: sum w known, the share has the error of a proportion
        assert abs(w.sum() - steps[name]) < 5 * np.sqrt(np.sum(w**2))


def test_events_of_the_control_region() -> None:
    events = sample(region="CR", production=["brems"], n=100)
    assert set(events.region_names()) == {"CR"}
    steps = {step.name: step for step in events.cut_flow}
    assert_allclose(events.expected, steps["CR"].expected, rtol=1e-12)
    assert_allclose(events.mc_error, steps["CR"].mc_error, rtol=1e-12)
    assert 0 < events.expected < 0.1 * steps["SR"].expected


def test_cut_flow_goes_down(everything: EventSample) -> None:
    steps = {step.name: step for step in everything.cut_flow}
    assert list(steps) == ["generated", "in acceptance", "fiducial volume", "track CDA", "SR", "CR"]
    counts = [step.simulated for step in everything.cut_flow]
    assert counts[:5] == sorted(counts[:5], reverse=True)
    assert steps["SR"].simulated + steps["CR"].simulated <= steps["track CDA"].simulated
    assert steps["generated"].expected is None
    assert_allclose(steps["in acceptance"].expected, everything.expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["unweighted", "everything"])
def test_four_momentum_and_flight(kind: str, request: pytest.FixtureRequest) -> None:
    events: EventSample = request.getfixturevalue(kind)
    columns = events.columns
    first, second, fip = (vectors(events, name, "gev") for name in ("d1", "d2", "fip"))
    assert_allclose(first + second, fip, rtol=1e-12, atol=1e-13 * 400)
    assert_allclose(columns["d1_e_gev"] + columns["d2_e_gev"], columns["fip_e_gev"], rtol=1e-12)
    for k, p in (("1", first), ("2", second)):
        assert_allclose(columns[f"d{k}_e_gev"], np.sqrt(np.sum(p**2, axis=1) + MUON_MASS_GEV**2), rtol=1e-14)
    fip4 = np.column_stack([columns["fip_e_gev"], fip])
    assert_allclose(invariant_mass_gev(fip4), 0.3, rtol=1e-7)
    way = vectors(events, "vertex") - vectors(events, "origin")
    flown = np.linalg.norm(way, axis=1)
    assert_allclose(np.cross(way, fip), 0, atol=1e-9 * (flown * fip4[:, 0]).max())
    assert_allclose(columns["proper_length_m"], flown * 0.3 / np.linalg.norm(fip, axis=1), rtol=1e-9)


def test_reconstruction_follows_from_the_measured_tracks(everything: EventSample) -> None:
    """Vertex, mass and pointing from the track columns alone, by the twin: columns and units fit together."""
    columns, n = everything.columns, len(everything)
    position = [np.column_stack([columns[f"reco{k}_{axis}_m"] for axis in "xy"]) for k in "12"]
    momenta = [vectors(everything, f"reco{k}", "gev") for k in "12"]
    slopes = [p[:, :2] / p[:, 2:] for p in momenta]
    sizes = [np.linalg.norm(p, axis=1) for p in momenta]
    again = reconstruct(
        na62().tracking.chambers_z_m[0], position, slopes, sizes, (MUON_MASS_GEV,) * 2, na62().axis_m
    )
    assert n == 4000
    for column, row in (("reco_vertex_x_m", "RXV"), ("reco_vertex_y_m", "RYV"), ("reco_vertex_z_m", "RZV")):
        assert_allclose(columns[column], again[row], rtol=1e-6, atol=1e-9)
    assert_allclose(columns["reco_cda_m"], again["CDA"], rtol=1e-5, atol=1e-11)
    assert_allclose(columns["reco_mass_gev"], again["MASS"], rtol=1e-7)
    assert_allclose(columns["z_tax_m"], again["ZTAX"], rtol=1e-5, atol=1e-6)
    assert_allclose(columns["cda_tax_m"], again["CDATAX"], rtol=1e-4, atol=1e-9)
    # measured and true tracks are the same tracks
    for k, charge in (("1", 1), ("2", -1)):
        true = vectors(everything, f"d{k}", "gev")
        assert abs(np.median(sizes[int(k) - 1] / np.linalg.norm(true, axis=1)) - 1) < 1e-3
        z = na62().tracking.chambers_z_m[0]
        hit = position_at(z, vectors(everything, "vertex"), true, charge, na62().magnet)
        assert np.abs(position[int(k) - 1] - hit).max() < 6 * na62().tracking.hit_sigma_m


def test_unweighted_events_are_distributed_as_weighted_ones() -> None:
    weighted, equal = sample(weighted=True, n=20000, seed=5), sample(n=4000)
    assert np.unique(weighted.weight).size > 19000
    for name in (
        "z_tax_m",
        "cda_tax_m",
        "reco_mass_gev",
        "vertex_z_m",
        "fip_e_gev",
        "d1_pz_gev",
        "origin_z_m",
    ):
        p = weighted_ks(equal.columns[name], weighted.columns[name], equal.weight, weighted.weight)
        assert p > 1e-3, name
    ratio = equal.expected / weighted.expected
    assert abs(ratio - 1) < 4 * np.hypot(equal.mc_error, weighted.mc_error) / weighted.expected


def test_production_modes_are_mixed_by_their_yields() -> None:
    events = sample(n=5000)
    counts = np.bincount(events.columns["production"], minlength=len(events.shares))
    assert_array_equal(counts, [share.events for share in events.shares])
    assert events.productions[:2] == ("brems", "eta")
    expected = 5000 * np.array([share.expected for share in events.shares]) / events.expected
    large = expected > 5
    assert large.sum() >= 4
    assert stats.chi2.sf(np.sum((counts - expected)[large] ** 2 / expected[large]), large.sum()) > 1e-4
    # A' of mesons are softer than those radiated by the proton
    energy, tags = events.columns["fip_e_gev"], events.production_tags()
    assert energy[tags == "brems"].mean() > 1.3 * energy[tags == "eta"].mean()


def test_any_part_is_a_fair_sample(unweighted: EventSample) -> None:
    """The order is random: no production mode comes first, and lifetimes do not run."""
    tags = unweighted.production_tags() == "brems"
    parts = np.array([[np.sum(part), np.sum(~part)] for part in (tags[:1000], tags[1000:])])
    assert stats.fisher_exact(parts).pvalue > 1e-4
    z = unweighted.columns["vertex_z_m"]
    assert stats.ks_2samp(z[:1000], z[1000:]).pvalue > 1e-4


def test_same_bytes_for_any_number_of_jobs() -> None:
    one, two, four = (sample(n=700, jobs=jobs) for jobs in (1, 2, 4))
    for name, values in one.columns.items():
        assert values.tobytes() == two.columns[name].tobytes() == four.columns[name].tobytes()
    assert one.metadata() == two.metadata() == four.metadata()
    other = sample(n=700, seed=2)
    assert other.columns["z_tax_m"].tobytes() != one.columns["z_tax_m"].tobytes()


def test_settings_move_the_expected_events() -> None:
    base = sample(n=10, production=["brems"])
    pot = sample(n=10, production=["brems"], pot=2.8e17)
    assert_allclose(pot.expected, 2 * base.expected, rtol=1e-12)
    conservative = sample(n=10, production=["brems"], preset="na62-conservative")
    assert conservative.expected < 0.8 * base.expected
    ideal = sample(n=10, production=["brems"], response="none")
    assert ideal.expected > 1.2 * base.expected
    assert ideal.productions == ("brems",)


def test_another_spectrum_makes_other_events() -> None:
    """eta -> mu mu at 0.3 GeV, 4e-7: the pilot has 6.82 events with BMPT and 5.75 with Pythia."""
    eta = {"production": ["eta"], "mass_gev": 0.3, "coupling": 4e-7, "n": 10}
    pythia, bmpt = sample(**eta), sample(**eta, spectrum="bmpt")
    assert_allclose(bmpt.expected / pythia.expected, 6.82 / 5.75, rtol=0.04)
    assert bmpt.preset == f"{pythia.preset}+bmpt"


def test_progress_ends_at_the_asked_number() -> None:
    calls = []
    sample(n=50, progress=lambda *call: calls.append(call))
    assert calls[-1] == (50, 50, "events")


def test_one_event() -> None:
    assert len(sample(n=1)) == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 0}, ConfigError, r"n = 0: expected a number of events from 1 to 5,000,000"),
        ({"n": 10**8}, ConfigError, r"n = 100000000: expected a number of events from 1"),
        ({"channel": "mumuu"}, ConfigError, r"unknown channel 'mumuu'; known: .* did you mean 'mumu'\?"),
        (
            {"region": "SRR"},
            ConfigError,
            r"unknown region of mumu 'SRR'; known: SR, CR, all; did you mean 'SR'",
        ),
        ({"production": ["brem"]}, ConfigError, r"unknown production .*'brem'.*did you mean 'brems'"),
        (
            {"mass_gev": 0.2},
            DomainError,
            r"every production mode -> mumu is closed at m = 0.2 GeV \(threshold .*; open at 0.2113-2 GeV",
        ),
        (
            {"mass_gev": 0.6, "production": ["eta"]},
            DomainError,
            r"eta -> mumu is closed at m = 0.6 GeV \(threshold 0.2113 GeV\); open at 0.2113-0.5479 GeV",
        ),
        ({"mass_gev": 215.0}, DomainError, r"mass 215 GeV .*did you mean 0.215"),
        ({"coupling": -1e-6}, DomainError, r"epsilon"),
        ({"coupling": 0.5}, DomainError, r"not one of [\d,]+ simulated events is in the asked region"),
    ],
)
def test_bad_input_is_one_line(options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        sample(**options)
    assert "\n" not in str(caught.value)


def test_too_many_events_for_the_accept_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feebly.workflow.simulate._MOST_CHUNKS", 4)
    message = r"brems: [\d,]+ of 20,000 events after 32,768 simulated .*; 131,072 are the most: ask for fewer"
    with pytest.raises(DomainError, match=message):
        sample(n=20_000, production=["brems"])
    assert len(sample(n=20_000, production=["brems"], weighted=True)) == 20_000


@pytest.mark.parametrize("tag", CHANNELS)
def test_schema_is_complete(tag: str) -> None:
    fields = event_schema(tag)
    names = [field.name for field in fields]
    assert len(set(names)) == len(names)
    units = {"_gev": "GeV", "_m": "m"}
    for field in fields:
        ending = next((end for end in units if field.name.endswith(end)), None)
        assert field.unit == units.get(ending, field.unit)
        assert (ending is not None) or field.unit in ("1", "events")
        assert field.meaning
    pointing = {"ZTAX", "CDATAX"} if CHANNELS[tag].tracks else set()
    assert {"REGION", "TAU", "MASS", *pointing} <= set(chain_rows(tag)) <= set(EVENT_ROWS)

"""Events with photons, pi0, eta or four tracks: what can be worked out again from the columns is."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from feebly.physics.decays.channels import CHANNELS
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.workflow.choices import choose
from feebly.workflow.event_channels import open_pools
from feebly.workflow.event_sample import EventSample
from feebly.workflow.event_schema import event_columns, photons_of
from feebly.workflow.simulate import simulate
from feebly.workflow.yields import yields
from twins.channels import na62
from twins.kinematics import invariant_mass_gev
from twins.spectrometer import position_at

ANALYSIS = "na62-dump-all"


@dataclass(frozen=True)
class Point:
    model: str
    channel: str
    production: str
    mass_gev: float
    coupling: float


POINTS = {
    "pipigamma": Point("alp-gluon", "pipigamma", "mixing-eta", 0.6, 1e-7),
    "3pi": Point("alp-gluon", "3pi", "mixing-eta", 0.6, 1e-7),
    "2pi2pi0": Point("dark-photon", "2pi2pi0", "brems", 1.2, 3e-7),
    "4pi": Point("dark-photon", "4pi", "brems", 1.2, 3e-7),
    "gammagamma": Point("alp-gluon", "gammagamma", "photon-pi0", 0.3, 1e-6),
    "3pi0": Point("alp-gluon", "3pi0", "mixing-eta", 0.6, 1e-7),
}
EVERY = pytest.mark.parametrize("tag", POINTS)


@cache
def sample(tag: str) -> EventSample:
    point = POINTS[tag]
    return simulate(
        point.model, tag, mass_gev=point.mass_gev, coupling=point.coupling, n=400, weighted=True,
        region="all", production=[point.production], analysis=ANALYSIS,
    )  # fmt: skip


def positions(events: EventSample, name: str, axes: str = "xyz") -> np.ndarray:
    return np.column_stack([events.columns[f"{name}_{axis}_m"] for axis in axes])


def momenta(events: EventSample, name: str) -> np.ndarray:
    return np.column_stack([events.columns[f"{name}_p{axis}_gev"] for axis in "xyz"])


def vectors(events: EventSample, name: str) -> np.ndarray:
    """Four-vectors, energy first."""
    return np.column_stack([events.columns[f"{name}_e_gev"], momenta(events, name)])


def calorimeter():
    return na62().plane(na62().calorimeter.plane)


@EVERY
def test_true_momenta_add_up(tag: str) -> None:
    events, channel = sample(tag), CHANNELS[tag]
    daughters = [vectors(events, f"d{k}") for k in range(1, len(channel.bodies) + 1)]
    fip = vectors(events, "fip")
    assert_allclose(sum(daughters), fip, rtol=1e-9, atol=1e-11 * fip[:, 0].max())
    assert_allclose(invariant_mass_gev(fip), POINTS[tag].mass_gev, rtol=1e-7)
    for body, found, photons in zip(channel.bodies, daughters, photons_of(channel), strict=True):
        mass2 = found[:, 0] ** 2 - np.sum(found[:, 1:] ** 2, axis=1)
        assert_allclose(mass2, body.mass_gev**2, atol=1e-12 * (found[:, 0] ** 2).max())
        if photons:
            assert_allclose(sum(vectors(events, f"photon{n}") for n in photons), found, rtol=1e-9)
    assert events.daughters_pdg == tuple(body.pdg for body in channel.bodies)
    flown = positions(events, "vertex") - positions(events, "origin")
    size = np.linalg.norm(flown, axis=1)
    assert_allclose(np.cross(flown, fip[:, 1:]), 0, atol=1e-9 * (size * fip[:, 0]).max())
    proper = size * POINTS[tag].mass_gev / np.linalg.norm(fip[:, 1:], axis=1)
    assert_allclose(events.columns["proper_length_m"], proper, rtol=1e-9)


@EVERY
def test_photons_fly_straight_to_where_the_cuts_let_them(tag: str) -> None:
    events, channel = sample(tag), CHANNELS[tag]
    plane, vertex = calorimeter(), positions(events, "vertex")
    impacts = []
    for k in range(1, channel.photons + 1):
        p = momenta(events, f"photon{k}")
        place = vertex[:, :2] + p[:, :2] / p[:, 2:] * (plane.z_m - vertex[:, 2:])
        impacts.append(positions(events, f"photon{k}", "xy"))
        assert_allclose(impacts[-1], place, rtol=1e-9, atol=1e-12)
        energy = events.columns[f"photon{k}_e_gev"]
        assert_allclose(energy, np.linalg.norm(p, axis=1), rtol=1e-12)
        assert energy.min() > 1.0
        assert np.hypot(*place.T).min() > 0.15
        assert plane.shape.contains(*place.T).all()
    photons = len(impacts)
    for k, kind in enumerate(channel.tracks, start=1):
        charge = 1 if k % 2 else -1
        assert kind == "hadron"
        p = momenta(events, f"d{k}")
        assert np.linalg.norm(p, axis=1).min() > 10.0
        impacts.append(position_at(plane.z_m, vertex, p, charge, na62().magnet))
    for a, one in enumerate(impacts[:photons]):
        for other in impacts[a + 1 :]:
            assert np.hypot(*(one - other).T).min() > 0.10


@EVERY
def test_clusters_have_the_resolution_of_the_calorimeter(tag: str) -> None:
    """Before the constraint: 4.8%/sqrt(E), 11%/E and 0.9%, 4.2 mm/sqrt(E) and 0.6 mm in quadrature."""
    events = sample(tag)
    pulls = []
    for k in range(1, CHANNELS[tag].photons + 1):
        energy = events.columns[f"photon{k}_e_gev"]
        relative = np.sqrt(0.048**2 / energy + (0.11 / energy) ** 2 + 0.009**2)
        pulls.append((events.columns[f"cluster{k}_e_gev"] / energy - 1) / relative)
        width = np.sqrt(4.2e-3**2 / energy + 0.6e-3**2)
        distance = positions(events, f"cluster{k}", "xy") - positions(events, f"photon{k}", "xy")
        pulls += list((distance / width[:, None]).T)
    for pull in pulls:
        assert stats.kstest(pull, "norm").pvalue > 1e-5


def from_clusters(events: EventSample, photons: tuple[int, ...], mass: float) -> np.ndarray:
    """Four-vector of a photon, or of a pair scaled to a mass, from the reconstructed vertex."""
    vertex, z = positions(events, "reco_vertex"), calorimeter().z_m
    each = []
    for n in photons:
        way = np.column_stack([positions(events, f"cluster{n}", "xy"), np.full(len(events), z)]) - vertex
        way /= np.linalg.norm(way, axis=1)[:, None]
        energy = events.columns[f"cluster{n}_e_gev"]
        each.append(np.column_stack([energy, energy[:, None] * way]))
    total = sum(each)
    return total if len(photons) == 1 else total * (mass / invariant_mass_gev(total))[:, None]


@pytest.mark.parametrize("tag", [tag for tag in POINTS if CHANNELS[tag].tracks])
def test_mass_and_pointing_follow_from_tracks_and_clusters(tag: str) -> None:
    events, channel = sample(tag), CHANNELS[tag]
    total = np.zeros((len(events), 4))
    for k, (body, photons) in enumerate(zip(channel.bodies, photons_of(channel), strict=True), start=1):
        p = momenta(events, f"reco{k}")
        if photons:
            found = from_clusters(events, photons, body.mass_gev)
            assert_allclose(p, found[:, 1:], rtol=1e-7, atol=1e-7)
        else:
            found = np.column_stack([np.sqrt(np.sum(p**2, axis=1) + body.mass_gev**2), p])
        total += found
    assert_allclose(events.columns["reco_mass_gev"], invariant_mass_gev(total), rtol=1e-6)
    # the line of the total momentum through the vertex against the axis
    slope = total[:, 1:3] / total[:, 3:]
    apart = positions(events, "reco_vertex", "xy") - na62().axis_m
    dz = -np.sum(apart * slope, axis=1) / np.sum(slope**2, axis=1)
    assert_allclose(events.columns["z_tax_m"], events.columns["reco_vertex_z_m"] + dz, rtol=1e-6)
    closest = np.linalg.norm(apart + slope * dz[:, None], axis=1)
    assert_allclose(events.columns["cda_tax_m"], closest, rtol=1e-4, atol=1e-9)
    assert abs(np.median(events.columns["reco_mass_gev"]) / POINTS[tag].mass_gev - 1) < 0.01


@pytest.mark.parametrize("tag", ["gammagamma", "3pi0"])
def test_photons_alone_have_a_vertex_by_mass_and_no_pointing(tag: str) -> None:
    events, bodies = sample(tag), CHANNELS[tag].bodies
    assert not {"z_tax_m", "cda_tax_m", "reco_cda_m"} & set(events.columns)
    steps = [step.name for step in events.cut_flow]
    assert steps == ["generated", "in acceptance", "fiducial volume", "SR"]
    away = events.columns["reco_vertex_z_m"] - events.columns["vertex_z_m"]
    assert abs(np.median(away)) < 0.5
    volume = (events.columns["reco_vertex_z_m"] > 105) & (events.columns["reco_vertex_z_m"] < 180)
    assert_array_equal(events.region_names() == "SR", volume)
    if tag == "3pi0":
        total = sum(
            from_clusters(events, photons, body.mass_gev)
            for body, photons in zip(bodies, photons_of(CHANNELS[tag]), strict=True)
        )
        assert_allclose(events.columns["reco_mass_gev"], invariant_mass_gev(total), rtol=1e-6)
    else:
        # m^2 = E1 E2 d^2/L^2 for a decay at 142.5 m, the middle of the volume
        apart = positions(events, "cluster1", "xy") - positions(events, "cluster2", "xy")
        energies = events.columns["cluster1_e_gev"] * events.columns["cluster2_e_gev"]
        mass = np.hypot(*apart.T) * np.sqrt(energies) / (calorimeter().z_m - 142.5)
        assert_allclose(events.columns["reco_mass_gev"], mass, rtol=1e-9)


@pytest.mark.parametrize("tag", ["2pi2pi0", "4pi"])
def test_expected_events_are_those_of_the_tables(tag: str, tmp_path) -> None:
    """Tables of another seed, which hold BR(pi0 -> gamma gamma); the branching ratio is multiplied here."""
    point, model = POINTS[tag], DarkPhoton()
    events = simulate(
        "dark-photon", tag, mass_gev=point.mass_gev, coupling=point.coupling, n=100, weighted=True,
        production=["brems"], analysis=ANALYSIS, preset="current",
    )  # fmt: skip
    ctau = float(model.ctau_m(point.mass_gev, point.coupling))
    rows = yields(
        "dark-photon", "brems", tag, masses=[point.mass_gev], ctau=(ctau, ctau, 1), precision=0.02, seed=7,
        analysis=ANALYSIS, preset="current", jobs=1, cache_dir=tmp_path,
    )  # fmt: skip
    factor = point.coupling**2 * float(model.branching_ratio(tag, point.mass_gev))
    value, error = (factor * rows.columns[name][0] for name in ("yield", "mc_error"))
    assert np.hypot(error, events.mc_error) < 0.04 * value
    assert abs(events.expected - value) < 4 * np.hypot(error, events.mc_error)


@pytest.mark.parametrize(("tag", "share"), [("4pi", 1.0), ("2pi2pi0", 0.98823**2), ("pipieta", 0.3936)])
def test_what_multiplies_an_event(tag: str, share: float) -> None:
    """POT, rate, branching ratio, efficiency, and decays of pi0 and eta to two photons (PDG 2024)."""
    choices = choose("dark-photon", analysis=ANALYSIS, channels=[tag], production=["brems"])
    (pool,) = open_pools(choices, tag, 1.2, 3e-7, (1, 0, True))
    rate = float(choices.production[0].rate(1.2, 3e-7, None))
    ratio = float(choices.model.branching_ratio(tag, 1.2))
    expected = choices.analysis.pot * rate * ratio * choices.response(tag).efficiency * share
    assert pool.factor == pytest.approx(expected, rel=1e-12, abs=0)


def test_equal_weights_by_accept_reject() -> None:
    point = POINTS["4pi"]
    events = simulate(
        "dark-photon", "4pi", mass_gev=point.mass_gev, coupling=point.coupling, n=50, analysis=ANALYSIS,
        production=["brems"],
    )  # fmt: skip
    assert len(events) == 50
    assert np.unique(events.weight).size == 1
    assert set(events.region_names()) == {"SR"}


def test_the_constraint_of_a_meson_is_taken_off_its_clusters_alone() -> None:
    """Of made-up rows: cluster energies are those before the scale, the direct photon's are as they are."""
    from feebly.workflow.event_schema import chain_rows

    rows = {name: np.full(1, 2.0) for name in chain_rows("2pi2pi0")} | {
        "CE1": np.array([6.0]), "CE3": np.array([6.0]), "SCALE1": np.array([1.5]), "SCALE2": np.array([3.0]),
    }  # fmt: skip
    columns = event_columns(rows, "2pi2pi0", 1.0, 240.0)
    assert (columns["cluster1_e_gev"][0], columns["cluster3_e_gev"][0]) == (4.0, 2.0)
    rows = {name: np.full(1, 2.0) for name in chain_rows("pipigamma")}
    assert event_columns(rows, "pipigamma", 1.0, 240.0)["cluster1_e_gev"][0] == 2.0

"""Event files read back by the programs that others use: h5py, uproot, pyhepmc."""

import importlib.util
import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
import uproot
from numpy.testing import assert_allclose, assert_array_equal

from feebly.core.constants import ELECTRON_MASS_GEV
from feebly.core.errors import ConfigError, DataError
from feebly.publish.event_files import WRITERS, check_event_file, write_events
from feebly.workflow.event_sample import EventSample
from feebly.workflow.event_schema import SCHEMA_VERSION, event_schema
from feebly.workflow.simulate import simulate

hepmc = pytest.importorskip("pyhepmc")


@pytest.fixture(scope="module")
def events() -> EventSample:
    return simulate("dark-photon", "ee", mass_gev=0.05, coupling=3e-6, n=300, region="all", weighted=True)


def test_hdf5(events: EventSample, tmp_path) -> None:
    write_events(events, tmp_path / "e.h5")
    with h5py.File(tmp_path / "e.h5") as file:
        group = file["events"]
        assert set(group) == set(events.columns)
        for field in event_schema("ee"):
            assert_array_equal(group[field.name][:], events.columns[field.name])
            assert group[field.name].dtype == np.dtype(field.dtype)
            assert dict(group[field.name].attrs) == {
                "unit": field.unit, "kind": field.kind, "meaning": field.meaning,
            }  # fmt: skip
        told = json.loads(file.attrs["metadata"])
        assert told["productions"] == list(events.productions)
        assert (told["schema_version"], told["events"]) == (SCHEMA_VERSION, 300)
        assert (file.attrs["pot"], file.attrs["mass_gev"], file.attrs["model"]) == (
            1.4e17,
            0.05,
            "dark-photon",
        )
        names = [step["name"] for step in told["cut_flow"]]
        assert names[:2] == ["generated", "in acceptance"]


def test_root(events: EventSample, tmp_path) -> None:
    write_events(events, tmp_path / "e.root")
    with uproot.open(tmp_path / "e.root") as file:
        tree, schema = file["events"], file["schema"].arrays(library="np")
        assert list(tree.keys()) == [field.name for field in event_schema("ee")] == list(schema["name"])
        for name, values in tree.arrays(library="np").items():
            assert_array_equal(values, events.columns[name])
            assert values.dtype == events.columns[name].dtype
        units = dict(zip(schema["name"], schema["unit"], strict=True))
        assert (units["vertex_z_m"], units["d1_e_gev"], units["weight"]) == ("m", "GeV", "events")
        told = json.loads(str(file["metadata"]))
        assert told["expected"] == events.expected
        assert told["regions"] == ["SR", "CR"]


@pytest.fixture(scope="module")
def in_hepmc(events: EventSample, tmp_path_factory: pytest.TempPathFactory) -> list:
    path = tmp_path_factory.mktemp("hepmc") / "e.hepmc"
    write_events(events, path)
    with hepmc.open(path) as file:
        return list(file)


def test_hepmc_vertices_survive(events: EventSample, in_hepmc: list) -> None:
    """Vertices 100 m away: 1e-6 m is asked, the double precision of a millimetre number is kept."""
    assert len(in_hepmc) == len(events)
    for number, event in enumerate(in_hepmc):
        assert event.event_number == number
        assert (event.momentum_unit, event.length_unit) == (hepmc.Units.GEV, hepmc.Units.MM)
        origin, decay = event.vertices
        for vertex, name in ((origin, "origin"), (decay, "vertex")):
            wanted = [events.columns[f"{name}_{axis}_m"][number] for axis in "xyz"]
            found = np.array([vertex.position.x, vertex.position.y, vertex.position.z]) / 1e3
            assert np.abs(found - wanted).max() < 1e-12
        # the particle flies from one vertex to the other within its time, by its velocity
        flown, fip = decay.position - origin.position, event.particles[1].momentum
        way = np.array([flown.x, flown.y, flown.z])
        momentum = np.array([fip.px, fip.py, fip.pz])
        assert_allclose(way / flown.t, momentum / fip.e, rtol=1e-9, atol=1e-12)


def test_hepmc_particles(events: EventSample, in_hepmc: list) -> None:
    for number, event in enumerate(in_hepmc):
        row = {name: values[number] for name, values in events.columns.items()}
        assert [p.pid for p in event.particles] == [2212, 4900022, -11, 11]
        assert [p.status for p in event.particles] == [4, 2, 1, 1]
        beam, fip, first, second = event.particles
        assert (beam.momentum.pz, first.generated_mass) == (400.0, ELECTRON_MASS_GEV)
        assert fip.production_vertex.id == event.vertices[0].id
        assert [p.id for p in fip.children] == [first.id, second.id]
        for particle, name in ((fip, "fip"), (first, "d1"), (second, "d2")):
            wanted = [row[f"{name}_{part}_gev"] for part in ("px", "py", "pz", "e")]
            p = particle.momentum
            assert_allclose([p.px, p.py, p.pz, p.e], wanted, rtol=1e-15)
        total = first.momentum + second.momentum - fip.momentum
        assert max(abs(total.px), abs(total.py), abs(total.pz), abs(total.e)) < 1e-12 * fip.momentum.e
        assert event.weight("weight") == row["weight"]
        assert float(str(event.attributes["reco_mass_gev"].astype(float))) == pytest.approx(
            row["reco_mass_gev"], rel=1e-14, abs=0
        )
        assert event.attributes["production"].astype(str) == events.production_tags()[number]
        assert event.attributes["region"].astype(str) == (events.region_names()[number] or "none")


def test_hepmc_tells_its_settings(events: EventSample, in_hepmc: list) -> None:
    run = in_hepmc[0].run_info
    assert run.weight_names == ["weight"]
    assert run.tools[0].name == "feebly"
    assert json.loads(run.attributes["metadata"].astype(str))["seed"] == events.seed


@pytest.fixture(scope="module")
def with_mesons() -> EventSample:
    return simulate(
        "alp-gluon", "3pi", mass_gev=0.6, coupling=1e-7, n=40, weighted=True, production=["mixing-eta"],
    )  # fmt: skip


def test_hepmc_of_mesons(with_mesons: EventSample, tmp_path) -> None:
    """pi0 -> gamma gamma at the place of the decay; four-momentum is kept at both vertices."""
    write_events(with_mesons, tmp_path / "e.hepmc")
    with hepmc.open(tmp_path / "e.hepmc") as file:
        events = list(file)
    assert len(events) == 40
    for number, event in enumerate(events):
        row = {name: values[number] for name, values in with_mesons.columns.items()}
        assert [p.pid for p in event.particles] == [2212, with_mesons.fip_pdg, 211, -211, 111, 22, 22]
        assert [p.status for p in event.particles] == [4, 2, 1, 1, 2, 1, 1]
        _, decay, of_meson = event.vertices
        assert decay.position == of_meson.position
        for vertex in (decay, of_meson):
            total = vertex.particles_in[0].momentum
            for particle in vertex.particles_out:
                total = total - particle.momentum
            assert max(map(abs, (total.px, total.py, total.pz, total.e))) < 1e-11 * row["fip_e_gev"]
        for particle, name in zip(event.particles[4:], ("d3", "photon1", "photon2"), strict=True):
            wanted = [row[f"{name}_{part}_gev"] for part in ("px", "py", "pz", "e")]
            p = particle.momentum
            assert_allclose([p.px, p.py, p.pz, p.e], wanted, rtol=1e-15)
        found = float(str(event.attributes["cluster2_x_m"].astype(float)))
        assert found == pytest.approx(row["cluster2_x_m"], rel=1e-14, abs=0)


def test_columns_of_mesons_are_in_every_format(with_mesons: EventSample, tmp_path) -> None:
    for suffix in (".h5", ".root"):
        write_events(with_mesons, tmp_path / f"e{suffix}")
    names = {field.name for field in event_schema("3pi")}
    with h5py.File(tmp_path / "e.h5") as file:
        assert set(file["events"]) == names > {field.name for field in event_schema("pipi")}
        assert json.loads(file.attrs["metadata"])["daughters_pdg"] == [211, -211, 111]
        assert file["events/cluster1_e_gev"].attrs["unit"] == "GeV"
    with uproot.open(tmp_path / "e.root") as file:
        assert set(file["events"].keys()) == set(file["schema"].arrays(library="np")["name"]) == names
        for name, values in file["events"].arrays(library="np").items():
            assert_array_equal(values, with_mesons.columns[name])


@pytest.mark.parametrize("suffix", [".h5", ".hepmc"])
def test_same_events_same_bytes(events: EventSample, tmp_path, suffix: str) -> None:
    for name in ("a", "b"):
        write_events(events, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_no_partial_file(events: EventSample, tmp_path, suffix: str, monkeypatch) -> None:
    """A column that cannot be written, or a folder that is not there: nothing is left."""
    with pytest.raises(DataError, match=r"cannot write .*: No such file or directory; no partial file"):
        write_events(events, tmp_path / "missing" / f"e{suffix}")
    broken = replace(events, columns=events.columns | {"vertex_x_m": np.array([object()] * 300)})
    with pytest.raises((TypeError, ValueError)):
        write_events(broken, tmp_path / f"e{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_unknown_suffix(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"unknown suffix '.rot'; known: .h5, .*; did you mean '.root'\?"):
        check_event_file(tmp_path / "e.rot")
    with pytest.raises(ConfigError, match="unknown suffix ''"):
        check_event_file("events")
    (tmp_path / "f.h5").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        check_event_file(tmp_path / "f.h5")


def test_hepmc_without_its_library(events: EventSample, tmp_path, monkeypatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyhepmc" else found(name))
    with pytest.raises(
        ConfigError, match=r"needs pyhepmc, not installed: pip install 'feebly\[generators\]'"
    ):
        write_events(events, tmp_path / "e.hepmc")
    write_events(events, tmp_path / "e.h5")

"""A user's event list: what is read, and one line for everything that is wrong."""

import importlib.util

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from feebly.core.errors import ConfigError
from feebly.physics.spectra import hepmc_list
from feebly.physics.spectra.event_list import is_event_list, read_event_list
from feebly.physics.spectra.library import load_spectrum, parents_of

HEAD = "# pot = 2000\n# beam_momentum_gev = 400\npid,px,py,pz,weight\n"
ROWS = "221,0.1,-0.2,30.5,1\n-521,1.5,0,90,0.5\n\n111,0,0,12,2 # forward\n"

needs_pyhepmc = pytest.mark.skipif(
    importlib.util.find_spec("pyhepmc") is None, reason="pyhepmc is not installed (extra [generators])"
)


def write(folder, text, name="mine.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv(tmp_path):
    events = read_event_list(write(tmp_path, "# made by me\n" + HEAD + ROWS))
    assert (events.pot, events.beam_momentum_gev) == (2000, 400)
    assert events.pid.tolist() == [221, -521, 111]
    assert_array_equal(events.momentum_gev, [[0.1, 1.5, 0], [-0.2, 0, 0], [30.5, 90, 12]])
    assert events.weight.tolist() == [1, 0.5, 2]
    assert parents_of(events.path) == ("pi0", "eta", "B", "B+")


def test_one_hadron_is_a_list(tmp_path):
    assert read_event_list(write(tmp_path, HEAD + "221,0.1,-0.2,30.5,1")).pid.tolist() == [221]


def test_byte_order_mark_and_line_ends_of_other_systems(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + ROWS).replace("\n", "\r\n").encode())
    assert read_event_list(path).pid.tolist() == [221, -521, 111]


REFUSALS = {
    "no pot": (HEAD.replace("# pot = 2000\n", "") + ROWS, ":1: no line '# pot = ...'"),
    "no beam": (HEAD.replace("# beam_momentum_gev = 400\n", "") + ROWS, ":1: no line '# beam_momentum_gev"),
    "bad pot": (HEAD.replace("2000", "many") + ROWS, ':1: pot = "many": expected a positive number'),
    "negative pot": (HEAD.replace("2000", "-5") + ROWS, ':1: pot = "-5"'),
    "infinite pot": (HEAD.replace("2000", "inf") + ROWS, ':1: pot = "inf"'),
    "misspelt key": (HEAD.replace("# pot", "# pott") + ROWS, ":1: unknown key 'pott'.*did you mean 'pot'"),
    "other names": (HEAD.replace("pid,", "id,") + ROWS, ':3: names of the columns = "id,px,py,pz,weight"'),
    "no names": ("# pot = 1\n# beam_momentum_gev = 400\n", ": no line of names"),
    "nothing": ("", ": no line of names"),
    "no rows": (HEAD, ": no hadrons"),
    "text": (HEAD + ROWS + "221,a,0,30,1\n", ':8: px = "a": expected a number'),
    "missing column": (HEAD + ROWS + "221,0.1,0,30\n", ":8: 4 columns, expected 5"),
    "all rows short": (HEAD + "221,0.1,0,30\n", ":4: 4 columns, expected 5"),
    "one column more": (HEAD + ROWS + "221,0.1,0,30,1,1\n", ":8: 6 columns, expected 5"),
    "pid with fraction": (HEAD + ROWS + "22.5,0.1,0,30,1\n", r":8: pid = 22\.5: expected a PDG code"),
    "pid nan": (HEAD + ROWS + "nan,0.1,0,30,1\n", ":8: pid = nan"),
    "negative weight": (HEAD + ROWS + "221,0.1,0,30,-1\n", ":8: weight = -1: expected a number >= 0"),
    "infinite weight": (HEAD + ROWS + "221,0.1,0,30,inf\n", ":8: weight = inf"),
    "nan momentum": (HEAD + ROWS + "221,0.1,nan,30,1\n", r":8: \|p\| = nan"),
    "at rest": (HEAD + ROWS + "221,0,0,0,1\n", r":8: \|p\| = 0: expected a momentum above 0"),
    "in MeV": (HEAD + "221,0,0,30500,1\n" + ROWS, r":4: \|p\| = 30500: expected at most the beam's 400 GeV"),
    "weightless": (HEAD + "221,0,0,30,0\n", ": all weights are zero"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_name_the_line(tmp_path, case):
    text, message = REFUSALS[case]
    with pytest.raises(ConfigError, match=f"mine.csv{message}") as refusal:
        read_event_list(write(tmp_path, text))
    assert "\n" not in str(refusal.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read event list .*none\.csv: No such file"):
        load_spectrum("eta", tmp_path / "none.csv")
    with pytest.raises(ConfigError, match=r"expected a file that ends in \.csv, \.hepmc, \.hepmc3"):
        read_event_list(tmp_path / "mine.root")
    path = tmp_path / "latin.csv"
    path.write_bytes("# ηé\n".encode("latin-1", errors="replace"))
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        read_event_list(path)


def test_a_changed_file_is_read_again(tmp_path):
    import os

    path = write(tmp_path, HEAD + ROWS)
    assert load_spectrum("eta", path).multiplicity == 1 / 2000
    write(tmp_path, HEAD.replace("2000", "1000") + ROWS)
    os.utime(path, ns=(1, 1))
    assert load_spectrum("eta", path).multiplicity == 1 / 1000


def test_mesons_that_fly_back_or_are_slow_count_in_the_multiplicity_only(tmp_path):
    rows = "221,0,0.1,30,1\n221,0,0.1,-30,1\n221,0,0.1,1,1\n221,0,0,50,0\n"
    spectrum = load_spectrum("eta", write(tmp_path, HEAD + rows))
    assert_allclose(spectrum.multiplicity, 3 / 2000, rtol=1e-12)
    assert_allclose(spectrum.fraction_in_table, 1 / 3, rtol=1e-12)
    assert_allclose(spectrum.multiplicity_relative_error, 3**-0.5, rtol=1e-12)


def test_the_table_ends_at_the_momentum_of_the_beam(tmp_path):
    head = HEAD.replace("400", "120")
    spectrum = load_spectrum("eta", write(tmp_path, head + "221,0,0.1,119,1\n"))
    assert spectrum.beam_momentum_gev == 120
    assert_allclose(np.exp(spectrum.ln_p_edges[[0, -1]]), [2.0, 120.0], rtol=1e-12)


def test_species_that_the_list_lacks(tmp_path):
    path = write(tmp_path, HEAD + ROWS)
    with pytest.raises(ConfigError, match=r"mine\.csv has no omega \(PDG code 223\)"):
        load_spectrum("omega", path)
    slow = write(tmp_path, HEAD + "221,0,0,1,1\n", "slow.csv")
    with pytest.raises(ConfigError, match=r"slow\.csv: all eta are below 2 GeV"):
        load_spectrum("eta", slow)


def test_sources_by_name_or_suffix(tmp_path):
    assert is_event_list("a/b.csv")
    assert is_event_list("b.hepmc3")
    assert not is_event_list("pythia")
    with pytest.raises(ConfigError, match=r"source of spectra 'pythi'.*did you mean 'pythia'\?; or give"):
        load_spectrum("eta", "pythi")
    with pytest.raises(ConfigError, match="source 'bmpt' has no D0; it has pi0"):
        load_spectrum("D0", "bmpt")
    with pytest.raises(ConfigError, match=r"unknown meson spectrum 'etaprim'.*did you mean 'etaprime'"):
        load_spectrum("etaprim", "bmpt")


# --- HepMC3 -------------------------------------------------------------------------------------------


def write_hepmc(path, events, pot=None, unit="GEV"):
    """Events as lists of (pid, px, py, pz, weight of the event); each meson is copied once."""
    import pyhepmc

    run = pyhepmc.GenRunInfo()
    run.weight_names = ["0"]
    if pot is not None:
        run.attributes = {"pot": pot}
    scale = 1.0 if unit == "GEV" else 1000.0
    with pyhepmc.open(str(path), "w") as file:
        for mesons, weight in events:
            event = pyhepmc.GenEvent(getattr(pyhepmc.Units, unit), pyhepmc.Units.MM)
            event.run_info = run
            event.weights = [weight]
            vertex = pyhepmc.GenVertex()
            for momentum in (400.0, 0.0):
                vertex.add_particle_in(_particle(0, 0, momentum, 2212, 4, scale))
            event.add_vertex(vertex)
            for pid, px, py, pz in mesons:
                first = _particle(px, py, pz * 0.9, pid, 2, scale)
                vertex.add_particle_out(first)
                copy = pyhepmc.GenVertex()
                copy.add_particle_in(first)
                copy.add_particle_out(_particle(px, py, pz, pid, 1, scale))
                event.add_vertex(copy)
            file.write(event)


def _particle(px, py, pz, pid, status, scale):
    import pyhepmc

    energy = np.sqrt(1 + px**2 + py**2 + pz**2)
    return pyhepmc.GenParticle(tuple(scale * x for x in (px, py, pz, energy)), pid, status)


EVENTS = [
    ([(221, 0.1, -0.2, 30.5), (111, 0, 0, 12)], 1.0),
    ([(2112, 0, 0, 50)], 2.0),
    ([(-521, 1.5, 0, 90)], 0.5),
]


@needs_pyhepmc
@pytest.mark.parametrize("unit", ["GEV", "MEV"])
def test_hepmc(tmp_path, unit):
    path = tmp_path / "mine.hepmc3"
    write_hepmc(path, EVENTS, unit=unit)
    events = read_event_list(path)
    assert events.pid.tolist() == [221, 111, -521]  # copies once, no neutron
    assert_allclose(events.momentum_gev, [[0.1, 0, 1.5], [-0.2, 0, 0], [30.5, 12, 90]], rtol=1e-9, atol=1e-12)
    assert events.weight.tolist() == [1, 1, 0.5]
    assert_allclose([events.pot, events.beam_momentum_gev], [3.5, 400.0], rtol=1e-12)


@needs_pyhepmc
def test_hepmc_and_csv_of_the_same_mesons_are_one_spectrum(tmp_path):
    write_hepmc(tmp_path / "mine.hepmc3", EVENTS, pot=2000.0)
    write(tmp_path, HEAD + "221,0.1,-0.2,30.5,1\n111,0,0,12,1\n-521,1.5,0,90,0.5\n")
    for parent in ("pi0", "eta", "B+"):
        ours, theirs = (load_spectrum(parent, tmp_path / name) for name in ("mine.csv", "mine.hepmc3"))
        assert_allclose(theirs.density, ours.density, rtol=1e-9)
        assert_allclose(theirs.multiplicity, ours.multiplicity, rtol=1e-12)


@needs_pyhepmc
def test_hepmc_refusals(tmp_path):
    whole = tmp_path / "whole.hepmc3"
    write_hepmc(whole, EVENTS)
    text = whole.read_text()
    cut = write(tmp_path, text[: len(text) // 2], "cut.hepmc3")
    with pytest.raises(ConfigError, match=r"cut\.hepmc3: not a HepMC3 text file, or cut"):
        read_event_list(cut)
    write_hepmc(tmp_path / "none.hepmc3", [])
    with pytest.raises(ConfigError, match=r"none\.hepmc3: "):
        read_event_list(tmp_path / "none.hepmc3")
    write_hepmc(tmp_path / "pot.hepmc3", EVENTS, pot=-1.0)
    with pytest.raises(ConfigError, match=r"pot\.hepmc3: attribute pot = -1"):
        read_event_list(tmp_path / "pot.hepmc3")
    write_hepmc(tmp_path / "minus.hepmc3", [(EVENTS[0][0], -1.0)])
    with pytest.raises(ConfigError, match=r"minus\.hepmc3: event 1: weight = -1"):
        read_event_list(tmp_path / "minus.hepmc3")
    beamless = write(tmp_path, text.replace(" 4\n", " 1\n"), "beamless.hepmc3")
    with pytest.raises(ConfigError, match=r"beamless\.hepmc3: event 1: no beam particle"):
        read_event_list(beamless)


def test_hepmc_without_the_library(tmp_path, monkeypatch):
    monkeypatch.setattr(hepmc_list.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"mine\.hepmc: HepMC3 needs pyhepmc.*feebly\[generators\]"):
        read_event_list(write(tmp_path, "", "mine.hepmc"))

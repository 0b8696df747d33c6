"""Width tables out and in: ALPINIST's layout, CSV of feebly, a card, a HEPData record; refusals."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import ConfigError, DataError
from feebly.limits.width_table import TableReference, WidthTable
from feebly.publish.width_files import text_tables
from feebly.publish.width_files.alpinist import alpinist_text, file_name, write_alpinist
from feebly.publish.width_files.read import read_width_tables

ABOUT = TableReference(
    "dark-photon", "mixing-rho", "mumu", 1.0, 1.4e17, "current", "epsilon", "efficiency 0.65", "feebly run"
)
MASS, WIDTH = np.array([0.25, 0.3, 1 / 3, 0.7]), np.geomspace(1e-25, 1e-10, 101)
VALUES = np.random.default_rng(3).lognormal(0, 9, (4, 101)) * (np.arange(101) < 80)
TABLE = WidthTable(ABOUT, MASS, WIDTH, VALUES)


def same(one, other):
    for name in ("mass_gev", "width_gev", "values"):
        assert_array_equal(getattr(one, name), getattr(other, name))


def test_round_trip_bit_by_bit(tmp_path):
    other = replace(TABLE, reference=replace(ABOUT, production="eta", coupling=0.5, preset=""))
    paths = write_alpinist([TABLE, other], tmp_path / "new", "NA62")
    assert [path.name for path in paths] == ["NA62_MixingRho_2Mu.dat", "NA62_eta_2Mu.dat"]
    found = {table.reference.production: table for table in read_width_tables([tmp_path / "new"])}
    for table in (TABLE, other):
        same(found[table.reference.production], table)
        assert found[table.reference.production].reference == table.reference


def test_layout_is_that_of_alpinist(tmp_path):
    # its own reader: np.loadtxt, then 101 widths for each mass, the width running fastest
    path = tmp_path / file_name(TABLE, "NA62")
    path.write_text(alpinist_text(TABLE, "NA62"))
    rows = np.loadtxt(path).reshape(-1, 101, 3)
    assert_array_equal(rows[:, 0, 0], MASS)
    assert_array_equal(rows[0, :, 1], WIDTH)
    assert_array_equal(rows[:, :, 2], VALUES)
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# Expected yield for dark-photon at NA62 experiment produced in mixing-rho")
    assert lines[1] == "# m_X[GeV] Gamma_X[GeV] Y[per(coupling = 1, Br(dark-photon->mumu) = 1)]"
    assert "# reference coupling: epsilon = 1.0" in lines


CARD = """
model = "dark-photon"
coupling = 1.0
pot = 1e18
source = "ALPINIST v1.4 (zenodo 15526998)"
[[table]]
file = "NA62_Brems_2Mu.dat"
production = "brems"
final_state = "mumu"
"""


def bare(path, mass=(0.2, 0.4), width=(1e-20, 1e-19), values="1 2 3 4"):
    numbers = iter(values.split())
    path.write_text("".join(f"{m:g} {w:g} {next(numbers)}\n" for m in mass for w in width))


def test_a_card_says_what_files_without_a_header_are(tmp_path):
    bare(tmp_path / "NA62_Brems_2Mu.dat")
    (tmp_path / "card.toml").write_text(CARD)
    (table,) = read_width_tables([tmp_path / "card.toml"])
    assert (table.reference.name, table.reference.pot, table.reference.coupling) == ("brems/mumu", 1e18, 1.0)
    assert table.values.tolist() == [[1, 2], [3, 4]]


def test_feebly_yields_is_read_with_its_lifetimes(tmp_path):
    ctau = [0.1, 1.0, 10.0]
    head = "# model: dark-photon\n# production: eta\n# final state: mumu\n# reference coupling: epsilon = 1\n"
    head += "# branching ratio: 1\n# POT: 1.4e+17\n# response set: 2502 (efficiency 0.65 included)\n"
    with open(tmp_path / "table.csv", "w", newline="") as file:
        file.write(head)
        writer = csv.writer(file)
        writer.writerow(["mass_gev", "ctau_m", "region", "yield", "mc_error"])
        for m in (0.3, 0.4):
            for region in ("SR", "CR"):
                writer.writerows([m, c, region, m * c + (region == "CR"), 0.0] for c in ctau)
    (table,) = read_width_tables([tmp_path / "table.csv"])
    assert_allclose(table.width_gev, HBARC_GEV_M / np.array(ctau[::-1]), rtol=1e-15)
    assert_allclose(table.values, np.outer([0.3, 0.4], ctau[::-1]), rtol=1e-15)
    assert table.reference.contained == "2502 (efficiency 0.65 included)"


@pytest.mark.parametrize(
    ("names", "scale_mass", "scale_width"),
    [("mass_mev,width_mev,events", 1e-3, 1e-3), ("mass_gev,width_gev,events", 1, 1)],
)
def test_units_of_columns(tmp_path, names, scale_mass, scale_width):
    head = alpinist_text(TABLE, "x").split("\n0.25")[0]
    path = tmp_path / "t.csv"
    path.write_text(f"{head}\n{names}\n200,1e-3,1\n200,2e-3,2\n300,1e-3,3\n300,2e-3,4\n")
    (table,) = read_width_tables([path])
    assert_allclose(table.mass_gev, np.array([200, 300]) * scale_mass)
    assert_allclose(table.width_gev, np.array([1e-3, 2e-3]) * scale_width)


def test_acceptance_needs_no_pot(tmp_path):
    path = tmp_path / "t.csv"
    head = "# production: eta\n# final state: mumu\nmass_gev,ctau_m,acceptance_x_efficiency\n"
    path.write_text(head + "0.3,1,0.1\n0.3,2,0.2\n0.4,1,0.3\n0.4,2,0.4\n")
    (table,) = read_width_tables([path])
    assert table.reference.pot is None
    assert_allclose(table(0.3, HBARC_GEV_M / 2), 0.2, rtol=1e-12)


HEAD = "# model: dark-photon\n# production: eta\n# final state: mumu\n# reference coupling: 1\n# POT: 1e17\n"
NAMES = "mass_gev,width_gev,events\n"
GOOD = "0.3,1e-20,1\n0.3,1e-19,2\n0.4,1e-20,3\n0.4,1e-19,4\n"
REFUSED = {
    "wrong column": (HEAD + NAMES.replace("width", "with") + GOOD, "did you mean 'width_gev'"),
    "unknown unit": (HEAD + NAMES.replace("gev,w", "tev,w") + GOOD, "expected one of mass_gev, mass_mev"),
    "two of one": (HEAD + "mass_gev,mass_mev,width_gev,events\n0.3,300,1e-20,1\n", "for the masses"),
    "unsorted": (
        HEAD + NAMES + "".join(GOOD.splitlines(True)[::-1]),
        "t.csv:9: mass_gev = 0.3: expected masses in",
    ),
    "negative N": (HEAD + NAMES + GOOD.replace(",2\n", ",-2\n"), "t.csv:8: events = -2: expected zero or a"),
    "no number": (
        HEAD + NAMES + GOOD.replace(",2\n", ",two\n"),
        't.csv:8: events = "two": expected a number',
    ),
    "nan": (HEAD + NAMES + GOOD.replace(",2\n", ",nan\n"), "t.csv:8: events = nan"),
    "width zero": (HEAD + NAMES + GOOD.replace("1e-20", "0"), "t.csv:7: width_gev = 0: expected a positive"),
    "mass zero": (HEAD + NAMES + GOOD.replace("0.3", "0"), "t.csv:7: mass_gev = 0: expected a positive"),
    "hole": (HEAD + NAMES + "".join(GOOD.splitlines(True)[:3]), "1 rows at mass_gev = 0.4: expected 2"),
    "other widths": (HEAD + NAMES + GOOD.replace("0.4,1e-19", "0.4,2e-19"), "differs from that of the first"),
    "same width": (HEAD + NAMES + GOOD.replace("1e-19", "1e-20"), "expected all different and in order"),
    "cells": (HEAD + NAMES + GOOD + "0.5,1e-20\n", "t.csv:11: 2 columns, expected 3"),
    "empty": ("", "no rows"),
    "only names": (HEAD + NAMES, "no rows of numbers"),
    "no POT": (HEAD.replace("# POT: 1e17\n", "") + NAMES + GOOD, "no line '# pot: ...'"),
    "POT": (HEAD.replace("1e17", "many") + NAMES + GOOD, 'pot = "many": expected a number'),
    "no protons": (HEAD.replace("1e17", "0") + NAMES + GOOD, "POT = 0: expected a positive number"),
    "coupling": (HEAD.replace("coupling: 1", "coupling: -1") + NAMES + GOOD, "reference coupling = -1"),
    "BR": (HEAD + "# branching ratio: 0.5\n" + NAMES + GOOD, "branching ratio 0.5: expected 1"),
    "one mass": (HEAD + NAMES + "".join(GOOD.splitlines(True)[:2]), "masses: expected at least two"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_are_one_line_with_their_place(tmp_path, case):
    text, message = REFUSED[case]
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError) as refusal:
        read_width_tables([tmp_path / "t.csv"])
    assert message in str(refusal.value)
    assert str(tmp_path / "t.csv") in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_other_refusals(tmp_path, monkeypatch):
    path = tmp_path / "t.dat"
    with pytest.raises(DataError, match="cannot read"):
        read_width_tables([path])
    path.write_bytes(b"0.3 1e-20 1\n\xff")
    with pytest.raises(DataError, match=r"t.dat: not UTF-8 text at byte 12"):
        read_width_tables([path])
    with pytest.raises(DataError, match=r"no .dat or .csv file in this folder"):
        read_width_tables([_empty(tmp_path)])
    with pytest.raises(ConfigError, match="no table"):
        read_width_tables([])
    path.write_text(alpinist_text(TABLE, "x"))
    with pytest.raises(ConfigError, match="a second table of dark-photon mixing-rho/mumu"):
        read_width_tables([path, path])
    (tmp_path / "card.toml").write_text(CARD.replace("[[table]]", "[[tables]]"))
    with pytest.raises(ConfigError, match=r"unknown key 'tables'; .* did you mean 'table'"):
        read_width_tables([tmp_path / "card.toml"])
    (tmp_path / "card.toml").write_text(CARD.replace("pot = 1e18", "pot = 0"))
    with pytest.raises(ConfigError, match=r"card.toml: POT = 0"):
        read_width_tables([tmp_path / "card.toml"])
    monkeypatch.setattr(text_tables, "LARGEST_BYTES", 100)
    with pytest.raises(DataError, match="expected a table N"):
        read_width_tables([path])


def _empty(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


RECORD = """
name: "T5 acceptance x efficiency, mumu"
independent_variables:
- header: {name: mass, units: GeV}
  values: [{value: 0.3}, {value: 0.3}, {value: 0.4}, {value: 0.4}]
- header: {name: ctau, units: m}
  values: [{value: 1}, {value: 2}, {value: 1}, {value: 2}]
dependent_variables:
- header: {name: "acceptance x efficiency, eta"}
  qualifiers:
  - {name: production, value: eta}
  - {name: final state, value: mumu}
  values: [{value: 0.1}, {value: 0.2}, {value: 0.3}, {value: '-'}]
"""


def test_a_hepdata_grid_of_acceptance(tmp_path):
    (tmp_path / "t5.yaml").write_text(RECORD)
    (table,) = read_width_tables([tmp_path / "t5.yaml"])
    assert (table.reference.name, table.reference.pot) == ("eta/mumu", None)
    assert_allclose(table.width_gev, HBARC_GEV_M / np.array([2.0, 1.0]), rtol=1e-15)
    assert table.values.tolist() == [[0.2, 0.1], [0.0, 0.3]]
    (tmp_path / "t5.yaml").write_text(RECORD.replace("{name: production, value: eta}", "{name: a, value: b}"))
    with pytest.raises(DataError, match="has no qualifier 'production'"):
        read_width_tables([tmp_path / "t5.yaml"])
    (tmp_path / "t5.yaml").write_text(RECORD.replace("acceptance x efficiency", "limit"))
    with pytest.raises(DataError, match="no table of acceptance against mass and lifetime"):
        read_width_tables([tmp_path / "t5.yaml"])

"""A user's model: what its table says at the knots, what it refuses, and how it scales."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import HBARC_GEV_M, MUON_MASS_GEV
from feebly.core.errors import ConfigError, DomainError
from feebly.core.provenance import Origin
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.models.decay_table import DecayTable, read_decay_table
from feebly.physics.models.user_model import UNLISTED, CouplingScale, UserModel

ASSUMED = Origin("assumed", "test")
RATIOS = "# a comment\nmass_gev,ctau_m,br_ee,br_mumu\n0.1,2e-13,1,0\n0.3,1e-13,0.5,0.4\n1.0,1e-14,0.3,0.3\n"


def write(tmp_path, text, name="decays.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def model(table: DecayTable, **changes) -> UserModel:
    low, high = float(table.mass_gev[0]), float(table.mass_gev[-1])
    values = {"tag": "mine", "coupling": CouplingScale("g", 1e-8, 1e-3), "mass_range_gev": (low, high)}
    return UserModel(**values | {"table": table, "origin": ASSUMED} | changes)


def test_table_of_ratios_at_its_masses(tmp_path):
    mine = model(read_decay_table(write(tmp_path, RATIOS)))
    assert mine.channels == ("ee", "mumu", UNLISTED)
    assert_allclose(mine.ctau_m([0.3, 1.0], 1e-3), [1e-7, 1e-8], rtol=1e-12)
    assert_allclose(mine.branching_ratio("ee", [0.3, 1.0]), [0.5, 0.3], rtol=1e-12)
    assert_allclose(mine.branching_ratio(UNLISTED, [0.3, 1.0]), [0.1, 0.4], rtol=1e-12)
    width = mine.partial_width_gev("mumu", 0.3, 1.0)
    assert_allclose(width, 0.4 * HBARC_GEV_M / 1e-13, rtol=1e-12)


def test_interpolation_is_linear_in_logarithms(tmp_path):
    mine = model(read_decay_table(write(tmp_path, RATIOS)))
    middle = np.sqrt(0.3)
    assert_allclose(mine.ctau_m(middle, 1.0), np.sqrt(1e-27), rtol=1e-12)
    assert_allclose(mine.branching_ratio("mumu", middle), 0.35, rtol=1e-12)


@given(st.floats(np.log(0.1001), 0.0), st.floats(-18, -7))
def test_ratios_sum_to_one_and_widths_scale(ln_mass, ln_coupling):
    table = DecayTable(
        np.array([0.1, 0.3, 1.0]),
        np.array([1e-3, 2e-3, 2e-2]),
        {"ee": np.array([1.0, 0.5, 0.3]), "mumu": np.array([0.0, 0.4, 0.3])},
    )
    mine = model(table, coupling=CouplingScale("g", 1e-8, 1e-3, power=4.0, reference=1e-2))
    mass, g = np.exp(ln_mass), np.exp(ln_coupling)
    assert_allclose(sum(mine.branching_ratio(tag, mass) for tag in mine.channels), 1.0, rtol=1e-12)
    assert_allclose(mine.total_width_gev(mass, g) / mine.total_width_gev(mass, 2 * g), 2.0**-4, rtol=1e-9)
    assert_allclose(mine.total_width_gev(mass, 1e-2), table.total_width_gev(np.array(mass)), rtol=1e-12)


def test_a_known_final_state_opens_at_its_threshold(tmp_path):
    mine = model(read_decay_table(write(tmp_path, RATIOS)))
    assert mine.threshold_gev("mumu") == 2 * MUON_MASS_GEV
    assert mine.branching_ratio("mumu", 0.2) == 0.0
    assert mine.branching_ratio(UNLISTED, 0.2) > 0.3  # what the table has below threshold is not lost
    assert mine.threshold_gev("ee") == pytest.approx(1.02199790e-3, rel=1e-9, abs=0)


def test_an_unknown_final_state_opens_where_its_column_begins(tmp_path):
    text = "mass_gev,width_ee_gev,width_invisible_gev\n0.1,1e-3,0\n0.2,1e-3,0\n0.4,1e-3,3e-3\n"
    mine = model(read_decay_table(write(tmp_path, text)))
    assert mine.threshold_gev("invisible") == 0.2
    assert_allclose(mine.branching_ratio("invisible", 0.4), 0.75, rtol=1e-12)
    assert_allclose(mine.total_width_gev(0.4, 1.0), 4e-3, rtol=1e-12)


def test_a_finely_tabulated_dark_photon_is_the_dark_photon(tmp_path):
    known = DarkPhoton()
    masses = np.geomspace(0.05, 0.7, 1200)
    columns = [masses, *(known.partial_width_gev(tag, masses, 1.0) for tag in ("ee", "mumu", "pipi", "3pi"))]
    rows = "\n".join(",".join(f"{value:.12g}" for value in row) for row in zip(*columns, strict=True))
    text = "mass_gev,width_ee_gev,width_mumu_gev,width_pipi_gev,width_3pi_gev\n" + rows
    mine = model(read_decay_table(write(tmp_path, text)))
    asked = np.array([0.06, 0.25, 0.31, 0.5, 0.65])
    assert_allclose(mine.ctau_m(asked, 1e-6), known.ctau_m(asked, 1e-6), rtol=3e-3)
    assert_allclose(mine.branching_ratio("mumu", asked), known.branching_ratio("mumu", asked), rtol=1e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"decays.csv:1: names of the columns = \"\": expected mass_gev,ctau_m,br_TAG"),
        ("mass,ctau_m,br_ee\n", r":1: names of the columns = \"mass,ctau_m,br_ee\""),
        ("mass_gev,ctau_m\n0.1,1\n0.2,1\n", "names of the columns"),
        ("mass_gev,br_ee\n0.1,1\n0.2,1\n", "names of the columns"),
        ("mass_gev,ctau_m,br_ee,br_ee\n0.1,1,1,0\n0.2,1,1,0\n", "column 'br_ee' stands twice"),
        ("mass_gev,ctau_m,br_ee\n0.1,1,1\n", "1 rows of numbers; expected at least 2"),
        ("mass_gev,ctau_m,br_ee\n0.1,1,1\n0.2,1\n", ":3: 2 columns, expected 3"),
        ("mass_gev,ctau_m,br_ee\n0.1,1,1\n0.2,x,1\n", ':3: ctau_m = "x": expected a number'),
        ("mass_gev,ctau_m,br_ee\n0.1,1,nan\n0.2,1,1\n", ':2: br_ee = "nan": expected a number'),
        (
            "mass_gev,ctau_m,br_ee\n0.2,1,1\n\n0.1,1,1\n",
            ":4: mass_gev = 0.1: expected masses in rising order",
        ),
        ("mass_gev,ctau_m,br_ee\n0.1,0,1\n0.2,1,1\n", ":2: ctau_m = 0: expected a positive length"),
        ("mass_gev,ctau_m,br_ee\n0.1,1,1\n0.2,1,1.2\n", ":3: br_ee = 1.2: expected a number between 0 and 1"),
        ("mass_gev,ctau_m,br_ee,br_mumu\n0.1,1,1,0\n0.2,1,0.6,0.6\n", ":3: sum of the br_ columns = 1.2"),
        ("mass_gev,width_ee_gev\n0.1,-1\n0.2,1\n", ":2: width_ee_gev = -1: expected a width"),
        ("mass_gev,width_ee_gev\n0.1,0\n0.2,1\n", ":2: sum of the width_ columns = 0"),
    ],
)
def test_refusals_of_a_table(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read_decay_table(write(tmp_path, text))


def test_other_refusals(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read .*none.csv: No such file"):
        read_decay_table(tmp_path / "none.csv")
    table = read_decay_table(write(tmp_path, RATIOS))
    with pytest.raises(
        ConfigError, match=r"mass_range_gev = \[0.05, 1.0\]: expected two rising masses inside"
    ):
        model(table, mass_range_gev=(0.05, 1.0))
    with pytest.raises(ConfigError, match="maximum = 1e-09: expected a number above 1e-08"):
        CouplingScale("g", 1e-8, 1e-9)
    mine = model(table)
    with pytest.raises(DomainError, match=r"mass 1\.1 GeV is outside"):
        mine.ctau_m(1.1, 1.0)
    with pytest.raises(DomainError, match="g = -1: expected a positive number"):
        mine.ctau_m(0.5, -1.0)
    with pytest.raises(ConfigError, match=r"unknown channel 'mumuu'.*did you mean 'mumu'\?"):
        mine.branching_ratio("mumuu", 0.5)

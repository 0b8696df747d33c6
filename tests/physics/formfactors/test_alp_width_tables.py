from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.physics.formfactors.alp_hadrons import HADRONIC_CHANNELS, THRESHOLD_GEV
from feebly.physics.formfactors.alp_width_tables import (
    gluon_total_ev,
    gluon_widths,
    quark_widths,
    table_values,
)

REPOSITORY = Path(__file__).parents[3]
REFERENCE = Path(os.environ.get("FEEBLY_REFERENCE") or REPOSITORY / "tests" / "reference")
TABLES = [gluon_widths(), quark_widths()]
every_table = pytest.mark.parametrize("table", TABLES, ids=["gluons", "quarks"])


@pytest.mark.parametrize(
    ("m", "total_ev"),
    [(0.7, 2.04), (1.2, 5.5e4), (1.5, 2.8e5), (2.0, 2.2e5)],  # 1811.03474, Γ_tot at C_GG = 1, Λ = 1 TeV
)
def test_total_from_gluons_where_photons_are_rare(m, total_ev):
    assert_allclose(gluon_widths().total(np.array(m)) * 1e3, total_ev, rtol=0.03)
    assert_allclose(gluon_total_ev(m), total_ev, rtol=0.03)


@pytest.mark.parametrize(
    ("m", "channel", "share"),
    [  # read off the figure of branching ratios of 1811.03474
        (0.7, "pipigamma", 0.91),
        (0.5, "3pi0", 0.34 / (1 - 0.57) * 0.78),  # of the hadrons, which add up to 1.28 of 1 - BR(γγ)
        (1.2, ("pipieta", "pi0pi0eta"), 0.96),
    ],
)
def test_shares_of_the_hadrons(m, channel, share):
    channels = (channel,) if isinstance(channel, str) else channel
    width = sum(gluon_widths().width_gev3(name, m) for name in channels)
    assert_allclose(width / gluon_widths().total(np.array(m)), share, rtol=0.1)


@every_table
def test_channels_add_up_to_the_total_and_open_at_their_thresholds(table):
    m = np.concatenate([np.arange(0.05, table.end_gev, 0.0037), [0.5479, 0.9578]])
    widths = {channel: table.width_gev3(channel, m) for channel in HADRONIC_CHANNELS}
    assert_allclose(sum(widths.values()), table.total(m), rtol=1e-9, atol=1e-30)
    for channel, width in widths.items():
        assert np.all(width >= 0)
        assert np.all(width[m <= THRESHOLD_GEV[channel]] == 0)
        assert np.any(width > 0)


@every_table
def test_poles_of_eta_and_etaprime_are_held(table):
    # the widths grow like a pole up to 5 MeV from the meson and are smooth across it: no spike, no gap
    for pole in (0.547862, 0.95778):
        m = pole + np.linspace(-0.02, 0.02, 401)
        total = table.total(m)
        assert np.max(np.abs(np.diff(np.log(total)))) < 0.05
        assert total[200] > total[0]
        assert total[200] > 0.5 * total.max()


def test_three_pions_from_gluons_end_at_the_etaprime():
    assert gluon_widths().width_gev3("3pi", 0.9577) > 0
    assert gluon_widths().width_gev3("3pi", 0.9579) == 0
    assert quark_widths().width_gev3("3pi", 0.97) > 0


@every_table
def test_between_the_knots_of_the_source(table):
    # from where 3π are open, and off the poles, no width is far from its neighbours
    m = np.arange(0.46, table.end_gev, 1e-3)
    off_pole = (np.abs(m - 0.5479) > 0.03) & (np.abs(m - 0.9578) > 0.05)
    steps = np.abs(np.diff(np.log(table.total(m))))[off_pole[1:]]
    assert np.max(steps) < 0.13


def test_isospin_of_the_gluon_table():
    table = gluon_widths()
    assert_allclose(
        table.width_gev3("pipieta", 1.3) / table.width_gev3("pi0pi0eta", 1.3), 652 / 348, rtol=1e-9
    )
    assert table.width_gev3("pipieta", 0.82) == 0 < table.width_gev3("pi0pi0eta", 0.82)
    assert_allclose(table.width_gev3("2pi2pi0", 1.7) / table.width_gev3("4pi", 1.7), 2.0, rtol=1e-9)
    kaons = table_values("gluons")["kkpi"]
    at = int(np.argmin(np.abs(table_values("gluons")["mass_gev"] - 2.0547)))
    assert_allclose(table.width_gev3("kkpi0", 2.0547), kaons[at] * 1e-3 / 6, rtol=1e-6)


def test_no_extrapolation_and_names():
    with pytest.raises(DomainError, match=r"mass 2\.95 GeV: widths of 1811\.03474 .* end at 2\.8985 GeV"):
        gluon_widths().width_gev3("3pi", [0.5, 2.95])
    with pytest.raises(DomainError, match=r"end at 3 GeV"):
        quark_widths().width_gev3("3pi", 3.01)
    with pytest.raises(ConfigError, match=r"unknown hadronic channel '3pions'"):
        quark_widths().width_gev3("3pions", 1.0)
    with pytest.raises(ConfigError, match=r"unknown table of hadronic ALP widths 'aloni'.*'aloni2018'"):
        gluon_widths("aloni")


@pytest.mark.reference
@pytest.mark.parametrize("part", ["gluons", "quarks"])
def test_shipped_tables_are_rebuilt_by_their_script(part):
    source = REFERENCE / "tables" / "alp_widths.json"
    if not source.exists():
        pytest.skip("the digitised widths are not in the folder of references")
    script = REPOSITORY / "scripts" / "build_alp_widths.py"
    spec = importlib.util.spec_from_file_location("build", script)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    rebuilt = np.array(build.rows(json.loads(source.read_text()), part)).T
    assert_allclose(list(table_values(part).values()), rebuilt, rtol=1e-5)

"""Published hadronic backgrounds of NA62 and the counts for 5 sigma."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError
from feebly.statistics.excess.region_table import (
    SCHEMES,
    load_region_table,
    needed_events,
    region_table_names,
)

HADRONS = load_region_table("na62-hadrons-2502")
# printed in 2502.04241: SR, SR+CR
PRINTED = {
    "pipi": (3, 4), "pipigamma": (3, 5), "3pi": (1, 1), "2pi2pi0": (1, 1), "pipieta": (1, 1), "kk": (1, 2),
    "kkpi0": (1, 1),
}  # fmt: skip


def differences(scheme, sides="two-sided"):
    rows = list(needed_events(HADRONS, scheme, sides))
    assert len(rows) == 14
    return {(row.channel, row.region): row.five for row in rows if row.five != row.published}


def test_published_numbers_are_those_of_the_table():
    assert {tag: channel.events_for_five_sigma for tag, channel in HADRONS.channels.items()} == PRINTED
    assert region_table_names() == ("na62-hadrons-2502",)


def test_central_backgrounds_agree_in_13_of_14_regions():
    assert differences("central") == {("pipigamma", "SR+CR"): 4}


def test_post_hoc_log_normal_agrees_in_all_14():
    assert differences("log-normal-median") == {}


def test_other_conventions_do_not_agree_better_than_the_default():
    assert len(differences("marginalised")) >= 1
    assert ("kk", "SR") in differences("central", "one-sided")  # 4.6e-7 is above 2.87e-7


def test_central_counts_are_those_of_poisson():
    for row in needed_events(HADRONS):
        for sigmas, n in ((3, row.three), (5, row.five)):
            tail = stats.poisson(row.background.mean).sf
            assert tail(n - 1) <= 2 * stats.norm.sf(sigmas) < tail(n - 2)


def test_log_normal_has_the_stated_median_and_width():
    signal, both = SCHEMES["log-normal-median"](HADRONS.channels["pipigamma"], "68%")
    for b, median, sigma in ((signal, 0.007, 0.004), (both, 0.038, 0.020)):
        nodes, weights = b.quadrature()
        assert_allclose(np.exp(weights @ np.log(nodes)), median, rtol=1e-8)
        assert_allclose(np.sqrt(weights @ np.log(nodes / median) ** 2), sigma / median, rtol=1e-8)


FILE = """
name = "mine"
title = "two rows"
meaning = "{meaning}"
origin = {{ kind = "assumed", source = "this test" }}
[channels.x]
signal = {{ mean = {mean}, plus = 0.1, minus = 0.05 }}
control = {{ mean = 1.0, plus = 0.1, minus = 0.1 }}
"""


def test_a_table_of_the_user(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FILE.format(meaning="90%", mean=0.2))
    rows = list(needed_events(load_region_table(path), "marginalised"))
    assert [row.published for row in rows] == [None, None]
    assert_allclose([row.background.mean for row in rows], [0.2, 1.2], rtol=1e-12)
    assert rows[0].five < rows[1].five


@pytest.mark.parametrize(
    ("meaning", "mean", "words"),
    [("", 0.2, "meaning"), ("limit", 0.2, "expected one of 68%, 90%"), ("68%", -1, ":7 mean = -1")],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path, meaning, mean, words):
    path = tmp_path / "mine.toml"
    path.write_text(FILE.format(meaning=meaning, mean=mean))
    with pytest.raises(ConfigError) as error:
        load_region_table(path)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_unknown_schemes_and_tables_are_refused():
    with pytest.raises(ConfigError, match="unknown scheme 'log-normal'; known: central"):
        list(needed_events(HADRONS, "log-normal"))
    with pytest.raises(ConfigError, match="na62-hadrons-2502"):
        load_region_table("na62-hadrons")

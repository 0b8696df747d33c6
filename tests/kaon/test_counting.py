"""Counting searches in kaon decays: the published limits from their counts, and what a file may say."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.core.provenance import Origin
from feebly.kaon.count_file import CountFile, read_count, write_count
from feebly.kaon.counting import (
    branching_ratio_limit,
    implied_acceptance,
    measured_ratio,
    sensitivity,
    thrown_count,
)
from feebly.kaon.search_file import (
    ExpectedBackground,
    Normalisation,
    Stated,
    load_search,
    load_searches,
    search_names,
)
from feebly.statistics.intervals.limits import upper_limit

ORIGIN = Origin("assumed", "test")
INDEPENDENT = {  # name: published limit; their SES is not derived from it
    "pi-mumu": 4.2e-11,
    "pi-ee-2017": 2.2e-10,
    "pi-mue": 4.2e-11,
    "pi-plus-mue": 6.6e-11,
    "pi0-mue": 3.2e-10,
    "pi-nunu-2016-17": 1.78e-10,
}


@pytest.mark.parametrize(("name", "published"), INDEPENDENT.items())
def test_published_limits_from_counts_and_sensitivity(name, published):
    found = branching_ratio_limit(load_search(name))
    assert not found.sensitivity.is_circular
    assert_allclose(found.branching_ratio, published, rtol=0.03)
    assert_allclose(found.ratio_to_published, found.branching_ratio / published, rtol=1e-12)


def test_searches_without_a_sensitivity_say_so():
    """Their limit is the published one by construction; in another convention it is not."""
    circular = {name: s for name, s in load_searches(()).items() if sensitivity(s).is_circular}
    assert len(circular) == 7
    for search in circular.values():
        assert_allclose(branching_ratio_limit(search).branching_ratio, search.published.value, rtol=1e-10)
        assert search.n == 0
    found = branching_ratio_limit(circular["pi-ee"], convention="feldman-cousins")
    assert found.branching_ratio < 0.95 * circular["pi-ee"].published.value


def test_all_modes_of_the_talks_are_there():
    decays = {search.decay for search in load_searches(()).values()}
    assert decays >= {
        "K+ -> pi- mu+ mu+", "K+ -> pi- e+ e+", "K+ -> pi- pi0 e+ e+", "K+ -> pi- mu+ e+",
        "K+ -> pi+ mu- e+", "K+ -> mu- nu e+ e+", "K+ -> pi0 pi- mu+ e+", "K+ -> pi0 pi+ mu- e+",
        "K+ -> pi0 pi+ mu+ e-", "pi0 -> mu- e+", "K+ -> pi+ e+ e- e+ e-",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "factor"),
    [("pi-mumu", 2), ("pi-ee", 12), ("pi-mue", 12), ("pi-plus-mue", 8), ("pi0-mue", 10), ("mu-nu-ee", 250)],
)
def test_improvement_factors_of_the_talks(name, factor):
    assert_allclose(branching_ratio_limit(load_search(name)).improvement, factor, rtol=0.07)


def test_normalisation_of_pi_ee():
    """11041/(1.015e12 x 3.00e-7) = 3.63%; the signal acceptance that the limit implies is 4.28%."""
    search = load_search("pi-ee")
    assert_allclose(search.normalisation.acceptance_efficiency, 0.0363, rtol=2e-3)
    assert_allclose(implied_acceptance(search), 0.0428, rtol=2e-3)


def test_sensitivity_from_a_normalisation_channel():
    channel = Normalisation("K+ -> pi+ e+ e-", 1000.0, Stated(2e-7, ORIGIN), acceptance=Stated(0.05, ORIGIN))
    assert_allclose(channel.number_of_decays, 1e11, rtol=1e-12)
    search = replace(
        load_search("pi-mumu"),
        ses=None,
        normalisation=channel,
        acceptance=Stated(0.04, ORIGIN),
        published=None,
    )
    found = branching_ratio_limit(search)
    assert found.sensitivity.kind == "normalisation"
    assert_allclose(found.sensitivity.value, 2.5e-10, rtol=1e-12)
    assert_allclose(found.branching_ratio, found.events.s_up * 2.5e-10, rtol=1e-12)
    assert found.ratio_to_published is None


def test_errors_weaken_the_limit():
    search = load_search("pi-mumu")
    plain = branching_ratio_limit(search).branching_ratio
    assert_allclose(
        branching_ratio_limit(search, use_background_error=True).branching_ratio, 4.31e-11, rtol=5e-3
    )
    with_error = replace(search, ses=Stated(1.28e-11, ORIGIN, error=0.2 * 1.28e-11))
    assert_allclose(branching_ratio_limit(with_error).branching_ratio, plain, rtol=1e-12)
    assert branching_ratio_limit(with_error, use_sensitivity_error=True).branching_ratio > 1.03 * plain


@pytest.mark.parametrize(
    ("name", "ratio", "plus", "minus"),
    [("pi-nunu-run1", 10.9e-11, 4.0e-11, 3.5e-11), ("pi-nunu-2016-22", 13.9e-11, 3.1e-11, 2.9e-11)],
)
def test_pi_nu_nu_by_counting(name, ratio, plus, minus):
    own = measured_ratio(load_search(name))
    assert_allclose([own.branching_ratio, own.plus, own.minus], [ratio, plus, minus], rtol=0.015)
    published = load_search(name).measured
    assert abs(own.branching_ratio - published.value) < published.plus / 2


@pytest.mark.parametrize(
    ("name", "plus", "minus"),
    [("pi-nunu-run1", 4.11e-11, 3.57e-11), ("pi-nunu-2016-22", 3.3e-11, 3.1e-11)],
)
def test_pi_nu_nu_with_the_error_of_the_background(name, plus, minus):
    own = measured_ratio(load_search(name), use_background_error=True)
    assert_allclose([own.plus, own.minus], [plus, minus], rtol=0.02)


def test_no_measurement_below_the_background():
    with pytest.raises(DomainError, match="n = 0"):
        measured_ratio(load_search("pi-ee"))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("n = 1\n", "n = -1\n", "n = -1: expected zero or a positive number"),
        ("mean = 0.91", "mean = -0.91", "mean = -0.91: expected zero or a positive number"),
        ("value = 1.28e-11", "value = 0", "value = 0"),
        ("[ses]", "[sess]", "sess"),
        ('parent = "K+"', 'parent = "K"', "one of K\\+, pi0"),
        ("n = 1\n", 'n = "1"\n', "expected an? (whole number|integer)"),
    ],
)
def test_one_line_for_a_wrong_file(tmp_path, old, new, line):
    from feebly.core.tables import _shipped_folder
    from feebly.kaon.search_file import FOLDER

    text = (_shipped_folder(FOLDER) / "pi-mumu.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=line) as refusal:
        load_search(str(tmp_path / "mine.toml"))
    assert "mine.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_scale_is_required_and_only_one():
    search = load_search("pi-ee")
    with pytest.raises(ConfigError, match="ses"):
        replace(search, published=None)
    with pytest.raises(ConfigError, match="normalisation"):
        replace(search, normalisation=None, acceptance=Stated(0.04, ORIGIN))
    with pytest.raises(ConfigError, match="no 'ses' beside it"):
        replace(search, ses=Stated(1e-11, ORIGIN), acceptance=Stated(0.04, ORIGIN))
    with pytest.raises(ConfigError, match="acceptance or decays"):
        Normalisation("K+ -> pi+ e+ e-", 10.0, Stated(2e-7, ORIGIN))


def test_pi0_to_nothing_depends_on_how_the_error_of_its_background_enters():
    """10 +22 -8 expected, 12 seen, 4e9 π0; published 4.4e-9, or 17.6 events. No convention chosen by it."""
    search = load_search("pi0-invisible")
    assert_allclose(search.published.value / sensitivity(search).value, 17.6, rtol=1e-9)
    assert_allclose(branching_ratio_limit(search).improvement, 2.7e-7 / (8.3614 * 2.5e-10), rtol=1e-4)
    known, averaged, profiled = (
        branching_ratio_limit(search, convention=convention, use_background_error=error).ratio_to_published
        for convention, error in (("cls-counting", False), ("cls-counting", True), ("cls-profile", True))
    )
    assert known < averaged < 1 < profiled < 1.2


def test_zero_background_is_allowed_and_names_are_unique():
    assert ExpectedBackground(0.0, ORIGIN).mean == 0
    assert len(search_names()) == 16
    with pytest.raises(ConfigError, match="each once"):
        load_searches(("pi-ee", "pi-ee"))


def test_without_events_the_limit_is_expected():
    """b = 0.2: the median count is zero, and CLs of zero events is exp(-s): s < ln 10."""
    search = replace(
        load_search("pi-mumu"), n=None, n_origin=None, background=ExpectedBackground(0.2, ORIGIN)
    )
    found = branching_ratio_limit(search)
    assert not found.is_observed
    assert_allclose(found.branching_ratio, math.log(10) * 1.28e-11, rtol=1e-6)
    assert_allclose(found.expected, found.branching_ratio, rtol=1e-12)


def test_the_expected_limit_is_that_of_the_median_count():
    """The median of a Poisson distribution with mean 3 is 3."""
    found = branching_ratio_limit(replace(load_search("pi-mumu"), background=ExpectedBackground(3.0, ORIGIN)))
    assert_allclose(found.expected, upper_limit(3, 3.0).s_up * 1.28e-11, rtol=1e-9)
    assert_allclose(found.branching_ratio, upper_limit(1, 3.0).s_up * 1.28e-11, rtol=1e-9)


def test_other_data_keep_the_sensitivity():
    """Also where the published limit tells it: that is of the published count."""
    search = load_search("pi-ee")
    found = branching_ratio_limit(search, n=3)
    assert found.is_observed
    assert found.sensitivity == sensitivity(search)
    assert_allclose(found.branching_ratio / found.sensitivity.value, upper_limit(3, 0.43).s_up, rtol=1e-12)


@settings(max_examples=20)
@given(st.floats(-13, -8), st.integers(0, 5))
def test_thrown_counts(exponent, seed):
    """One of a Poisson distribution: the mean of many seeds is b + BR/SES."""
    search, ratio = load_search("pi-mumu"), 10**exponent
    thrown = [thrown_count(search, ratio, 1000 * seed + k) for k in range(60)]
    mean = 0.91 + ratio / 1.28e-11
    assert abs(np.mean(thrown) - mean) < 6 * math.sqrt(mean / 60)


def test_counts_thrown_need_a_branching_ratio_of_zero_or_more():
    with pytest.raises(DomainError, match="zero or a positive"):
        thrown_count(load_search("pi-mumu"), -1e-11, 1)


def test_a_count_is_read_as_written(tmp_path):
    search, path = load_search("pi-mumu"), tmp_path / "count.toml"
    count = CountFile(search.decay, 7, Origin("derived", 'pseudo-data, "seed" 1'))
    write_count(path, count)
    assert read_count(path, search) == count
    with pytest.raises(ConfigError, match=r"count.toml:1 decay = .* expected that of the search"):
        read_count(path, load_search("pi-ee"))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"blinded": True}, "no 'n' where 'blinded = true'"),
        ({"n": None}, "'n' beside it"),
        ({"n": None, "n_origin": None, "ses": None}, "'ses' or 'acceptance' where there is no 'n'"),
        ({"n_origin": None}, "where 'n' is from"),
    ],
)
def test_a_search_with_blinded_or_missing_events(change, line):
    with pytest.raises(ConfigError, match=line):
        replace(load_search("pi-mumu"), **change)

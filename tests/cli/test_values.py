"""Text to values; every refusal is one line with place, value, expectation and mend."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.cli import values
from feebly.core.errors import ConfigError

log_uniform = st.floats(-300, 300).map(lambda u: 10.0**u)


@given(x=log_uniform)
def test_number_reads_what_python_writes(x):
    assert values.number(repr(x), "--pot") == x
    assert values.number(f" {-x!r} ", "--pot") == -x


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("1.4e17 POT", "; did you mean 1.4e17?"),
        ("1,4e17", "; did you mean 1.4e17?"),
        ("0.3GeV", "; did you mean 0.3?"),
        ("90%", "; did you mean 90?"),
        ("10^18", "; did you mean 1e18?"),
        ("1.4 x 10**17", "; did you mean 1.4e17?"),
        ("ten", ""),
        ("", ""),
        ("1.4e17.5", ""),
        ("3-4", ""),
    ],
)
def test_text_where_a_number_is_expected(text, mend):
    with pytest.raises(ConfigError) as error:
        values.number(text, "--pot")
    assert str(error.value) == f'--pot "{text}": expected a number{mend}'


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999"])
def test_numbers_are_finite(text):
    with pytest.raises(ConfigError, match="expected a finite number"):
        values.number(text, "--pot")


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1e3", "two", ""])
def test_positive_whole_numbers(text):
    with pytest.raises(ConfigError, match=f'--jobs "{text}": expected a whole number, 1 or more'):
        values.positive(text, "--jobs")
    assert values.positive("2", "--jobs") == 2


def test_option_that_was_not_given():
    assert values.given(values.number, None, "--pot") is None
    assert values.given(values.number, "2", "--pot") == 2


def test_range():
    assert values.value_range("0.05:0.7:60", "--mass") == (0.05, 0.7, 60)
    assert values.value_range("1e-8:1e-3", "--coupling") == (1e-8, 1e-3, values.DEFAULT_POINTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1", '--mass "0.1": expected MIN:MAX:N such as 0.05:0.7:60'),
        ("0.1-0.5", '--mass "0.1-0.5": expected MIN:MAX:N such as 0.05:0.7:60'),
        ("1:2:3:4", '--mass "1:2:3:4": expected MIN:MAX:N such as 0.05:0.7:60'),
        ("0.5:0.1:9", '--mass "0.5:0.1:9": expected MIN below MAX; did you mean 0.1:0.5:9?'),
        ("0.5:0.5:9", '--mass "0.5:0.5:9": expected MIN below MAX'),
        ("0:0.5:9", '--mass "0:0.5:9": expected numbers above 0: the steps are logarithmic'),
        ("-1:0.5:9", '--mass "-1:0.5:9": expected numbers above 0: the steps are logarithmic'),
        ("0.1:0.5:1", '--mass N "1": expected a whole number, 2 or more'),
        ("0.1:0.5:9.5", '--mass N "9.5": expected a whole number, 2 or more'),
        ("0.1:0.5:1000000000", '--mass "0.1:0.5:1000000000": expected at most 10000 points'),
        ("0.1:half:9", '--mass "half": expected a number'),
        ("0.1:500MeV:9", '--mass "500MeV": expected a number; did you mean 500?'),
    ],
)
def test_range_refused(text, message):
    with pytest.raises(ConfigError) as error:
        values.value_range(text, "--mass")
    assert str(error.value) == message


def test_masses_one_list_or_range():
    assert values.points("0.3", "--mass") == (0.3,)
    assert values.points("0.3, 0.4", "--mass") == (0.3, 0.4)
    assert_allclose(values.points("0.01:1:3", "--mass"), [0.01, 0.1, 1.0], rtol=1e-12)


@given(low=st.floats(-3, 0), width=st.floats(1e-3, 3), n=st.integers(2, 200))
def test_masses_of_a_range_are_logarithmic_between_exact_ends(low, width, n):
    ends = 10.0**low, 10.0 ** (low + width)
    masses = values.points(f"{ends[0]!r}:{ends[1]!r}:{n}", "--mass")
    assert (masses[0], masses[-1], len(masses)) == (*ends, n)
    steps = [math.log(b / a) for a, b in pairwise(masses)]
    assert_allclose(steps, steps[0], rtol=1e-6)


def test_names():
    assert values.names("ee, mumu,ee", "--channels") == ("ee", "mumu")
    for text in ["", ",", "ee,,mumu", "ee,"]:
        with pytest.raises(ConfigError, match="expected names separated by commas"):
            values.names(text, "--channels")


def test_response_sets():
    assert values.response_sets("2502", "--response") == "2502"
    assert values.response_sets("mumu=2303, ee=2312", "--response") == {"mumu": "2303", "ee": "2312"}
    for text in ["mumu=", "=2303", "mumu=2303,2312", "mumu=a=b"]:
        with pytest.raises(ConfigError, match="expected NAME or CHANNEL=NAME"):
            values.response_sets(text, "--response")
    with pytest.raises(ConfigError, match="expected each channel once"):
        values.response_sets("ee=2303,ee=2312", "--response")

"""Combinations of data sets: correlated nuisances by name, POT, overlaps, and the file format."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import BetaProduct, Fixed, TruncatedGaussian, combined_upper_limit, upper_limit
from feebly.statistics.regions.combination import DataSet, combine, combined_model
from feebly.statistics.regions.combination_file import combination_names, read_combination
from feebly.statistics.regions.model import Nuisance, Region


def data_set(name, n=0, b=0.1, s=1.0, pot=None, **more):
    return DataSet(name, (Region("SR", n, Fixed(b), s, **more),), pot)


def test_data_sets_of_different_pot_combine_as_one_search():
    first, second = (
        data_set("2021", n=1, b=0.1, s=2.0, pot=1.4e17),
        data_set("run 2", b=0.7, s=14.0, pot=1e18),
    )
    found = combine([first, second])
    assert_allclose(found.combined.mu_up, combined_upper_limit([1, 0], [0.1, 0.7]).s_up / 16, rtol=1e-9)
    assert [limit.regions for limit in found.regions] == [("2021/SR",), ("run 2/SR",)]
    assert found.best.regions == ("run 2/SR",)
    assert_allclose(found.gain, (math.log(10) / 14) / found.combined.mu_up, rtol=1e-9)
    assert found.data_sets == ()  # each has one region


def test_regions_and_data_sets_have_their_own_limits():
    two = DataSet("a", (Region("ee", 0, Fixed(0.1), 1.0), Region("mumu", 2, Fixed(0.5), 3.0)))
    found = combine([two, data_set("b", s=2.0)])
    assert_allclose(
        [limit.mu_up for limit in found.regions[:2]], [math.log(10), upper_limit(2, 0.5).s_up / 3]
    )
    assert_allclose(found.data_sets[0].mu_up, combined_upper_limit([0, 2], [0.1, 0.5]).s_up / 4, rtol=1e-9)
    assert combine([two]).data_sets == ()
    assert combine([two]).combined.regions == ("ee", "mumu")


def test_what_cannot_be_answered_is_refused_before_anything_is_computed():
    steps = []
    two = DataSet("a", (Region("first", 1, Fixed(0.1)), Region("second", 0, BetaProduct(5.0, (1.0,), 9.0))))
    with pytest.raises(ConfigError, match="region second: background BetaProduct with convention"):
        combine([two], convention="cls-profile", progress=lambda done, total, text: steps.append(text))
    assert steps == ["limit 1 of 3"]


def test_progress_of_a_combination_never_falls_back():
    seen = []
    two = DataSet("a", (Region("ee", 0, Fixed(0.1), 1.0), Region("mumu", 1, Fixed(0.5), 3.0)))
    combine([two], convention="feldman-cousins", progress=lambda done, total, _: seen.append(done / total))
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert 0.9 < seen[-1] <= 1


def test_a_name_is_correlated_over_data_sets_and_two_names_are_not():
    def limit(*names):
        nuisances = [(Nuisance(name, 0.3),) for name in names]
        return combine(
            [data_set(str(i), signal_nuisances=nu) for i, nu in enumerate(nuisances)]
        ).combined.mu_up

    same, different = limit("luminosity", "luminosity"), limit("luminosity 1", "luminosity 2")
    assert same > 1.005 * different > 1.005 * math.log(10) / 2
    # n = 0: E[exp(-mu kappa)]^2 against E[exp(-2 mu kappa)], each 0.1
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    kappa = np.exp(math.sqrt(math.log(1.09)) * z - math.log(1.09) / 2)
    assert_allclose(weight @ np.exp(-2 * same * kappa), 0.1, rtol=1e-7)
    assert_allclose((weight @ np.exp(-different * kappa)) ** 2, 0.1, rtol=1e-7)


def test_a_common_background_scale_over_data_sets():
    scale = (Nuisance("b", 0.5, "truncated-gaussian"),)
    found = combine([data_set(str(i), n=2, b=1.5, background_nuisances=scale) for i in range(2)])
    assert_allclose(found.combined.s_up, upper_limit(4, TruncatedGaussian(3.0, 1.5)).s_up, rtol=1e-8)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.floats(0.01, 3), st.floats(0.1, 10), st.floats(0, 0.5)), min_size=2, max_size=3
    )
)
def test_without_events_the_combination_is_at_least_as_strong_as_the_best_region(rows):
    sets = [
        data_set(str(i), b=b, s=s, signal_nuisances=(Nuisance(f"e{i}", e), Nuisance("pot", 0.2)))
        for i, (b, s, e) in enumerate(rows)
    ]
    assert combine(sets).gain >= 1 - 1e-9


REGIONS = [("SR", 0, Fixed(0.1)), ("CR", 0, Fixed(0.1))]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: combine([]), "at least one data set"),
        (lambda: combine([data_set("a"), data_set("a")]), "overlapping regions: data set 'a' stands twice"),
        (
            lambda: combine([data_set("a", pot=1e17), data_set("b")]),
            "different POT in one combination: a 1e+17 POT, b without POT",
        ),
        (
            lambda: DataSet(
                "a", (Region("SR", 0, Fixed(0.1), pot=1e17), Region("CR", 0, Fixed(0.1), pot=1e18))
            ),
            "different POT in one combination: SR 1e+17 POT, CR 1e+18 POT",
        ),
        (
            lambda: DataSet("a", (Region("SR", 0, Fixed(0.1), pot=1e17),), pot=1e18),
            "different POT in one combination: data set a 1e+18 POT, its region SR 1e+17 POT",
        ),
        (
            lambda: DataSet(
                "a", (Region("SR", 0, Fixed(0.1)), Region("CR", 0, Fixed(0.1), contains=("SR",)))
            ),
            "contains 'SR'",
        ),
        (
            lambda: combine([data_set("a"), data_set("b", contains=("a/SR",))]),
            "overlapping regions: 'b/SR' contains 'a/SR'",
        ),
        (lambda: combine([data_set("a", n=None), data_set("b")]), "region a/SR: n is missing"),
    ],
)
def test_wrong_combinations_are_refused_in_one_line(make, words):
    with pytest.raises(ConfigError) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


# --- files --------------------------------------------------------------------------------------------

FILE = """
[[data_set]]
name = "2021"
pot = 1.4e17
[[data_set.region]]
name = "SR"
observed = 1
signal = 2.0
background = { shape = "truncated-gaussian", mean = 0.016, sigma = 0.002 }
signal_nuisances = { pot = 0.2 }
background_nuisances = { halo = 0.3 }
[nuisance_shapes]
halo = "truncated-gaussian"
"""


def written(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_file_becomes_data_sets(tmp_path):
    region = Region(
        "SR",
        1,
        TruncatedGaussian(0.016, 0.002),
        2.0,
        (Nuisance("pot", 0.2),),
        (Nuisance("halo", 0.3, "truncated-gaussian"),),
    )
    assert read_combination([written(tmp_path, FILE)]) == (DataSet("2021", (region,), 1.4e17),)


def test_a_file_of_one_data_set_is_named_after_it(tmp_path):
    text = 'pot = 1e18\n[[region]]\nname = "SR"\nobserved = 0\nsignal = 1\n'
    text += 'background = { shape = "fixed", mean = 0.1 }'
    sets = read_combination([written(tmp_path, text, "a.toml"), written(tmp_path, text, "b.toml")])
    assert [(found.name, found.pot) for found in sets] == [("a", 1e18), ("b", 1e18)]
    assert_allclose(combine(sets).combined.s_up, math.log(10), rtol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ("observed = 1", "observed = -1", DomainError, "mine.toml:5 region SR: n = -1"),
        ("mean = 0.016", "mean = nan", DomainError, "mine.toml:5 background mean = nan"),
        ("sigma = 0.002", "sgima = 0.002", ConfigError, "did you mean 'sigma'?"),
        ("mean = 0.016, ", "", ConfigError, "missing mean"),
        ("background = ", "# ", ConfigError, "region SR: background missing"),
        ("signal = 2.0", "signl = 2.0", ConfigError, "did you mean 'signal'?"),
        ("pot = 0.2", "pot = 20", DomainError, "sigma of nuisance pot = 20.0"),
        ("pot = 1.4e17", "pot = 0", DomainError, "data set 2021: pot = 0"),
        ('shape = "truncated-gaussian"', 'shape = "interval", plus = 1, minus = 1', ConfigError, "sigma"),
        ("[[data_set]]", '[[region]]\nname="x"\nsignal=1\n[[data_set]]', ConfigError, "expected either"),
        ('halo = "truncated-gaussian"', 'halo = "normal"', ConfigError, "log-normal"),
    ],
)
def test_wrong_files_are_refused_in_one_line_with_their_place(tmp_path, old, new, error, words):
    assert old in FILE
    with pytest.raises(error) as refusal:
        read_combination([written(tmp_path, FILE.replace(old, new, 1))])
    assert words in str(refusal.value)
    assert "mine.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_interval_must_say_what_it_means(tmp_path):
    shape = 'shape = "interval", mean = 0.0094, plus = 0.049, minus = 0.009'
    text = FILE.replace('shape = "truncated-gaussian", mean = 0.016, sigma = 0.002', shape)
    with pytest.raises(ConfigError, match="missing meaning"):
        read_combination([written(tmp_path, text)])


def test_the_shipped_example_is_the_one_in_the_docs(capsys):
    from feebly.cli.commands.combine import combine as command

    assert combination_names() == ("example-dileptons",)
    model = combined_model(read_combination(["example-dileptons"]))
    assert isinstance(model.regions[1].background, BetaProduct)
    command(["example-dileptons"])
    page = Path(__file__).parents[3].joinpath("docs", "combination.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out in page

"""cls-profile of several regions: against one region, closed forms, brute maximisation and pyhf."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize, stats
from scipy.special import gammaln, xlogy

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import (
    CountingModel,
    Fixed,
    Gamma,
    Nuisance,
    Region,
    Sum,
    TruncatedGaussian,
    joint_cls,
    joint_upper_limit,
    upper_limit,
)
from feebly.statistics.intervals.profile import q_tilde
from feebly.statistics.regions import joint_profile
from feebly.statistics.regions.joint_profile import profile_curve
from feebly.statistics.regions.nuisances import TooManyError
from feebly.statistics.regions.profile_fit import Outcome
from feebly.statistics.regions.profile_model import profile_model

PROFILE = "cls-profile"


def region(name, n, b, sigma=0.0, signal=1.0, on_background=()):
    background = TruncatedGaussian(b, sigma) if sigma else Fixed(b)
    return Region(name, n, background, signal, (), on_background)


def limit(*regions, **options):
    return joint_upper_limit(CountingModel(regions), convention=PROFILE, **options)


def outcomes(rows, size, nuisances, seed=2):
    """Random data: counts, measured backgrounds, measured nuisances."""
    rng = np.random.default_rng(seed)
    return Outcome(
        rng.integers(0, 9, (rows, size)).astype(float),
        rng.normal(1.0, 1.0, (rows, size)),
        rng.standard_normal((rows, nuisances)),
    )


def test_list_of_one_region_is_that_region():
    found = limit(region("a", 1, 0.016, 0.002))
    assert_allclose(found.s_up, 3.28, rtol=0.01)
    assert_allclose(found.s_up, upper_limit(1, 0.016, 0.002, convention=PROFILE).s_up, rtol=1e-7)
    assert (found.convention, found.ordering, found.method) == (PROFILE, "none", "enumeration")
    assert 0 < found.cls_error < 1e-8


@pytest.mark.parametrize(("n", "b", "sigma"), [(3, 1.0, 0.5), (2, 0.0, 0.5), (3, 1.0, 0.0), (28, 26.3, 3.4)])
def test_list_of_one_region_at_other_counts(n, b, sigma):
    one = upper_limit(n, b, sigma or None, convention=PROFILE)
    assert_allclose(limit(region("a", n, b, sigma, signal=2.0)).s_up, one.s_up, rtol=2e-7)


@pytest.mark.parametrize("sigma", [0.0, 0.3])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_events_give_ln10_for_any_number_of_regions(size, sigma):
    regions = [region(f"r{i}", 0, 0.5 + i, sigma, signal=1.0 + 2 * i) for i in range(size)]
    assert_allclose(limit(*regions).s_up, np.log(10), rtol=1e-8)


def test_splitting_a_region_without_events_changes_nothing():
    event = region("a", 1, 0.016, 0.002)
    whole = limit(event, region("b", 0, 0.6, signal=2.0))
    halves = limit(event, region("b1", 0, 0.3, signal=1.0), region("b2", 0, 0.3, signal=1.0))
    assert_allclose(halves.mu_up, whole.mu_up, rtol=1e-7)
    empty = [limit(*(region(f"b{i}", 0, 0.6 / k, 0.1, signal=2.0 / k) for i in range(k))) for k in (1, 2)]
    assert_allclose(empty[0].mu_up, empty[1].mu_up, rtol=1e-8)


def test_relabelling_changes_nothing():
    regions = [region("a", 1, 0.3, 0.1), region("b", 0, 0.5, signal=2.0), region("c", 1, 0.2, signal=0.5)]
    first = limit(*regions).mu_up
    assert_allclose(limit(*regions[::-1]).mu_up, first, rtol=1e-8)
    assert_allclose(limit(regions[1], regions[0], regions[2]).mu_up, first, rtol=1e-8)


def test_rises_with_the_count_of_either_region():
    table = np.array(
        [
            [limit(region("a", n, 0.3), region("b", m, 0.8, signal=0.6)).mu_up for m in range(3)]
            for n in range(3)
        ]
    )
    assert np.all(np.diff(table, axis=0) > 0)
    assert np.all(np.diff(table, axis=1) > 0)


@pytest.mark.parametrize("counts", [(0, 0, 0), (1, 0, 0), (0, 1, 2), (2, 2, 1)])
def test_known_backgrounds_of_one_ratio_are_one_region(counts):
    # the likelihood depends on mu through the total alone, and q-tilde falls with it: P(N <= n) ratios
    regions = [
        region(f"r{i}", n, 0.4 * f, signal=f)
        for i, (n, f) in enumerate(zip(counts, (1, 2, 0.5), strict=True))
    ]
    assert_allclose(limit(*regions).s_up, upper_limit(sum(counts), 1.4).s_up, rtol=1e-8)


def test_known_backgrounds_by_explicit_enumeration():
    signals, backgrounds, observed, mu = np.array([1.5, 0.7]), np.array([0.3, 1.1]), (1, 2), 2.2

    def minus_log_likelihood(n, strength):
        mean = strength * signals + backgrounds
        return float((mean - xlogy(n, mean) + gammaln(np.add(n, 1.0))).sum())

    def q(n):
        fit = optimize.minimize_scalar(
            lambda strength: minus_log_likelihood(n, strength),
            bounds=(0, mu), method="bounded", options={"xatol": 1e-10},
        )  # fmt: skip
        best = min(fit.fun, minus_log_likelihood(n, 0.0), minus_log_likelihood(n, mu))
        return 2 * (minus_log_likelihood(n, mu) - best)

    grid = [(i, j) for i in range(22) for j in range(22)]
    reached = [n for n in grid if q(n) >= q(observed) * (1 - 1e-6)]
    tails = [sum(np.exp(-minus_log_likelihood(n, strength)) for n in reached) for strength in (mu, 0.0)]
    model = CountingModel(tuple(map(region, "ab", observed, backgrounds, (0, 0), signals)))
    assert_allclose(joint_cls(model, mu, PROFILE), tails[0] / tails[1], rtol=1e-8)
    assert joint_cls(model, [[0.0, mu]], PROFILE).shape == (1, 2)


POT = Nuisance("pot", 0.2)
SCALE = Nuisance("scale", 0.4, "truncated-gaussian")
MODELS = {
    "own errors": CountingModel((region("a", 1, 0.5, 0.2), region("b", 1, 0.8, 0.4, 2.0))),
    "one name": CountingModel(
        (
            region("a", 1, 0.5, on_background=(Nuisance("x", 0.3),)),
            region("b", 2, 1.5, 0, 2.0, (Nuisance("x", 0.6),)),
        )
    ),
    "truncated name": CountingModel(
        (region("a", 1, 0.5, 0.2, on_background=(SCALE,)), region("b", 2, 1.5, 0, 2.0, (SCALE,)))
    ),
    "all": CountingModel(
        (
            region("a", 1, 0.5, 0.4, 1.0, (SCALE, POT)),
            region("b", 2, 1.5, 0.0, 2.0, (SCALE, Nuisance("pot", 0.4))),
            region("c", 0, 0.2, 0.1, 0.0, (Nuisance("own", 0.5), POT)),
        )
    ),
}  # fmt: skip


def brute_q(model, data, mu):
    """q-tilde of one outcome by general minimisation over mu, the factors by name and the backgrounds."""
    regions = model.regions
    names = sorted({nu.name for r in regions for nu in r.background_nuisances})
    sigmas = [getattr(r.background, "sigma", 0.0) for r in regions]

    def factor(nuisances, z):
        product = 1.0
        for nu in nuisances:
            at = z[names.index(nu.name)]
            straight = nu.shape == "truncated-gaussian"
            product *= 1 + nu.sigma * at if straight else np.exp(np.sqrt(np.log1p(nu.sigma**2)) * at)
        return max(product, 1e-12)

    def minus_two_log(parameters):
        strength, z, b = parameters[0], parameters[1 : 1 + len(names)], parameters[1 + len(names) :]
        total = ((z - data["z"]) ** 2).sum()
        for r, at_b, n, a, sigma in zip(regions, b, data["n"], data["a"], sigmas, strict=True):
            background = at_b if sigma else r.background.mean
            mean = strength * r.signal + background * factor(r.background_nuisances, z)
            total += 2 * (mean - xlogy(n, mean)) + (((at_b - a) / sigma) ** 2 if sigma else at_b**2)
        return total

    def best(low, high):
        found = [
            optimize.minimize(
                minus_two_log, [start, *data["z"], *np.maximum(data["a"], 0.1)], method="L-BFGS-B",
                bounds=[(low, high), *[(-2.4999, 9)] * len(names), *[(0, None)] * len(regions)],
                options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 3000},
            ).fun
            for start in dict.fromkeys((low, high))
        ]  # fmt: skip
        return min(found)

    return best(mu, mu) - best(0.0, mu)


@pytest.mark.parametrize("name", MODELS)
def test_q_tilde_against_general_minimisation(name):
    model = MODELS[name]
    profile = profile_model(model)
    names = sorted({nu.name for r in model.regions for nu in r.background_nuisances})
    data = outcomes(4, len(model.regions), len(profile.straight))
    measured = np.where(profile.sigmas > 0, data.measured, profile.backgrounds)
    data = Outcome(data.counts, measured, data.auxiliary)
    # the straight directions come last, after the log-normal names
    order = [n for n in names if n != "scale"] + [n for n in names if n == "scale"]
    found = profile.q_tilde(data, 1.3)
    for i in range(4):
        z = data.auxiliary[i][[order.index(n) for n in names]] if names else np.zeros(0)
        one = {"n": data.counts[i], "a": measured[i], "z": z}
        assert found[i] == pytest.approx(brute_q(model, one, 1.3), rel=2e-5, abs=2e-6)


@pytest.mark.parametrize("name", MODELS)
def test_slopes_of_q_tilde_are_its_derivatives(name):
    profile = profile_model(MODELS[name])
    data = outcomes(20, len(MODELS[name].regions), len(profile.straight))
    data = Outcome(
        data.counts, np.where(profile.sigmas > 0, data.measured, profile.backgrounds), data.auxiliary
    )
    q, on_a, on_z = profile.q_and_slopes(data, 1.3)
    h = 1e-5
    for r in np.flatnonzero(profile.sigmas):
        moved = data.measured + h * profile.sigmas * (np.arange(len(profile.sigmas)) == r)
        there = profile.q_tilde(Outcome(data.counts, moved, data.auxiliary), 1.3)
        assert_allclose((there - q) / h, on_a[:, r], rtol=1e-3, atol=1e-3)
    for k in range(len(profile.straight)):
        moved = data.auxiliary + h * (np.arange(len(profile.straight)) == k)
        there = profile.q_tilde(Outcome(data.counts, data.measured, moved), 1.3)
        assert_allclose((there - q) / h, on_z[:, k], rtol=1e-3, atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 40),
    s=st.floats(0.01, 40),
    a=st.floats(-5, 40),
    sigma=st.floats(0.01, 8),
)
def test_q_tilde_of_one_region_is_that_of_the_closed_form(n, s, a, sigma):
    profile = profile_model(CountingModel((region("a", 0, 1.0, sigma),)))
    data = Outcome(np.array([[float(n)]]), np.array([[a]]), np.zeros((1, 0)))
    assert_allclose(profile.q_tilde(data, s), q_tilde(n, a, s, sigma), rtol=1e-9, atol=1e-11)


def test_limit_by_enumeration_agrees_with_toys():
    model = MODELS["own errors"]
    exact = joint_upper_limit(model, convention=PROFILE, method="enumeration")
    toys = joint_upper_limit(model, convention=PROFILE, method="toys", toys=20_000, seed=4)
    assert (exact.method, exact.mc_error, exact.toys) == ("enumeration", 0.0, 0)
    assert (toys.method, toys.toys, toys.seed) == ("toys", 20_000, 4)
    assert exact.cls_error < 1e-4
    assert 0 < toys.mc_error < 0.005
    assert abs(toys.mu_up - exact.mu_up) < 4 * toys.mu_error


@pytest.mark.parametrize("name", ["own errors", "one name"])
def test_cls_by_enumeration_agrees_with_toys(name):
    exact, drawn = profile_curve(MODELS[name]), profile_curve(MODELS[name], 10_000, 3)
    pulls = []
    for mu in (1.2, 2.0):
        value, error = drawn(mu)
        pulls.append((value - exact(mu)[0]) / error)
    assert stats.chi2(len(pulls)).sf(np.sum(np.square(pulls))) > 1e-4


def test_nuisances_beside_each_other_are_drawn():
    model = MODELS["all"]
    limit_ = joint_upper_limit(model, convention=PROFILE, toys=300)
    assert (limit_.method, limit_.toys) == ("toys", 300)
    values = [profile_curve(model, 300, seed)(1.0) for seed in (1, 1, 2)]
    assert values[0] == values[1] != values[2]
    with pytest.raises(TooManyError, match="nuisances by name are too many to enumerate; use method 'toys'"):
        joint_upper_limit(model, convention=PROFILE, method="enumeration")


def test_default_number_of_toys_and_their_progress():
    steps = []
    seen = lambda done, total, text: steps.append((done / total, text))  # noqa: E731
    found = joint_upper_limit(MODELS["own errors"], convention=PROFILE, method="toys", progress=seen)
    assert (found.toys, found.seed) == (joint_profile.DEFAULT_TOYS, 1)
    assert 0 < found.mu_error < 0.02 * found.mu_up
    assert {text for _, text in steps} == {"toys of all regions"}
    assert steps == sorted(steps)
    assert (steps[0][0], steps[-1][0] > 0.5, steps[-1][0] <= 1) == (0, True, True)


def test_names_that_move_the_same_factors_are_one():
    two = (Nuisance("pot", 0.3), Nuisance("veto", 0.4))
    together = np.sqrt(1.09 * 1.16 - 1)  # the product of log-normal factors is log-normal
    several, one = (
        CountingModel(tuple(region(name, 1, 0.5, on_background=names) for name in "ab"))
        for names in (two, (Nuisance("x", together),))
    )
    first, second = (profile_curve(model)(2.5)[0] for model in (several, one))
    assert 0.01 < first < 0.9
    assert_allclose(first, second, rtol=1e-7)


def test_a_common_error_lets_one_region_measure_the_background_of_the_other():
    def q(first, second):
        named = ((name, n, (Nuisance(x, 0.5),)) for name, n, x in (("a", 4, first), ("b", 0, second)))
        model = CountingModel(
            (*(region(name, n, 3.0, on_background=x, signal=float(n > 0)) for name, n, x in named),)
        )
        curve = profile_curve(model, 100)
        return float(curve.profile.q_tilde(curve.observed, 5.0)[0])

    # no event where 3 +- 1.5 are expected: less background, more room for a signal in the other region
    assert q("x", "x") < 0.9 * q("x", "y")


def test_background_that_a_name_moves_is_one_that_was_measured():
    # b (1 + sigma z) with z measured is b measured with error sigma b
    own = limit(region("a", 3, 1.0, 0.3), region("b", 0, 0.2))
    named = limit(
        region("a", 3, 1.0, on_background=(Nuisance("x", 0.3, "truncated-gaussian"),)), region("b", 0, 0.2)
    )
    assert named.method == "enumeration"
    assert_allclose(named.mu_up, own.mu_up, rtol=1e-6)


def test_error_of_the_signal_is_refused_for_regions_as_for_one():
    def with_error(sigma):
        named = Region("b", 0, Fixed(0.2), 1.0, (Nuisance("POT", sigma),))
        return CountingModel((region("a", 1, 0.5), named))

    words = (
        "region b: signal nuisance 'POT' = 0.2 with convention 'cls-profile': expected 0; use 'cls-counting'"
    )
    with pytest.raises(ConfigError, match=words):
        joint_upper_limit(with_error(0.2), convention=PROFILE)
    with pytest.raises(ConfigError, match=words):
        joint_cls(with_error(0.2), 1.0, PROFILE)
    without = limit(region("a", 1, 0.5), region("b", 0, 0.2))
    assert joint_upper_limit(with_error(0.0), convention=PROFILE).mu_up == without.mu_up


def test_what_cannot_be_profiled_is_one_line():
    with pytest.raises(ConfigError, match="region a: background Gamma with convention 'cls-profile'"):
        joint_upper_limit(CountingModel((Region("a", 1, Gamma(1, 1)),)), convention=PROFILE)
    with pytest.raises(ConfigError, match="region b: background Sum"):
        limit(region("a", 1, 1.0), Region("b", 1, Sum((Fixed(1),))))
    with pytest.raises(DomainError, match="region a: sigma_b = 1e-12"):
        limit(region("a", 3, 1.0, 1e-12))
    with pytest.raises(ConfigError, match="signal = 0 in every region"):
        limit(region("a", 3, 1.0, signal=0.0))
    with pytest.raises(ConfigError, match="ordering 'likelihood-ratio' with convention 'cls-profile'"):
        limit(region("a", 3, 1.0), ordering="likelihood-ratio")
    with pytest.raises(DomainError, match="toys = 10: expected at least 100"):
        limit(region("a", 3, 1.0), method="toys", toys=10)
    with pytest.raises(DomainError, match="toys under the background are as low as the data"):
        limit(region("a", 0, 30.0, 1.0), method="toys", toys=1000)
    with pytest.raises(DomainError, match="events in a region without signal and background"):
        limit(region("a", 0, 1.0), region("b", 1, 0.0, signal=0.0))


def test_events_without_background():
    found = limit(region("a", 1, 0.0), region("b", 0, 0.0))
    # b = 0: only n = 0 occurs under the background, so that CLs = P(q >= q_obs | mu) = P(N <= 1)
    assert_allclose(found.s_up, upper_limit(1, 0.0).s_up, rtol=1e-8)


def pyhf_model(rows):
    """Regions (signal, b, sigma): the background with a Gaussian-constrained factor of its own."""
    pyhf = pytest.importorskip("pyhf", reason="pyhf is not installed")
    mu = {"name": "mu", "type": "normfactor", "data": None}
    channels = [
        {
            "name": f"r{i}",
            "samples": [
                {"name": "signal", "data": [s], "modifiers": [mu]},
                {
                    "name": "background",
                    "data": [b],
                    "modifiers": [{"name": f"error_{i}", "type": "staterror", "data": [sigma]}],
                },
            ],
        }
        for i, (s, b, sigma) in enumerate(rows)
    ]
    return pyhf, pyhf.Model({"channels": channels}, poi_name="mu")


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver")
@pytest.mark.parametrize(
    ("counts", "rows", "mu"),
    [
        ((3, 1), ((1.0, 1.0, 0.4), (2.0, 1.5, 0.5)), 2.0),
        ((5, 4), ((3.0, 3.0, 0.5), (4.0, 4.0, 0.8)), 1.5),
        ((1, 0), ((1.6, 0.2, 0.05), (1.4, 0.5, 0.2)), 1.7),
    ],
)
def test_two_regions_against_toys_of_pyhf(counts, rows, mu):
    pyhf, model = pyhf_model(rows)
    regions = CountingModel(
        tuple(
            region(f"r{i}", n, b, sigma, s)
            for i, (n, (s, b, sigma)) in enumerate(zip(counts, rows, strict=True))
        )
    )
    curve, backgrounds = profile_curve(regions), np.array([b for _, b, _ in rows])
    start, bounds = model.config.suggested_init(), [(0.0, 100.0), *model.config.suggested_bounds()[1:]]
    fixed = model.config.suggested_fixed()
    poi = model.config.poi_index
    bounds = [(0.0, 100.0) if i == poi else (1e-10, 10.0) for i in range(len(start))]
    data = np.concatenate([np.array(counts, float), model.config.auxdata])
    pulls, fractions = [], []
    np.random.seed(7)  # noqa: NPY002 (pyhf draws from the global generator)
    q_observed = float(curve.profile.q_tilde(curve.observed, mu)[0])
    size = 40_000
    for strength in (mu, 0.0):
        fitted = pyhf.infer.mle.fixed_poi_fit(strength, data.tolist(), model, start, bounds, fixed)
        drawn = np.asarray(model.make_pdf(pyhf.tensorlib.astensor(fitted)).sample((size,)))
        q = curve.profile.q_tilde(Outcome(drawn[:, :2], drawn[:, 2:] * backgrounds, np.zeros((size, 0))), mu)
        for k in range(12):  # the statistic of pyhf itself
            its = float(
                pyhf.infer.test_statistics.qmu_tilde(mu, drawn[k].tolist(), model, start, bounds, fixed)
            )
            assert q[k] == pytest.approx(its, rel=2e-3, abs=2e-3)
        fractions.append(np.mean(q >= q_observed * (1 - 1e-6)))
    cls = fractions[0] / fractions[1]
    error = cls * np.sqrt(sum((1 - p) / (p * size) for p in fractions))
    pulls.append((cls - curve(mu)[0]) / error)
    assert stats.chi2(1).sf(np.sum(np.square(pulls))) > 1e-4

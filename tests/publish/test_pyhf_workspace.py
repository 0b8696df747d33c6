"""The workspace read back with pyhf: its likelihood is ours; the warning in it is computed, not quoted."""

import json
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DataError
from feebly.limits.observation import Observation
from feebly.limits.ratio_limits import counting_model
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.publish.pyhf_files.asymptotics import asymptotic_cls, asymptotic_limit, asymptotic_warning
from feebly.publish.pyhf_files.constraints import MODIFIER_SETTINGS, background_samples
from feebly.publish.pyhf_files.export import NEAR, export_pyhf
from feebly.publish.pyhf_files.workspace import background_workspace, patch_set, point_patch
from feebly.report.saved_grid import read_saved_grid
from feebly.statistics import CountingModel, Fixed, Nuisance, Region, Sum, TruncatedGaussian
from feebly.statistics.backgrounds import BetaProduct, Gamma, Interval, LogNormal, poisson_pmf
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.outcomes import Outcomes
from publish.bare_runs import bare_run
from report.synthetic import synthetic_result

pyhf = pytest.importorskip("pyhf", reason="pyhf is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver")  # pyhf 0.7.6 still takes it

ERROR = (Nuisance("signal_error", 0.2),)
EE = BetaProduct(59.9, (0.9607, 0.6272), 79.93)
MODELS = {
    "exact": (Region("a", 1, Fixed(0.016), 2.3),),
    "truncated Gaussian": (Region("a", 1, TruncatedGaussian(0.016, 0.002), 2.3),),
    "wide truncated Gaussian": (Region("a", 2, TruncatedGaussian(0.5, 0.8), 2.3),),
    "two pieces": (Region("a", 1, Interval(0.0094, 0.049, 0.009, "90%"), 1.1),),
    "log-normal": (Region("a", 3, LogNormal(1.5, 0.6), 2.0),),
    "error of the signal": (Region("a", 1, TruncatedGaussian(0.3, 0.1), 2.3, ERROR),),
    "several": (
        Region("a", 1, TruncatedGaussian(0.016, 0.002), 2.3),
        Region("b", 0, TruncatedGaussian(0.4, 0.3), 0.7),
    ),
    "several, one exact": (
        Region("a", 1, Fixed(0.02), 1.0, ERROR),
        Region("b", 2, LogNormal(1.0, 0.3), 0.5, ERROR),
    ),
}


def read_back(regions):
    """The pyhf model and data of the regions, through JSON, the patch set and its schema."""
    point = CountingModel(regions)
    base = point.with_signals([0.0] * len(regions)).with_observed([n + 1 for n in point.observed])
    workspace = background_workspace(base, "test")
    metadata = {"name": "point_0_0", "values": [0.3, 1e-6]}
    patches = patch_set(workspace, [(metadata, point_patch(base, point, 1.0))], ["mass", "eps"], "test")
    return applied(*(json.loads(json.dumps(each)) for each in (workspace, patches)), "point_0_0")


def applied(workspace, patches, name):
    base, patch_file = pyhf.Workspace(workspace), pyhf.PatchSet(patches)
    patch_file.verify(base)
    return point_of(base, patch_file, name)


def point_of(base, patch_file, name):
    complete = pyhf.Workspace(patch_file.apply(base, name))
    model = complete.model(modifier_settings=MODIFIER_SETTINGS)
    return model, complete.data(model)


def log_pyhf(model, data, **values):
    pars = [values[name] for name in model.config.par_order]
    return float(model.logpdf(pyhf.tensorlib.astensor(pars), pyhf.tensorlib.astensor(data))[0])


def log_ours(regions, mu, z):
    """Poisson terms at the backgrounds that our own map of a normal gives, times the normals."""
    result = 0.0
    for region in regions:
        normal = None if isinstance(region.background, Fixed) else region.background._normal()
        b = (
            region.background.mean
            if normal is None
            else float(normal.from_normal(np.array([z[f"b_{region.name}"]]))[0])
        )
        width = math.sqrt(math.log1p(0.2**2)) if region.signal_nuisances else 0.0
        kappa = math.exp(width * z.get("signal_error", 0.0) - width**2 / 2)
        result += math.log(poisson_pmf(region.observed, mu * kappa * region.signal + b)[-1])
    return result + sum(stats.norm.logpdf(value) for value in z.values())


@pytest.mark.parametrize("case", MODELS)
def test_the_likelihood_is_ours_at_points(case):
    model, data = read_back(MODELS[case])
    rng = np.random.default_rng(5)
    bounds = dict(zip(model.config.par_order, model.config.suggested_bounds(), strict=True))
    for _ in range(6):
        drawn = {name: rng.uniform(max(low, -2.5), min(high, 3.0)) for name, (low, high) in bounds.items()}
        mu = drawn.pop("mu") * 2
        assert_allclose(log_pyhf(model, data, mu=mu, **drawn), log_ours(MODELS[case], mu, drawn), rtol=1e-9)


@pytest.mark.parametrize(
    "case", ["wide truncated Gaussian", "two pieces", "log-normal", "error of the signal", "several"]
)
def test_averaged_over_its_bounds_it_is_our_probability_of_the_counts(case):
    # ours has no nuisance left: an independent quadrature over what pyhf calls its parameters gives it
    regions = MODELS[case]
    model, data = read_back(regions)
    bounds = dict(zip(model.config.par_order, model.config.suggested_bounds(), strict=True))
    names = [name for name in bounds if name != "mu"]
    axes = [nodes(*bounds[name]) for name in names]
    for mu in (1.3,):
        value = 0.0
        for k in np.ndindex(*(z.size for z, _ in axes)):
            point = {name: float(axis[0][i]) for name, axis, i in zip(names, axes, k, strict=True)}
            weight = math.prod(float(axis[1][i]) for axis, i in zip(axes, k, strict=True))
            value += weight * math.exp(log_pyhf(model, data, mu=mu, **point))
        for name in names:
            value /= stats.norm.cdf(bounds[name][1]) - stats.norm.cdf(bounds[name][0])
        counting = CountingModel(regions)
        counts = np.array([counting.observed])
        ours = Outcomes(marginal(counting, int(counts.sum())), mu * counting.signals[:, None])
        assert_allclose(value, ours.signal_probability(counts)[0, 0], rtol=1e-9)


def nodes(low, high):
    """Gauss-Legendre in panels: 0 is an edge, the kink of two pieces."""
    edges = np.unique([low, *(e for e in (-5, -2, 0, 2, 5) if low < e < high), high])
    x, w = np.polynomial.legendre.leggauss(11)
    half = np.diff(edges)[:, None] / 2
    return ((edges[1:] + edges[:-1])[:, None] / 2 + half * x).ravel(), (half * w).ravel()


def test_a_gamma_density_is_the_poisson_constraint():
    region = Region("a", 2, Gamma(1.5, 0.6), 2.0)
    model, data = read_back((region,))
    gamma = stats.gamma((1.5 / 0.6) ** 2, scale=0.6**2 / 1.5)
    mode = model.config.suggested_init()  # factors of one
    (sample,) = background_samples(region.background, "a")
    assert_allclose(sample.spec["data"], 1.5 * (6.25 - 1) / 6.25)
    assert mode[model.config.par_order.index("b_a")] == 1.0
    constant = []
    for mu, factor in ((0.5, 0.4), (1.0, 1.0), (2.0, 1.7), (0.1, 2.6), (3.0, 0.9)):
        b = factor * sample.spec["data"][0]
        ours = stats.poisson.logpmf(2, mu * 2.0 + b) + gamma.logpdf(b)
        constant.append(log_pyhf(model, data, mu=mu, b_a=factor) - ours)
    assert_allclose(constant, constant[0], rtol=1e-9)


def test_beta_posteriors_keep_their_quantiles_and_say_what_differs():
    (sample,) = background_samples(EE, "ee")
    z = {-1: 0.15865525393145707, 0: 0.5, 1: 0.8413447460685429}
    model, data = read_back((Region("ee", 0, EE, 1.0),))
    for sigma, probability in z.items():
        b = EE.quantile(probability)
        expected = -b - 0.5 + stats.norm.logpdf(sigma)  # no event, s = 0.5
        assert_allclose(log_pyhf(model, data, mu=0.5, b_ee=sigma), expected, rtol=1e-9)
    assert sample.statement.startswith("not exact: in place of the product of Beta posteriors")
    # the stand-in averaged by an independent quadrature
    points, weights = nodes(-9, 9)
    low, median, high = (EE.quantile(p) for p in z.values())
    b = median * np.where(points < 0, (low / median) ** -points, (high / median) ** points)
    none = float(weights @ (stats.norm.pdf(points) * np.exp(-b)))
    assert f"P(no background event) is {none:.6f} for {EE.counts(0).pmf[0]:.6f}" in sample.statement


def test_a_sum_has_a_sample_for_each_part():
    parts = Sum((Fixed(0.1), TruncatedGaussian(0.3, 0.1)))
    names = [sample.spec["name"] for sample in background_samples(parts, "a")]
    assert names == ["background_a_1", "background_a_2"]
    model, data = read_back((Region("a", 1, parts, 1.0),))
    expected = math.log(poisson_pmf(1, 0.5 + 0.1 + 0.35)[1]) + stats.norm.logpdf(0.5)
    assert_allclose(log_pyhf(model, data, mu=0.5, b_a_2=0.5), expected, rtol=1e-9)


# --- runs ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["mumu_2303", "leptons_2502", "projection"])
def run(request, tmp_path_factory):
    """A run of one region, one of two, and a projection: its result, its arrays and the export."""
    projection = request.param == "projection"
    result = synthetic_result("leptons_2502" if projection else request.param, projection=projection)
    grid = read_saved_grid(bare_run(result, tmp_path_factory.mktemp("run")))
    return result, grid, export_pyhf(grid)


def test_points_of_a_run_have_its_likelihood(run, tmp_path):
    result, _, exported = run
    paths = exported.write(tmp_path / "new")
    workspace, patches = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
    seen = Observation(result.analysis, DarkPhoton(), result.channels)
    base, patch_file = pyhf.Workspace(workspace), pyhf.PatchSet(patches)
    patch_file.verify(base)
    by_name = {each["metadata"]["name"]: each for each in patches["patches"]}
    chosen = [*list(by_name)[:: max(len(by_name) // 6, 1)], *at_the_event(result, by_name)]
    assert len(chosen) >= 6
    for name in chosen:
        i, j = map(int, name.split("_")[1:])
        mass = result.scan.grid.mass_gev[i]
        assert by_name[name]["metadata"]["values"] == [mass, result.scan.grid.coupling[j]]
        model, data = point_of(base, patch_file, name)
        (hypothesis,), _ = seen.hypotheses(np.array([mass]))
        ours = counting_model(seen, hypothesis)
        for mu, z in ((0.3, 0.5), (1.0, -0.7), (1.8, 1.2)):
            expected = 0.0
            for region in ours.regions:
                s = float(result.scan.grid.yields[region.name][i, j])
                n = 0 if result.projection else region.observed
                expected += math.log(poisson_pmf(n, mu * s + background_at(region.background, z))[-1])
            values = {n: z for n in model.config.par_order if n != "mu"}
            pars = [mu if n == "mu" else z for n in model.config.par_order]
            main = model.main_model.logpdf(np.array(data[: len(workspace["channels"])]), np.array(pars))
            closed = [r for r in workspace["channels"] if r["name"] not in {x.name for x in ours.regions}]
            for each in closed:  # no signal there: the same at any mu
                n = next(o["data"][0] for o in workspace["observations"] if o["name"] == each["name"])
                b = background_at(seen.region(each["name"]).background.density, z)
                expected += math.log(poisson_pmf(n, b)[-1])
            assert_allclose(float(main), expected, rtol=1e-9)
            normals = len(values) * stats.norm.logpdf(z)
            assert_allclose(log_pyhf(model, data, mu=mu, **values), expected + normals, rtol=1e-9)


def background_at(density, z):
    if isinstance(density, BetaProduct):
        low, median, high = (density.quantile(stats.norm.cdf(s)) for s in (-1, 0, 1))
        return median * (high / median) ** z if z > 0 else median * (low / median) ** -z
    return float(density._normal().from_normal(np.array([z]))[0])


def at_the_event(result, names):
    """Points in the window of the event: their count is not that of the others."""
    inside = np.flatnonzero(np.abs(result.scan.grid.mass_gev - 0.411) <= 0.004)
    return [name for name in names if int(name.split("_")[1]) in inside][:2]


def test_points_are_those_near_the_limit_and_as_many_as_asked(run):
    _, grid, exported = run
    ratio = grid.total / grid.s_up[:, None]
    near = (ratio < NEAR) & (ratio > 1 / NEAR)
    patches = exported.patches["patches"]
    assert len(patches) == min(near.sum(), 500)
    for each in patches:
        i, j = map(int, each["metadata"]["name"].split("_")[1:])
        assert near[i, j]
    few = export_pyhf(grid, points=7).patches["patches"]
    assert len(few) == 7
    distance = np.sort(np.abs(np.log(ratio[ratio > 0])))
    i, j = map(int, few[0]["metadata"]["name"].split("_")[1:])
    assert abs(np.log(ratio[i, j])) <= distance[6] * (1 + 1e-12)
    assert len(export_pyhf(grid, points=None).patches["patches"]) == (grid.total > 0).sum()


def test_mu_reaches_the_limit_at_every_point(run):
    _, grid, _ = run
    exported = export_pyhf(grid, points=None)
    base = exported.workspace["measurements"][0]["config"]["parameters"][0]["bounds"][0][1]
    for each in exported.patches["patches"]:
        i, j = map(int, each["metadata"]["name"].split("_")[1:])
        bounds = [op["value"]["bounds"][0][1] for op in each["patch"] if op["path"].startswith("/meas")]
        assert (bounds or [base])[0] >= 5 * grid.s_up[i] / grid.total[i, j]


def test_the_warning_is_printed_and_stored(run):
    _, grid, exported = run
    cl, b = 0.9, sum(row["background"]["mean"] for row in grid.content["counting"].values())
    worst = asymptotic_limit(0, b, cl)
    name = exported.workspace["measurements"][0]["name"]
    assert exported.warnings[0] in name
    assert exported.warnings[0] in exported.patches["metadata"]["description"]
    assert exported.patches["metadata"]["warnings"][0] == exported.warnings[0]
    assert f"would give {worst:.2f} events instead of 2.30" in " ".join(
        exported.patches["metadata"]["warnings"]
    )
    assert exported.patches["metadata"]["modifier_settings"] == MODIFIER_SETTINGS
    assert "ins0000000" in exported.warnings[-1]


@pytest.mark.parametrize(("n", "b"), [(0, 0.016), (1, 0.016), (3, 3.0), (0, 0.5), (14, 10.0)])
def test_asymptotic_cls_is_that_of_pyhf(n, b):
    mu = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {"name": "signal", "data": [1.0], "modifiers": [mu]},
        {"name": "background", "data": [b], "modifiers": []},
    ]
    model = pyhf.Model({"channels": [{"name": "a", "samples": samples}]}, poi_name="mu")
    for s in (0.7, 1.4, 4.0):
        theirs = float(pyhf.infer.hypotest(s, [n], model, test_stat="qtilde"))
        assert_allclose(asymptotic_cls(s, n, b), theirs, rtol=1e-4)


def test_the_known_numbers_of_the_warning():
    # STATISTICS: 1.38 events instead of 2.30, coverage 75%; P(N = 0 | 1.3805 + 0.016) = 0.2475
    found = asymptotic_warning(0, Fixed(0.016))
    assert (round(found.asymptotic, 2), round(found.exact, 2), round(found.coverage, 2)) == (1.38, 2.30, 0.75)
    assert_allclose(found.coverage, 1 - math.exp(-found.asymptotic - 0.016), rtol=1e-12)
    assert asymptotic_limit(0, 0.0) == pytest.approx(asymptotic_limit(0, 1e-12), rel=1e-6, abs=0)


def test_refusals(tmp_path):
    folder = bare_run(synthetic_result(), tmp_path / "run")
    with pytest.raises(ConfigError, match=r"reference 'ins12': expected ins and seven digits"):
        export_pyhf(read_saved_grid(folder), reference="ins12")
    path = folder / "grid.h5"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"grid.h5: not the file that feebly wrote beside result.json"):
        read_saved_grid(folder)
    path.unlink()
    with pytest.raises(DataError, match="cannot read"):
        read_saved_grid(folder)

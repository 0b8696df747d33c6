"""Exact CLs against toys that pyhf draws and orders with its own likelihood, where both are defined.

The backgrounds are known: there is no nuisance that pyhf profiles and feebly averages.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.statistics import Fixed, cls_value
from feebly.statistics.regions.joint import joint_cls
from feebly.statistics.regions.model import CountingModel, Region

pyhf = pytest.importorskip("pyhf", reason="pyhf is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver")  # pyhf 0.7.6 still takes it

TOYS = 40_000
ONE_REGION = [(10, 12.0, 8.0), (38, 30.0, 18.0), (14, 20.0, 4.0), (2, 0.5, 4.0), (1, 0.016, 3.0)]
SEVERAL = [
    ((10, 3), (12.0, 1.5), (5.0, 2.0)),
    ((1, 0), (0.016, 0.015), (1.6, 1.4)),
    ((2, 1, 0), (0.5, 2.0, 0.1), (2.0, 1.0, 1.0)),
    ((14, 12), (11.0, 15.0), (6.0, 2.0)),
    ((0, 2), (1.0, 0.3), (1.0, 3.0)),
]


def pyhf_model(signals, backgrounds):
    mu = {"name": "mu", "type": "normfactor", "data": None}
    channels = [
        {
            "name": f"r{i}",
            "samples": [
                {"name": "signal", "data": [s], "modifiers": [mu]},
                {"name": "background", "data": [b], "modifiers": []},
            ],
        }
        for i, (s, b) in enumerate(zip(signals, backgrounds, strict=True))
    ]
    return pyhf.Model({"channels": channels}, poi_name="mu")


def toys(model, statistic, observed):
    """CLs and its standard deviation: fractions of pyhf's toys with statistic(data) >= that of the data."""
    np.random.seed(11)  # noqa: NPY002 (pyhf draws from the global generator)
    threshold = statistic(np.array(observed, float)) - 1e-7
    fractions = []
    for mu in (1.0, 0.0):
        drawn = np.asarray(model.make_pdf(pyhf.tensorlib.astensor([mu])).sample((TOYS,)))
        distinct, index = np.unique(drawn, axis=0, return_inverse=True)
        reached = np.array([statistic(data) for data in distinct]) >= threshold
        fractions.append(reached[index.reshape(-1)].mean())
    cls = fractions[0] / fractions[1]
    return cls, cls * np.sqrt(sum((1 - p) / (p * TOYS) for p in fractions))


def test_one_region_against_q_tilde_of_pyhf():
    pulls = []
    for n, b, s in ONE_REGION:
        model = pyhf_model([s], [b])

        def q_tilde(data, model=model):
            settings = ([0.5], [(0.0, 100.0)], [False])
            return float(pyhf.infer.test_statistics.qmu_tilde(1.0, data.tolist(), model, *settings))

        value, error = toys(model, q_tilde, [n])
        pulls.append((value - float(cls_value(n, s, Fixed(b), convention="cls-profile"))) / error)
    assert stats.chi2(len(pulls)).sf(np.sum(np.square(pulls))) > 1e-4


def test_several_regions_against_the_likelihood_ratio_of_pyhf():
    pulls = []
    for counts, backgrounds, signals in SEVERAL:
        model = pyhf_model(signals, backgrounds)

        def minus_log_ratio(data, model=model):
            with_signal, without = (float(model.logpdf([mu], data.tolist())[0]) for mu in (1.0, 0.0))
            return without - with_signal

        rows = zip(counts, backgrounds, signals, strict=True)
        regions = CountingModel(tuple(Region(f"r{i}", n, Fixed(b), s) for i, (n, b, s) in enumerate(rows)))
        value, error = toys(model, minus_log_ratio, counts)
        pulls.append((value - float(joint_cls(regions, 1.0, ordering="likelihood-ratio"))) / error)
    assert stats.chi2(len(pulls)).sf(np.sum(np.square(pulls))) > 1e-4


def test_the_probability_of_the_data_is_that_of_pyhf():
    from feebly.statistics.backgrounds import probability_mass

    model = pyhf_model([3.0], [0.5])
    for n in (0, 1, 7):
        expected = np.exp(float(model.logpdf([1.0], [n])[0]))
        assert_allclose(probability_mass(n, 0.5, 3.0)[n], expected, rtol=1e-10)

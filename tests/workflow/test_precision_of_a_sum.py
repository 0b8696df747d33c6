"""Modes that are added up reach the asked precision together, each with fewer events than alone."""

from __future__ import annotations

import numpy as np
import pytest

from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from feebly.workflow.choices import choose
from feebly.workflow.sampling import table_requests

PRECISION = 0.01
LAMBDA = np.geomspace(1e-3, 1e8, 300)


@pytest.mark.parametrize(
    ("model", "state", "mass", "production", "spectrum"),
    [
        ("alp-gluon", "gammagamma", 0.3, ["primakoff", "photon-pi0", "photon-eta"], "pythia"),
        ("alp-gluon", "gammagamma", 2.0, ["primakoff", "photon-pi0", "photon-eta"], "bmpt"),
        ("dark-photon", "mumu", 0.5, ["eta", "etaprime", "omega-pi0", "rho-pi"], "pythia"),
        ("dark-photon", "mumu", 0.5, ["eta", "etaprime", "omega-pi0", "rho-pi"], "bmpt"),
        ("dark-scalar", "mumu", 1.0, ["b-k", "b-kstar892", "b-k0star1430", "b-k1-1270"], "pythia"),
    ],
)
def test_error_of_the_sum_is_the_asked_one(model, state, mass, production, spectrum):
    choices = choose(
        model, analysis="na62-dump-all", channels=[state], production=production, spectrum=spectrum
    )
    number, rates = choices.multiplicities(), {channel.tag: channel for channel in choices.production}
    total, square, shares = np.zeros(LAMBDA.size), np.zeros(LAMBDA.size), []
    for request in table_requests(choices, (mass, mass), PRECISION, 1):
        tag = request.setup.production
        (sample,) = sample_masses(request.setup, np.array([mass]), PRECISION)
        assert sample.converged
        rate = float(rates[tag].rate(mass, 1.0, number[tag]))
        value, error = laplace(sample.histogram[0], LAMBDA)
        total, square = total + rate * value, square + (rate * error) ** 2
        shares.append(request.setup.share_at(mass))
    assert min(shares) < 0.3
    top = int(np.argmax(total))
    at = [top, -1, int(np.searchsorted(total[: top + 1], 1e-2 * total[top]))]
    assert np.all(np.sqrt(square[at]) <= 1.05 * PRECISION * total[at])

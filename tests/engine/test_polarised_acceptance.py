"""What transverse dark photons change in the acceptance, against an independent pilot calculation."""

from dataclasses import replace

import numpy as np
import pytest

from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from twins.channels import channel

LONG_LIVED = np.array([1e9])


def change(state: str, mass: float, polarisation: str) -> float:
    """Relative change of the long-lived yield of bremsstrahlung."""
    setup = channel("brems", state)
    yields = []
    for name in ("isotropic", polarisation):
        sampling = replace(setup.sampling, polarisation=name)
        (sample,) = sample_masses(replace(setup, sampling=sampling), np.array([mass]), 0.004)
        yields.append(laplace(sample.histogram[0], LONG_LIVED)[0][0])
    return float(yields[1] / yields[0] - 1)


@pytest.mark.parametrize("mass", [0.05, 0.1, 0.3, 0.5])
def test_transverse_dark_photons_to_electrons(mass: float) -> None:
    # the pilot: -11%
    assert change("ee", mass, "transverse") == pytest.approx(-0.11, abs=0.02)


@pytest.mark.parametrize("mass", [0.25, 0.3, 0.4, 0.5, 0.6])
def test_transverse_dark_photons_to_muons(mass: float) -> None:
    # the pilot: 0 to -6%
    assert -0.075 < change("mumu", mass, "transverse") < 0.01


def test_longitudinal_ones_make_up_for_them() -> None:
    # two transverse states and one longitudinal one are isotropic
    transverse, longitudinal = (change("ee", 0.2, name) for name in ("transverse", "longitudinal"))
    assert 2 * transverse + longitudinal == pytest.approx(0.0, abs=0.02)

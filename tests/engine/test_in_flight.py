"""Decays in the volume, what an acceptance is divided by: against quadrature without random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from feebly.analysis.analysis import PairSeparation, load_analysis
from feebly.core.constants import MESON_MASS_GEV
from feebly.core.interfaces import MixingSampling
from feebly.engine.histogram import laplace
from feebly.engine.in_flight import FlightSetup
from feebly.engine.sampler import sample_masses
from feebly.physics.models.alp import MesonMixing
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.physics.production.bremsstrahlung import Bremsstrahlung, bremsstrahlung_nodes
from feebly.physics.production.photon_conversion import PhotonConversion, Primakoff
from feebly.physics.production.primakoff import cross_section, least_photon_energy_gev
from twins.channels import final_state, na62, spectrum

Array = NDArray[np.float64]
EXPERIMENT, VOLUME_M = na62(), (105.0, 180.0)
PLANE = EXPERIMENT.plane("STRAW2")  # the narrowest before the magnet
LIFETIMES = np.logspace(-1.5, 4, 12)  # ctau/m [m/GeV]: from the rise to the plateau
MESON = MESON_MASS_GEV["eta"]
LONG_LIVED = 1e9


@cache
def through_aperture() -> tuple[Array, Array]:
    """Share of azimuths and interaction points in STRAW2 by the radius of the flight there."""
    node, weight = np.polynomial.hermite_e.hermegauss(12)
    sx, sy = EXPERIMENT.beam.spot_sigma_m
    phi = (np.arange(512) + 0.5) / 512 * 2 * np.pi
    radius = np.linspace(0.9 * PLANE.shape.r_max_m, 1.1 * PLANE.shape.r_max_m, 400)
    x = EXPERIMENT.beam.centre_m[0] + sx * node[:, None, None] + radius[:, None, None, None] * np.cos(phi)
    y = EXPERIMENT.beam.centre_m[1] + sy * node[:, None] + radius[:, None, None, None] * np.sin(phi)
    inside = np.hypot(x, y) < PLANE.shape.r_max_m
    return radius, np.einsum("rabp,a,b->r", inside, weight, weight) / weight.sum() ** 2 / phi.size


def decays(pz: Array, tangent: Array, weight: Array) -> Array:
    """Decays in the volume for each of LIFETIMES."""
    depth = EXPERIMENT.dump.interaction_length_m
    start = EXPERIMENT.dump.z_impact_m + depth
    seen = weight * np.interp(tangent * (PLANE.z_m - start), *through_aperture(), left=1.0, right=0.0)
    length = pz[..., None] * LIFETIMES
    # the mean of exp(depth/length) over exponential depths, instead of that at the mean depth
    averaged = np.exp(-depth / length) / (1 - np.minimum(depth / length, 0.5))
    low, high = (z - start for z in VOLUME_M)
    chance = np.exp(-low / length) * -np.expm1(-(high - low) / length) * averaged
    return np.asarray((seen[..., None] * chance).reshape(-1, LIFETIMES.size).sum(axis=0))


def of_mesons() -> Array:
    """A particle with the laboratory momentum of a meson, on Gauss nodes in each cell of the table."""
    table = spectrum("eta")
    node, weight = np.polynomial.legendre.leggauss(4)
    unit, weight = (node + 1) / 2, weight / 2
    ln_p = table.ln_p_edges[:-1, None] + np.diff(table.ln_p_edges)[:, None] * unit
    pt2 = table.pt_edges_gev[:-1, None] ** 2 + np.diff(table.pt_edges_gev**2)[:, None] * unit
    p, pt = np.exp(ln_p)[:, None, :, None], np.sqrt(pt2)[None, :, None, :]
    pz = np.sqrt(np.maximum(p**2 - pt**2, 1e-12))
    content = table.cell_fraction[:, :, None, None] * np.outer(weight, weight) * (p > pt)
    close = np.broadcast_to(pt / pz < 0.01, content.shape)  # wider than the aperture
    return decays(np.broadcast_to(pz, content.shape)[close], (pt / pz)[close], content[close])


def of_protons(mass: float) -> Array:
    sampling = Bremsstrahlung().sampling()
    z, pt2, weight = bremsstrahlung_nodes(mass, sampling)
    pz = np.sqrt((z * sampling.beam_momentum_gev) ** 2 - pt2)
    return decays(pz, np.sqrt(pt2) / pz, weight)


@pytest.mark.parametrize("mass", [0.23, 0.3, 0.5, 0.8, 1.2])
@pytest.mark.parametrize("production", ["brems", "mixing-eta"])
def test_decays_in_the_volume_agree_with_quadrature(production: str, mass: float) -> None:
    """Ten masses, twelve lifetimes each."""
    sampling = Bremsstrahlung().sampling() if production == "brems" else MixingSampling("eta", MESON)
    table = None if production == "brems" else spectrum("eta")
    setup = FlightSetup(production, sampling, table, EXPERIMENT, final_state("mumu"), PairSeparation(), 1)
    (sample,) = sample_masses(setup, np.array([mass]), 0.002)
    value, error = laplace(sample.histogram[0], LIFETIMES)
    assert np.all(error < 0.006 * value)
    assert_allclose(value, of_protons(mass) if production == "brems" else of_mesons(), rtol=0.01)


CONVERSIONS = (
    Primakoff(AlpCouplings(c_bb=1.0), MesonMixing()),
    PhotonConversion("photon-eta", AlpCouplings(c_bb=1.0), MesonMixing()),
)


@dataclass(frozen=True)
class AboveTwoGev(FlightSetup):
    @property
    def least_energy_gev(self) -> float:
        return 2.0


@pytest.mark.parametrize("channel", CONVERSIONS, ids=lambda channel: channel.tag)
def test_converted_photons_of_every_energy_count(channel: Primakoff | PhotonConversion) -> None:
    """With no cut on the energy there are more decays, by those of soft photons."""
    state = load_analysis("na62-dump-photons").final_state("gammagamma")
    table = spectrum(channel.parent) if channel.parent else None
    value = []
    for kind in (FlightSetup, AboveTwoGev):
        setup = kind(channel.tag, channel.sampling(), table, EXPERIMENT, state, PairSeparation(), 1)
        (sample,) = sample_masses(setup, np.array([0.3]), 0.01)
        assert sample.converged
        value.append(laplace(sample.histogram[0], np.array([LONG_LIVED]))[0][0])
    assert 0.9 < value[1] / value[0] < 0.997


@pytest.mark.parametrize(("mass", "least"), [(0.02, 0.01), (0.3, 0.1), (1.0, 1.0), (3.0, 10.0)])
def test_least_photon_energy(mass: float, least: float) -> None:
    assert least_photon_energy_gev(mass, 63.546) == pytest.approx(least, rel=1e-12)
    assert cross_section(mass, 0.999 * least, 29.0, 63.546) == 0.0 or least < mass

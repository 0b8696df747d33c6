"""From the sampling of a photon conversion to the numbers that its compiled stage takes."""

from __future__ import annotations

from functools import lru_cache
from math import log

import numpy as np

from feebly.core.constants import ALPHA
from feebly.core.interfaces import FloatArray, PhotonConversionSampling, PrimakoffSampling
from feebly.physics.formfactors.nucleus import SKIN_PER_GEV, helm_radius_per_gev
from feebly.physics.production.conversion_kernel import Conversion
from feebly.physics.production.primakoff import largest_transfer_gev2, proton_photon_density
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from feebly.physics.spectra.photons import PhotonDensity, photon_density
from feebly.physics.spectra.quadrature import cell_means

_LN_K_BINS, _ANGLE_MAX, _ANGLE_BINS = 120, 0.05, 500  # the photons of a proton have k_T/k ~ m_p/E_p = 2 mrad

_photons_of_mesons = lru_cache(maxsize=8)(photon_density)


@lru_cache(maxsize=8)
def photons_of_protons(beam_momentum_gev: float, least_energy_gev: float, cut: str) -> PhotonDensity:
    """Equivalent photons of a proton on cells of ln k and k_T/k; cut: of `EPA_CUTS`."""
    ln_k = np.linspace(log(least_energy_gev), log(beam_momentum_gev), _LN_K_BINS + 1)
    angle = np.linspace(0.0, _ANGLE_MAX, _ANGLE_BINS + 1)

    def density(u: FloatArray, angle2: FloatArray) -> FloatArray:
        k = np.exp(u)
        x = k / beam_momentum_gev
        return np.asarray(x * proton_photon_density(x, angle2 * k**2, cut))  # dx = x dln k

    return PhotonDensity(ln_k, angle, cell_means(density, ln_k, angle**2), by_angle=True)


def pack_meson_photons(
    sampling: PhotonConversionSampling, spectrum: HadronSpectrum, least_energy_gev: float
) -> Conversion:
    """Photons of the decays of the mesons of a spectrum."""
    photons = _photons_of_mesons(spectrum, sampling.parent_mass_gev, least_energy_gev)
    return _conversion(photons, sampling.charge, sampling.mass_number)


def pack_proton_photons(sampling: PrimakoffSampling, least_energy_gev: float) -> Conversion:
    """Equivalent photons of the beam protons."""
    photons = photons_of_protons(sampling.beam_momentum_gev, least_energy_gev, sampling.cut)
    return _conversion(photons, sampling.charge, sampling.mass_number)


def _conversion(photons: PhotonDensity, charge: float, mass_number: float) -> Conversion:
    ln_k, v = photons.ln_k_edges, photons.v_edges
    return Conversion(
        photons.density,
        float(ln_k[0]),
        float(ln_k[-1]),
        (ln_k.size - 1) / float(ln_k[-1] - ln_k[0]),
        (v.size - 1) / float(v[-1] - v[0]),
        float(photons.by_angle),
        ALPHA * charge**2 / 8,
        helm_radius_per_gev(mass_number),
        SKIN_PER_GEV**2,
        largest_transfer_gev2(mass_number),
    )

"""How many particles a sample stands for in all, whatever their direction and energy."""

from __future__ import annotations

from feebly.core.interfaces import BremsstrahlungSampling, MesonDecaySampling, MixingSampling, Sampling
from feebly.physics.production.bremsstrahlung import bremsstrahlung_per_proton


def particles_per_unit(sampling: Sampling, mass_gev: float) -> float:
    """Particles per unit rate of a production; NaN for one without a closed total.

    Of a meson each decay, or each meson that is replaced, is one particle; bremsstrahlung is integrated over
    its range of z and pT.
    """
    if isinstance(sampling, MesonDecaySampling | MixingSampling):
        return 1.0
    if isinstance(sampling, BremsstrahlungSampling):
        return bremsstrahlung_per_proton(mass_gev, sampling)
    return float("nan")

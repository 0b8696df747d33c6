"""Kinds of production for the compiled chain: one line of :data:`KINDS` for each kind of ``Sampling``.

To add one:

1. a dataclass with its own ``kind`` in ``core.interfaces`` (union ``Sampling``), with a field ``parent`` if
   it needs a spectrum;
2. a file in ``physics.production`` with a NamedTuple of plain numbers, its ``source``, and a compiled stage
   ``(s, n, mass, source, density)``. The direction NX, NY, NZ is chosen; the stage fills P, E and MASK (0:
   not possible) and multiplies WEIGHT by the density per unit solid angle, the numbers U_MADE1, U_MADE2,
   U_MADE3 being uniform in (0, 1). density is the table of the spectrum, one cell of 1 without one;
3. a function that packs the source of one mass, and a line in :data:`KINDS`.

Kinds with the same type of source are one group: a chain is compiled for each group that is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from feebly.core.interfaces import (
    BremsstrahlungSampling,
    MesonDecaySampling,
    MixingSampling,
    PairDecaySampling,
    PhotonConversionSampling,
    PrimakoffSampling,
    Sampling,
)
from feebly.physics.decays.channels import channel_of
from feebly.physics.decays.polarisation import transverse_anisotropy
from feebly.physics.production.b_to_scalar_pair import pair_energy_quantiles_gev
from feebly.physics.production.conversion_kernel import Conversion, convert_photons
from feebly.physics.production.conversion_packing import pack_meson_photons, pack_proton_photons
from feebly.physics.production.kernels import Radiation, Replacement
from feebly.physics.production.packing import pack_radiation, pack_replacement
from feebly.physics.production.pair_kernel import PairDecay, pair_decay
from feebly.physics.production.primakoff import least_photon_energy_gev
from feebly.physics.production.process import (
    ALONG_FLIGHT,
    BREMSSTRAHLUNG,
    BY_PRODUCTION,
    ISOTROPIC,
    MESON_DECAY,
    MIXING,
    Process,
    process,
)
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a source may depend on beside its sampling.

    least_energy_gev: nothing below it can be seen. final_state: its tag.
    """

    mass_gev: float
    spectrum: HadronSpectrum | None
    beam_momentum_gev: float
    least_energy_gev: float
    final_state: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of production.

    source: type of its numbers; stage: compiled, for that type; kernels: files with compiled code, as
    (package, names); made: how many of the numbers U_MADE1.. the importance map shapes; pack: the source.
    """

    source: type
    stage: Any
    kernels: tuple[tuple[str, tuple[str, ...]], ...]
    made: int
    pack: Callable[[Any, Conditions], Any]


# How the decay angle is weighted, and kappa over that of a transverse vector.
_POLARISATIONS = {
    "isotropic": (ISOTROPIC, 0.0),
    "transverse": (ALONG_FLIGHT, 1.0),
    "longitudinal": (ALONG_FLIGHT, -2.0),
    "by-production": (BY_PRODUCTION, 1.0),
}
_BLANK: dict[str, Any] = {
    "radiation": Radiation(*[0.0] * len(Radiation._fields)),
    "replacement": Replacement(*[0.0] * len(Replacement._fields)),
    **dict.fromkeys(("parent_mass", "recoil_mass", "ln_p_min", "ln_p_max", "dlnp", "dpt"), 0.0),
}


def _pack(kind: int, sampling: Any, at: Conditions, **numbers: Any) -> Process:
    # decays to more than two bodies are not polarised
    two_tracks = channel_of(at.final_state).parts == (2, 0, 0)
    polarisation, share = _POLARISATIONS[sampling.polarisation if two_tracks else "isotropic"]
    kappa = share * float(transverse_anisotropy(at.final_state, at.mass_gev)) if share else 0.0
    common = {"kind": kind, "polarisation": polarisation, "kappa": kappa, "e_min": at.least_energy_gev}
    return Process(**_BLANK | _of_spectrum(at.spectrum) | numbers | common)


def _of_spectrum(spectrum: HadronSpectrum | None) -> dict[str, float]:
    if spectrum is None:
        return {}
    ln_p, pt = spectrum.ln_p_edges, spectrum.pt_edges_gev
    return {
        "ln_p_min": float(ln_p[0]),
        "ln_p_max": float(ln_p[-1]),
        "dlnp": float(ln_p[-1] - ln_p[0]) / (ln_p.size - 1),
        "dpt": float(pt[-1] - pt[0]) / (pt.size - 1),
    }


def _pack_bremsstrahlung(sampling: BremsstrahlungSampling, at: Conditions) -> Process:
    return _pack(BREMSSTRAHLUNG, sampling, at, radiation=pack_radiation(sampling))


def _pack_meson_decay(sampling: MesonDecaySampling, at: Conditions) -> Process:
    masses = {"parent_mass": sampling.parent_mass_gev, "recoil_mass": sampling.recoil_mass_gev}
    return _pack(MESON_DECAY, sampling, at, **masses)


def _pack_mixing(sampling: MixingSampling, at: Conditions) -> Process:
    assert at.spectrum is not None
    replacement = pack_replacement(sampling, at.beam_momentum_gev, at.spectrum.ln_p_edges)
    return _pack(MIXING, sampling, at, replacement=replacement)


def _least_photon(sampling: PhotonConversionSampling | PrimakoffSampling, at: Conditions) -> float:
    """Energy of the softest photon that matters [GeV]: that of the process where any particle can be seen."""
    return at.least_energy_gev or least_photon_energy_gev(at.mass_gev, sampling.mass_number)


def _pack_photon_conversion(sampling: PhotonConversionSampling, at: Conditions) -> Conversion:
    assert at.spectrum is not None
    return pack_meson_photons(sampling, at.spectrum, _least_photon(sampling, at))


def _pack_primakoff(sampling: PrimakoffSampling, at: Conditions) -> Conversion:
    return pack_proton_photons(sampling, _least_photon(sampling, at))


def _pack_pair_decay(sampling: PairDecaySampling, at: Conditions) -> PairDecay:
    energy = pair_energy_quantiles_gev(sampling.recoil, at.mass_gev)
    numbers = _of_spectrum(at.spectrum)
    return PairDecay(sampling.parent_mass_gev, **numbers, e_min=at.least_energy_gev, energy=energy)


_PROCESS_KERNELS = (
    ("feebly.physics.production", ("kernels.py", "process.py")),
    ("feebly.physics.decays", ("polarised_weights.py",)),
)

_CONVERSION_KERNELS = (("feebly.physics.production", ("conversion_kernel.py",)),)
_PAIR_KERNELS = (("feebly.physics.production", ("kernels.py", "pair_kernel.py")),)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "bremsstrahlung": Kind(Process, process, _PROCESS_KERNELS, 1, _pack_bremsstrahlung),
        "meson-decay": Kind(Process, process, _PROCESS_KERNELS, 3, _pack_meson_decay),
        "mixing": Kind(Process, process, _PROCESS_KERNELS, 1, _pack_mixing),
        "photon-conversion": Kind(
            Conversion, convert_photons, _CONVERSION_KERNELS, 3, _pack_photon_conversion
        ),
        "primakoff": Kind(Conversion, convert_photons, _CONVERSION_KERNELS, 3, _pack_primakoff),
        "pair-decay": Kind(PairDecay, pair_decay, _PAIR_KERNELS, 3, _pack_pair_decay),
    }
)
"""By ``kind`` of the sampling."""


def kind_of(sampling: Sampling) -> Kind:
    """The kind of production of a sampling."""
    return KINDS[sampling.kind]

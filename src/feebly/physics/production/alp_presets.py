"""Presets of axion-like particles, from ``data/presets``, and the channels they switch on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import require
from feebly.physics.formfactors.alp_width_tables import gluon_tables
from feebly.physics.formfactors.meson_mixing import ETA_ANGLE_DEG, MIXING_BASES
from feebly.physics.models.alp import MesonMixing
from feebly.physics.models.alp_couplings import C_OVER_LAMBDA, DIRECTIONS, AlpCouplings, couplings_per_unit
from feebly.physics.production.alp_flavour import BC11_KBS
from feebly.physics.production.alp_meson_decay import CHARM_MODES, KAON_TAGS, BToAlp, DToAlp
from feebly.physics.production.alp_mixing import MIXED_MESONS, AlpMixing
from feebly.physics.production.decay_options import (
    MATRIX_ELEMENT,
    check_matrix_elements,
    matrix_element_variations,
)
from feebly.physics.production.mixing import MIXING_KINEMATICS
from feebly.physics.production.photon_conversion import (
    ABSORPTION_BARN,
    PHOTON_PARENTS,
    PhotonConversion,
    Primakoff,
)
from feebly.physics.production.preset_files import (
    PresetFile,
    Variation,
    check_names,
    response_set_of,
    spectrum_change,
)
from feebly.physics.production.primakoff import EPA_CUTS
from feebly.physics.spectra.heavy_flavour import DEFAULT_NORMALISATION, normalisations
from feebly.physics.spectra.library import SOURCES, require_source

PRIMAKOFF = "primakoff"
SPIN_PARITY = "0-"
ALP_TAGS = (PRIMAKOFF, *PHOTON_PARENTS, *MIXED_MESONS, *KAON_TAGS, *CHARM_MODES)
"""Tags of all production channels of an ALP, in the order of the reports."""

_CONVERTED, _MIXED, _HEAVY = (
    tuple(PHOTON_PARENTS),
    tuple(MIXED_MESONS),
    (*KAON_TAGS, *CHARM_MODES),
)
OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "absorption": tuple(ABSORPTION_BARN),
        "bc11_kbs": tuple(BC11_KBS),
        "beauty": tuple(normalisations()),
        "epa_cut": EPA_CUTS,
        "mixing_basis": MIXING_BASES,
        "mixing_kinematics": MIXING_KINEMATICS,
        "spectrum": tuple(SOURCES),
        "width_table": gluon_tables(),
    }
)
"""Fields of a preset that are a choice between names, and the names (spectrum: or an event list)."""

_MATTERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "absorption": _CONVERTED,
        "bc11_kbs": KAON_TAGS,
        "beauty": _HEAVY,
        "epa_cut": (PRIMAKOFF,),
        "mixing_basis": _MIXED,
        "mixing_kinematics": _MIXED,
    }
)
"""Production channels to which an option matters."""

NUMBERS = ("scale_gev", "eta_angle_deg")


@dataclass(frozen=True)
class AlpPreset:
    """Choices of physics of an ALP under one name; no efficiency, no geometry.

    benchmark: ``alp-photon``, ``alp-fermion`` or ``alp-gluon``; couplings: another mixture of C_BB, C_WW,
    C_GG and C_ff per unit of C/Λ in its place. convention: of the coupling that is scanned, of
    `COUPLING_CONVENTIONS`. scale_gev: the Λ from which B -> X a and D -> π a run; it must be said where these
    are produced. bc11_kbs, mixing_basis, mixing_kinematics, absorption, epa_cut: of the channels.
    eta_angle_deg: η-η′ mixing angle. beauty: how many B and D mesons, a name of `normalisations`.
    width_table: hadrons from gluons. spectrum: source of the meson spectra, ``pythia`` (all of them),
    ``bmpt`` (light ones), ``feynman-power`` (heavy ones) or the path of an event list. channels: final states
    of a run that names none (empty: what the analysis says). matrix_elements: of the decays, by final state.
    response: name of the response set by final state (``all``: every other one). band: options that span a
    theory band. origin: where the numbers come from, by field name.
    """

    name: str
    title: str
    benchmark: str
    production: tuple[str, ...]
    response: dict[str, str]
    origin: dict[str, Origin] = field(default_factory=dict)
    couplings: AlpCouplings | None = None
    convention: str = C_OVER_LAMBDA
    scale_gev: float | None = None
    bc11_kbs: str = "fixed"
    mixing_basis: str = MIXING_BASES[0]
    mixing_kinematics: str = "lab-momentum"
    eta_angle_deg: float = ETA_ANGLE_DEG
    absorption: str = "radiation-length"
    epa_cut: str = EPA_CUTS[0]
    beauty: str = DEFAULT_NORMALISATION
    width_table: str = gluon_tables()[0]
    spectrum: str = "pythia"
    band: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    matrix_elements: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_source(self.spectrum)
        for name, known in OPTIONS.items():
            is_known = name == "spectrum" or getattr(self, name) in known
            require(is_known, self, name, f"one of {', '.join(known)}")
        for tag in self.production:
            if tag not in ALP_TAGS:
                raise unknown("production", tag, ALP_TAGS)
        heavy = [tag for tag in self.production if tag in _HEAVY]
        require(
            not heavy or self.scale_gev is not None, self, "scale_gev", f"Λ in GeV for {', '.join(heavy)}"
        )
        if self.couplings is not None and self.convention != C_OVER_LAMBDA:
            raise ConfigError(
                f"convention = {self.convention!r}: a mixture of couplings has {C_OVER_LAMBDA} only"
            )
        check_names(self, (*OPTIONS, *NUMBERS, MATRIX_ELEMENT))
        check_matrix_elements(self.matrix_elements, SPIN_PARITY)
        _ = self.direction

    @property
    def direction(self) -> AlpCouplings:
        """C/Λ [GeV⁻¹] per unit of the scanned coupling."""
        if self.benchmark not in DIRECTIONS:
            raise unknown("ALP benchmark", self.benchmark, DIRECTIONS)
        return self.couplings or couplings_per_unit(self.benchmark, self.convention)

    @property
    def angles(self) -> MesonMixing:
        """Mixing with π0, η and η′."""
        return MesonMixing(self.eta_angle_deg, self.mixing_basis)

    @property
    def model_options(self) -> Mapping[str, Any]:
        """Keywords of `Alp.benchmark` beside the tag."""
        return {
            "couplings": self.couplings,
            "convention": self.convention,
            "width_table": self.width_table,
            "mixing": self.angles,
        }

    @property
    def spectrum_options(self) -> Mapping[str, Any]:
        """The number of B and D mesons."""
        return {"heavy": self.beauty}

    def production_channels(self, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
        """The production channels, in the order of ``production``."""
        return tuple(self._channel(tag, beam_momentum_gev) for tag in self.production)

    def _channel(self, tag: str, beam_momentum_gev: float) -> ProductionChannel:
        if tag == PRIMAKOFF:
            return Primakoff(self.direction, self.angles, beam_momentum_gev, self.epa_cut)
        if tag in PHOTON_PARENTS:
            return PhotonConversion(tag, self.direction, self.angles, self.absorption)
        if tag in MIXED_MESONS:
            return AlpMixing(tag, self.direction, self.angles, self.mixing_kinematics)
        assert self.scale_gev is not None  # checked with the production
        if tag in CHARM_MODES:
            return DToAlp(tag, self.direction, self.scale_gev)
        return BToAlp(tag.removeprefix("b-"), self.direction, self.scale_gev, self.bc11_kbs)

    def with_spectrum(self, source: str | Path) -> AlpPreset:
        """The same choices with other meson spectra, called ``NAME+SOURCE``."""
        return self if str(source) == self.spectrum else replace(self, **spectrum_change(self, source))

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the preset names none."""
        return response_set_of(self.name, self.response, final_state)

    def described(self) -> Mapping[str, tuple[str, str]]:
        """Text and field by label: couplings, and what the production channels depend on."""
        found = {"coupling": (_text_of(self.direction, self.convention), "convention")}
        if any(tag in _HEAVY for tag in self.production):
            found["scale Lambda"] = (f"{self.scale_gev:g} GeV", "scale_gev")
        if any(tag in KAON_TAGS for tag in self.production) and self.direction.c_gg:
            found["k_bs of gluons"] = (f"{self.bc11_kbs}: {BC11_KBS[self.bc11_kbs]}", "bc11_kbs")
        if any(tag in _MIXED for tag in self.production):
            text = f"kappa {self.mixing_basis}, eta-eta' angle {self.eta_angle_deg:.1f} deg"
            found["mixing"] = (f"{text}; ALP takes the {self.mixing_kinematics} of the meson", "mixing_basis")
        if any(tag in _CONVERTED for tag in self.production):
            found["photons"] = (f"absorbed with {ABSORPTION_BARN[self.absorption]:g} b", "absorption")
        return found

    def variations(self) -> tuple[Variation, ...]:
        """All presets that differ in one option that can matter, in the order of `OPTIONS`."""
        return (*_variations(self), *matrix_element_variations(self.matrix_elements, SPIN_PARITY))


def _text_of(couplings: AlpCouplings, convention: str) -> str:
    parts = {"C_BB": couplings.c_bb, "C_WW": couplings.c_ww, "C_GG": couplings.c_gg, "C_ff": couplings.c_ff}
    shown = ", ".join(f"{name}/Lambda = {value:.4g}" for name, value in parts.items() if value)
    return f"{convention} in GeV^-1: {shown} per unit"


def _variations(base: AlpPreset) -> Iterator[Variation]:
    for option, names in OPTIONS.items():
        for name in names:
            if name != getattr(base, option) and _matters(base, option, name):
                yield Variation(option, name, {option: name})


def _matters(base: AlpPreset, option: str, name: str) -> bool:
    if option == "spectrum":
        light = [tag for tag in base.production if tag not in _HEAVY and tag != PRIMAKOFF]
        heavy = [tag for tag in base.production if tag in _HEAVY]
        return {"bmpt": bool(light) and not heavy, "feynman-power": bool(heavy) and not light}.get(name, True)
    if option in ("bc11_kbs", "mixing_basis") and not base.direction.c_gg:
        return False
    tags = _MATTERS.get(option, base.production)
    return any(tag in tags for tag in base.production)


@dataclass(frozen=True)
class _PresetFile:
    preset: tuple[AlpPreset, ...]


ALP_PRESETS: Mapping[str, PresetFile[AlpPreset]] = MappingProxyType(
    {
        tag: PresetFile(
            f"{tag}.toml", AlpPreset, _PresetFile, ("production", *OPTIONS, *NUMBERS, MATRIX_ELEMENT)
        )
        for tag in DIRECTIONS
    }
)
"""Presets of BC9, BC10 and BC11."""

ALP_FAMILIES: Mapping[str, PresetFile[AlpPreset]] = MappingProxyType(
    {tag: ALP_PRESETS[tag] for tag in ("alp-photon", "alp-fermion", "alp-gluon")}
)
"""Presets of the registered models by tag."""

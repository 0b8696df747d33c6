"""Presets: named choices of production physics, from ``data/presets``, and the channels they switch on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from feebly.core.errors import did_you_mean, unknown
from feebly.core.interfaces import ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import require, require_not_negative, require_positive
from feebly.physics.production.bremsstrahlung import Bremsstrahlung
from feebly.physics.production.decay_options import (
    MATRIX_ELEMENT,
    check_matrix_elements,
    matrix_element_variations,
)
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay
from feebly.physics.production.mixing import VECTOR_MESONS, Mixing
from feebly.physics.production.photon_options import OPTIONS, variations
from feebly.physics.production.preset_files import (
    PresetFile,
    Variation,
    check_names,
    response_set_of,
    spectrum_change,
)
from feebly.physics.spectra.event_list import is_event_list

SPIN_PARITY = "1-"
PRODUCTION_TAGS = ("brems", *MESON_MODES, *VECTOR_MESONS)
"""Tags of all production channels of the dark photon, in the order of the reports."""


@dataclass(frozen=True)
class Preset:
    """Choices of production physics under one name; no efficiency, no geometry.

    form_factor, splitting, sigma_weight, lambda_p_gev, z_min, z_max, pt_max_gev, validity_max: of
    `Bremsstrahlung`. meson_weight multiplies the light-meson decays. mixing: ``none``, or the weight ``R`` or
    ``theta`` (`Mixing`), times mixing_scale; mixing_kinematics: what A' takes from the meson. spectrum:
    source of the light-meson spectra, ``pythia``, ``bmpt`` or the path of an event list. polarisation: of the
    A'. width_table: R of the widths and of R_V. production: tags. channels: final states of a run that names
    none (empty: what the analysis says). matrix_elements: of the decays, by final state. response: name of
    the response set by final state (``all``: every other one). band: options (fields) whose variations span
    the theory band. origin: where the numbers come from, by field name.
    """

    name: str
    title: str
    form_factor: str
    meson_weight: float
    mixing: str
    production: tuple[str, ...]
    response: dict[str, str]
    origin: dict[str, Origin] = field(default_factory=dict)
    mixing_scale: float = 1.0
    mixing_kinematics: str = "lab-momentum"
    splitting: str = "bb"
    sigma_weight: str = "total"
    lambda_p_gev: float | None = None
    z_min: float = 0.1
    z_max: float = 0.9
    pt_max_gev: float = 1.0
    validity_max: float = 0.1
    polarisation: str = "isotropic"
    width_table: str = "deliver"
    spectrum: str = "pythia"
    band: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    matrix_elements: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, known in OPTIONS.items():
            _require_known(self, name, known)
        require_positive(self, "z_min", "pt_max_gev", "validity_max")
        require(self.z_min < self.z_max < 1, self, "z_max", f"a number between z_min = {self.z_min:g} and 1")
        require(self.lambda_p_gev is None or self.lambda_p_gev > 0, self, "lambda_p_gev", "a positive number")
        require_not_negative(self, "meson_weight", "mixing_scale")
        check_names(self, (*OPTIONS, *NUMBERS, MATRIX_ELEMENT))
        check_matrix_elements(self.matrix_elements, SPIN_PARITY)
        for tag in self.production:
            if tag not in PRODUCTION_TAGS:
                raise unknown("production", tag, PRODUCTION_TAGS)
            has_weight = self.mixing != "none" or tag not in VECTOR_MESONS
            require(has_weight, self, "mixing", f'"R" or "theta" for production {tag!r}')

    @property
    def model_options(self) -> Mapping[str, Any]:
        """Keywords of `DarkPhoton`."""
        return {"width_table": self.width_table}

    @property
    def spectrum_options(self) -> Mapping[str, Any]:
        """Light mesons have one normalisation: none."""
        return {}

    def production_channels(self, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
        """The production channels, in the order of ``production``."""
        return production_channels(self, beam_momentum_gev)

    def with_spectrum(self, source: str | Path) -> Preset:
        """The same choices with other spectra of the light mesons, called ``NAME+SOURCE``."""
        return self if str(source) == self.spectrum else replace(self, **spectrum_change(self, source))

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the preset names none."""
        return response_set_of(self.name, self.response, final_state)

    def described(self) -> Mapping[str, tuple[str, str]]:
        """Text and field by label: bremsstrahlung, mesons and mixing."""
        mixing = self.mixing
        if mixing != "none":
            weight = {"R": "epsilon^2 R_V", "theta": "|theta_V|^2"}[mixing]
            mixing = f"{weight} x {self.mixing_scale:g}; A' takes the {self.mixing_kinematics} of the meson"
        cuts = f"{self.z_min:g} < z < {self.z_max:g}, pT < {self.pt_max_gev:g} GeV"
        off_shell = "none" if self.lambda_p_gev is None else f"Lambda_p = {self.lambda_p_gev:g} GeV"
        return {
            "form factor": (self.form_factor, "form_factor"),
            "splitting": (self.splitting, "splitting"),
            "off-shell": (off_shell, "lambda_p_gev"),
            "sigma weight": (self.sigma_weight, "sigma_weight"),
            "brems cuts": (f"{cuts}, H/(4 E^2 z (1-z)^2) <= {self.validity_max:g}", "pt_max_gev"),
            "meson weight": (f"{self.meson_weight:g}", "meson_weight"),
            "mixing": (mixing, "mixing_scale"),
            "polarisation": (self.polarisation, "polarisation"),
        }

    def variations(self) -> tuple[Variation, ...]:
        """All presets that differ in one option that can matter, in the order of the fields."""
        return (*variations(self), *matrix_element_variations(self.matrix_elements, SPIN_PARITY))


NUMBERS = ("meson_weight", "mixing_scale", "lambda_p_gev", "z_min", "z_max", "pt_max_gev", "validity_max")
"""Fields of a preset that are numbers."""


def _require_known(preset: Preset, name: str, known: tuple[str, ...]) -> None:
    value = getattr(preset, name)
    is_list = name == "spectrum" and is_event_list(value)
    files = ", or a .csv or .hepmc3 file" if name == "spectrum" else ""
    expected = f"one of {', '.join(known)}{files}{did_you_mean(str(value), known)}"
    require(is_list or value in known, preset, name, expected)


@dataclass(frozen=True)
class _PresetFile:
    preset: tuple[Preset, ...]


DARK_PHOTON = PresetFile("dark-photon.toml", Preset, _PresetFile, (*OPTIONS, *NUMBERS, MATRIX_ELEMENT))
"""Presets of BC1."""


def presets() -> tuple[str, ...]:
    """Names of the dark-photon presets, in the order of the file."""
    return DARK_PHOTON.names()


def preset(name: str | Path) -> Preset:
    """Dark-photon preset by name, or from a file of one preset (anything that ends in ``.toml``).

    A file with ``extends = "NAME"`` says only what differs from that preset; the origin of what it changes is
    the file unless it names another. ConfigError with the nearest name for an unknown one.
    """
    return DARK_PHOTON.load(name)


def production_channels(preset: Preset, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
    """The production channels of a preset, in the order of its list."""
    return tuple(_channel(tag, preset, beam_momentum_gev) for tag in preset.production)


def _channel(tag: str, preset: Preset, beam_momentum_gev: float) -> ProductionChannel:
    if tag in MESON_MODES:
        return MesonDecay(tag, preset.meson_weight, preset.polarisation)
    if tag in VECTOR_MESONS:
        return Mixing(
            tag,
            scale=preset.mixing_scale,
            width_table=preset.width_table,
            weight_kind=preset.mixing,
            kinematics=preset.mixing_kinematics,
            polarisation=preset.polarisation,
        )
    shared = {name: getattr(preset, name) for name in _OF_BREMSSTRAHLUNG}
    return Bremsstrahlung(beam_momentum_gev=beam_momentum_gev, **shared)


_OF_BREMSSTRAHLUNG = tuple(
    f.name for f in fields(Bremsstrahlung) if f.name in {option.name for option in fields(Preset)}
)

"""Presets: named choices of production physics, from ``data/presets``, and the channels they switch on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from feebly.core.errors import ConfigError, did_you_mean, unknown
from feebly.core.interfaces import ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_not_negative, require_positive
from feebly.core.tables import Document, overlay, parse_toml, read_toml
from feebly.physics.decays.polarisation import POLARISATIONS
from feebly.physics.formfactors.r_tables import width_tables
from feebly.physics.production.bremsstrahlung import FORM_FACTORS, SIGMA_WEIGHTS, SPLITTINGS, Bremsstrahlung
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay
from feebly.physics.production.mixing import MIXING_KINEMATICS, MIXING_WEIGHTS, VECTOR_MESONS, Mixing
from feebly.physics.spectra.event_list import is_event_list
from feebly.physics.spectra.library import LIGHT_SOURCES

PRODUCTION_TAGS = ("brems", *MESON_MODES, *VECTOR_MESONS)
"""Tags of all production channels of the dark photon, in the order of the reports."""

EVERY_OTHER = "all"


@dataclass(frozen=True)
class Preset:
    """Choices of production physics under one name; no efficiency, no geometry.

    form_factor, splitting, sigma_weight, lambda_p_gev, z_min, z_max, pt_max_gev, validity_max: of
    `Bremsstrahlung`. meson_weight multiplies the light-meson decays. mixing: ``none``, or the weight ``R`` or
    ``theta`` (`Mixing`), times mixing_scale; mixing_kinematics: what A' takes from the meson.
    spectrum: source of the light-meson spectra, ``pythia``, ``bmpt`` or the path of an event list.
    polarisation: of the A'. width_table: R of the widths and of R_V. production: tags. response: name of the
    response set by final state (``all``: every other one). band: options (fields) whose variations span the
    theory band. origin: where the numbers come from, by field name.
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

    def __post_init__(self) -> None:
        for name, known in OPTIONS.items():
            _require_known(self, name, known)
        require_positive(self, "z_min", "pt_max_gev", "validity_max")
        require(self.z_min < self.z_max < 1, self, "z_max", f"a number between z_min = {self.z_min:g} and 1")
        require(self.lambda_p_gev is None or self.lambda_p_gev > 0, self, "lambda_p_gev", "a positive number")
        require_not_negative(self, "meson_weight", "mixing_scale")
        for option in self.band:
            if option not in (*OPTIONS, *NUMBERS):
                raise unknown("option in band", option, (*OPTIONS, *NUMBERS))
        for tag in self.production:
            if tag not in PRODUCTION_TAGS:
                raise unknown("production", tag, PRODUCTION_TAGS)
            has_weight = self.mixing != "none" or tag not in VECTOR_MESONS
            require(has_weight, self, "mixing", f'"R" or "theta" for production {tag!r}')

    def with_spectrum(self, source: str | Path) -> Preset:
        """The same choices with other spectra of the light mesons, called ``NAME+SOURCE``."""
        if str(source) == self.spectrum:
            return self
        origin = Origin("assumed", f"source {str(source)!r} asked for in the run")
        name = f"{self.name}+{Path(source).name}"
        return replace(self, name=name, spectrum=str(source), origin=self.origin | {"spectrum": origin})

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the preset names none."""
        return response_set_of(self.name, self.response, final_state)


def response_set_of(preset: str, response: Mapping[str, str], final_state: str) -> str:
    """The response set that a preset names for a final state, or for all others; ConfigError for none."""
    name = response.get(final_state, response.get(EVERY_OTHER))
    if name is None:
        raise ConfigError(
            f"preset {preset!r} names no response set for {final_state!r} "
            f"(it has {', '.join(response)}); give one: --response {final_state}=none"
        )
    return name


OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "form_factor": tuple(FORM_FACTORS),
        "splitting": tuple(SPLITTINGS),
        "sigma_weight": tuple(SIGMA_WEIGHTS),
        "mixing": ("none", *MIXING_WEIGHTS),
        "mixing_kinematics": MIXING_KINEMATICS,
        "polarisation": POLARISATIONS,
        "width_table": width_tables(),
        "spectrum": LIGHT_SOURCES,
    }
)
"""Fields of a preset that are a choice between names, and the names (spectrum: or an event list)."""


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


@cache
def _shipped() -> Document:
    path = files("feebly") / "data" / "presets" / "dark-photon.toml"
    return parse_toml(path.read_text(encoding="utf-8"), path.name)


@cache
def _all_presets() -> Mapping[str, Preset]:
    return {preset.name: preset for preset in decode(_PresetFile, _shipped()).preset}


def presets() -> tuple[str, ...]:
    """Names of the dark-photon presets, in the order of the file."""
    return tuple(_all_presets())


def preset(name: str | Path) -> Preset:
    """Preset by name, or from a file of one preset (anything that ends in ``.toml``).

    A file with ``extends = "NAME"`` says only what differs from that preset; the origin of what it changes is
    the file unless it names another. ConfigError with the nearest name for an unknown one.
    """
    if isinstance(name, Path) or name.endswith(".toml"):
        return _from_file(Path(name))
    if name not in _all_presets():
        raise unknown("preset", name, presets())
    return _all_presets()[name]


def _from_file(path: Path) -> Preset:
    document = _with_lists_beside(read_toml(path), path)
    base = document.data.get("extends")
    if base is None:
        return decode(Preset, document)
    if base not in presets():
        raise unknown(f"preset that {path} extends", str(base), presets())
    (below,) = (entry for entry in _shipped().data["preset"] if entry["name"] == base)
    own = document.without("extends")
    choices = [key for key in own.data if key in OPTIONS or key in NUMBERS]
    origins = below.get("origin", {}) | {key: {"kind": "assumed", "source": path.name} for key in choices}
    shipped = Document(path.name, below | {"origin": origins, "name": path.stem}, {})
    return decode(Preset, overlay(shipped, own))


def _with_lists_beside(document: Document, path: Path) -> Document:
    """The document with the path of an event list made relative to the file that names it."""
    spectrum = document.data.get("spectrum")
    if not isinstance(spectrum, str) or not is_event_list(spectrum):
        return document
    return replace(document, data=document.data | {"spectrum": str(path.parent / spectrum)})


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

"""Presets: named choices of production physics, from ``data/presets``, and the channels they switch on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_not_negative
from feebly.core.tables import parse_toml
from feebly.physics.formfactors.r_tables import width_tables
from feebly.physics.production.bremsstrahlung import FORM_FACTORS, SPLITTINGS, Bremsstrahlung
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay
from feebly.physics.production.mixing import VECTOR_MESONS, Mixing

PRODUCTION_TAGS = ("brems", *MESON_MODES, *VECTOR_MESONS)
"""Tags of all production channels of the dark photon, in the order of the reports."""

EVERY_OTHER = "all"


@dataclass(frozen=True)
class Preset:
    """Choices of production physics under one name; no efficiency, no geometry.

    form_factor, splitting: options of bremsstrahlung. meson_weight multiplies the light-meson decays.
    mixing: ``none``, or ``R`` for the weight mixing_scale × ε² R_V. width_table: R of the widths and of R_V.
    production: tags. response: name of the response set by final state (``all``: every other one).
    origin: where the numbers come from, by field name.
    """

    name: str
    title: str
    form_factor: str
    meson_weight: float
    mixing: Literal["none", "R"]
    production: tuple[str, ...]
    response: dict[str, str]
    origin: dict[str, Origin] = field(default_factory=dict)
    mixing_scale: float = 1.0
    splitting: str = "bb"
    width_table: str = "deliver"

    def __post_init__(self) -> None:
        _require_known(self, "form_factor", FORM_FACTORS)
        _require_known(self, "splitting", SPLITTINGS)
        _require_known(self, "width_table", width_tables())
        require_not_negative(self, "meson_weight", "mixing_scale")
        for tag in self.production:
            if tag not in PRODUCTION_TAGS:
                raise unknown("production", tag, PRODUCTION_TAGS)
            require(
                self.mixing == "R" or tag not in VECTOR_MESONS, self, "mixing", f'"R" for production {tag!r}'
            )

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the preset names none."""
        name = self.response.get(final_state, self.response.get(EVERY_OTHER))
        if name is None:
            raise ConfigError(
                f"preset {self.name!r} names no response set for {final_state!r} "
                f"(it has {', '.join(self.response)}); give one: --response {final_state}=none"
            )
        return name


def _require_known(preset: Preset, name: str, known: Mapping[str, object] | tuple[str, ...]) -> None:
    require(getattr(preset, name) in known, preset, name, f"one of {', '.join(known)}")


@dataclass(frozen=True)
class _PresetFile:
    preset: tuple[Preset, ...]


@cache
def _all_presets() -> Mapping[str, Preset]:
    path = files("feebly") / "data" / "presets" / "dark-photon.toml"
    found = decode(_PresetFile, parse_toml(path.read_text(encoding="utf-8"), path.name)).preset
    return {preset.name: preset for preset in found}


def presets() -> tuple[str, ...]:
    """Names of the dark-photon presets, in the order of the file."""
    return tuple(_all_presets())


def preset(name: str) -> Preset:
    """Preset by name; ConfigError with the nearest name otherwise."""
    if name not in _all_presets():
        raise unknown("preset", name, presets())
    return _all_presets()[name]


def production_channels(preset: Preset, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
    """The production channels of a preset, in the order of its list."""
    return tuple(_channel(tag, preset, beam_momentum_gev) for tag in preset.production)


def _channel(tag: str, preset: Preset, beam_momentum_gev: float) -> ProductionChannel:
    if tag in MESON_MODES:
        return MesonDecay(tag, weight=preset.meson_weight)
    if tag in VECTOR_MESONS:
        return Mixing(tag, scale=preset.mixing_scale, width_table=preset.width_table)
    return Bremsstrahlung(
        form_factor=preset.form_factor, splitting=preset.splitting, beam_momentum_gev=beam_momentum_gev
    )

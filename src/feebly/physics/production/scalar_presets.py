"""Presets of the dark scalar, from ``data/presets``, and the channels they switch on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from feebly.core.errors import unknown
from feebly.core.interfaces import ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import decode, require
from feebly.core.tables import parse_toml, read_toml
from feebly.physics.formfactors.scalar_pairs import pair_couplings
from feebly.physics.production.b_to_scalar import SCALAR_CHANNELS
from feebly.physics.production.presets import response_set_of
from feebly.physics.spectra.library import require_source


@dataclass(frozen=True)
class ScalarPreset:
    """Choices of production physics of the dark scalar under one name; no efficiency, no geometry.

    production: tags of `SCALAR_CHANNELS`. spectrum: source of the B spectrum, ``pythia``, ``feynman-power``,
    or the path of an event list. width_table: of `DarkScalar`. response: name of the response set by final
    state (``all``: every other one). band: options that span a theory band, none yet. origin: where the
    numbers come from, by field name.
    """

    name: str
    title: str
    production: tuple[str, ...]
    response: dict[str, str]
    origin: dict[str, Origin] = field(default_factory=dict)
    width_table: str = "dispersive"
    spectrum: str = "pythia"
    band: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_source(self.spectrum)
        require(
            self.width_table in pair_couplings(), self, "width_table", f"one of {', '.join(pair_couplings())}"
        )
        for tag in self.production:
            if tag not in SCALAR_CHANNELS:
                raise unknown("production", tag, SCALAR_CHANNELS)

    def with_spectrum(self, source: str | Path) -> ScalarPreset:
        """The same choices with another spectrum of B mesons."""
        origin = Origin("assumed", f"source {str(source)!r} asked for in the run")
        return replace(self, spectrum=str(source), origin=self.origin | {"spectrum": origin})

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the preset names none."""
        return response_set_of(self.name, self.response, final_state)


@dataclass(frozen=True)
class _PresetFile:
    preset: tuple[ScalarPreset, ...]


@cache
def _all_presets() -> Mapping[str, ScalarPreset]:
    path = files("feebly") / "data" / "presets" / "dark-scalar.toml"
    document = parse_toml(path.read_text(encoding="utf-8"), path.name)
    return {preset.name: preset for preset in decode(_PresetFile, document).preset}


def scalar_presets() -> tuple[str, ...]:
    """Names of the dark-scalar presets; the first is the default."""
    return tuple(_all_presets())


def scalar_preset(name: str | Path) -> ScalarPreset:
    """Preset by name, or from a file of one preset (anything that ends in ``.toml``).

    ConfigError with the nearest name for an unknown one.
    """
    if isinstance(name, Path) or name.endswith(".toml"):
        return decode(ScalarPreset, read_toml(Path(name)))
    if name not in _all_presets():
        raise unknown("preset", name, scalar_presets())
    return _all_presets()[name]


def scalar_channels(preset: ScalarPreset) -> tuple[ProductionChannel, ...]:
    """The production channels of a preset, in the order of its list."""
    return tuple(SCALAR_CHANNELS[tag] for tag in preset.production)

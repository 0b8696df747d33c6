"""Presets and production channels by model: each model has presets of its own kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from feebly.core.interfaces import ProductionChannel
from feebly.physics.production.presets import Preset, preset, presets, production_channels
from feebly.physics.production.scalar_presets import (
    ScalarPreset,
    scalar_channels,
    scalar_preset,
    scalar_presets,
)

AnyPreset = Preset | ScalarPreset


@dataclass(frozen=True)
class PresetFamily:
    """The presets of one model: their names, the default first, and how to get one by name or file."""

    names: Callable[[], tuple[str, ...]]
    load: Callable[[str | Path], AnyPreset]


FAMILIES: Mapping[str, PresetFamily] = MappingProxyType(
    {
        "dark-photon": PresetFamily(presets, preset),
        "dark-scalar": PresetFamily(scalar_presets, scalar_preset),
    }
)
"""Presets by model tag."""


def preset_of(model: str, name: str | Path | None, default: str) -> AnyPreset:
    """Preset of a model by name or file; without a name ``default`` where the model has it, else its first.

    ConfigError with the nearest name for one that the model does not have.
    """
    family = FAMILIES[model]
    if name is None:
        name = default if default in family.names() else family.names()[0]
    return family.load(name)


def channels_of(chosen: AnyPreset, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
    """The production channels of a preset, in the order of its list."""
    if isinstance(chosen, ScalarPreset):
        return scalar_channels(chosen)
    return production_channels(chosen, beam_momentum_gev)

"""Presets and production channels by model: each model has presets of its own kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from feebly.core.errors import unknown
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
    """Preset of a model by name or file; without a name ``default``, or the model's first if it is another's.

    ConfigError with the nearest name for one that the model does not have.
    """
    family = FAMILIES[model]
    if name is None:
        of_another = any(default in each.names() for each in FAMILIES.values() if each is not family)
        name = family.names()[0] if of_another else default
    return family.load(name)


def every_preset() -> tuple[AnyPreset, ...]:
    """The shipped presets of all models."""
    return tuple(family.load(name) for family in FAMILIES.values() for name in family.names())


def any_preset(name: str) -> AnyPreset:
    """Shipped preset of whichever model has it, or a file for the dark photon; ConfigError otherwise."""
    for family in FAMILIES.values():
        if name in family.names():
            return family.load(name)
    if name.endswith(".toml"):
        return preset(name)
    raise unknown("preset", name, [each.name for each in every_preset()])


def channels_of(chosen: AnyPreset, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
    """The production channels of a preset, in the order of its list."""
    if isinstance(chosen, ScalarPreset):
        return scalar_channels(chosen)
    return production_channels(chosen, beam_momentum_gev)

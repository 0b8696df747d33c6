"""Presets by model: each model has presets of its own kind, with one interface (`AnyPreset`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from feebly.core.errors import ConfigError, unknown
from feebly.core.records import record_fields
from feebly.core.tables import read_toml
from feebly.physics.production.alp_presets import ALP_FAMILIES
from feebly.physics.production.preset_files import AnyPreset, PresetFile
from feebly.physics.production.presets import DARK_PHOTON
from feebly.physics.production.scalar_presets import DARK_SCALAR, DARK_SCALAR_QUARTIC

FAMILIES: Mapping[str, PresetFile[AnyPreset]] = MappingProxyType(
    {
        "dark-photon": DARK_PHOTON,
        "dark-scalar": DARK_SCALAR,
        "dark-scalar-quartic": DARK_SCALAR_QUARTIC,
        **ALP_FAMILIES,
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


def in_convention(preset: AnyPreset, convention: str) -> AnyPreset:
    """The preset with its coupling in another convention; ConfigError for a model that has one only."""
    if "convention" not in record_fields(type(preset))[0]:
        raise ConfigError(f"coupling convention {convention!r}: preset {preset.name} has one coupling only")
    return replace(preset, convention=convention)  # type: ignore[type-var]


def every_preset() -> tuple[AnyPreset, ...]:
    """The shipped presets of all models."""
    return tuple(family.load(name) for family in FAMILIES.values() for name in family.names())


def any_preset(name: str) -> AnyPreset:
    """Shipped preset of whichever model has it, or one from a file; ConfigError otherwise."""
    if name.endswith(".toml"):
        return _family_of_file(name).load(name)
    for family in FAMILIES.values():
        if name in family.names():
            return family.load(name)
    raise unknown("preset", name, [each.name for each in every_preset()])


def _family_of_file(path: str) -> PresetFile[AnyPreset]:
    """The family of the preset that the file extends, else the first that knows all its keys."""
    data = read_toml(path).data
    base, keys = data.get("extends"), set(data) - {"extends"}
    extended = [family for family in FAMILIES.values() if base in family.names()]
    knowing = [each for each in FAMILIES.values() if keys <= each.keys()]
    return (*extended, *knowing, FAMILIES["dark-photon"])[0]

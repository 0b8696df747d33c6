"""Options of a dark-photon preset by name, and one change of a preset at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from feebly.physics.decays.polarisation import POLARISATIONS
from feebly.physics.formfactors.r_tables import width_tables
from feebly.physics.production.bremsstrahlung import (
    FORM_FACTORS,
    FR21_MIN_MASS_GEV,
    SIGMA_WEIGHTS,
    SPLITTINGS,
)
from feebly.physics.production.mixing import MIXING_KINEMATICS, MIXING_WEIGHTS, VECTOR_MESONS
from feebly.physics.production.preset_files import Variation
from feebly.physics.spectra.library import LIGHT_SOURCES

if TYPE_CHECKING:
    from feebly.physics.production.presets import Preset

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

QUASI_REAL = MappingProxyType({"lambda_p_gev": 1.5, "pt_max_gev": 4.0})
"""What comes with `fr21` and `fr24`: the off-shell factor takes the place of the cut on pT (2108.05900)."""

NUMBERS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "lambda_p_gev": (1.0, 1.5, 2.0),  # band of 2108.05900
        "pt_max_gev": (0.5, 1.0, 2.0),  # scan around the 1 GeV of 1311.3870
        "z_max": (0.9, 0.95),  # the two upper ends in use
        "validity_max": (0.1, 1.0),
        "meson_weight": (0.2, 0.5, 1.0),  # what the published contours ask for, and no tuning
        "mixing_scale": (0.7, 1.0),  # the two fits of the combined contour
    }
)
"""Values that a number of a preset takes in turn, by field."""


def variations(base: Preset) -> tuple[Variation, ...]:
    """All that differ from the preset in one option and can matter to it, in the order of the fields."""
    return (*_choices(base), *_numbers(base))


def _choices(base: Preset) -> Iterator[Variation]:
    for option, names in OPTIONS.items():
        if option == "mixing_kinematics" and base.mixing == "none":
            continue
        for name in names:
            if name != getattr(base, option):
                low = FR21_MIN_MASS_GEV if name == "fr21" else 0.0
                yield Variation(option, name, {option: name} | _companions(base, option, name), low)


def _companions(base: Preset, option: str, name: str) -> dict[str, Any]:
    """Fields that only make sense together with the changed one."""
    if option == "splitting":
        if name == "bb":
            return {"lambda_p_gev": None, "pt_max_gev": 1.0}
        return dict(QUASI_REAL) if base.splitting == "bb" else {}
    if option == "mixing":
        others = tuple(tag for tag in base.production if tag not in VECTOR_MESONS)
        return {"production": others if name == "none" else (*others, *VECTOR_MESONS)}
    return {}


def _numbers(base: Preset) -> Iterator[Variation]:
    for option, values in NUMBERS.items():
        present = getattr(base, option)
        if present is None or (option == "mixing_scale" and base.mixing == "none"):
            continue
        if option == "pt_max_gev" and base.lambda_p_gev is not None:
            continue  # the off-shell factor has taken its place
        for value in values:
            if value != present:
                yield Variation(option, f"{value:g}", {option: value})

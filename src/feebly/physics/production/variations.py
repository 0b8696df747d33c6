"""One change of a preset at a time: every named option, and the numbers that the literature varies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from feebly.physics.production.bremsstrahlung import FR21_MIN_MASS_GEV
from feebly.physics.production.mixing import VECTOR_MESONS
from feebly.physics.production.presets import OPTIONS, Preset

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
"""Values of the numbers of a preset, by field."""


@dataclass(frozen=True)
class Variation:
    """A changed option: its field and value, all fields that change with it, and where it holds [GeV]."""

    option: str
    value: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    mass_min_gev: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.option} = {self.value}"

    def of(self, base: Preset) -> Preset:
        """The preset with the change; production follows the option ``mixing``."""
        return replace(base, **self.changes)


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

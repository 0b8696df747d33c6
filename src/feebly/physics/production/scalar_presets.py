"""Presets of the dark scalar, from ``data/presets``, and the channels they switch on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from feebly.core.errors import unknown
from feebly.core.interfaces import ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import require
from feebly.physics.formfactors.scalar_pairs import pair_couplings
from feebly.physics.production.b_to_scalar import EXCLUSIVE, INCLUSIVE, SCALAR_CHANNELS
from feebly.physics.production.preset_files import (
    PresetFile,
    Variation,
    check_names,
    response_set_of,
    spectrum_change,
)
from feebly.physics.spectra.heavy_flavour import DEFAULT_NORMALISATION, normalisations
from feebly.physics.spectra.library import BEAUTY_SOURCES, require_source

B_TO_S: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"exclusive": tuple(f"b-{state}" for state in EXCLUSIVE), "inclusive": (f"b-{INCLUSIVE}",)}
)
"""Production tags of b -> s S by option: the sum over kaon states, or the inclusive rate."""

OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "b_to_s": tuple(B_TO_S),
        "beauty": tuple(normalisations()),
        "spectrum": BEAUTY_SOURCES,
        "width_table": pair_couplings(),
    }
)
"""Choices between names that `variations` takes in turn; ``b_to_s`` is a change of ``production``."""


@dataclass(frozen=True)
class ScalarPreset:
    """Choices of production physics of the dark scalar under one name; no efficiency, no geometry.

    production: tags of `SCALAR_CHANNELS`. spectrum: source of the B spectrum, ``pythia``, ``feynman-power``,
    or the path of an event list. beauty: how many B mesons, a name of `normalisations`. width_table: of
    `DarkScalar`. channels: final states of a run that names none (empty: what the analysis says). response:
    name of the response set by final state (``all``: every other one). band: options that span a theory band,
    of `OPTIONS`. origin: where the numbers come from, by field name.
    """

    name: str
    title: str
    production: tuple[str, ...]
    response: dict[str, str]
    origin: dict[str, Origin] = field(default_factory=dict)
    beauty: str = DEFAULT_NORMALISATION
    width_table: str = "dispersive"
    spectrum: str = "pythia"
    band: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_source(self.spectrum)
        for name in ("beauty", "width_table"):
            require(getattr(self, name) in OPTIONS[name], self, name, f"one of {', '.join(OPTIONS[name])}")
        for tag in self.production:
            if tag not in SCALAR_CHANNELS:
                raise unknown("production", tag, SCALAR_CHANNELS)
        check_names(self, OPTIONS)

    @property
    def model_options(self) -> Mapping[str, Any]:
        """Keywords of `DarkScalar`."""
        return {"width_table": self.width_table}

    @property
    def spectrum_options(self) -> Mapping[str, Any]:
        """The number of B mesons."""
        return {"heavy": self.beauty}

    def production_channels(self, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
        """The production channels, in the order of ``production``."""
        return tuple(SCALAR_CHANNELS[tag] for tag in self.production)

    def with_spectrum(self, source: str | Path) -> ScalarPreset:
        """The same choices with another spectrum of B mesons, called ``NAME+SOURCE``."""
        return self if str(source) == self.spectrum else replace(self, **spectrum_change(self, source))

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the preset names none."""
        return response_set_of(self.name, self.response, final_state)

    def described(self) -> Mapping[str, tuple[str, str]]:
        """Text and field by label."""
        return {"B mesons": (self.beauty, "beauty")}

    def variations(self) -> tuple[Variation, ...]:
        """All presets that differ in one option that can matter, in the order of `OPTIONS`."""
        return tuple(_variations(self))


def _variations(base: ScalarPreset) -> Iterator[Variation]:
    for option, names in OPTIONS.items():
        for name in names:
            if option == "b_to_s":
                yield from _other_b_to_s(base, name)
            elif name != getattr(base, option):
                yield Variation(option, name, {option: name})


def _other_b_to_s(base: ScalarPreset, name: str) -> Iterator[Variation]:
    """The change of production, where the preset has B decays and others than those."""
    every = [tag for tags in B_TO_S.values() for tag in tags]
    others = tuple(tag for tag in base.production if tag not in every)
    own = tuple(tag for tag in base.production if tag in every)
    if own and set(own) != set(B_TO_S[name]):
        yield Variation("b_to_s", name, {"production": (*B_TO_S[name], *others)})


@dataclass(frozen=True)
class _PresetFile:
    preset: tuple[ScalarPreset, ...]


DARK_SCALAR = PresetFile("dark-scalar.toml", ScalarPreset, _PresetFile, ("production", *OPTIONS))
"""Presets of BC4."""

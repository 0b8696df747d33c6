"""Presets of the dark scalar, from ``data/presets``, and the channels they switch on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from feebly.core.errors import did_you_mean, unknown
from feebly.core.interfaces import ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import require, require_positive
from feebly.physics.formfactors.scalar_pairs import pair_couplings
from feebly.physics.production.b_to_scalar import EXCLUSIVE, INCLUSIVE, SCALAR_CHANNELS
from feebly.physics.production.b_to_scalar_pair import PAIR_TAGS, pair_channels, quartic_coupling
from feebly.physics.production.bremsstrahlung import SIGMA_WEIGHTS
from feebly.physics.production.decay_options import (
    MATRIX_ELEMENT,
    check_matrix_elements,
    matrix_element_variations,
)
from feebly.physics.production.preset_files import (
    PresetFile,
    Variation,
    check_names,
    response_set_of,
    spectrum_change,
)
from feebly.physics.production.scalar_bremsstrahlung import NORMS, SCALAR_FORM_FACTORS, ScalarBremsstrahlung
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
        "brems_form_factor": tuple(SCALAR_FORM_FACTORS),
        "brems_norm": tuple(NORMS),
        "sigma_weight": SIGMA_WEIGHTS,
        "width_table": pair_couplings(),
    }
)
"""Choices between names that `variations` takes in turn; ``b_to_s`` is a change of ``production``."""

NUMBERS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "lambda_p_gev": (1.0, 1.5, 2.0),  # band of 2108.05900
        "z_max": (0.9, 0.95),  # the two upper ends in use
    }
)
"""Values that a number of a preset takes in turn, by field."""

BREMS = "brems"
SPIN_PARITY = "0+"
_OF_B = ("b_to_s", "beauty", "spectrum")
_OF_BOTH = ("width_table",)


@dataclass(frozen=True)
class ScalarPreset:
    """Choices of production physics of the dark scalar under one name; no efficiency, no geometry.

    production: tags of `SCALAR_CHANNELS`, with higgs_br of `PAIR_TAGS`, and ``brems``. higgs_br: BR(h -> S S)
    of the quartic coupling (BC5), none in BC4. spectrum: source of the B spectrum, ``pythia``,
    ``feynman-power``, or the path of an event list. beauty: how many B mesons, a name of `normalisations`.
    brems_form_factor, brems_norm, sigma_weight, lambda_p_gev, z_min, z_max, pt_max_gev, validity_max: of
    `ScalarBremsstrahlung`. width_table: of `DarkScalar`. channels: final states of a run that names none
    (empty: what the analysis says). matrix_elements: of the decays, by final state. response: name of the
    response set by final state (``all``: every other one). band: options that span a theory band, of
    `OPTIONS` and `NUMBERS`. origin: where the numbers come from, by field name.
    """

    name: str
    title: str
    production: tuple[str, ...]
    response: dict[str, str]
    origin: dict[str, Origin] = field(default_factory=dict)
    beauty: str = DEFAULT_NORMALISATION
    brems_form_factor: str = "time-like"
    brems_norm: str = "16pi2"
    sigma_weight: str = "total"
    lambda_p_gev: float = 1.5
    z_min: float = 0.1
    z_max: float = 0.9
    pt_max_gev: float = 4.0
    validity_max: float = 0.1
    higgs_br: float | None = None
    width_table: str = "dispersive"
    spectrum: str = "pythia"
    band: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    matrix_elements: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_source(self.spectrum)
        for name, known in OPTIONS.items():
            if name not in ("b_to_s", "spectrum"):
                value = getattr(self, name)
                require(value in known, self, name, f"one of {', '.join(known)}{did_you_mean(value, known)}")
        require_positive(self, "lambda_p_gev", "z_min", "pt_max_gev", "validity_max")
        require(self.z_min < self.z_max < 1, self, "z_max", f"a number between z_min = {self.z_min:g} and 1")
        known_tags = (*SCALAR_CHANNELS, *(() if self.higgs_br is None else PAIR_TAGS), BREMS)
        for tag in self.production:
            if tag not in known_tags:
                raise unknown("production", tag, known_tags)
        require(self.higgs_br is None or 0 < self.higgs_br < 1, self, "higgs_br", "a fraction below 1")
        check_names(self, (*OPTIONS, *NUMBERS, MATRIX_ELEMENT))
        check_matrix_elements(self.matrix_elements, SPIN_PARITY)

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
        return tuple(self._channel(tag, beam_momentum_gev) for tag in self.production)

    def _channel(self, tag: str, beam_momentum_gev: float) -> ProductionChannel:
        if self.higgs_br is not None and tag in PAIR_TAGS:
            return pair_channels(self.higgs_br)[tag]
        if tag != BREMS:
            return SCALAR_CHANNELS[tag]
        return ScalarBremsstrahlung(
            form_factor=self.brems_form_factor,
            norm=self.brems_norm,
            beam_momentum_gev=beam_momentum_gev,
            **{name: getattr(self, name) for name in _SHARED},
        )

    def with_spectrum(self, source: str | Path) -> ScalarPreset:
        """The same choices with another spectrum of B mesons, called ``NAME+SOURCE``."""
        return self if str(source) == self.spectrum else replace(self, **spectrum_change(self, source))

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the preset names none."""
        return response_set_of(self.name, self.response, final_state)

    def described(self) -> Mapping[str, tuple[str, str]]:
        """Text and field by label: B mesons and bremsstrahlung."""
        text = {"B mesons": (self.beauty, "beauty")}
        if self.higgs_br is not None:
            size = float(quartic_coupling(self.higgs_br, 0.0))
            text |= {"quartic": (f"BR(h -> S S) = {self.higgs_br:g}, lambda = {size:.3g}", "higgs_br")}
        if BREMS in self.production:
            cuts = f"{self.z_min:g} < z < {self.z_max:g}, pT < {self.pt_max_gev:g} GeV"
            text |= {
                "brems norm": (self.brems_norm, "brems_norm"),
                "form factor": (self.brems_form_factor, "brems_form_factor"),
                "off-shell": (f"Lambda_p = {self.lambda_p_gev:g} GeV", "lambda_p_gev"),
                "sigma weight": (self.sigma_weight, "sigma_weight"),
                "brems cuts": (f"{cuts}, H/(4 E^2 z (1-z)^2) <= {self.validity_max:g}", "pt_max_gev"),
            }
        return text

    def variations(self) -> tuple[Variation, ...]:
        """All presets that differ in one option that can matter, in the order of `OPTIONS` and `NUMBERS`."""
        return (*_variations(self), *matrix_element_variations(self.matrix_elements, SPIN_PARITY))


_SHARED = ("sigma_weight", "lambda_p_gev", "z_min", "z_max", "pt_max_gev", "validity_max")


def _variations(base: ScalarPreset) -> Iterator[Variation]:
    for option, values in (*OPTIONS.items(), *NUMBERS.items()):
        if option == "b_to_s":
            yield from _other_b_to_s(base)
        elif _matters(option, base):
            for value in values:
                if value != getattr(base, option):
                    text = value if isinstance(value, str) else f"{value:g}"
                    yield Variation(option, text, {option: value})


def _matters(option: str, base: ScalarPreset) -> bool:
    """Whether the preset has the production that the option is about."""
    if option in _OF_BOTH:
        return True
    return (BREMS in base.production) if option not in _OF_B else set(base.production) != {BREMS}


def _other_b_to_s(base: ScalarPreset) -> Iterator[Variation]:
    """The other b -> s S, where the preset has one."""
    every = [tag for tags in B_TO_S.values() for tag in tags]
    others = tuple(tag for tag in base.production if tag not in every)
    own = {tag for tag in base.production if tag in every}
    for name, tags in B_TO_S.items():
        if own and own != set(tags):
            yield Variation("b_to_s", name, {"production": (*tags, *others)})


@dataclass(frozen=True)
class _PresetFile:
    preset: tuple[ScalarPreset, ...]


_CHOICES = ("production", "higgs_br", *OPTIONS, *_SHARED, MATRIX_ELEMENT)
DARK_SCALAR = PresetFile("dark-scalar.toml", ScalarPreset, _PresetFile, _CHOICES)
"""Presets of BC4."""

DARK_SCALAR_QUARTIC = PresetFile("dark-scalar-quartic.toml", ScalarPreset, _PresetFile, _CHOICES)
"""Presets of BC5."""

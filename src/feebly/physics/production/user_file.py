"""A user's model in one TOML file: coupling, table of decays, production as that of a shipped model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import Model, ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import decode, require
from feebly.core.tables import read_toml
from feebly.physics.models.decay_table import read_columns, read_decay_table
from feebly.physics.models.registry import MODELS
from feebly.physics.models.user_model import CouplingScale, UserModel
from feebly.physics.production.borrowed import BorrowedProduction, MassFactor
from feebly.physics.production.families import FAMILIES
from feebly.physics.production.preset_files import AnyPreset, Variation, response_set_of, spectrum_change
from feebly.physics.spectra.library import require_source

_FACTOR_COLUMNS = ("mass_gev", "factor")


@dataclass(frozen=True)
class DecayFile:
    """The CSV table of lifetime and branching ratios, beside the model's file, and where it is from."""

    table: str
    origin: Origin


@dataclass(frozen=True)
class BorrowedFrom:
    """One production mode: ``like`` = MODEL/TAG at coupling 1, times a number or a table against mass.

    physics: preset of the shipped model (default: its first untuned one). tag: name of the mode (default:
    that of ``like``). factor_table: CSV file with the columns mass_gev, factor.
    """

    like: str
    origin: Origin
    factor: float | None = None
    factor_table: str | None = None
    physics: str | None = None
    tag: str | None = None

    def __post_init__(self) -> None:
        model, slash, mode = self.like.partition("/")
        require(bool(model and slash and mode), self, "like", '"MODEL/TAG" such as "dark-photon/brems"')
        one = (self.factor is None) != (self.factor_table is None)
        require(one, self, "factor", "either factor or factor_table")
        preset = self._preset_of(MODELS.tag(model))
        if mode not in preset.production:
            raise unknown(f"production of preset {preset.name}", mode, preset.production)

    @property
    def name(self) -> str:
        """Tag of the mode."""
        return self.tag or self.like.partition("/")[2]

    @property
    def preset_name(self) -> str:
        """Preset of the shipped model whose mode is borrowed."""
        return str(self._preset_of(MODELS.tag(self.like.partition("/")[0])).name)

    def channel(self, coupling: CouplingScale, folder: Path, beam_momentum_gev: float) -> BorrowedProduction:
        """The production channel; ``folder`` holds the table of factors."""
        model, _, mode = self.like.partition("/")
        channels = self._preset_of(MODELS.tag(model)).production_channels(beam_momentum_gev)
        (borrowed,) = (each for each in channels if each.tag == mode)
        return BorrowedProduction(self.name, self.like, borrowed, self._factor(folder), coupling, self.origin)

    def _preset_of(self, model: str) -> Any:
        family = FAMILIES[model]
        untuned = "current" if "current" in family.names() else family.names()[0]
        return family.load(self.physics or untuned)

    def _factor(self, folder: Path) -> MassFactor:
        if self.factor is not None:
            return MassFactor.constant(self.factor)
        mass, factor = read_columns(folder / str(self.factor_table), _FACTOR_COLUMNS)
        return MassFactor(factor, mass)


@dataclass(frozen=True)
class UserPreset:
    """The production physics of a user's model, with the interface of `AnyPreset`.

    modes: in the order of the file; folder: where its tables are. response, channels, spectrum: as in the
    presets of shipped models.
    """

    name: str
    title: str
    coupling: CouplingScale
    modes: tuple[BorrowedFrom, ...]
    folder: str
    response: dict[str, str]
    channels: tuple[str, ...] = ()
    spectrum: str = "pythia"
    origin: dict[str, Origin] = field(default_factory=dict)
    width_table: str = "table"
    band: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_source(self.spectrum)
        for tag in (tags := self.production):
            if tags.count(tag) > 1:
                raise ConfigError(f"production {tag!r} stands twice; give one of them another tag")

    @property
    def production(self) -> tuple[str, ...]:
        return tuple(mode.name for mode in self.modes)

    @property
    def model_options(self) -> Mapping[str, Any]:
        return {}

    @property
    def spectrum_options(self) -> Mapping[str, Any]:
        return {}

    @property
    def matrix_elements(self) -> Mapping[str, str]:
        """None: the decays of a user's model are uniform in phase space."""
        return {}

    def production_channels(self, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
        """The production channels, in the order of the file."""
        return tuple(mode.channel(self.coupling, Path(self.folder), beam_momentum_gev) for mode in self.modes)

    def with_spectrum(self, source: str | Path) -> UserPreset:
        """The same model with other meson spectra."""
        return self if str(source) == self.spectrum else replace(self, **spectrum_change(self, source))

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the file names none."""
        return response_set_of(self.name, self.response, final_state)

    def described(self) -> Mapping[str, tuple[str, str]]:
        return {}

    def variations(self) -> tuple[Variation, ...]:
        """None: what a user's model leaves open is not known."""
        return ()


@dataclass(frozen=True)
class _UserFile:
    name: str
    title: str
    coupling: CouplingScale
    mass_gev: tuple[float, float]
    decays: DecayFile
    production: tuple[BorrowedFrom, ...]
    response: dict[str, str] = field(default_factory=lambda: {"all": "default"})
    channels: tuple[str, ...] = ()
    spectrum: str = "pythia"
    pdg_code: int = 4900023


@dataclass(frozen=True, eq=False)
class OwnModel:
    """A model that feebly does not have: the particle, and the physics of its production.

    From a file by `load_user_model`, or made of any two objects with these interfaces.
    """

    particle: Model
    physics: AnyPreset


def is_model_file(model: str | Path) -> bool:
    """Whether a model is named by the path of a file."""
    return isinstance(model, Path) or model.endswith(".toml")


def load_user_model(path: str | Path) -> OwnModel:
    """The particle and its production from a TOML file; tables are relative to the file.

    ConfigError with file, line, value and what was expected.
    """
    path = Path(path)
    file = decode(_UserFile, read_toml(path))
    if file.name in MODELS:
        raise ConfigError(f"{path}: name = {file.name!r} is a model of feebly; choose another name")
    if not file.production:
        raise ConfigError(f"{path}: production: expected at least one [[production]]")
    table = read_decay_table(path.parent / file.decays.table)
    digest = hashlib.sha256((path.parent / file.decays.table).read_bytes()).hexdigest()
    model = UserModel(
        file.name,
        file.coupling,
        table,
        file.mass_gev,
        file.decays.origin,
        source=f"{file.decays.table} (SHA-256 {digest[:16]})",
        pdg_code=file.pdg_code,
    )
    preset = UserPreset(
        file.name,
        file.title,
        file.coupling,
        file.production,
        str(path.parent),
        file.response,
        file.channels,
        file.spectrum,
    )
    return OwnModel(model, preset)

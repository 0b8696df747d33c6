"""What the presets of every model share: their interface, one change at a time, and their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar, cast

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import ProductionChannel
from feebly.core.provenance import Origin
from feebly.core.records import decode, record_fields
from feebly.core.tables import Document, overlay, parse_toml, read_toml
from feebly.physics.spectra.event_list import is_event_list

EVERY_OTHER = "all"


class AnyPreset(Protocol):
    """Choices of production physics of one model under one name; no efficiency, no geometry.

    A frozen dataclass whose fields are the keys of its TOML table. production: tags of the production modes.
    channels: final states of a run that names none (empty: what the analysis says). response: name of the
    response set by final state. origin: where the numbers come from, by field. width_table: of the widths of
    the model. spectrum: source of the meson spectra. band: options whose variations span the theory band.
    matrix_elements: of the decays, by final state, where not the usual ones.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def production(self) -> tuple[str, ...]: ...

    @property
    def channels(self) -> tuple[str, ...]: ...

    @property
    def response(self) -> dict[str, str]: ...

    @property
    def origin(self) -> dict[str, Origin]: ...

    @property
    def width_table(self) -> str: ...

    @property
    def spectrum(self) -> str: ...

    @property
    def band(self) -> tuple[str, ...]: ...

    @property
    def matrix_elements(self) -> Mapping[str, str]: ...

    @property
    def model_options(self) -> Mapping[str, Any]:
        """Keywords of the model's class."""
        ...

    @property
    def spectrum_options(self) -> Mapping[str, Any]:
        """Keywords of `load_spectrum` beside parent and source."""
        ...

    def production_channels(self, beam_momentum_gev: float = 400.0) -> tuple[ProductionChannel, ...]:
        """The production channels, in the order of ``production``."""
        ...

    def with_spectrum(self, source: str | Path) -> Self:
        """The same choices with other meson spectra."""
        ...

    def response_set(self, final_state: str) -> str:
        """Name of the response set of a final state; ConfigError where the preset names none."""
        ...

    def described(self) -> Mapping[str, tuple[str, str]]:
        """What the model has beside the common fields: text and field by label."""
        ...

    def variations(self) -> tuple[Variation, ...]:
        """All presets that differ in one option that can matter, in the order of the fields."""
        ...


T = TypeVar("T")
PresetT = TypeVar("PresetT", covariant=True)


@dataclass(frozen=True)
class Variation:
    """A changed option: its field and value, all fields that change with it, and where it holds [GeV].

    final_state: the one that it is about; empty: all.
    """

    option: str
    value: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    mass_min_gev: float = 0.0
    final_state: str = ""

    @property
    def name(self) -> str:
        return f"{self.option} = {self.value}"

    def of(self, base: T) -> T:
        """The preset with the change."""
        return cast(T, replace(base, **self.changes))  # type: ignore[type-var]


def response_set_of(preset: str, response: Mapping[str, str], final_state: str) -> str:
    """The response set that a preset names for a final state, or for all others; ConfigError for none."""
    name = response.get(final_state, response.get(EVERY_OTHER))
    if name is None:
        raise ConfigError(
            f"preset {preset!r} names no response set for {final_state!r} "
            f"(it has {', '.join(response)}); give one: --response {final_state}=none"
        )
    return name


def check_names(preset: AnyPreset, options: Iterable[str]) -> None:
    """ConfigError for an option in ``band`` that is none, and for an origin of what is no field."""
    known = list(record_fields(type(preset))[0])
    for kind, names, among in (
        ("option in band", preset.band, list(options)),
        ("key in origin", preset.origin, known),
    ):
        for name in names:
            if name not in among:
                raise unknown(kind, name, among)


def spectrum_change(preset: AnyPreset, source: str | Path) -> dict[str, Any]:
    """Fields that change with another source of spectra; the preset is called ``NAME+SOURCE``."""
    origin = Origin("assumed", f"source {str(source)!r} asked for in the run")
    return {
        "name": f"{preset.name}+{Path(source).name}",
        "spectrum": str(source),
        "origin": preset.origin | {"spectrum": origin},
    }


@dataclass(frozen=True)
class PresetFile(Generic[PresetT]):
    """The presets of one model: those that are shipped, and files of a user that may extend one of them.

    file: name in ``data/presets``. kind: class of a preset; schema: record with the list ``preset`` of them.
    choices: fields whose value is a choice of physics, so that a file that changes it becomes its origin.
    """

    file: str
    kind: type[PresetT]
    schema: type
    choices: tuple[str, ...]

    def keys(self) -> set[str]:
        """Keys that a preset may have."""
        return set(record_fields(self.kind)[0])

    def names(self) -> tuple[str, ...]:
        """Names of the shipped presets, in the order of the file; the first is the default."""
        return tuple(_decoded(self.schema, self.file))

    def load(self, name: str | Path) -> PresetT:
        """Preset by name, or from a file of one preset (anything that ends in ``.toml``).

        A file with ``extends = "NAME"`` says only what differs from that preset; the origin of what it
        changes is the file unless it names another. ConfigError with the nearest name for an unknown one.
        """
        if isinstance(name, Path) or name.endswith(".toml"):
            return self._from_file(Path(name))
        if name not in self.names():
            raise unknown("preset", name, self.names())
        return cast(PresetT, _decoded(self.schema, self.file)[name])

    def _from_file(self, path: Path) -> PresetT:
        document = _with_lists_beside(read_toml(path), path)
        base = document.data.get("extends")
        if base is None:
            return decode(self.kind, document)
        if base not in self.names():
            raise unknown(f"preset that {path} extends", str(base), self.names())
        (below,) = (entry for entry in _shipped(self.file).data["preset"] if entry["name"] == base)
        own = document.without("extends")
        changed = [key for key in own.data if key in self.choices]
        origins = below.get("origin", {}) | {key: {"kind": "assumed", "source": path.name} for key in changed}
        shipped = Document(path.name, below | {"origin": origins, "name": path.stem}, {})
        return decode(self.kind, overlay(shipped, own))


@cache
def _shipped(file: str) -> Document:
    """The file; a preset with ``extends`` is laid over an earlier one, origins one by one."""
    path = files("feebly") / "data" / "presets" / file
    document = parse_toml(path.read_text(encoding="utf-8"), path.name)
    whole: dict[str, dict[str, Any]] = {}
    for entry in document.data["preset"]:
        own = {key: value for key, value in entry.items() if key != "extends"}
        below = whole[entry["extends"]] if "extends" in entry else {}
        origin = below.get("origin", {}) | own.get("origin", {})
        whole[entry["name"]] = below | own | ({"origin": origin} if origin else {})
    return replace(document, data=document.data | {"preset": list(whole.values())})


@cache
def _decoded(schema: type, file: str) -> Mapping[str, Any]:
    found: Any = decode(schema, _shipped(file))
    return {preset.name: preset for preset in found.preset}


def _with_lists_beside(document: Document, path: Path) -> Document:
    """The document with the path of an event list made relative to the file that names it."""
    spectrum = document.data.get("spectrum")
    if not isinstance(spectrum, str) or not is_event_list(spectrum):
        return document
    return replace(document, data=document.data | {"spectrum": str(path.parent / spectrum)})

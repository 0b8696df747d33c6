"""Schemas of the TOML files, from the records that read them."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Union

from markdown import code, page, prose, table

from feebly.core.records import record_fields
from feebly.core.tables import plain

SCALARS = {float: "number", int: "whole number", str: "text", bool: "true or false"}
UNITS = {"_gev_rad": "GeV rad", "_per_gev": "1/GeV", "_gev": "GeV", "_rad": "rad", "_m": "m", "_ns": "ns"}
GENERAL = (
    "Keys without a default must be there; unknown keys are refused with the nearest known one and the line "
    'of the file. The unit is part of the key. A file with `extends = "NAME or FILE"` is laid over the one '
    "it names. The files that come with feebly are in "
)


def experiment() -> str:
    """The file of an experiment."""
    from feebly.apparatus.experiment import Experiment

    return _page("TOML: an experiment", Experiment, "src/feebly/data/experiments/")


def analysis() -> str:
    """The file of an analysis."""
    from feebly.analysis.analysis import Analysis, _Projection

    return _page("TOML: an analysis", Analysis, "src/feebly/data/analyses/", _Projection, hidden=("tag",))


def preset() -> str:
    """The file of the presets."""
    from feebly.physics.production.photon_options import OPTIONS
    from feebly.physics.production.presets import PRODUCTION_TAGS, Preset

    known = {**OPTIONS, "production": PRODUCTION_TAGS}
    return _page("TOML: a preset of the dark photon", Preset, _PRESETS) + _by_name(known)


def scalar_preset() -> str:
    """The file of the presets of the dark scalar."""
    from feebly.physics.production.b_to_scalar import SCALAR_CHANNELS
    from feebly.physics.production.b_to_scalar_pair import PAIR_TAGS
    from feebly.physics.production.scalar_presets import BREMS, OPTIONS, ScalarPreset

    choices = {name: values for name, values in OPTIONS.items() if name != "b_to_s"}
    known = {**choices, "production": (*SCALAR_CHANNELS, *PAIR_TAGS, BREMS)}
    return _page("TOML: a preset of the dark scalar", ScalarPreset, _PRESETS) + _by_name(known)


def limit_file() -> str:
    """The file of a published limit: its header, and the names of couplings."""
    from feebly.core.provenance import Origin
    from feebly.publish.limit_files.couplings import COUPLINGS
    from feebly.publish.limit_files.limit_text import LimitHeader

    intro = (
        "One text file: first lines that begin with `#` and are TOML, then the line `piece,mass,coupling`, "
        "then one point on each line. Equal numbers of a piece are one curve; curves are never joined, and a "
        "curve inside another one is a hole. Lines that begin with `##` are passed over. UTF-8, 50 MB at "
        "most. Keys without a default must be there: units and conventions are never guessed. `feebly limits "
        "convert` writes masses in GeV and couplings linear; numbers read back exactly. Those that come with "
        "feebly are in `src/feebly/data/limits/`."
    )
    rows = [(code(row.name), row.family, row.unit) for row in COUPLINGS.values()]
    names = "## Names of couplings\n\n" + table(("name", "of", "unit"), rows)
    parts = [
        _section(record, ()).replace(f"## {record.__name__}", title)
        for record, title in ((LimitHeader, "## Keys"), (Origin, "## origin"))
    ]
    example = "## Example\n\n```text\n" + _EXAMPLE_LIMIT + "```"
    return page("The file of a limit", intro, example, *parts, names) + "\n"


_EXAMPLE_LIMIT = """\
# feebly_limit = 1
# label = "mine 2020"
# coupling = "epsilon^2"
# mass_unit = "MeV"
# cl = 0.90
# origin = { kind = "digitised", source = "by me, from Fig. 3, 5%" }
# model = "dark-photon"
# arxiv = "2001.00001"
piece,mass,coupling
0,210,1.0e-12
0,300,4.0e-13
0,300,9.0e-12
0,210,1.0e-12
"""


_PRESETS = "src/feebly/data/presets/"


def _by_name(known: Mapping[str, Sequence[str]]) -> str:
    rows = [(code(name), ", ".join(map(code, values))) for name, values in known.items()]
    return "\n\n## Options by name\n\n" + table(("key", "known values"), rows) + "\n"


def _page(title: str, root: Any, shipped: str, *more: Any, hidden: tuple[str, ...] = ()) -> str:
    sections = [_section(record, hidden) for record in (*_reachable(root), *more)]
    return page(title, f"{GENERAL}`{shipped}`.", *sections)


def _reachable(kind: Any, seen: list[Any] | None = None) -> list[Any]:
    """Records below this one, each once, in the order of the file."""
    seen = [] if seen is None else seen
    if kind in seen or not _is_record(kind):
        return seen
    seen.append(kind)
    for hint in record_fields(kind)[0].values():
        for member in _leaves(hint):
            _reachable(member, seen)
    return seen


def _leaves(hint: Any) -> Iterator[Any]:
    arguments = typing.get_args(hint)
    if not arguments or typing.get_origin(hint) is Literal:
        yield hint
    for argument in arguments if typing.get_origin(hint) is not Literal else ():
        yield from _leaves(argument)


def _is_record(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind) or hasattr(kind, "_field_defaults")


def _section(record: Any, hidden: tuple[str, ...]) -> str:
    hints, required = record_fields(record)
    rows = [
        (code(name), _words(hint), _unit(name), "required" if name in required else _default(record, name))
        for name, hint in hints.items()
        if name not in hidden
    ]
    return f"## {_name(record)}\n\n{prose(record.__doc__)}\n\n" + table(
        ("key", "value", "unit", "default"), rows
    )


def _name(record: Any) -> str:
    return record.__name__.lstrip("_")


def _words(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_words(a) for a in arguments if a is not type(None))
    if origin is Literal:
        return " or ".join(code(f'"{a}"') for a in arguments)
    if origin is tuple and arguments[-1] is Ellipsis:
        return f"list of: {_words(arguments[0])}"
    if origin is tuple:
        same = len(set(arguments)) == 1
        words = _words(arguments[0]) if same else ", ".join(map(_words, arguments))
        return f"list of {len(arguments)}: {words}"
    if origin is dict:
        return f"table by name of: {_words(arguments[1])}"
    return f"[{_name(hint)}](#{_name(hint).lower()})" if _is_record(hint) else SCALARS[hint]


def _unit(name: str) -> str:
    return next((unit for suffix, unit in UNITS.items() if name.endswith(suffix)), "")


def _default(record: Any, name: str) -> str:
    if not dataclasses.is_dataclass(record):
        return code(record._field_defaults[name])
    field = next(f for f in dataclasses.fields(record) if f.name == name)
    value = field.default_factory() if field.default is dataclasses.MISSING else field.default
    return "none" if value is None else code(plain(value))

"""What two runs were given: every difference that can move a result, and what it can move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from feebly.report.run_difference.apparatus import SHOWN, object_differences
from feebly.report.run_difference.difference import (
    Difference,
    difference,
    is_argument_changed,
    is_changed,
    option,
    range_text,
    shared,
    short_digest,
    text_of,
)
from feebly.report.run_difference.kept import CONTOURS, GRID, RESULT, KeptRun

CONTOUR = ("contour:*", "kind:*")
YIELDS = ("yield:*", *CONTOUR)
LIMITS = ("limit:*", *CONTOUR)
FOUND = ("yield:*", "limit:*", "contour:*", "kind:*", "reach:*")
ALL = (*FOUND, "made:*")

ROUNDING = 1e-6
"""Largest median shift, in ln, that another library or processor is believed to make."""

LATTICE = 0.01
"""The same of other points of the grid: contours follow the limit to COUPLING_TOLERANCE."""

_MC_ERRORS = 5.0  # of the precision asked for, that another seed may move a yield by


Part = Callable[[KeptRun, KeptRun], Iterator[Difference]]


def differences(a: KeptRun, b: KeptRun) -> tuple[Difference, ...]:
    """Everything that differs and can move a result, the likeliest and largest kinds first."""
    same_model = a.content.get("model") == b.content.get("model")
    of_model: tuple[Part, ...] = (_preset, _inputs) if same_model else ()  # another one brings its own
    parts: tuple[Part, ...] = (
        _damage,
        _model,
        _setting_and_counts,
        _apparatus,
        *of_model,
        _limit_options,
        _grid,
        _sampling,
        _software,
    )
    return tuple(found for part in parts for found in part(a, b))


def _damage(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    can_move = {CONTOURS: ("contour:*", "kind:*", "reach:*"), GRID: ("yield:*",), RESULT: ALL}
    for run in (a, b):
        for file in run.damaged:
            moves = (*can_move[file], f"file:{file}")
            yield Difference(
                f"{file} of {run.name}", ("as feebly wrote it", "changed since (SHA-256)"), moves
            )


def _model(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    one, other = a.content.get("model"), b.content.get("model")
    if one != other:
        yield Difference("model", (str(one), str(other)), ALL)
        return
    files = [run.content.get("repeat", {}).get("arguments", {}).get("model") for run in (a, b)]
    if all(isinstance(file, dict) for file in files) and files[0]["sha256"] != files[1]["sha256"]:
        digests = (short_digest(files[0]["sha256"]), short_digest(files[1]["sha256"]))
        yield Difference(f"model file {files[1]['file']}", digests, YIELDS)


# --- counts, POT, background ---------------------------------------------------------------------------


def _setting_and_counts(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    projections = any(run.setting.get("projection") for run in (a, b))
    counted = ("limit:*", "kind:*", "made:*") if projections else ()
    yield from option(a, b, "pot", (*YIELDS, *counted, "reach:*"))
    if not (is_changed(a, b, "pot") and _is_scaled(a) and _is_scaled(b)):  # to scale is what a POT does
        yield from option(a, b, "background_assumption", (*LIMITS, "made:*"))
    scaled = is_changed(a, b, "pot") or is_changed(a, b, "background_assumption")
    derived = scaled and projections
    for state in shared(a.content.get("counting", {}), b.content.get("counting", {})):
        one, other = (run.content["counting"][state] for run in (a, b))
        region = f"{state} {one['region']}"
        if not derived or _is_own_background(a, b, one, other):
            yield from _background(region, one["background"], other["background"])
        if derived and None in (one["observed"], other["observed"]):
            continue
        seen = ("limit:observed", "contour:observed", "kind:observed", "made:*")
        if one["observed"] != other["observed"]:
            yield difference(f"observed count of {region}", one["observed"], other["observed"], seen)
        elif (events := (_events(one["events"]), _events(other["events"])))[0] != events[1]:
            yield Difference(f"observed events of {region}", events, seen)


def _is_own_background(a: KeptRun, b: KeptRun, one: Any, other: Any) -> bool:
    """Whether a background differs by more than the POT of two projections explains."""
    if is_changed(a, b, "background_assumption") or not (_is_scaled(a) and _is_scaled(b)):
        return False
    ratio = b.setting["pot"] / a.setting["pot"]
    means = (one["background"]["mean"], other["background"]["mean"])
    return not np.isclose(means[1], means[0] * ratio, rtol=1e-9)


def _is_scaled(run: KeptRun) -> bool:
    return run.setting.get("background_assumption") in (None, "scale")


def _background(region: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Difference]:
    used = ("mean", "posterior", "parameters")
    changed = [key for key in used if one.get(key) != other.get(key)]
    if changed:
        before, after = (", ".join(text_of(side.get(key)) for key in changed) for side in (one, other))
        yield Difference(f"background of {region}", (before, after), LIMITS)


def _events(events: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{e['mass_gev']:g} GeV ± {e['mass_window_gev']:g} GeV" for e in events) or "none"


# --- experiment and analysis ---------------------------------------------------------------------------


def _apparatus(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    sides = [run.content.get("apparatus", {}) for run in (a, b)]
    yield from object_differences(
        "experiment", sides[0].get("experiment"), sides[1].get("experiment"), YIELDS
    )
    states = [side.get("analysis", {}).get("final_states", {}) for side in sides]
    channels = [set(run.setting.get("channels", ())) for run in (a, b)]
    for state in sorted(channels[0] & channels[1]):
        name, moves = f"analysis, {state}", (f"yield:*/{state}", *CONTOUR)
        yield from object_differences(name, states[0].get(state, {}), states[1].get(state, {}), moves)
    for state in shared(a.content.get("responses", {}), b.content.get("responses", {})):
        if not _preset_changed(a, b) or is_argument_changed(a, b, "response"):
            yield from _response(a, b, state)


def _response(a: KeptRun, b: KeptRun, state: str) -> Iterator[Difference]:
    one, other = (run.content["responses"][state] for run in (a, b))
    if any(one.get(key) != other.get(key) for key in ("efficiency", "pair_separation")):
        before, after = (f"{side['set']} (efficiency {side['efficiency']:g})" for side in (one, other))
        yield Difference(f"response set of {state}", (before, after), (f"yield:*/{state}", *CONTOUR))


# --- preset and inputs ---------------------------------------------------------------------------------

_NOT_PHYSICS = ("name", "title", "origin", "band", "response", "channels", "production", "spectrum")
"""Of a preset: words, or told by what the run made of them."""


def _preset(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    yield from _members(a, b, "channels", "final states", "yield:*/{}", ("limit:*", *CONTOUR, "reach:*"))
    if not _preset_changed(a, b) or is_argument_changed(a, b, "production"):
        yield from _members(a, b, "production", "production", "yield:{}/*", CONTOUR)
    one, other = (run.content.get("preset", {}) for run in (a, b))
    # a key that only one run has is of another feebly
    changed = [key for key in one if key in other and key not in _NOT_PHYSICS and one[key] != other[key]]
    if not _preset_changed(a, b):
        for key in changed:
            yield difference(
                f"option {key} of preset {one.get('name')}", one.get(key), other.get(key), YIELDS
            )
        return
    if is_changed(a, b, "production") and not is_argument_changed(a, b, "production"):
        changed.append("production")
    options = [f"{key} {text_of(one.get(key))} -> {text_of(other.get(key))}" for key in changed]
    if not is_argument_changed(a, b, "response"):
        options += [found.text for state in _states(a, b) for found in _response(a, b, state)]
    if options:
        name = f"preset ({'; '.join(options[:SHOWN])}{' ...' if len(options) > SHOWN else ''})"
        yield Difference(name, (str(one.get("name")), str(other.get("name"))), YIELDS)


def _preset_changed(a: KeptRun, b: KeptRun) -> bool:
    return a.content.get("preset", {}).get("name") != b.content.get("preset", {}).get("name")


def _states(a: KeptRun, b: KeptRun) -> tuple[str, ...]:
    return shared(a.content.get("responses", {}), b.content.get("responses", {}))


_OF_HADRONS = (*YIELDS, "!yield:brems/*")  # the beam proton needs no spectrum
_TOLD_ELSEWHERE = (
    "experiment ", "analysis ", "preset ", "response ", "background of ", "extent of ", "event in ",
)  # fmt: skip


def _inputs(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    """Spectra, multiplicities, production numbers and widths: by digest and value."""
    sources = [run.content.get("preset", {}).get("spectrum") for run in (a, b)]
    if sources[0] != sources[1]:
        yield difference("source of the spectra", sources[0], sources[1], _OF_HADRONS)
    rows = [{row["name"]: row for row in run.content.get("inputs", ())} for run in (a, b)]
    for name in shared(*rows):
        one, other = (side[name] for side in rows)
        if sources[0] != sources[1] and name.startswith(("spectrum of", "multiplicity of")):
            continue
        if name.startswith(_TOLD_ELSEWHERE) or all(one[key] == other[key] for key in ("value", "sha256")):
            continue
        key = "value" if one["value"] != other["value"] else "sha256"
        write = short_digest if key == "sha256" else text_of
        yield Difference(name, (write(one[key]), write(other[key])), _moved_by_input(name))


def _moved_by_input(name: str) -> tuple[str, ...]:
    kind, _, what = name.partition(" ")
    if kind == "production":
        return (f"yield:{what}/*", *CONTOUR)
    return _OF_HADRONS if kind in ("spectrum", "multiplicity") else YIELDS


def _members(
    a: KeptRun, b: KeptRun, key: str, name: str, pattern: str, more: tuple[str, ...]
) -> Iterator[Difference]:
    """Final states or production modes that only one run has."""
    one, other = (run.setting.get(key, ()) for run in (a, b))
    changed = sorted(set(one) ^ set(other))
    if changed:
        moves = (*(pattern.format(tag) for tag in changed), *more)
        yield Difference(name, (", ".join(one), ", ".join(other)), moves)


# --- limits, grid, sampling, software ------------------------------------------------------------------


def _limit_options(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    for key in ("cl", "convention", "ordering", "signal_error"):
        yield from option(a, b, key, LIMITS)
    expected = tuple(f"{part}:expected?[12]s" for part in ("limit", "contour", "kind", "made"))
    yield from option(a, b, "bands", expected)
    if not is_changed(a, b, "bands"):
        yield from option(a, b, "thrown_error", expected)


def _grid(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    for key, name in (("mass_range_gev", "mass range"), ("coupling_range", "coupling range")):
        one, other = (run.setting.get(key) for run in (a, b))
        if one != other:
            moves = ("contour:*", "kind:*", "reach:*", "grid")
            yield Difference(name, (range_text(one), range_text(other)), moves, LATTICE)


def _sampling(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    at_most = _MC_ERRORS * max(run.setting.get("precision", 0.0) for run in (a, b))
    for key in ("precision", "seed"):
        for found in option(a, b, key, YIELDS):
            yield replace(found, at_most=at_most)


_LIBRARIES_THAT_COMPUTE = ("numpy", "scipy", "numba", "contourpy")


def _software(a: KeptRun, b: KeptRun) -> Iterator[Difference]:
    """Versions; matplotlib draws and h5py stores what was computed."""
    one, other = (run.content.get("provenance", {}) for run in (a, b))
    sides = [
        {"feebly": made.get("feebly")}
        | {name: made.get("libraries", {}).get(name) for name in _LIBRARIES_THAT_COMPUTE}
        | {name: made.get(name) for name in ("python", "cpu", "platform")}
        for made in (one, other)
    ]
    for name, before in sides[0].items():
        after = sides[1][name]
        if None not in (before, after) and before != after:
            at_most = np.inf if name == "feebly" else ROUNDING
            label = name if name in ("cpu", "platform") else f"version of {name}"
            yield Difference(label, (str(before), str(after)), FOUND, at_most, is_software=True)

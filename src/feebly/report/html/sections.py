"""Rows of the tables whose places in ``result.json`` a template cannot find by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from feebly.report.html.numbers import NOTHING, Values

Place = tuple[str | int, ...]
LEAST_SHARE = 1e-3
"""Of all events: less is not shown on the page."""

_LEAF_DIGITS = 6
_NOT_AN_OPTION = ("name", "title", "origin", "band")


@dataclass(frozen=True)
class Row:
    """Head and cells of one row."""

    head: Markup
    cells: tuple[Markup, ...]


def share_rows(
    values: Values, points: list[dict[str, Any]], table: str, words: Callable[[str], str] = str
) -> list[Row]:
    """Share of each tag of ``by_production`` or ``by_final_state`` at each point, the largest tag first.

    words: for a tag. Left out: tags whose share is below `LEAST_SHARE` at all points.
    """
    first: dict[str, tuple[float, Place]] = {}
    for p, point in enumerate(points):
        for i, row in enumerate(point[table]):
            best = first.get(row["tag"], (-1.0, ()))
            first[row["tag"]] = max(best, (row["share"], ("yields", p, table, i, "tag")))
    tags = sorted((tag for tag in first if first[tag][0] >= LEAST_SHARE), key=lambda tag: -first[tag][0])
    return [
        Row(
            values.shown(first[tag][1], words=words),
            tuple(_share(values, points, table, p, tag) for p in range(len(points))),
        )
        for tag in tags
    ]


def _share(values: Values, points: list[dict[str, Any]], table: str, p: int, tag: str) -> Markup:
    for i, row in enumerate(points[p][table]):
        if row["tag"] == tag:
            return values.percent("yields", p, table, i, "share")
    return Markup(NOTHING)


@dataclass(frozen=True)
class RegionRow:
    """One counting region: its place, and cells of its background [events] and of what that means.

    origin: of the background, at ``origin_place``.
    """

    place: Place
    background: Markup
    meaning: Markup
    origin_place: Place
    origin: Mapping[str, Any]
    is_signal: bool = False


def region_rows(values: Values, result: Mapping[str, Any], tag: str) -> Iterator[RegionRow]:
    """The regions of a final state: signal, control, validation."""
    above: Place = ("apparatus", "analysis", "final_states", tag)
    state = _at(result, above)
    used: Place = ("counting", tag, "background")
    shown = _signal_background(values, result, tag)
    yield _row(values, result, (*above, "signal_region"), used, shown, True)
    if state["control_region"] is not None:
        place: Place = (*above, "control_region")
        summary: Place = ("apparatus", "backgrounds", tag, state["control_region"]["name"])
        yield _row(values, result, place, summary, _background(values, result, place, summary))
    for i in range(len(state["validation_regions"])):
        place = (*above, "validation_regions", i)
        told: Place = (*place, "background")
        yield _row(values, result, place, told, _background(values, result, place, told))


def _row(
    values: Values,
    result: Mapping[str, Any],
    place: Place,
    told: Place,
    background: Markup,
    is_signal: bool = False,
) -> RegionRow:
    """told: where meaning and origin of the background are."""
    at = (*told, "origin")
    return RegionRow(place, background, values.text(told, "meaning"), at, _at(result, at), is_signal)


def _signal_background(values: Values, result: Mapping[str, Any], tag: str) -> Markup:
    """What the limits used: the mean and the errors of its density."""
    at: Place = ("counting", tag, "background")
    background = result["counting"][tag]["background"]
    if "interval_5_95" in background:
        return _with_interval(values, at)
    return _with_errors(values, (*at, "mean"), (*at, "parameters"), background["parameters"])


def _background(values: Values, result: Mapping[str, Any], place: Place, summary: Place) -> Markup:
    """Of a region that the limits do not use: as its table says, else by the summary of its density."""
    background = _at(result, place)["background"]
    if "mean" in background:
        at: Place = (*place, "background")
        return _with_errors(values, (*at, "mean"), at, background)
    if "interval_5_95" in _at(result, summary):
        return _with_interval(values, summary)
    return values.number(summary, "mean")


def _with_interval(values: Values, at: Place) -> Markup:
    ends = (values.number(at, "interval_5_95", i) for i in (0, 1))
    return Markup("{} [{}, {}]").format(values.number(at, "mean"), *ends)


def _with_errors(values: Values, mean: Place, at: Place, errors: Mapping[str, Any]) -> Markup:
    """mean ± sigma or mean +plus −minus, as far as they are there and not zero."""
    shown = values.number(mean)
    if errors.get("sigma"):
        return Markup("{} ± {}").format(shown, values.number(at, "sigma"))
    if "plus" in errors and "minus" in errors:
        return Markup("{} +{} −{}").format(shown, values.number(at, "plus"), values.number(at, "minus"))
    return shown


def _at(document: Any, place: Place) -> Any:
    for part in place:
        document = document[part]
    return document


@dataclass(frozen=True)
class OptionRow:
    """One option of the preset: its name, the choice, and where it is from (None: nothing was said)."""

    name: Markup
    choice: Markup
    origin: Mapping[str, Any] | None
    place: Place


def option_rows(values: Values, preset: Mapping[str, Any]) -> Iterator[OptionRow]:
    """The choices of the preset in the order of its fields."""
    for name, choice in preset.items():
        if name in _NOT_AN_OPTION:
            continue
        place: Place = ("preset", "origin", name)
        shown = _choice(values, name, choice)
        yield OptionRow(values.key("preset", name), shown, preset["origin"].get(name), place)


def _choice(values: Values, name: str, choice: Any) -> Markup:
    if isinstance(choice, bool) or choice is None:
        return values.shown("preset", name, words=lambda value: "yes" if value else "no")
    if isinstance(choice, (int, float)):
        return values.number("preset", name, digits=4)
    if isinstance(choice, str):
        return values.text("preset", name)
    if isinstance(choice, list):
        return values.shown("preset", name, words=lambda tags: ", ".join(map(str, tags)) or "all")
    return values.shown(
        "preset", name, words=lambda table: ", ".join(f"{key}: {value}" for key, value in table.items())
    )


def leaf_rows(values: Values, result: Mapping[str, Any]) -> Iterator[Row]:
    """Every number and word of the experiment and of the analysis' final states that the run has.

    Origins are left out: the table of inputs has them. Heads are dotted keys.
    """
    apparatus, states = result["apparatus"], result["setting"]["channels"]
    places = list(leaves(apparatus["experiment"], ("apparatus", "experiment")))
    for tag in states:
        state: Place = ("apparatus", "analysis", "final_states", tag)
        places += leaves(_at(result, state), state)
    for place in places:
        value = _at(result, place)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        cell = values.number(place, digits=_LEAF_DIGITS) if is_number else values.shown(place)
        yield Row(values.key(place, words=".".join(map(str, place[1:]))), (cell,))


def leaves(value: Any, place: Place) -> Iterator[Place]:
    """Places of all numbers and words below a place, without origins."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not key.endswith(("origin", "origins")):
                yield from leaves(item, (*place, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(item, (*place, i))
    else:
        yield place

"""``feebly kaon``: searches in kaon decays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.folders import require_writable
from feebly.cli.kaon_answer import BLINDED, Unblind, data_input, given_arguments, keep, kept_arguments
from feebly.cli.output import answer, answer_json, note
from feebly.core.errors import ConfigError

if TYPE_CHECKING:
    from feebly.kaon.count_file import CountFile
    from feebly.kaon.counting import BranchingRatioLimit
    from feebly.kaon.search_file import CountingSearch
    from feebly.report.kaon_folder import KaonResult

_CIRCULAR = "derived from the limit itself: no test"


def limit(
    context: typer.Context,
    searches: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SEARCH...]", help="Names or .toml files; default: all that come with feebly."
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="FILE", help="Observed events in place of the file's.")
    ] = None,
    unblind: Unblind = False,
    cl: options.Cl = "0.90",
    convention: Annotated[
        str,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="cls-counting, cls-profile, classical, bayesian-flat, feldman-cousins.",
        ),
    ] = "cls-counting",
    background_error: Annotated[
        bool, typer.Option("--background-error", help="Average over the error of the background.")
    ] = False,
    ses_error: Annotated[
        bool, typer.Option("--ses-error", help="Include the error of the single event sensitivity.")
    ] = False,
    out: Annotated[
        str | None, typer.Option("--out", metavar="DIR", help="Folder of the results; default: none.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Upper limits on branching ratios: events by exact counting x single event sensitivity (SES).

    Published limits were obtained with a known background, which is the default. The SES is stated with the
    search, or 1/(decays x acceptance) from its normalisation channel; where neither is public it is derived
    from the published limit, and the own limit is no test of that one. A search that has observed nothing
    yet, or whose data are blinded, has an expected limit.

    \b
    Examples:
        feebly kaon limit
        feebly kaon limit pi-mumu --background-error
        feebly kaon limit pi-ee pi-mue --convention feldman-cousins --json
    """
    if out is not None:
        require_writable(Path(out))
    given = given_arguments(context)
    found, count = _found(**given)
    if out is not None:
        keep(_result(found, given, count), Path(out), context)
    elif data is not None and count is None:
        note(BLINDED)
    if as_json:
        answer_json(_facts(found) | ({} if out is None else {"folder": out}))
        return
    text = "\n".join(_sentences(*next(iter(found.items())))) if len(found) == 1 else _table(found)
    answer(text if out is None else f"{text}\nplot: {Path(out) / 'plot.png'}")


def made(
    searches: list[str] | None,
    data: str | None,
    unblind: bool,
    cl: str,
    convention: str,
    background_error: bool,
    ses_error: bool,
) -> KaonResult:
    """The result of ``feebly kaon limit``; arguments as typed."""
    given = dict(locals())
    found, count = _found(**given)
    return _result(found, given, count)


def _found(
    searches: list[str] | None,
    data: str | None,
    unblind: bool,
    cl: str,
    convention: str,
    background_error: bool,
    ses_error: bool,
) -> tuple[dict[str, BranchingRatioLimit], CountFile | None]:
    from feebly.kaon.counting import branching_ratio_limit
    from feebly.kaon.search_file import load_searches

    level, given = values.number(cl, "--cl"), load_searches(tuple(searches or ()))
    named = {Path(name).name: search for name, search in given.items()}
    if len(named) < len(given):
        raise ConfigError(f"files of one name: {', '.join(given)}; expected different ones")
    count = None if data is None else _count(data, named, unblind)
    found = {
        name: branching_ratio_limit(
            search, level, convention, background_error, ses_error, None if count is None else count.n
        )
        for name, search in named.items()
    }
    return found, count


def _facts(found: dict[str, BranchingRatioLimit]) -> dict[str, Any]:
    return {"searches": [_row(name, each) for name, each in found.items()]}


def _count(data: str, named: dict[str, CountingSearch], unblind: bool) -> CountFile | None:
    """The count of the one search; None where it is blinded: the file is not read."""
    from feebly.kaon.count_file import read_count

    if len(named) != 1:
        raise ConfigError(f"--data {data}: expected one search beside it, not {len(named)}")
    (search,) = named.values()
    return None if search.blinded and not unblind else read_count(data, search)


def _result(
    found: dict[str, BranchingRatioLimit], given: dict[str, Any], count: CountFile | None
) -> KaonResult:
    from feebly.core.tables import plain
    from feebly.report.kaon_folder import KaonResult
    from feebly.report.kaon_limit_report import limit_figure_bytes, limit_rows
    from feebly.workflow.kaon_inputs import file_inputs

    first, data = next(iter(found.values())), given["data"]
    is_blinded = data is not None and count is None
    inputs = [each for name, limit in found.items() for each in file_inputs(name, limit.search)]
    if count is not None:
        inputs.append(data_input(data, f"n = {count.n}", count.origin))
    return KaonResult(
        command="limit",
        title=first.search.title if len(found) == 1 else "Limits on branching ratios by counting",
        summary=_claim(first) if len(found) == 1 else f"{len(found)} searches",
        setting={
            "search": ", ".join(found),
            "cl": first.events.cl,
            "convention": first.events.convention,
            "background_error": given["background_error"],
            "ses_error": given["ses_error"],
            "data": _data_words(data, is_blinded),
            "blinded": is_blinded,
        },
        found=plain(_facts(found)),
        inputs=tuple(inputs),
        rows=limit_rows(found),
        figures={f"plot.{kind}": limit_figure_bytes(found, kind) for kind in ("png", "pdf")},
        arguments=kept_arguments(given, is_blinded),
        notes=(BLINDED,) if is_blinded else (),
    )


def _data_words(data: str | None, is_blinded: bool) -> str:
    if data is None:
        return "counts of the searches"
    return f"{Path(data).name}{', blinded' if is_blinded else ''}"


def _row(name: str, found: BranchingRatioLimit) -> dict[str, Any]:
    from feebly.core.tables import plain
    from feebly.kaon.counting import implied_acceptance

    search, events = found.search, found.events
    return {
        "name": name,
        "decay": search.decay,
        "violates": search.violates,
        "data": search.data,
        "n": events.n if found.is_observed else None,
        "b": search.background.mean,
        "sensitivity": plain(found.sensitivity),
        "acceptance": implied_acceptance(search),
        "events": events.s_up,
        "branching_ratio": found.branching_ratio,
        "is_observed": found.is_observed,
        "expected_branching_ratio": found.expected,
        "cl": events.cl,
        "convention": events.convention,
        "is_test": not found.sensitivity.is_circular,
        "published": plain(search.published),
        "own_over_published": found.ratio_to_published,
        "previous": plain(search.previous),
        "improvement": found.improvement,
        "measured": _measured(search),
        "published_ratio": plain(search.measured),
        "inputs": {key: str(origin) for key, origin in _origins(search).items()},
    }


def _measured(search: CountingSearch) -> dict[str, float] | None:
    from feebly.kaon.counting import measured_ratio

    if search.measured is None:
        return None
    own, profiled = measured_ratio(search), measured_ratio(search, use_background_error=True)
    return {
        "branching_ratio": own.branching_ratio,
        "plus": own.plus,
        "minus": own.minus,
        "plus_with_background_error": profiled.plus,
        "minus_with_background_error": profiled.minus,
    }


def _origins(search: CountingSearch) -> dict[str, Any]:
    stated = {"ses": search.ses, "acceptance": search.acceptance, "published": search.published}
    parts = {name: part.origin for name, part in stated.items() if part is not None}
    n = {} if search.n_origin is None else {"n": search.n_origin}
    return n | {"b": search.background.origin} | parts


def _sentences(name: str, found: BranchingRatioLimit) -> list[str]:
    search, scale = found.search, found.sensitivity
    lines = [
        f"{search.title}",
        _claim(found),
        f"SES: {_CIRCULAR if scale.is_circular else scale.kind}",
    ]
    if search.normalisation is not None:
        lines.append(_normalisation(search))
    if search.published is not None:
        remark = f"; {search.published.remark}" if search.published.remark else ""
        lines.append(
            f"published: {search.published.value:.3g} ({search.published.origin.source}); "
            f"own/published {found.ratio_to_published:.3f}{remark}"
        )
    if search.previous is not None:
        lines.append(
            f"before: {search.previous.value:.2g} ({search.previous.origin.source}); "
            f"improved {found.improvement:.3g} times"
        )
    if search.measured is not None:
        lines.append(_comparison(search))
    return [*lines, *(f"{key}: {origin}" for key, origin in _origins(search).items())]


def _claim(found: BranchingRatioLimit) -> str:
    search, events = found.search, found.events
    counted = f"n = {events.n}" if found.is_observed else f"expected (n = {events.n})"
    return (
        f"BR({search.decay}) < {found.branching_ratio:.3g} at {100 * events.cl:g}% CL ({events.convention}): "
        f"{counted}, b = {search.background.mean:g}, s < {events.s_up:.4g} events, "
        f"SES {found.sensitivity.value:.3g}"
    )


def _normalisation(search: CountingSearch) -> str:
    from feebly.kaon.counting import implied_acceptance

    assert search.normalisation is not None
    channel = search.normalisation
    return (
        f"{channel.number_of_decays:.4g} decays of {search.parent} from {channel.candidates:g} "
        f"{channel.decay} (A eff {100 * channel.acceptance_efficiency:.3g}%); "
        f"A eff of the signal {100 * (implied_acceptance(search) or 0):.3g}%"
    )


def _comparison(search: CountingSearch) -> str:
    from feebly.kaon.counting import measured_ratio

    own, published = measured_ratio(search), search.measured
    profiled = measured_ratio(search, use_background_error=True)
    assert published is not None
    return (
        f"by counting: BR = ({1e11 * own.branching_ratio:.3g} +{1e11 * own.plus:.2g} -{1e11 * own.minus:.2g})"
        f"e-11; published ({1e11 * published.value:.3g} +{1e11 * published.plus:.2g} "
        f"-{1e11 * published.minus:.2g})e-11, {published.method}\n"
        f"with the error of the background: +{1e11 * profiled.plus:.2g} -{1e11 * profiled.minus:.2g}"
    )


def _table(found: dict[str, BranchingRatioLimit]) -> str:
    from feebly.report.text_table import aligned

    heads = ("search", "decay", "n", "b", "SES", "BR <", "published", "own/pub.", "before", "factor")
    rows: list[tuple[str, ...]] = [heads]
    rows += [_cells(name, each) for name, each in found.items()]
    events = next(iter(found.values())).events
    foot = [f"{100 * events.cl:g}% CL, {events.convention}"]
    if any(each.sensitivity.is_circular for each in found.values()):
        foot.append(f"*: SES {_CIRCULAR}")
    return "\n".join([*aligned(rows, left=2), *foot])


def _cells(name: str, found: BranchingRatioLimit) -> tuple[str, ...]:
    search, scale = found.search, found.sensitivity
    ratio, factor = found.ratio_to_published, found.improvement
    return (
        name,
        search.decay,
        str(found.events.n) if found.is_observed else "-",
        f"{search.background.mean:g}",
        f"{scale.value:.3g}{'*' if scale.is_circular else ''}",
        f"{found.branching_ratio:.3g}",
        "-" if search.published is None else f"{search.published.value:.3g}",
        "-" if ratio is None else "*" if scale.is_circular else f"{ratio:.3f}",
        "-" if search.previous is None else f"{search.previous.value:.2g}",
        "-" if factor is None else f"{factor:.3g}",
    )

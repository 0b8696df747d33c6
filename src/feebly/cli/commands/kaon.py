"""``feebly kaon``: searches in kaon decays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.output import answer, answer_json

if TYPE_CHECKING:
    from feebly.kaon.counting import BranchingRatioLimit
    from feebly.kaon.search_file import CountingSearch

_CIRCULAR = "derived from the limit itself: no test"


def limit(
    searches: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SEARCH...]", help="Names or .toml files; default: all that come with feebly."
        ),
    ] = None,
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
    as_json: options.Json = False,
) -> None:
    """Upper limits on branching ratios: events by exact counting x single event sensitivity (SES).

    Published limits were obtained with a known background, which is the default. The SES is stated with the
    search, or 1/(decays x acceptance) from its normalisation channel; where neither is public it is derived
    from the published limit, and the own limit is no test of that one.

    \b
    Examples:
        feebly kaon limit
        feebly kaon limit pi-mumu --background-error
        feebly kaon limit pi-ee pi-mue --convention feldman-cousins --json
    """
    from feebly.kaon.counting import branching_ratio_limit
    from feebly.kaon.search_file import load_searches

    level = values.number(cl, "--cl")
    found = {
        name: branching_ratio_limit(search, level, convention, background_error, ses_error)
        for name, search in load_searches(tuple(searches or ())).items()
    }
    if as_json:
        answer_json({"searches": [_row(name, each) for name, each in found.items()]})
    elif len(found) == 1:
        answer("\n".join(_sentences(*next(iter(found.items())))))
    else:
        answer(_table(found))


def _row(name: str, found: BranchingRatioLimit) -> dict[str, Any]:
    from feebly.core.tables import plain
    from feebly.kaon.counting import implied_acceptance

    search, events = found.search, found.events
    return {
        "name": name,
        "decay": search.decay,
        "violates": search.violates,
        "data": search.data,
        "n": search.n,
        "b": search.background.mean,
        "sensitivity": plain(found.sensitivity),
        "acceptance": implied_acceptance(search),
        "events": events.s_up,
        "branching_ratio": found.branching_ratio,
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
    own = measured_ratio(search)
    return {"branching_ratio": own.branching_ratio, "plus": own.plus, "minus": own.minus}


def _origins(search: CountingSearch) -> dict[str, Any]:
    stated = {"ses": search.ses, "acceptance": search.acceptance, "published": search.published}
    parts = {name: part.origin for name, part in stated.items() if part is not None}
    return {"n": search.n_origin, "b": search.background.origin} | parts


def _sentences(name: str, found: BranchingRatioLimit) -> list[str]:
    search, events, scale = found.search, found.events, found.sensitivity
    lines = [
        f"{search.title}",
        f"BR({search.decay}) < {found.branching_ratio:.3g} at {100 * events.cl:g}% CL ({events.convention}): "
        f"n = {search.n}, b = {search.background.mean:g}, s < {events.s_up:.4g} events, "
        f"SES {scale.value:.3g}",
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
    assert published is not None
    return (
        f"by counting: BR = ({1e11 * own.branching_ratio:.3g} +{1e11 * own.plus:.2g} -{1e11 * own.minus:.2g})"
        f"e-11; published ({1e11 * published.value:.3g} +{1e11 * published.plus:.2g} "
        f"-{1e11 * published.minus:.2g})e-11, {published.method}"
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
        str(search.n),
        f"{search.background.mean:g}",
        f"{scale.value:.3g}{'*' if scale.is_circular else ''}",
        f"{found.branching_ratio:.3g}",
        "-" if search.published is None else f"{search.published.value:.3g}",
        "-" if ratio is None else "*" if scale.is_circular else f"{ratio:.3f}",
        "-" if search.previous is None else f"{search.previous.value:.2g}",
        "-" if factor is None else f"{factor:.3g}",
    )

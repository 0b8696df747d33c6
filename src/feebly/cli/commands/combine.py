"""``feebly combine``: channels, data sets and experiments together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from feebly.statistics.regions.combination import Combination
    from feebly.statistics.regions.joint import JointLimit


def combine(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Counts, backgrounds, nuisances of regions."),
    ],
    cl: options.Cl = "0.90",
    convention: Annotated[
        str,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="cls-counting, cls-profile, classical, bayesian-flat, feldman-cousins.",
        ),
    ] = "cls-counting",
    ordering: options.Ordering = "total-count",
    toys: Annotated[
        str | None,
        typer.Option(
            "--toys",
            metavar="N",
            help="Where the outcomes are too many to enumerate; default: 100000, of cls-profile 10000.",
        ),
    ] = None,
    seed: options.Seed = "1",
    as_json: options.Json = False,
) -> None:
    """One limit from several regions or experiments.

    Prints the limits on a common signal strength mu: of each region, of each data set, of all together, and
    the gain over the best region.
    Nuisances of the same name are one quantity. The format of the files: docs/combination.md.

    \b
    Examples:
        feebly combine example-dileptons
        feebly combine example-dileptons --ordering likelihood-ratio --json
    """
    from feebly.statistics.regions.combination import combine as combine_data_sets
    from feebly.statistics.regions.combination_file import read_combination

    data_sets = read_combination(files)
    n_toys = None if toys is None else values.positive(toys, "--toys")
    numbers = n_toys, values.whole_number(seed, "--seed")
    with progress("combination") as update:
        found = combine_data_sets(
            data_sets, values.number(cl, "--cl"), convention, ordering, *numbers, progress=update
        )
    if as_json:
        answer_json(_content(found))
    else:
        answer("\n".join(_lines(found)))


def _content(found: Combination) -> dict[str, Any]:
    return {
        "regions": [_row(limit) for limit in found.regions],
        "data_sets": [_row(limit) for limit in found.data_sets],
        "combined": _row(found.combined),
        "best": found.best.regions[0],
        "gain": found.gain,
    }


def _row(limit: JointLimit) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(limit)


def _lines(found: Combination) -> list[str]:
    from feebly.report.text_table import aligned

    rows = [("", "n", "b", "s <", "mu <")]
    rows += [_cells(limit.regions[0], limit) for limit in found.regions]
    rows += [_cells(limit.regions[0].partition("/")[0], limit) for limit in found.data_sets]
    rows.append(_cells("all", found.combined))
    limit = found.combined
    return [
        *aligned(rows),
        f"gain over the best region, {found.best.regions[0]}: {found.gain:.3g}",
        ", ".join([f"{100 * limit.cl:g}% CL", limit.convention, *_ordering(limit), _accuracy(limit)]),
    ]


def _ordering(limit: JointLimit) -> list[str]:
    """Nothing where the convention has no order to choose."""
    return [] if limit.ordering == "none" else [limit.ordering]


def _accuracy(limit: JointLimit) -> str:
    if limit.method == "toys":
        return f"{limit.toys} toys of seed {limit.seed}: mu < {limit.mu_up:.4g} +- {limit.mu_error:.1g}"
    if limit.convention == "feldman-cousins":
        return f"by enumeration: {limit.mu_low:.4g} < mu < {limit.mu_up:.4g}, ends to {limit.mu_step:.0e}"
    if limit.convention == "bayesian-flat":
        return f"by quadrature; error of the probability below {limit.cls_error:.0e}"
    return f"by {limit.method}; error of CLs below {limit.cls_error:.0e}"


def _cells(name: str, limit: JointLimit) -> tuple[str, str, str, str, str]:
    n, b = sum(limit.observed), sum(limit.background_means)
    return name, str(n), f"{b:.3g}", f"{limit.s_up:.4g}", f"{limit.mu_up:.4g}"

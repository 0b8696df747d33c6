"""``feebly significance``: how surprising a count is, and which counts would be significant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.background_options import BackgroundOptions, background_words
from feebly.cli.output import answer, answer_json
from feebly.cli.values import given
from feebly.core.errors import ConfigError

if TYPE_CHECKING:
    from feebly.statistics import Background

Sides = Annotated[
    str, typer.Option("--sides", metavar="NAME", help="Z of a p-value: two-sided or one-sided.")
]


def significance(
    n: Annotated[
        str | None,
        typer.Option("--n", metavar="N", help="Observed events; default: only the counts that are needed."),
    ] = None,
    b: Annotated[str | None, typer.Option("--b", metavar="B", help="Expected background events.")] = None,
    sigma_b: options.SigmaB = None,
    shape: options.Shape = None,
    plus: options.BackgroundPlus = None,
    minus: options.BackgroundMinus = None,
    interval: options.IntervalMeaning = None,
    sides: Sides = "two-sided",
    analysis: Annotated[
        str | None,
        typer.Option("--analysis", metavar="NAME|FILE", help="Table of all regions of an analysis."),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="NAME|FILE",
            help="Table of published backgrounds: na62-hadrons-2502, or a file.",
        ),
    ] = None,
    scheme: Annotated[
        str,
        typer.Option(
            "--scheme",
            metavar="NAME",
            help="Errors in --table: central (none), marginalised, or log-normal-median, which was found "
            "post hoc and reproduces all published counts.",
        ),
    ] = "central",
    as_json: options.Json = False,
) -> None:
    """Significance of a count, exact.

    The p-value of an excess, P(N >= n) with the background marginalised, that of the likelihood ordering,
    and Z; then the smallest counts of 3 and 5 sigma. The Z is two-sided unless said otherwise.

    \b
    Examples:
        feebly significance --n 1 --b 0.016 --sigma-b 0.002
        feebly significance --b 0.114 --sides one-sided --json
        feebly significance --n 1 --b 0.0094 --b-plus 0.049 --b-minus 0.009 --interval 90%
        feebly significance --analysis na62-dump-2021
        feebly significance --table na62-hadrons-2502
    """
    asked = {"--b": b, "--analysis": analysis, "--table": table}
    if sum(value is not None for value in asked.values()) != 1:
        raise ConfigError(f"expected one of {', '.join(asked)}, e.g. --b 0.016")
    if b is not None:
        background = BackgroundOptions(b, sigma_b, shape, plus, minus, interval).background()
        found = _of_count(given(values.whole_number, n, "--n"), background, sides)
        text = "\n".join(_sentences(found, background_words(background)))
    else:
        found, text = _of_many(analysis, table, scheme, sides)
    if as_json:
        answer_json(found)
    else:
        answer(text)


def _of_count(n: int | None, background: Background, sides: str) -> dict[str, Any]:
    """Everything that is told of one count, as in the JSON object."""
    from feebly.core.tables import plain
    from feebly.statistics import events_for, significance_of

    needed = {f"events_for_{sigmas}_sigma": events_for(sigmas, background, sides) for sigmas in (3, 5)}
    found = {"n": None} if n is None else plain(significance_of(n, background, sides=sides))
    knowledge = {"shape": type(background).__name__} | plain(background)
    return found | {"b": background.mean, "background": knowledge, "sides": sides} | needed


def _sentences(found: dict[str, Any], background: str) -> list[str]:
    needed = (
        f"{background}: 3 sigma ({found['sides']}) from n = {found['events_for_3_sigma']} on, "
        f"5 sigma from n = {found['events_for_5_sigma']} on"
    )
    if found["n"] is None:
        return [needed]
    z = "infinitely many" if found["z"] == float("inf") else f"{found['z']:.3g}"
    seen = (
        f"n = {found['n']}, {background}: P(N >= n) = {found['p_value']:.4g}, {z} sigma ({found['sides']}); "
        f"P(L <= L_obs) = {found['p_likelihood']:.4g}"
    )
    return [seen, needed]


def _of_many(analysis: str | None, table: str | None, scheme: str, sides: str) -> tuple[dict[str, Any], str]:
    from feebly.analysis.analysis import load_analysis
    from feebly.report import significance_table
    from feebly.statistics.excess.region_table import load_region_table

    if analysis is not None:
        loaded = load_analysis(analysis)
        rows = list(significance_table.analysis_rows(loaded, sides))
        title, head = loaded.title, {"analysis": loaded.name, "sides": sides}
    else:
        published = load_region_table(table or "")
        rows = list(significance_table.table_rows(published, scheme, sides))
        title = f"{published.title}; background: {scheme}"
        head = {"table": published.name, "scheme": scheme, "sides": sides}
    text = f"{title}\nZ is {sides}\n\n{significance_table.as_text(rows)}"
    return head | {"rows": significance_table.as_dicts(rows)}, text

"""``feebly channels``: every combination of particle, production and decay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options, values
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.cli.values import given

if TYPE_CHECKING:
    from feebly.workflow.combinations import Combination

_HEADS = ("model", "production", "decay", "list", "status", "masses [GeV]")
_MORE = ("at [GeV]", "A_acc", "sigma_m [MeV]")


def channels(
    model: Annotated[
        str | None, typer.Option("--model", metavar="A,B", help="Models; default: all that are listed.")
    ] = None,
    acceptance: Annotated[
        bool, typer.Option("--acceptance", help="Sample each: acceptance and mass resolution.")
    ] = False,
    experiment: options.Experiment = "na62-dump-2021",
    precision: options.Precision = "0.05",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    as_json: options.Json = False,
) -> None:
    """All combinations of particle, production and decay.

    The 36 hadronic ones of NA62's talks, 25 leptonic ones that make 61, and what feebly has beyond. 'not
    searched': computed, but the analysis has no such final state. With --acceptance: of the first production
    mode in the middle of its masses, for a long lifetime.

    \b
    Examples:
        feebly channels
        feebly channels --model dark-scalar
    """
    from feebly.workflow.combinations import combinations, with_acceptance
    from feebly.workflow.sampling import Sampling

    rows = list(combinations(given(values.names, model, "--model"), experiment))
    if acceptance:
        sampling = Sampling(
            values.number(precision, "--precision"),
            values.whole_number(seed, "--seed"),
            given(values.positive, jobs, "--jobs"),
            report=note,
        )
        with progress("acceptance") as update:
            for k, row in enumerate(rows):
                update(k, len(rows), f"{row.model}: {row.source} -> {row.final_state}")
                rows[k] = with_acceptance(row, experiment, sampling)
    if as_json:
        answer_json({"combinations": [asdict(row) | {"status": row.status} for row in rows]})
    else:
        answer("\n".join((*_table(rows, acceptance), *_sums(rows))))


def _table(rows: list[Combination], acceptance: bool) -> list[str]:
    from feebly.report.text_table import aligned

    heads = (*_HEADS, *(_MORE if acceptance else ()))
    return aligned([heads, *(_cells(row, acceptance) for row in rows)], left=len(heads))


def _cells(row: Combination, acceptance: bool) -> tuple[str, ...]:
    masses = "-" if row.masses_gev is None else f"{row.masses_gev[0]:.3g}-{row.masses_gev[1]:.3g}"
    cells = (row.model, row.source, row.final_state, row.listing, row.status, masses)
    if not acceptance:
        return cells
    if row.acceptance is None or row.sigma_mass_gev is None:
        return (*cells, "-", "-", "-")
    return (*cells, f"{row.mass_gev:g}", f"{row.acceptance:.3g}", f"{1e3 * row.sigma_mass_gev:.2g}")


def _sums(rows: list[Combination]) -> Iterator[str]:
    listed = [row for row in rows if row.listing != "further"]
    hadronic = sum(row.listing == "hadronic" for row in listed)
    is_open = sum(row.status == "open" for row in listed)
    yield ""
    yield f"{len(listed)} combinations ({hadronic} hadronic), {is_open} of them open and searched"

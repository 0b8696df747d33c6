"""``feebly background``: expected backgrounds of a counting search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.output import answer, answer_json
from feebly.core.errors import ConfigError

if TYPE_CHECKING:
    from feebly.statistics.rejection import RejectionChain


def rejection(
    before: Annotated[str, typer.Option("--before", metavar="N", help="Weighted events before the steps.")],
    before_sigma: Annotated[
        str,
        typer.Option("--before-sigma", metavar="S", help="Their statistical error; it says what N is worth."),
    ],
    step: Annotated[
        list[str],
        typer.Option(
            "--step",
            metavar="NAME=N",
            help="Weighted events that survive this step alone; once for each step.",
        ),
    ],
    meaning: Annotated[
        str,
        typer.Option(
            "--meaning", metavar="P%|limit P%", help="Of the interval of the product: 68%, 90%, 95%."
        ),
    ] = "90%",
    method: Annotated[
        str,
        typer.Option(
            "--method", metavar="NAME", help="Of the single factors: wilson, jeffreys or clopper-pearson."
        ),
    ] = "wilson",
    as_json: options.Json = False,
) -> None:
    """Background from rejection factors.

    Events before the steps times the chance to survive each of them, the steps independent and each measured
    on the same simulated events. The factors have 68% intervals; their product is the posterior of Jeffreys'
    prior. Where nothing survives a step ask for a limit: --meaning "limit 90%".

    \b
    Example:
        feebly background rejection --before 59.9 --before-sigma 6.7 --step veto=0.72 --step region=0.47
    """
    from feebly.statistics.rejection import RejectionChain, Survival

    steps = (_step(text) for text in step)
    chain = RejectionChain(
        values.number(before, "--before"),
        values.number(before_sigma, "--before-sigma"),
        tuple(Survival(name, remaining) for name, remaining in steps),
    )
    found = _content(chain, meaning, method)
    if as_json:
        answer_json(found)
    else:
        answer("\n".join(_lines(found)))


def _step(text: str) -> tuple[str, float]:
    name, mark, remaining = text.rpartition("=")
    if not (mark and name.strip()):
        raise ConfigError(f'--step "{text}": expected NAME=N such as veto=0.72')
    return name.strip(), values.number(remaining, f"--step {name.strip()}")


def _content(chain: RejectionChain, meaning: str, method: str) -> dict[str, Any]:
    from feebly.core.tables import plain
    from feebly.statistics.excess.significance import p_value

    posterior, interval = chain.posterior, chain.interval(meaning)
    steps = [
        {
            "name": step.name,
            "remaining": step.remaining,
            "survival": chain.survival(step),
            "interval": plain(chain.survival_interval(step, "68%", method)),
        }
        for step in chain.steps
    ]
    return {
        "before": chain.before,
        "before_sigma": chain.before_sigma,
        "effective_events": chain.trials,
        "method": method,
        "steps": steps,
        "product": chain.product,
        "posterior": {"mean": posterior.mean, "median": posterior.quantile(0.5), "interval": plain(interval)},
        "p_at_least_one": p_value(1, posterior),
    }


def _lines(found: dict[str, Any]) -> list[str]:
    width = max(len("step"), *(len(step["name"]) for step in found["steps"]))
    heading = f"{'step':<{width}}  {'events':>8}  {'1 - eta':>8}  68% interval ({found['method']})"
    total = (
        f"{'before':<{width}}  {found['before']:>8.4g}  {'':>8}  worth {found['effective_events']:.4g} events"
    )
    steps = [
        f"{step['name']:<{width}}  {step['remaining']:>8.4g}  {step['survival']:>8.3g}  "
        f"[{step['interval']['lower']:.3g}, {step['interval']['upper']:.3g}]"
        for step in found["steps"]
    ]
    posterior = found["posterior"]
    interval = posterior["interval"]
    span = (
        f"{interval['meaning']}: b < {interval['upper']:.3g}"
        if interval["meaning"].startswith("limit")
        else f"{interval['meaning']} interval [{interval['lower']:.2g}, {interval['upper']:.3g}]"
    )
    return [
        heading,
        total,
        *steps,
        "",
        f"b: product of the factors {found['product']:.3g}; posterior mean {posterior['mean']:.3g}, "
        f"median {posterior['median']:.3g}, {span}",
        f"P(N >= 1) = {found['p_at_least_one']:.3g}",
    ]

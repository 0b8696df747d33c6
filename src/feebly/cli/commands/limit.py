"""``feebly limit``: upper limit on the signal of a counting experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.output import answer, answer_json
from feebly.cli.values import given

if TYPE_CHECKING:
    from feebly.statistics import Limit


def limit(
    n: Annotated[str, typer.Option("--n", metavar="N", help="Observed events.")],
    b: Annotated[str, typer.Option("--b", metavar="B", help="Expected background events.")],
    sigma_b: Annotated[
        str | None,
        typer.Option("--sigma-b", metavar="S", help="Standard deviation of the background (Gaussian)."),
    ] = None,
    s: Annotated[
        str | None, typer.Option("--s", metavar="X", help="Is a signal of X events excluded?")
    ] = None,
    cl: options.Cl = "0.90",
    convention: options.Convention = "cls-counting",
    signal_error: Annotated[
        str,
        typer.Option("--signal-error", metavar="X", help="Relative error of the signal, e.g. 0.2."),
    ] = "0",
    as_json: options.Json = False,
) -> None:
    """Upper limit of a counting experiment, exact.

    CLs in one of two conventions: cls-counting counts events with the background marginalised, cls-profile
    takes the profile likelihood ratio with a fluctuating measurement of the background. They differ when
    events are observed: both are told then.

    \b
    Examples:
        feebly limit --n 0 --b 0.016
        feebly limit --n 1 --b 0.016 --sigma-b 0.002 --json
        feebly limit --n 1 --b 0.016 --s 4.5
    """
    question = Question(
        n=values.whole_number(n, "--n"),
        b=values.number(b, "--b"),
        sigma_b=given(values.number, sigma_b, "--sigma-b"),
        cl=values.number(cl, "--cl"),
        convention=convention,
        signal_error=values.number(signal_error, "--signal-error"),
    )
    found = _answers(question, given(values.number, s, "--s"))
    if as_json:
        answer_json(found)
    else:
        answer("\n".join(_sentences(found)))


@dataclass(frozen=True)
class Question:
    """Observed count and background of one region, and what is asked about the signal; events."""

    n: int
    b: float
    sigma_b: float | None
    cl: float
    convention: str
    signal_error: float

    def upper_limit(self, convention: str) -> Limit:
        from feebly.statistics import upper_limit

        return upper_limit(self.n, self.b, self.sigma_b, self.cl, convention, self.signal_error)

    def expected_limit(self) -> Limit:
        from feebly.statistics import expected_limit

        return expected_limit(self.b, self.sigma_b, self.cl, self.convention, self.signal_error)

    def cls(self, s: float) -> float:
        """CLs of a signal of s events."""
        from feebly.statistics import cls_value
        from feebly.statistics.backgrounds import as_background

        background = as_background(self.b, self.sigma_b)
        return float(cls_value(self.n, s, background, self.signal_error, self.convention))


def _answers(question: Question, s: float | None) -> dict[str, Any]:
    """Everything that is told, as in the JSON object."""
    from feebly.core.tables import plain

    main, expected = question.upper_limit(question.convention), question.expected_limit()
    found: dict[str, Any] = plain(question) | {
        "s_up": main.s_up,
        "cls_error": main.cls_error,
        "expected": {"n": expected.n, "s_up": expected.s_up},
        "other_conventions": {name: question.upper_limit(name).s_up for name in _others(question)},
    }
    if s is not None:
        cls = question.cls(s)
        found |= {"s": s, "cls": cls, "excluded": cls < 1 - question.cl}
    return found


def _others(question: Question) -> list[str]:
    """Conventions to tell beside the asked one: they differ at n >= 1; the profile takes no signal error."""
    from feebly.statistics.conventions import CLS_CONVENTIONS

    if question.n == 0 or question.signal_error > 0:
        return []
    return [name for name in CLS_CONVENTIONS if name != question.convention]


def _sentences(found: dict[str, Any]) -> list[str]:
    error = f" +- {found['sigma_b']:g}" if found["sigma_b"] is not None else ""
    data = f"n = {found['n']}, b = {found['b']:g}{error}"
    expected = found["expected"]
    return [
        f"s < {found['s_up']:.4g} events at {100 * found['cl']:g}% CL ({found['convention']}; {data})",
        *(f"s < {s_up:.4g} events ({name})" for name, s_up in found["other_conventions"].items()),
        f"expected: s < {expected['s_up']:.4g} events (n = {expected['n']}, the median for b alone)",
        *_verdict(found),
    ]


def _verdict(found: dict[str, Any]) -> list[str]:
    if "s" not in found:
        return []
    verdict = "excluded" if found["excluded"] else "not excluded"
    return [f"s = {found['s']:g} events: {verdict} (CLs = {found['cls']:.3g})"]

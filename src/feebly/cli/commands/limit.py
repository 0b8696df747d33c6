"""``feebly limit``: limits on the signal of a counting experiment."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.background_options import BackgroundOptions, background_words
from feebly.cli.output import answer, answer_json, note
from feebly.cli.question import Question
from feebly.cli.signal_error import signal_error as parsed_error
from feebly.cli.values import given
from feebly.core.errors import ConfigError, DomainError

ALL = "all"


def limit(
    n: Annotated[str, typer.Option("--n", metavar="N", help="Observed events.")],
    b: Annotated[str | None, typer.Option("--b", metavar="B", help="Expected background events.")] = None,
    sigma_b: options.SigmaB = None,
    shape: options.Shape = None,
    plus: options.BackgroundPlus = None,
    minus: options.BackgroundMinus = None,
    interval: options.IntervalMeaning = None,
    candidates: Annotated[
        str | None,
        typer.Option(
            "--candidates", metavar="N", help="Background N times the chance to pass vetoes, not --b."
        ),
    ] = None,
    passed: Annotated[
        str | None, typer.Option("--passed", metavar="K,K", help="Simulated events that pass each veto.")
    ] = None,
    trials: Annotated[
        str | None, typer.Option("--trials", metavar="N", help="Of so many (Beta posteriors, Jeffreys).")
    ] = None,
    s: Annotated[
        str | None, typer.Option("--s", metavar="X", help="Is a signal of X events excluded?")
    ] = None,
    cl: options.Cl = "0.90",
    convention: Annotated[
        str,
        typer.Option(
            "--convention",
            metavar="NAME|all",
            help="cls-counting, cls-profile, classical, bayesian-flat or feldman-cousins.",
        ),
    ] = "cls-counting",
    signal_error: Annotated[
        str,
        typer.Option(
            "--signal-error",
            metavar="X|NAME=X,..",
            help="Relative error of the signal, e.g. 0.2 or pot=0.2,efficiency=0.05.",
        ),
    ] = "0",
    bands: Annotated[
        str | None,
        typer.Option("--bands", metavar="NAME", help="Expected limits at -2 .. +2 sigma: counting or full."),
    ] = None,
    thrown_error: Annotated[
        str | None,
        typer.Option(
            "--thrown-error",
            metavar="X|NAME=X,..",
            help="Relative error of the signal that full bands throw; default: 0.2.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Limits of a counting experiment, exact.

    cls-counting counts events with the background marginalised, cls-profile takes the profile likelihood
    ratio with a fluctuating measurement of the background. They differ when events are observed: both are
    told then. classical is Neyman's upper limit, which can be empty; bayesian-flat has a flat prior in the
    signal; feldman-cousins is the two-sided unified interval, its raw ends. An uncertain background is
    averaged over in all of them but cls-profile.

    \b
    Examples:
        feebly limit --n 0 --b 0.016
        feebly limit --n 1 --b 0.016 --sigma-b 0.002 --json
        feebly limit --n 1 --b 0.016 --s 4.5
        feebly limit --n 3 --b 1.2 --sigma-b 0.4 --shape gamma --convention all
        feebly limit --n 0 --b 0.0094 --b-plus 0.049 --b-minus 0.009 --interval 90% --bands full
    """
    about = BackgroundOptions(b, sigma_b, shape, plus, minus, interval, candidates, passed, trials)
    if about.missing and about.told:
        raise ConfigError(f"{about.told} without --b: expected the background events beside it")
    if about.missing:
        raise typer.BadParameter("missing: expected the background events, or --candidates", param_hint="--b")
    question = Question(
        n=values.whole_number(n, "--n"),
        background=about.background(),
        cl=values.number(cl, "--cl"),
        convention=convention,
        signal_error=parsed_error(signal_error, "--signal-error"),
    )
    if convention == ALL:
        found = _all_conventions(question)
        text = _table(question, found)
    else:
        found = _answers(question, given(values.number, s, "--s"))
        text = "\n".join(_sentences(question, found))
    if bands is None and thrown_error is not None:
        raise ConfigError("--thrown-error without --bands full: expected both")
    if bands is not None:
        found["bands"] = _bands(question, bands, given(parsed_error, thrown_error, "--thrown-error"))
        text += f"\n{_band_sentence(found['bands'])}"
    if as_json:
        answer_json(found)
    else:
        answer(text)


def _answers(question: Question, s: float | None) -> dict[str, Any]:
    """Everything that is told of one convention, as in the JSON object."""
    main, expected = question.upper_limit(question.convention), question.expected_limit(question.convention)
    found = question.as_dict() | {
        "convention": question.convention,
        "s_low": question.interval(question.convention).lower,
        "s_up": main.s_up,
        "s_error": main.s_error,
        "cls_error": main.cls_error,
        "empty": main.empty,
        "expected": {"n": expected.n, "s_up": expected.s_up},
        "other_conventions": {name: question.upper_limit(name).s_up for name in _others(question)},
    }
    return found if s is None else found | _verdict(question, s, found)


def _verdict(question: Question, s: float, found: dict[str, Any]) -> dict[str, Any]:
    """Whether a signal is excluded, with its CLs where the convention has one."""
    from feebly.statistics import cls_value
    from feebly.statistics.checks import require_non_negative
    from feebly.statistics.intervals.conventions import TAIL_CURVES

    require_non_negative("s", s)
    if question.convention not in TAIL_CURVES:
        return {"s": s, "cls": None, "excluded": not found["s_low"] <= s <= found["s_up"]}
    cls = float(cls_value(question.n, s, question.background, question.signal_error, question.convention))
    return {"s": s, "cls": cls, "excluded": cls < 1 - question.cl}


def _others(question: Question) -> list[str]:
    """CLs conventions to tell beside the asked one: they differ at n >= 1, and not every b has a profile."""
    from feebly.statistics import Fixed, TruncatedGaussian, total_signal_error
    from feebly.statistics.intervals.conventions import CLS_CONVENTIONS

    measured = isinstance(question.background, Fixed | TruncatedGaussian)
    if question.n == 0 or total_signal_error(question.signal_error) > 0 or not measured:
        return []
    return [name for name in CLS_CONVENTIONS if name != question.convention]


def _sentences(question: Question, found: dict[str, Any]) -> list[str]:
    data = f"n = {question.n}, {background_words(question.background)}"
    expected = found["expected"]
    return [
        f"{_range(found)} at {100 * question.cl:g}% CL ({question.convention}; {data})",
        *(f"s < {s_up:.4g} events ({name})" for name, s_up in found["other_conventions"].items()),
        f"expected: s < {expected['s_up']:.4g} events (n = {expected['n']}, the median for b alone)",
        *_verdict_line(question, found),
    ]


def _range(found: dict[str, Any]) -> str:
    if found["empty"]:
        return "empty interval, even s = 0 is excluded,"
    low = f"{found['s_low']:.4g} < " if found["s_low"] > 0 else ""
    return f"{low}s < {found['s_up']:.4g} events"


def _verdict_line(question: Question, found: dict[str, Any]) -> list[str]:
    if "s" not in found:
        return []
    name = {"classical": "P(N <= n)", "bayesian-flat": "P(above)"}.get(question.convention, "CLs")
    why = "outside the interval" if found["excluded"] else "inside the interval"
    reason = why if found["cls"] is None else f"{name} = {found['cls']:.3g}"
    return [f"s = {found['s']:g} events: {'excluded' if found['excluded'] else 'not excluded'} ({reason})"]


# --- all conventions, and bands -----------------------------------------------------------------------


def _all_conventions(question: Question) -> dict[str, Any]:
    """Interval and expected limit of every convention; what a convention refuses is told in its words."""
    from feebly.statistics import CONVENTIONS

    rows: dict[str, Any] = {}
    refused: ConfigError | DomainError | None = None
    for name in CONVENTIONS:
        try:
            interval, expected = question.interval(name), question.expected_limit(name)
        except (ConfigError, DomainError) as error:
            rows[name] = {"refused": str(error)}
            refused = error
        else:
            rows[name] = {
                "s_low": interval.lower,
                "s_up": interval.upper,
                "s_error": interval.s_error,
                "empty": interval.empty,
                "expected": expected.s_up,
            }
    if refused is not None and all("refused" in row for row in rows.values()):
        raise refused
    if refused is not None:
        note(f"no limit for {', '.join(name for name, row in rows.items() if 'refused' in row)}")
    return question.as_dict() | {"conventions": rows}


def _table(question: Question, found: dict[str, Any]) -> str:
    lines = [
        f"n = {question.n}, {background_words(question.background)}, {100 * question.cl:g}% CL; events",
        f"{'convention':<17}{'s_low':>9}{'s_up':>9}{'expected':>10}{'error':>9}",
    ]
    for name, row in found["conventions"].items():
        if "refused" in row:
            lines.append(f"{name:<17}refused: {row['refused']}")
            continue
        note = "  empty" if row["empty"] else ""
        lines.append(
            f"{name:<17}{row['s_low']:9.4f}{row['s_up']:9.4f}{row['expected']:10.4f}{row['s_error']:9.0e}{note}"
        )
    return "\n".join(lines)


def _bands(question: Question, kind: str, thrown: float | dict[str, float] | None) -> dict[str, Any]:
    """Expected limits; a full band throws 20% when nothing else is said."""
    from feebly.statistics import expected_band

    if thrown is None:
        thrown = 0.2 if kind == "full" else 0.0
    convention = "cls-counting" if question.convention == ALL else question.convention
    band = expected_band(
        question.background, None, question.cl, convention, question.signal_error, kind, thrown
    )
    return {
        "kind": band.kind,
        "convention": convention,
        "thrown_error": band.thrown_error,
        "s_up": {f"{sigma:+g}": s_up for sigma, s_up in zip(band.sigmas, band.s_up, strict=True)},
        "n": list(band.counts),
        "label": band.label(),
        "degenerate": band.degenerate,
    }


def _band_sentence(bands: dict[str, Any]) -> str:
    limits = ", ".join(f"{s_up:.4g} ({sigma}σ)" for sigma, s_up in bands["s_up"].items())
    thrown = f", signal thrown by {bands['thrown_error']:.0%}" if bands["thrown_error"] else ""
    label = f"; {bands['label']}" if bands["label"] else ""
    return f"expected band ({bands['kind']}{thrown}; {bands['convention']}): {limits}{label}"

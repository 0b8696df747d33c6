"""``feebly limits``: published limits in one format: from files of others, checked, shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.output import answer, answer_json, note
from feebly.cli.values import given

if TYPE_CHECKING:
    from feebly.publish.limit_files import PublishedLimit


def _text(flag: str, metavar: str, words: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=words)


def convert(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Text with columns, CSV of WebPlotDigitizer.")],
    out: Annotated[str, _text("--out", "FILE", "The limit file, .csv.")],
    label: Annotated[str | None, _text("--label", "TEXT", "Short name for figures.")] = None,
    coupling: Annotated[
        str | None,
        _text("--coupling", "NAME", "epsilon, epsilon^2, sin-theta, sin2-theta, U2, C/Lambda, ..."),
    ] = None,
    mass_unit: Annotated[str | None, _text("--mass-unit", "UNIT", "eV, keV, MeV, GeV or TeV.")] = None,
    cl: Annotated[str | None, _text("--cl", "X", "Confidence level: 0.90.")] = None,
    origin: Annotated[
        str | None, _text("--origin", "KIND", "published, digitised, assumed, derived or calibrated.")
    ] = None,
    source: Annotated[str | None, _text("--source", "TEXT", "Who made the numbers, from what.")] = None,
    region: Annotated[
        str | None,
        _text("--region", "NAME", "Excluded: inside closed curves, above a curve; or lone points."),
    ] = None,
    columns: Annotated[
        str | None,
        _text("--columns", "A,B", "mass,coupling (default of two), piece,mass,coupling, mass,lower,upper; _"),
    ] = None,
    dataset: Annotated[str | None, _text("--dataset", "NAME", "Of several side by side.")] = None,
    close: Annotated[bool, typer.Option("--close", help="Close open curves by a straight line.")] = False,
    mass_scale: Annotated[str | None, _text("--mass-scale", "NAME", "linear (default) or log10.")] = None,
    coupling_scale: Annotated[str | None, _text("--coupling-scale", "NAME", "linear or log10.")] = None,
    coupling_unit: Annotated[
        str | None, _text("--coupling-unit", "UNIT", "Where it is not the coupling's own: 1/TeV, cm.")
    ] = None,
    kind: Annotated[str | None, _text("--kind", "NAME", "observed (default), expected, projection.")] = None,
    experiment: Annotated[str | None, _text("--experiment", "TEXT", "Name of the experiment.")] = None,
    model: Annotated[str | None, _text("--model", "TAG", "As in feebly run.")] = None,
    benchmark: Annotated[str | None, _text("--benchmark", "TEXT", "Such as BC1.")] = None,
    channels: Annotated[str | None, _text("--channels", "A,B", "Final states.")] = None,
    pot: Annotated[str | None, _text("--pot", "X", "Protons on target.")] = None,
    statistic: Annotated[str | None, _text("--statistic", "TEXT", "As the source says: CLs.")] = None,
    doi: Annotated[str | None, _text("--doi", "TEXT", "Of the source.")] = None,
    arxiv: Annotated[str | None, _text("--arxiv", "TEXT", "Of the source.")] = None,
    figure: Annotated[str | None, _text("--figure", "TEXT", "Figure or table of the source.")] = None,
    licence: Annotated[str | None, _text("--licence", "TEXT", "Of the numbers.")] = None,
    remark: Annotated[str | None, _text("--remark", "TEXT", "Anything else.")] = None,
    as_json: options.Json = False,
) -> None:
    """Turn a file of others into a limit file.

    What the file does not say is declared here; nothing is guessed, and an error names what is missing.
    Pieces are apart by blank lines. The written masses are in GeV, the couplings linear.

    \b
    Example:
        feebly limits convert curve.txt --out curve.csv --label "mine 2020" --coupling epsilon --mass-unit MeV
            --cl 0.9 --origin digitised --source "by me, from Fig. 3" --region inside
    """
    from feebly.publish.limit_files import convert_text, write_limit

    others = ("context", "file", "out", "columns", "dataset", "close", "as_json", "channels", "cl", "pot")
    declared = {name: value for name, value in context.params.items() if name not in others}
    declared |= {
        "cl": given(values.number, cl, "--cl"),
        "pot": given(values.number, pot, "--pot"),
        "final_states": given(values.names, channels, "--channels"),
    }
    limit = convert_text(file, declared, columns, dataset, close)
    write_limit(limit, out)
    _warn(limit)
    _tell(limit, out, as_json)


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Limit files.")],
) -> None:
    """Whether limit files can be read, and what looks wrong in them.

    A file that cannot be read is an error (exit code 3); what looks like another unit is a note.

    \b
    Example:
        feebly limits check curve.csv
    """
    from feebly.publish.limit_files import load_limit

    for file in files:
        limit = load_limit(file)
        _warn(limit)
        answer(f"{file}: {_count(limit)}")


def show(
    file: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE]", help="A limit; default: the names of those that are shipped."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """What a limit is: whose, of what, from where.

    \b
    Examples:
        feebly limits show
        feebly limits show na62-kplus-dark-scalar
    """
    from feebly.publish.limit_files import load_limit, shipped_limits

    if file is not None:
        _tell(load_limit(file), None, as_json)
        return
    found = {name: load_limit(name) for name in shipped_limits()}
    if as_json:
        answer_json({"limits": {name: _facts(limit) for name, limit in found.items()}})
    else:
        width = max(map(len, found), default=0)
        answer("\n".join(f"{name:{width}}  {limit.label}: {_count(limit)}" for name, limit in found.items()))


def _warn(limit: PublishedLimit) -> None:
    from feebly.publish.limit_files import limit_warnings

    for text in limit_warnings(limit):
        note(f"{limit.label}: {text}")


def _tell(limit: PublishedLimit, path: str | Path | None, as_json: bool) -> None:
    facts = _facts(limit) | ({"file": str(path)} if path is not None else {})
    if as_json:
        answer_json(facts)
        return
    said = {key.replace("_", " "): value for key, value in facts.items() if value not in (None, "", [], ())}
    width = max(map(len, said))
    answer("\n".join(f"{key:{width}}  {_words(value)}" for key, value in said.items()))


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(f"{x:.4g}" for x in value) if _are_numbers(value) else ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _are_numbers(values_of: Any) -> bool:
    return all(isinstance(value, float) for value in values_of)


def _count(limit: PublishedLimit) -> str:
    pieces, points = len(limit.pieces), sum(map(len, limit.pieces))
    of = "" if pieces == 1 else f" in {pieces} pieces"
    return f"{points} points{of}, {limit.coupling}, {limit.kind}, {100 * limit.cl:g}% CL, {limit.origin.kind}"


def _facts(limit: PublishedLimit) -> dict[str, Any]:
    """All that a limit says, with its ranges in place of its points."""
    from dataclasses import fields

    import numpy as np

    mass = np.concatenate([piece.mass_gev for piece in limit.pieces])
    coupling = np.concatenate([piece.coupling for piece in limit.pieces])
    said = {f.name: getattr(limit, f.name) for f in fields(limit) if f.name not in ("pieces", "origin")}
    return said | {
        "origin": str(limit.origin),
        "pieces": len(limit.pieces),
        "points": int(mass.size),
        "mass_gev": [float(mass.min()), float(mass.max())],
        "coupling_range": [float(coupling.min()), float(coupling.max())],
    }

"""``feebly hepdata``: records of HEPData out of a run and into limits, and their checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.exits import FAILED_CHECK
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.cli.values import given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feebly.publish.hepdata.lint import Finding
    from feebly.publish.limit_files import PublishedLimit

Record = Annotated[
    str,
    typer.Argument(metavar="FILE", help="Archive (zip, tar.gz), folder, or YAML or JSON table of HEPData."),
]
TableName = Annotated[
    str | None, typer.Option("--table", metavar="NAME", help="Which table, where there are several.")
]


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Folder of 'feebly run' or 'feebly kaon'.")],
    out: Annotated[
        str | None, typer.Option("--out", metavar="DIR|ZIP", help="New folder, or a file that ends in .zip.")
    ] = None,
    layout: Annotated[
        str, typer.Option("--layout", metavar="NAME", help="Of the contours: points, index, grid or edges.")
    ] = "points",
    factors: Annotated[
        bool, typer.Option("--factors/--no-factors", help="Acceptance (T5) and cut-flow (T6).")
    ] = True,
    check: Annotated[
        bool, typer.Option("--check", help="Check with hepdata-validator and our lint; exit code 1 if not.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """A run as a HEPData record.

    Tables T1 observed contour, T2 expected contours, T3 CLs, T4 signal yield, T5 acceptance x efficiency, T6
    cut-flow, T7 backgrounds and counts, T8 limits, each with a picture and its thumbnail, and the statistical
    model. A table that the run cannot give is named, with the reason, here and in the record. T5 needs the
    yield tables of the run in the cache, T6 simulates some events. Of a result of 'feebly kaon': K1 limits on
    the branching ratio, K2 limits on the coupling, K3 counts, K4 significance, K5 sensitivity.

    \b
    Examples:
        feebly hepdata export feebly-runs/dark-photon --check
        feebly hepdata export my-run --out record.zip --layout index --no-factors
    """
    from feebly.core.errors import unknown
    from feebly.publish.hepdata.check import check_record
    from feebly.publish.hepdata.export import export_run
    from feebly.publish.hepdata.kaon_record import export_kaon
    from feebly.publish.hepdata.limit_pieces import LAYOUTS
    from feebly.report.kaon_saved import is_kaon_result

    if layout not in LAYOUTS:
        raise unknown("layout", layout, LAYOUTS)
    target = Path(out) if out else default_folder("hepdata", Path(run).resolve().name)
    require_writable(target.parent)
    with progress(f"{run}: tables") as update:
        is_kaon = is_kaon_result(run)
        record = export_kaon(run) if is_kaon else export_run(run, layout, factors=factors, progress=update)
    for reason in record.left_out:
        note(f"not part of the record: {reason}")
    findings = check_record(record.files, str(target)) if check else ()
    record.write(target)
    names = [table.name for table in record.tables]
    if as_json:
        answer_json(
            {"record": str(target), "tables": names, "left_out": record.left_out, "findings": findings}
        )
    else:
        checked = f"\nvalid: schema and {_rules()} rules" if check and not findings else ""
        answer(f"{_tables(len(names))}: {', '.join(names)}{checked}\nrecord: {target}")
        _tell(findings)
    _end(findings)


def import_(
    file: Record,
    table: TableName = None,
    lint: Annotated[bool, typer.Option("--lint", help="Check the record first.")] = False,
    mass_unit: Annotated[
        str | None, typer.Option("--mass-unit", metavar="UNIT", help="Of masses without one: GeV, MeV, ...")
    ] = None,
    coupling: Annotated[
        str | None, typer.Option("--coupling", metavar="NAME", help="What the coupling is, e.g. epsilon^2.")
    ] = None,
    cl: Annotated[
        str | None, typer.Option("--cl", metavar="X", help="Confidence level, where it is not said.")
    ] = None,
    level: Annotated[
        str | None, typer.Option("--level", metavar="X", help="Value of a grid at which the contour is.")
    ] = None,
    close: Annotated[bool, typer.Option("--close", help="Join the ends of an open contour.")] = False,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Write the limits as limits files.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Limits out of a HEPData table.

    Four layouts: points of a contour in order, the same with an index, a grid of CLs or of signal over
    limit, lower and upper edge against mass; linear or log10, GeV or MeV, a coupling or its square. Of
    several curves (observed, expected, bands) each is a limit of its own. What the table does not say is
    asked for, never guessed.

    \b
    Examples:
        feebly hepdata import HEPData-ins1-v1-yaml.tar.gz --table "Table 3" --lint
        feebly hepdata import table.yaml --mass-unit MeV --coupling epsilon^2 --cl 0.90
    """
    from feebly.publish.hepdata.limit_tables import Reading, limits_of
    from feebly.publish.hepdata.lint import lint as lint_record
    from feebly.publish.hepdata.record_reader import find_table, read_record

    record = read_record(file)
    findings = lint_record(record) if lint else ()
    _tell(findings)
    reading = Reading(
        mass_unit or "",
        coupling or "",
        given(values.number, cl, "--cl"),
        given(values.number, level, "--level"),
        close,
    )
    found = limits_of(find_table(record, table), reading, source=Path(file).name)
    files = _write_limits(found, out) if out else []
    if as_json:
        answer_json({"limits": [_facts(limit) for limit in found], "files": files, "findings": findings})
    else:
        answer("\n".join([*map(_line, found), *(f"written: {name}" for name in files)]))
    _end(findings)


def lint(file: Record, as_json: options.Json = False) -> None:
    """Check a HEPData record.

    What the schema cannot see: log10 given as the coupling, GeV labelled MeV, a square, exchanged columns,
    open or crossing contours, joined islands, bands in the wrong order, missing units and confidence levels,
    numbers as text, and more. Exit code 1 when something is found.

    \b
    Example:
        feebly hepdata lint record.zip
    """
    from feebly.publish.hepdata.lint import lint as lint_record
    from feebly.publish.hepdata.record_reader import read_record

    record = read_record(file)
    findings = lint_record(record)
    if as_json:
        answer_json({"tables": [table.name for table in record.tables], "findings": findings})
    else:
        _tell(findings)
        if not findings:
            answer(f"{_tables(len(record.tables))}, {_rules()} rules: nothing found")
    _end(findings)


def _tables(number: int) -> str:
    return f"{number} table{'s' * (number != 1)}"


def _rules() -> int:
    from feebly.publish.hepdata.lint import RULES

    return len(RULES)


def _tell(findings: Sequence[Finding]) -> None:
    for finding in findings:
        note(str(finding))


def _end(findings: Sequence[Finding]) -> None:
    if findings:
        raise typer.Exit(FAILED_CHECK)


def _facts(limit: PublishedLimit) -> dict[str, Any]:
    pieces = [
        {
            "points": len(piece),
            "mass_gev": [piece.mass_gev.min(), piece.mass_gev.max()],
            "coupling": [piece.coupling.min(), piece.coupling.max()],
        }
        for piece in limit.pieces
    ]
    names = ("label", "kind", "coupling", "region", "cl", "model", "experiment", "pot", "read_as")
    return {name: getattr(limit, name) for name in names} | {"pieces": pieces}


def _line(limit: PublishedLimit) -> str:
    facts = _facts(limit)["pieces"]
    low, high = (pick(f["mass_gev"][k] for f in facts) for k, pick in ((0, min), (1, max)))
    small, large = (pick(f["coupling"][k] for f in facts) for k, pick in ((0, min), (1, max)))
    pieces = f"{len(facts)} piece{'s' * (len(facts) != 1)}"
    return (
        f"{limit.kind}: {pieces}, {low:.4g}-{high:.4g} GeV, {limit.coupling} {small:.3g}-{large:.3g}, "
        f"{100 * limit.cl:g}% CL, excluded {limit.region} ({limit.read_as})"
    )


def _write_limits(found: Sequence[PublishedLimit], out: str) -> list[str]:
    """Each limit in its own file; of several the kind is part of the name."""
    from feebly.core.errors import ConfigError
    from feebly.publish.limit_files import write_limit

    path = Path(out)
    if path.suffix != ".csv":
        raise ConfigError(f'--out "{out}": expected the name of a limit file, such as limit.csv')
    paths = [path if len(found) == 1 else path.with_stem(f"{path.stem}-{limit.kind}") for limit in found]
    if len(set(paths)) < len(paths):
        raise ConfigError(f'--out "{out}": the table has two limits of one kind; choose one with --coupling')
    for limit, name in zip(found, paths, strict=True):
        write_limit(limit, name)
    return [str(name) for name in paths]

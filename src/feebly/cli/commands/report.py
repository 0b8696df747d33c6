"""``feebly report`` and ``feebly cite``: the page of a run and its references, from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json

Run = Annotated[
    str, typer.Argument(metavar="RUN", help="Folder that 'feebly run' or 'feebly kaon' has written.")
]


def report(
    folder: Run,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Default: report.html in the folder.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """The page of a run, made again.

    One file that opens offline: contour, where the yield comes from, acceptance, counts and backgrounds,
    what the limits mean, every input with its origin, how it was made, references. 'feebly run' and 'feebly
    kaon' write it; that of a run, made again after 'feebly presets compare ... --out RUN/comparison', also
    tells what other choices of physics do.

    \b
    Examples:
        feebly report my-run
        feebly report my-run --out my-result.html
    """
    from feebly.report.html.kaon_page import write_kaon_report
    from feebly.report.html.page import REPORT, write_report
    from feebly.report.kaon_saved import is_kaon_result

    target = Path(out) if out else Path(folder) / REPORT
    if out:
        require_writable(target.parent)
    path = (write_kaon_report if is_kaon_result(folder) else write_report)(folder, target)
    if as_json:
        answer_json({"folder": folder, "report": str(path)})
    else:
        answer(f"report: {path}")


def cite(folder: Run, as_json: options.Json = False) -> None:
    """BibTeX of what a run used.

    Models, form factors, spectra, widths, data, the statistical method and software, each with the inputs
    that name it. The same records are in refs.bib of the folder.

    \b
    Examples:
        feebly cite my-run
        feebly cite my-run --json
    """
    from feebly.report.citations import bibtex
    from feebly.report.html.page import read_citations

    citations = read_citations(folder)
    if as_json:
        records = [
            {"key": each.key, "type": each.kind, "link": each.link, "used_for": each.used_for}
            | {"fields": {name: value for name, value in each.fields.items() if name != "named"}}
            for each in citations
        ]
        answer_json({"folder": folder, "references": records})
    else:
        answer(bibtex(citations))

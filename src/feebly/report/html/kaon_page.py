"""``report.html`` of a result of ``feebly kaon``, made from the files of its folder."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from feebly.core.tables import write_atomically
from feebly.report.citations import bibtex, citations_of
from feebly.report.html.numbers import RESULT, Values
from feebly.report.html.page import REPORT, one_line
from feebly.report.html.references import reference_list
from feebly.report.html.sections import Place, Row, leaves
from feebly.report.html.templates import asset, template
from feebly.report.html.words import CONVENTIONS
from feebly.report.kaon_saved import SavedKaon, read_kaon_result

_DIGITS = 4
_MOST_FACTS = 40


def write_kaon_report(folder: str | Path, out: str | Path | None = None) -> Path:
    """Write the page, into the folder when ``out`` is not said, and return its path; DataError as a run's."""
    path = Path(out) if out is not None else Path(folder) / REPORT
    write_atomically(path, render_kaon_report(folder))
    return path


def render_kaon_report(folder: str | Path) -> str:
    """The page of a folder; the same files give the same text."""
    saved = read_kaon_result(folder)
    with one_line(folder):
        return _page(saved)


def _page(saved: SavedKaon) -> str:
    content = saved.content
    values, citations = Values({RESULT: content}), citations_of(content)
    return template("kaon.html.j2").render(
        result=content,
        values=values,
        figures=[(name, _picture(saved.folder / name)) for name in _pictures(content["files"])],
        columns=content["limits"]["columns"],
        limit_rows=list(_limit_rows(values, content)),
        fact_rows=list(_rows(values, content, "found")),
        most_facts=_MOST_FACTS,
        setting_rows=list(_rows(values, content, "setting")),
        convention=CONVENTIONS[content["setting"]["convention"]],
        references=reference_list(citations),
        bibtex=bibtex(citations),
        command_line=shlex.join,
        style=Markup(asset("report.css")),
    )


def _pictures(files: Iterable[str]) -> list[str]:
    """Names of the figures, the plot first."""
    return sorted((name for name in files if name.endswith(".png")), key=lambda name: name != "plot.png")


def _picture(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _limit_rows(values: Values, content: Mapping[str, Any]) -> Iterator[list[tuple[bool, Markup]]]:
    """Cells, and whether each is one of words."""
    words = {name for name, each in content["limits"]["columns"].items() if each["unit"] == ""}
    for k, row in enumerate(content["limits"]["some"]):
        yield [
            (name in words, _cell(values, value, ("limits", "some", k, name))) for name, value in row.items()
        ]


def _rows(values: Values, content: Mapping[str, Any], part: str) -> Iterator[Row]:
    """Every number and word of a part; heads are dotted keys."""
    for place in leaves(content[part], (part,)):
        value: Any = content
        for key in place:
            value = value[key]
        head = values.key(place, words=" ".join(map(str, place[1:])).replace("_", " "))
        yield Row(head, (_cell(values, value, place),))


def _cell(values: Values, value: Any, place: Place) -> Markup:
    if isinstance(value, bool):
        return values.shown(place, words=lambda truth: "yes" if truth else "no")
    if isinstance(value, int | float):
        return values.number(place, digits=_DIGITS)
    return values.shown(place)

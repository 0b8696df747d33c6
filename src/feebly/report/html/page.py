"""``report.html``: a run as one page that needs nothing beside itself, made from the files of its folder."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator
from math import isclose
from pathlib import Path
from typing import Any

from markupsafe import Markup

from feebly.core.errors import DataError
from feebly.core.tables import write_atomically
from feebly.limits.point_yields import LOWEST
from feebly.report.citations import Citation, bibtex, citations_of
from feebly.report.contour_table import read_contours
from feebly.report.html.effects import read_effects
from feebly.report.html.numbers import RESULT, Values
from feebly.report.html.references import reference_list
from feebly.report.html.sections import LEAST_SHARE, leaf_rows, option_rows, region_rows, share_rows
from feebly.report.html.templates import asset, template
from feebly.report.html.words import CONVENTIONS, ORDERINGS
from feebly.report.html.yield_drawing import along_lower_edge, yield_drawing
from feebly.report.interactive import interactive_figure
from feebly.report.overlay_plot_layers import make_overlay
from feebly.report.overlay_plot_runs import plotted_run
from feebly.report.saved_grid import SavedGrid, read_saved_grid
from feebly.report.saved_run import read_any_result
from feebly.report.symbols import final_state_symbol

REPORT = "report.html"
_NEEDED = (
    "model", "coupling", "summary", "caption", "setting", "preset", "responses", "calibrated", "counting",
    "limits", "contours", "yields", "unconverged", "inputs", "apparatus", "tables", "notes", "files",
    "provenance",
)  # fmt: skip


def write_report(folder: str | Path, out: str | Path | None = None) -> Path:
    """Write the page of a run folder, into it when ``out`` is not said, and return its path.

    Raises DataError (one line) for a folder that is no run, is damaged, or was made by a feebly that kept
    less than the page tells.
    """
    path = Path(out) if out is not None else Path(folder) / REPORT
    write_atomically(path, render_report(folder))
    return path


def read_citations(folder: str | Path) -> tuple[Citation, ...]:
    """What the result in a folder used. DataError (one line) for a folder that is no run or is damaged."""
    content = read_any_result(folder)
    with one_line(folder):
        return citations_of(content)


def render_report(folder: str | Path) -> str:
    """The page of a run folder; the same files give the same text."""
    grid = read_saved_grid(folder)
    with one_line(folder):
        return _page(folder, grid, dict(grid.content))


@contextlib.contextmanager
def one_line(folder: str | Path) -> Iterator[None]:
    """A value that is missing or of another kind ends in one line: the file was changed by hand."""
    from jinja2 import TemplateError

    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, TemplateError) as error:
        what = (str(error) or type(error).__name__).splitlines()[0]
        path = Path(folder) / RESULT
        raise DataError(f"{path}: not as feebly wrote it ({what}); make the run again") from error


def _page(folder: str | Path, grid: SavedGrid, content: dict[str, Any]) -> str:
    if missing := [key for key in _NEEDED if key not in content]:
        what = f"no {', '.join(missing)} in it (made by an earlier feebly)"
        raise DataError(f"{Path(folder) / RESULT}: {what}; make the run again")
    # by the name of the model: the page is the same wherever the folder lies
    run = plotted_run(content["model"], content, read_contours(Path(folder) / "contours.csv"))
    effects = read_effects(folder, content)
    documents = {RESULT: content} | ({effects.file: effects.content} if effects else {})
    values, citations = Values(documents), citations_of(content)
    return template("report.html.j2").render(
        result=content,
        values=values,
        main_kind=run.main_kind,
        contour=Markup(interactive_figure(make_overlay([run]), prefix="contour-")),
        yields_drawing=yield_drawing(
            *along_lower_edge(grid, run.contour(run.main_kind)),
            lambda tag: values.text("setting", "production", content["setting"]["production"].index(tag)),
        ),
        convention=CONVENTIONS[content["setting"]["convention"]],
        ordering=ORDERINGS[content["setting"]["ordering"]],
        effects=effects,
        references=reference_list(citations),
        bibtex=bibtex(citations),
        factors_at=LOWEST,
        at_end_of_grid=_end_of_grid(content),
        leaves_grid=_leaves_grid(content),
        final_state_symbol=final_state_symbol,
        band_words=_band_words,
        command_line=shlex.join,
        share_rows=share_rows,
        region_rows=region_rows,
        option_rows=option_rows,
        leaf_rows=leaf_rows,
        least_share=LEAST_SHARE,
        style=Markup(asset("report.css")),
    )


def _end_of_grid(content: dict[str, Any]) -> Callable[[float], bool]:
    """Whether a coupling is an end of the grid, where curves that leave it are closed."""
    ends = content["setting"]["coupling_range"][:2]
    return lambda value: any(isclose(value, end, rel_tol=1e-9) for end in ends)


def _leaves_grid(content: dict[str, Any]) -> bool:
    """Whether any edge of the table is an end of the grid."""
    at_end = _end_of_grid(content)
    kinds = ("observed", "expected")
    pairs = [pair for row in content["contours"]["edges"] for kind in kinds for pair in row[kind]]
    return any(at_end(value) for pair in pairs for value in pair)


def _band_words(kind: str) -> str:
    return kind.removeprefix("expected").replace("s", "σ").replace("-", "−")

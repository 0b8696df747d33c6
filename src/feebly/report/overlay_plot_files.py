"""The files of an overlay: the figure, the table of its curves, and a page with the figure to point at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from feebly.core.errors import ConfigError, did_you_mean
from feebly.core.tables import write_atomically
from feebly.publish.limit_files import PublishedLimit, load_limit
from feebly.report.figure_style import figure_file
from feebly.report.interactive import interactive_page
from feebly.report.overlay_plot import Range, overlay_caption, overlay_figure
from feebly.report.overlay_plot_by import overlay_by_part
from feebly.report.overlay_plot_layers import Layer, Overlay, make_overlay
from feebly.report.overlay_plot_runs import PlottedRun, read_plotted_run

HEPDATA = (".zip", ".yaml", ".yml", ".tar", ".tgz", ".gz")
"""How the name of a HEPData record or table ends."""

FORMATS = (".png", ".pdf", ".svg")
COLUMNS = "curve,kind,piece,mass_gev,coupling"


def read_overlay(
    runs: Sequence[str],
    projections: Sequence[str] = (),
    limits: Sequence[str] = (),
    labels: Sequence[str] = (),
    coupling: str | None = None,
    in_mev: bool = False,
    by: str | None = None,
) -> Overlay:
    """The overlay of run folders, folders of projections, and limits by name or file.

    by: ``channel`` or ``production`` for the parts of one run. Raises ConfigError or DataError (one line).
    """
    if by is not None:
        if len(runs) != 1 or projections or limits or labels:
            raise ConfigError(f"--by {by}: expected one run alone, without limits, projections and labels")
        return overlay_by_part(runs[0], by, coupling, in_mev)
    plotted = [read_plotted_run(run) for run in runs] + [_projection(run) for run in projections]
    found = [limit for name in limits for limit in _limits(name)]
    return make_overlay(plotted, found, labels, coupling, in_mev)


def _limits(name: str) -> tuple[PublishedLimit, ...]:
    """A shipped limit, a limit file, or the observed limits of a HEPData record (``FILE::TABLE``)."""
    file, _, table = name.partition("::")
    if not table and not file.lower().endswith(HEPDATA):
        return (load_limit(name),)
    from feebly.publish.hepdata.limit_tables import limits_of
    from feebly.publish.hepdata.record_reader import find_table, read_record

    try:
        found = limits_of(find_table(read_record(file), table or None), source=Path(file).name)
    except ConfigError as error:
        raise ConfigError(str(error).replace("--table NAME", f"{file}::NAME")) from None
    return tuple(limit for limit in found if limit.kind == "observed") or found


def _projection(folder: str) -> PlottedRun:
    run = read_plotted_run(folder)
    if not run.projection:
        raise ConfigError(
            f"--projection {folder}: no projection, it has the observed counts of {run.setting['analysis']}; "
            "name it without --projection, or make one of it with feebly project"
        )
    return run


def write_overlay(
    overlay: Overlay,
    path: Path,
    page: Path | None = None,
    mass: Range | None = None,
    coupling: Range | None = None,
) -> tuple[Path, ...]:
    """Write the figure to ``path`` (png, pdf, svg), the table beside it as .csv, and the page; their paths.

    mass (in the unit of the overlay), coupling: what is shown.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        near = did_you_mean(suffix, FORMATS)
        raise ConfigError(f'--out "{path}": expected a name that ends in {", ".join(FORMATS)}{near}')
    if page is not None and page.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f'--interactive "{page}": expected a name that ends in .html')
    names = ", ".join(run.name for run in overlay.runs) or ", ".join(limit.label for limit in overlay.limits)
    content = figure_file(
        overlay_figure(overlay, mass, coupling), suffix[1:], f"feebly: {names}", overlay_caption(overlay)
    )
    written = [path, path.with_suffix(".csv")]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)
    write_atomically(written[1], overlay_csv(overlay))
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(page, interactive_page(overlay, mass, coupling))
        written.append(page)
    return tuple(written)


def overlay_csv(overlay: Overlay) -> str:
    """All curves of the figure as a table: masses in GeV, couplings as on its axis; read back exactly."""
    return "\n".join([*_comments(overlay), COLUMNS, *_rows(overlay)]) + "\n"


def _comments(overlay: Overlay) -> Iterator[str]:
    yield "# curves of a figure of feebly plot"
    yield f"# mass_gev: mass in GeV; coupling: {overlay.coupling}"
    yield "# pieces are separate curves and never joined"
    yield f"# {' '.join(overlay_caption(overlay).split())}"


def _rows(overlay: Overlay) -> Iterator[str]:
    for layer in overlay.layers:
        name = '"' + layer.name.replace('"', '""') + '"'
        for kind, i, mass, coupling in _points(layer):
            yield f"{name},{kind},{i},{mass!r},{coupling!r}"


def _points(layer: Layer) -> Iterator[tuple[str, int, float, float]]:
    """A band is its outer and its inner curves."""
    sides = {"": layer.curves} if not layer.inner else {"-outer": layer.curves, "-inner": layer.inner}
    for side, curves in sides.items():
        for i, curve in enumerate(curves):
            for mass, coupling in zip(curve.mass_gev, curve.coupling, strict=True):
                yield f"{layer.kind}{side}", i, float(mass), float(coupling)

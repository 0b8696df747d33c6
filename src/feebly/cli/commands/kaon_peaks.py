"""``feebly kaon peaks`` and ``feebly kaon simulate``: scans of the missing mass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from feebly.core.interfaces import FloatArray
    from feebly.kaon.peaks import KaonPeakSearch, PeakResult

_Search = Annotated[
    str, typer.Argument(metavar="SEARCH", help="Name, e.g. pi-a-gamma-gamma, or a .toml file.")
]
_KaonExperiment = Annotated[str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")]
_Inject = Annotated[
    str | None,
    typer.Option("--inject", metavar="MEV=BR,..", help="Signals in pseudo-data, e.g. 250=2e-8."),
]


def peaks(
    search: _Search,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="FILE", help="Missing masses in MeV; default: pseudo-data."),
    ] = None,
    inject: _Inject = None,
    seed: options.Seed = "1",
    method: Annotated[
        str,
        typer.Option("--method", metavar="counts|profile", help="Window counts, or the fitted peak's CLs."),
    ] = "counts",
    cl: options.Cl = "0.90",
    toys: Annotated[
        str, typer.Option("--toys", metavar="N", help="Pseudo-experiments for the global p-value; 0: none.")
    ] = "0",
    experiment: _KaonExperiment = "na62-kaon",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    as_json: options.Json = False,
) -> None:
    """Search for a narrow peak in the missing mass of K+ -> track X.

    At each mass: events in a window, background from sidebands, local p-value, upper limit on the signal and
    on the branching ratio. Resolution and acceptance are simulated. Writes limits.csv, plot.png and plot.pdf.

    \b
    Examples:
        feebly kaon peaks pi-a-gamma-gamma
        feebly kaon peaks pi-a-gamma-gamma --inject 250=2e-8 --method profile
    """
    from feebly.kaon.mass_list import read_masses

    name = Path(search).stem
    folder = Path(out) if out else default_folder("kaon", name, (data and Path(data).stem) or "pseudo")
    require_writable(folder)
    number, level = values.whole_number(seed, "--seed"), values.number(cl, "--cl")
    with progress(name) as update:
        update(0, 3, "resolution and acceptance")
        found = _search(search, experiment)
        masses = read_masses(data) if data else found.pseudo_data(number, _signals(inject))
        source = f"{Path(data).name}" if data else f"pseudo-data, seed {number}{_injected(inject)}"
        update(1, 3, "limits")
        result = found.result(masses, level, method)
    _write(found, result, source, folder)
    for problem in result.problems:
        note(problem)
    content = _facts(found, result, source) | _global(found, result, toys, number)
    if as_json:
        answer_json(content | {"folder": str(folder)})
    else:
        answer("\n".join(_sentences(content, folder)))


def simulate(
    search: _Search,
    inject: _Inject = None,
    seed: options.Seed = "1",
    experiment: _KaonExperiment = "na62-kaon",
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="File of masses.")] = "masses.csv",
) -> None:
    """Pseudo-data of a peak search: one missing mass [MeV] per event of the expected background.

    \b
    Example:
        feebly kaon simulate pi-a-gamma-gamma --inject 250=2e-8 --out masses.csv
    """
    from feebly.kaon.mass_list import write_masses

    number = values.whole_number(seed, "--seed")
    found = _search(search, experiment)
    masses = found.pseudo_data(number, _signals(inject))
    remarks = (found.file.title, f"pseudo-data, seed {number}{_injected(inject)}; no measurement")
    write_masses(out, masses, remarks)
    answer(f"{masses.size} events: {out}")


def _search(name: str, experiment: str) -> KaonPeakSearch:
    from feebly.kaon.peak_file import load_peak_search
    from feebly.kaon.peaks import kaon_peak_search

    return kaon_peak_search(load_peak_search(name), experiment)


def _signals(inject: str | None) -> dict[float, float]:
    """Branching ratio by mass [GeV]."""
    if inject is None:
        return {}
    named = values.named_numbers(inject, "--inject")
    return {values.number(mass, "--inject") / 1e3: ratio for mass, ratio in named.items()}


def _injected(inject: str | None) -> str:
    return "" if inject is None else f", signal {inject}"


def _write(found: KaonPeakSearch, result: PeakResult, source: str, folder: Path) -> None:
    from feebly.core.tables import write_atomically
    from feebly.report.kaon_peak_report import peak_csv, peak_figure_bytes, peak_rows

    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "limits.csv", peak_csv(peak_rows(found, result)))
    for file_format in ("png", "pdf"):
        write_atomically(
            folder / f"plot.{file_format}", peak_figure_bytes(found, result, source, file_format)
        )


def _facts(found: KaonPeakSearch, result: PeakResult, source: str) -> dict[str, Any]:
    from feebly.report.kaon_peak_report import peak_facts

    return peak_facts(found, result, source)


def _global(found: KaonPeakSearch, result: PeakResult, toys: str, seed: int) -> dict[str, Any]:
    """Global p-value of the largest local Z, by pseudo-experiments that are fitted as the data."""
    number = values.whole_number(toys, "--toys")
    z = _largest(result.local_z)
    if number == 0 or not z > 0:
        return {"global": None}
    with progress("pseudo-experiments") as update:
        summary = found.global_significance(z, number, seed, lambda k, n: update(k, n, "scans"))
    return {
        "global": {
            "toys": number,
            "p_value": summary.global_p,
            "interval": [summary.global_interval.lower, summary.global_interval.upper],
            "trials_factor": summary.trials_factor,
        }
    }


def _anywhere(found: dict[str, Any]) -> str:
    toys = f"{found['toys']} pseudo-experiments"
    if found["p_value"] == 0:
        return f"anywhere in the scan: p < {found['interval'][1]:.2g} (none of {toys})"
    return (
        f"anywhere in the scan: p = {found['p_value']:.3g} ({toys}), "
        f"trials factor {found['trials_factor']:.3g}"
    )


def _largest(z: FloatArray) -> float:
    import numpy as np

    return float(np.nanmax(z))


def _sentences(content: dict[str, Any], folder: Path) -> list[str]:
    low, high = content["branching_ratio_limits"]
    lines = [
        f"{content['search']} ({content['data']}): {content['hypotheses']} masses",
        f"BR({content['decay']}) < {low:.2g} to {high:.2g} at {100 * content['cl']:g}% CL "
        f"({content['method']})",
        f"largest local Z: {content['largest_local_z']:.2f} at {1e3 * content['largest_at_gev']:g} MeV",
    ]
    if (found := content["global"]) is not None:
        lines.append(_anywhere(found))
    return [*lines, f"plot: {folder / 'plot.png'}"]

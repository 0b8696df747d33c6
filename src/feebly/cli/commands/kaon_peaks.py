"""``feebly kaon peaks``: scans of the missing mass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.kaon_answer import BLINDED, Unblind, data_input, given_arguments, keep, kept_arguments
from feebly.cli.kaon_couplings import coupling_lines, coupling_range, edge_facts
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from feebly.core.interfaces import FloatArray
    from feebly.kaon.peaks import KaonPeakSearch, PeakResult
    from feebly.report.kaon_folder import KaonResult
    from feebly.workflow.result import InputRecord

_Search = Annotated[
    str, typer.Argument(metavar="SEARCH", help="Name, e.g. pi-a-gamma-gamma, or a .toml file.")
]
_KaonExperiment = Annotated[str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")]
_Inject = Annotated[
    str | None,
    typer.Option("--inject", metavar="MEV=BR,..", help="Signals in pseudo-data, e.g. 250=2e-8."),
]
_Background = Annotated[
    str | None,
    typer.Option(
        "--background",
        metavar="EVENTS",
        help="Expected in the range of the scan, flat in the mass squared, in place of the file's.",
    ),
]


def peaks(
    context: typer.Context,
    search: _Search,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="FILE", help="Missing masses in MeV; default: pseudo-data."),
    ] = None,
    unblind: Unblind = False,
    inject: _Inject = None,
    background: _Background = None,
    seed: options.Seed = "1",
    method: Annotated[
        str,
        typer.Option("--method", metavar="counts|profile", help="Window counts, or the fitted peak's CLs."),
    ] = "counts",
    cl: options.Cl = "0.90",
    toys: Annotated[
        str, typer.Option("--toys", metavar="N", help="Pseudo-experiments for the global p-value; 0: none.")
    ] = "0",
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="TAG", help="Also couplings, of an X that is seen: alp-gluon."),
    ] = None,
    coupling: options.Coupling = None,
    experiment: _KaonExperiment = "na62-kaon",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    as_json: options.Json = False,
) -> None:
    """Search for a narrow peak in the missing mass of K+ -> track X.

    At each mass: events in a window, background from sidebands, local p-value, upper limit on the signal and
    on the branching ratio. Resolution and acceptance are simulated. Writes limits.csv, plot.png and plot.pdf,
    result.json, report.html and refs.bib; limit.csv and, with an expected background, limit-expected.csv are
    limit files for 'feebly plot --limits': |U_l4|^2 of a heavy neutral lepton, else the branching ratio. With
    --model the couplings that are excluded, with --data observed, else expected, are in limit-couplings.csv.
    Data of a search that is blinded are not read without --unblind: its limits are the expected ones.

    \b
    Examples:
        feebly kaon peaks pi-a-gamma-gamma
        feebly kaon peaks pi-a-gamma-gamma --inject 250=2e-8 --method profile
        feebly kaon peaks e-n --background 1000
        feebly kaon peaks pi-a-gamma-gamma --model alp-gluon
    """
    name = Path(search).stem
    folder = Path(out) if out else default_folder("kaon", name, (data and Path(data).stem) or "pseudo")
    require_writable(folder)
    result = made(**given_arguments(context))
    keep(result, folder, context)
    if as_json:
        answer_json({**result.found, "folder": str(folder)})
    else:
        answer("\n".join([*_sentences(result.found, result.setting), f"plot: {folder / 'plot.png'}"]))


def made(
    search: str,
    data: str | None,
    unblind: bool,
    inject: str | None,
    background: str | None,
    seed: str,
    method: str,
    cl: str,
    toys: str,
    experiment: str,
    model: str | None = None,
    coupling: str | None = None,
) -> KaonResult:
    """The result of ``feebly kaon peaks``; arguments as typed."""
    given = dict(locals())
    from feebly.kaon.mass_list import read_masses

    number, level = values.whole_number(seed, "--seed"), values.number(cl, "--cl")
    pseudo_experiments = values.whole_number(toys, "--toys")
    with progress(Path(search).stem) as update:
        update(0, 3, "resolution and acceptance")
        found = peak_search(search, experiment, background)
        _require_visible(found, model)
        if data is not None and found.file.blinded and not unblind:
            return _blinded(found, given, level)
        masses = read_masses(data) if data else found.pseudo_data(number, _signals(inject))
        source = f"{Path(data).name}" if data else f"pseudo-data, seed {number}{_injected(inject)}"
        update(1, 3, "limits")
        result = found.result(masses, level, method)
        _require_a_limit(result, source)
    facts = _facts(found, result, source) | {"events": int(masses.size)}
    facts |= _global(found, result, pseudo_experiments, number)
    excluded, files = _couplings(found, given, level, result)
    facts |= excluded
    events = data_input(data, f"missing masses of {masses.size} events")
    return _kept(found, result, facts, given, events, files)


def peak_search(name: str, experiment: str, background: str | None) -> KaonPeakSearch:
    """A search on an experiment; background: events that are stated in place of those of its file."""
    from feebly.kaon.peak_file import load_peak_search
    from feebly.kaon.peaks import kaon_peak_search

    file = load_peak_search(name)
    if background is not None:
        file = file.with_flat_background(values.number(background, "--background"))
    return kaon_peak_search(file, experiment)


def _signals(inject: str | None) -> dict[float, float]:
    """Branching ratio by mass [GeV]."""
    if inject is None:
        return {}
    named = values.named_numbers(inject, "--inject")
    return {values.number(mass, "--inject") / 1e3: ratio for mass, ratio in named.items()}


def _injected(inject: str | None) -> str:
    return "" if inject is None else f", signal {inject}"


def _require_a_limit(result: PeakResult, source: str) -> None:
    import numpy as np

    from feebly.core.errors import DomainError

    if not np.isfinite(result.branching_ratio).any():
        raise DomainError(f"{source}: no mass has a limit: {'; '.join(result.problems)}")


def _kept(
    found: KaonPeakSearch,
    result: PeakResult,
    facts: dict[str, Any],
    given: dict[str, Any],
    data: InputRecord,
    files: dict[str, str],
) -> KaonResult:
    from feebly.publish.kaon_peak_limit import limit_files
    from feebly.report.kaon_folder import KaonResult
    from feebly.report.kaon_peak_report import peak_figure_bytes, peak_rows

    setting = _setting(found, given, facts["data"]) | {
        "cl": result.cl,
        "convention": {"counts": "cls-counting", "profile": "cls-asymptotic"}[result.method],
        "method": result.method,
        "blinded": False,
    }
    return KaonResult(
        command="peaks",
        title=found.file.title,
        summary="; ".join(_sentences(facts, setting)[1:]),
        setting=setting,
        found=facts,
        inputs=(*_inputs(found), data),
        rows=peak_rows(found, result),
        figures={
            f"plot.{kind}": peak_figure_bytes(found, result, facts["data"], kind) for kind in ("png", "pdf")
        },
        arguments=kept_arguments(given),
        files=files | limit_files(found, result.cl, result, facts["data"], given["data"] is not None),
        notes=result.problems,
    )


def _blinded(found: KaonPeakSearch, given: dict[str, Any], cl: float) -> KaonResult:
    """The expectation; the data are not read."""
    from feebly.core.errors import BlindedError
    from feebly.publish.kaon_peak_limit import limit_files
    from feebly.report.kaon_expected_report import expected_facts, expected_figure_bytes, expected_rows
    from feebly.report.kaon_folder import KaonResult

    if not found.file.background:
        raise BlindedError(
            f"{found.file.title}: its data are blinded and its file has no [[background]] to expect; "
            "add what is expected, or open the data with --unblind"
        )
    rows = expected_rows(found, cl)
    facts = expected_facts(found, rows, f"{Path(given['data']).name}, blinded")
    excluded, files = _couplings(found, given, cl)
    facts |= excluded
    setting = _setting(found, given, facts["data"]) | {
        "cl": cl,
        "convention": "cls-counting",
        "blinded": True,
    }
    return KaonResult(
        command="peaks",
        title=found.file.title,
        summary="; ".join(_sentences(facts, setting)[1:]),
        setting=setting,
        found=facts,
        inputs=_inputs(found),
        rows=rows,
        figures={f"plot.{kind}": expected_figure_bytes(found, rows, cl, kind) for kind in ("png", "pdf")},
        arguments=kept_arguments(given, is_blinded=True),
        files=files | limit_files(found, cl),
        notes=(BLINDED,),
    )


def _require_visible(found: KaonPeakSearch, model: str | None) -> None:
    """A model is for an X whose decay is seen, and has to be one that kaons make."""
    from feebly.core.errors import ConfigError
    from feebly.kaon.portals import portal_of

    if model is None:
        return
    if found.file.visible is None:
        raise ConfigError(f"--model {model}: {found.file.title} asks for no decay of X; expected no --model")
    portal_of(model)


def _couplings(
    found: KaonPeakSearch, given: dict[str, Any], cl: float, result: PeakResult | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Facts and limit file of the couplings of a model: of data, else of the expected background."""
    from feebly.kaon.portals import visible_edges
    from feebly.physics.models.registry import MODELS
    from feebly.publish.kaon_peak_limit import couplings_as_limit
    from feebly.publish.limit_files import limit_text

    model = given["model"]
    if model is None:
        return {}, {}
    assert found.file.visible is not None  # as `_require_visible` has it
    is_data = result is not None and given["data"] is not None
    limits = result.branching_ratio if result is not None and is_data else found.expected_limits(cl)
    wanted = coupling_range(model, given["coupling"])
    edges = visible_edges(model, found.mass_gev, limits, found.file.visible, wanted)
    method = given["method"] if is_data else "counts"
    limit = couplings_as_limit(found, edges, model, cl, method, is_data)
    facts = {
        "model": model,
        "coupling": MODELS[model]().coupling_name,
        "couplings": edge_facts(edges) | {"kind": "observed" if is_data else "expected"},
    }
    return facts, {} if limit is None else {"limit-couplings.csv": limit_text(limit)}


def _setting(found: KaonPeakSearch, given: dict[str, Any], source: str) -> dict[str, Any]:
    return {
        "search": Path(given["search"]).stem,
        "decay": found.file.decay,
        "experiment": found.experiment.name,
        "data": source,
        "seed": found.seed,
    }


def _inputs(found: KaonPeakSearch) -> tuple[InputRecord, ...]:
    from feebly.workflow.kaon_inputs import experiment_inputs, file_inputs

    return (*file_inputs("search", found.file), *experiment_inputs(found.experiment))


def _facts(found: KaonPeakSearch, result: PeakResult, source: str) -> dict[str, Any]:
    from feebly.report.kaon_peak_report import peak_facts

    return peak_facts(found, result, source)


def _global(found: KaonPeakSearch, result: PeakResult, number: int, seed: int) -> dict[str, Any]:
    """Global p-value of the largest local Z, by pseudo-experiments that are fitted as the data."""
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


def _sentences(found: Mapping[str, Any], setting: Mapping[str, Any]) -> list[str]:
    lines = [f"{found['search']} ({found['data']}): {found['hypotheses']} masses"]
    if setting["blinded"]:
        low, high = found["expected_branching_ratio_limits"]
        return [
            *lines,
            f"BR({found['decay']}) < {low:.2g} to {high:.2g} expected at {100 * setting['cl']:g}% CL",
            *coupling_lines(found, "expected"),
        ]
    low, high = found["branching_ratio_limits"]
    lines += [
        f"BR({found['decay']}) < {low:.2g} to {high:.2g} at {100 * found['cl']:g}% CL ({found['method']})",
        f"largest local Z: {found['largest_local_z']:.2f} at {1e3 * found['largest_at_gev']:g} MeV",
    ]
    if found["global"] is not None:
        lines.append(_anywhere(found["global"]))
    return [*lines, *coupling_lines(found, found.get("couplings", {}).get("kind", "expected"))]

"""``feebly kaon mu-nu-x``: K+ to a muon and nothing else that is seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.kaon_answer import BLINDED, Unblind, data_input, given_arguments, keep, kept_arguments
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from feebly.core.interfaces import FloatArray
    from feebly.kaon.muon_invisible import MuonInvisibleSearch
    from feebly.report.kaon_folder import KaonResult


def mu_nu_x(
    context: typer.Context,
    search: Annotated[str, typer.Argument(metavar="[SEARCH]", help="Name or .toml file.")] = "mu-nu-x",
    mass: options.Mass = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="FILE", help="Observed: missing_mass2_gev2; default: counts of the search."
        ),
    ] = None,
    unblind: Unblind = False,
    cl: options.Cl = "0.90",
    seed: options.Seed = "1",
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")
    ] = "na62-kaon",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    as_json: options.Json = False,
) -> None:
    """Limits on K+ -> mu+ nu X, X invisible, and on K+ -> mu+ nu nu nu, by counting above a missing mass.

    X is a scalar that couples to muons, or the vector of L_mu - L_tau. Observed: in the regions whose counts
    the search has, or with --data above any cut. Expected: above the cut that is the best at each mass; the
    background there is that of the counted region, continued with the shape of one decay. Data of a search
    that is blinded are not read without --unblind. Writes limits.csv, plot.png and plot.pdf, result.json,
    report.html and refs.bib.

    \b
    Examples:
        feebly kaon mu-nu-x
        feebly kaon mu-nu-x --mass 0.05:0.35:7 --data masses2.csv
    """
    folder = Path(out) if out else default_folder("kaon", Path(search).stem)
    require_writable(folder)
    result = made(**given_arguments(context))
    keep(result, folder, context)
    if as_json:
        answer_json({**result.found, "folder": str(folder)})
    else:
        answer("\n".join([*_sentences(result.found), f"plot: {folder / 'plot.png'}"]))


def made(
    search: str, mass: str | None, data: str | None, unblind: bool, cl: str, seed: str, experiment: str
) -> KaonResult:
    """The result of ``feebly kaon mu-nu-x``; arguments as typed."""
    given = dict(locals())
    from feebly.kaon.muon_invisible import load_muon_search
    from feebly.report.kaon_muon_report import SPINS, muon_facts, muon_rows

    number, level = values.whole_number(seed, "--seed"), values.number(cl, "--cl")
    found = load_muon_search(search, experiment, number)
    is_blinded = found.file.blinded and not unblind
    masses, seen = _masses(mass, found), None if data is None or is_blinded else _mass_squares(data)
    with progress(Path(search).stem) as update:
        update(0, len(masses) + 1, "limits on events")
        events = found.event_limits(level, seen, is_blinded)
        limits = []
        for k, each in enumerate(masses):
            update(k + 1, len(masses) + 1, f"{1e3 * each:.0f} MeV")
            scalar, vector = (found.mediator(each, spin, events) for spin in SPINS)
            limits.append((scalar, vector))
    rows = muon_rows(masses, limits)
    facts = muon_facts(found, rows, found.three_neutrinos(events), events)
    return _kept(found, rows, facts, given, None if seen is None else seen.size, is_blinded)


def _mass_squares(data: str) -> FloatArray:
    from feebly.core.errors import DataError
    from feebly.kaon.invisible_data import MassSquares, read_invisible_data

    found = read_invisible_data(data)
    if not isinstance(found, MassSquares):
        raise DataError(f"{data}: expected missing_mass2_gev2 of each event, not counts for each mass")
    return found.mass2_gev2


def _masses(mass: str | None, found: MuonInvisibleSearch) -> list[float]:
    if mass is None:
        return [float(each) for each in found.file.scan_mev.masses_gev]
    import numpy as np

    from feebly.physics.production.kaon_to_muon_invisible import require_open

    low, high, number = values.value_range(mass, "--mass")
    require_open(high)
    return [float(each) for each in np.linspace(low, high, number)]


def _kept(
    found: MuonInvisibleSearch,
    rows: dict[str, list[Any]],
    facts: dict[str, Any],
    given: dict[str, Any],
    events: int | None,
    is_blinded: bool,
) -> KaonResult:
    from feebly.report.kaon_folder import KaonResult
    from feebly.report.kaon_muon_report import COLUMN_WORDS, muon_figure_bytes
    from feebly.workflow.kaon_inputs import experiment_inputs, file_inputs

    cl, data = facts["cl"], given["data"]
    source = "counts of the search" if data is None else Path(data).name
    seen = () if events is None else (data_input(data, f"missing masses of {events} events"),)
    stated = file_inputs("search", found.file)
    told = tuple(each for each in stated if not (is_blinded and each.name.endswith(" n")))
    return KaonResult(
        command="mu-nu-x",
        title=found.file.title,
        summary="; ".join(_sentences(facts)[1:]),
        setting={
            "search": Path(given["search"]).stem,
            "decay": found.file.decay,
            "experiment": found.experiment.name,
            "data": f"{source}, blinded" if is_blinded else source,
            "seed": found.seed,
            "cl": cl,
            "convention": "cls-counting",
            "blinded": is_blinded,
        },
        found=facts,
        inputs=(*told, *experiment_inputs(found.experiment), *seen),
        rows=rows,
        words=COLUMN_WORDS,
        figures={
            f"plot.{kind}": muon_figure_bytes(found, rows, cl, f"observed: {source}", kind)
            for kind in ("png", "pdf")
        },
        arguments=kept_arguments(given, is_blinded=is_blinded and data is not None),
        notes=(BLINDED,) if is_blinded else (),
    )


def _sentences(found: Mapping[str, Any]) -> list[str]:
    cl, three = f"{100 * found['cl']:g}% CL", found["three_neutrinos"]
    lines = [f"{found['search']}: {found['masses']} masses"]
    is_observed = bool(found["observed_events"])
    for spin in ("scalar", "vector"):
        low, high = found[f"branching_ratio_limits_{spin}"]
        least, most = found[f"expected_branching_ratio_limits_{spin}"]
        expected = f"{least:.2g} to {most:.2g}"
        limits = f"{low:.2g} to {high:.2g} at {cl}, expected {expected}"
        lines.append(
            f"{spin}: BR(K+ -> mu+ nu X) < {limits if is_observed else f'{expected} expected at {cl}'}"
        )
    known = "" if three["published"] is None else f"; published {three['published']:.2g}"
    limit = f"{three['observed']:.2g} at {cl} (acceptance {three['acceptance']:.3g})" if is_observed else (
        f"{three['expected']:.2g} expected at {cl}"
    )  # fmt: skip
    return [*lines, f"BR(K+ -> mu+ nu nu nu) < {limit}{known}"]

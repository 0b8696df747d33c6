"""``feebly kaon chains``: K+ to a pion and two particles that each decay to e+e-."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.kaon_answer import given_arguments, keep, kept_arguments
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from feebly.kaon.chains import ChainScan, ChainSearch
    from feebly.report.kaon_folder import KaonResult

Hypotheses = list[tuple[float, float | None]]

_A_GEV = tuple(5e-3 * k for k in range(1, 36))
_MEDIATOR_GEV = tuple(2e-2 * k for k in range(1, 9))
_SCALAR_GEV = tuple(2.5e-2 * k for k in range(2, 15))


_DECAYS = {"aa": "K+ -> pi+ a a", "s": "K+ -> pi+ S"}


def chains(
    context: typer.Context,
    search: Annotated[str, typer.Argument(metavar="[SEARCH]", help="Name or .toml file.")] = "pi-4e",
    chain: Annotated[
        str, typer.Option("--chain", metavar="aa|s", help="K+ -> pi+ aa, or K+ -> pi+ S, S -> A'A'.")
    ] = "aa",
    mass: Annotated[
        str | None,
        typer.Option("--mass", metavar="MIN:MAX:N", help="Masses of a or A' [GeV], even steps, or one."),
    ] = None,
    scalar_mass: Annotated[
        str | None,
        typer.Option("--scalar-mass", metavar="MIN:MAX:N", help="Masses of S [GeV], even steps, or one."),
    ] = None,
    ctau: Annotated[str, typer.Option("--ctau", metavar="M", help="c tau of a or A' [m]; 0: prompt.")] = "0",
    slope: Annotated[
        str,
        typer.Option("--slope", metavar="X", help="|M|^2 of K+ -> pi+ aa: 1 + X (m_aa^2 - middle)/m_pi^2."),
    ] = "0",
    cl: options.Cl = "0.90",
    precision: Annotated[
        str, typer.Option("--precision", metavar="X", help="Relative Monte Carlo error of the acceptances.")
    ] = "0.05",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")
    ] = "na62-kaon",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    as_json: options.Json = False,
) -> None:
    """Limits on K+ -> pi+ aa, a -> e+e-, or K+ -> pi+ S, S -> A'A', A' -> e+e-, in a search for K+ -> pi+ 4e.

    Acceptance by phase space and a fast simulation of the five tracks; the scale is the published limit on
    K+ -> pi+ 4e times the ratio of acceptances. For aa the hypothesis of a QCD axion of 17 MeV is always
    among the masses. Writes limits.csv, plot.png and plot.pdf, result.json, report.html and refs.bib.

    \b
    Examples:
        feebly kaon chains --mass 0.017 --precision 0.1
        feebly kaon chains --chain s --scalar-mass 0.3 --mass 0.05:0.14:4 --precision 0.1 --json
    """
    folder = Path(out) if out else default_folder("kaon", Path(search).stem, chain)
    require_writable(folder)
    result = made(**given_arguments(context))
    keep(result, folder, context)
    if as_json:
        answer_json({**result.found, "folder": str(folder)})
    else:
        answer("\n".join([*_sentences(result.found), f"plot: {folder / 'plot.png'}"]))


def made(
    search: str,
    chain: str,
    mass: str | None,
    scalar_mass: str | None,
    ctau: str,
    slope: str,
    cl: str,
    precision: str,
    seed: str,
    jobs: str | None,
    experiment: str,
) -> KaonResult:
    """The result of ``feebly kaon chains``; arguments as typed."""
    given = dict(locals())
    from feebly.kaon.chains import chain_search, scan_chains
    from feebly.report.kaon_chain_report import chain_facts, chain_rows
    from feebly.workflow.executors import available_cores

    found = chain_search(
        search,
        experiment,
        seed=values.whole_number(seed, "--seed"),
        precision=values.number(precision, "--precision"),
        slope=values.number(slope, "--slope"),
    )
    level, length = values.number(cl, "--cl"), values.number(ctau, "--ctau")
    hypotheses = _hypotheses(found, chain, mass, scalar_mass)
    cores = values.given(values.positive, jobs, "--jobs") or available_cores()
    with progress(f"chain {chain}") as update:
        update(0, len(hypotheses), "K+ -> pi+ 4e")
        scan = scan_chains(
            found, hypotheses, length, level, cores, lambda done, total: update(done, total, "hypotheses")
        )
    return _kept(found, scan, chain_rows(found, scan), chain_facts(found, chain, scan, length, level), given)


def _hypotheses(search: ChainSearch, chain: str, mass: str | None, scalar_mass: str | None) -> Hypotheses:
    """Masses of a, with that of the axion; or of A' and S, those that are open."""
    from feebly.core.constants import KAON_MASS_GEV, PION_MASS_GEV
    from feebly.core.errors import ConfigError

    if chain == "aa":
        if scalar_mass is not None:
            raise ConfigError("--scalar-mass: the chain aa has no S; expected '--chain s' beside it")
        masses = {*_masses(mass, "--mass", _A_GEV), search.file.axion.mass_gev}
        return [(each, None) for each in sorted(masses)]
    if chain != "s":
        raise ConfigError(f"--chain {chain}: expected aa or s")
    members, scalars = (
        _masses(mass, "--mass", _MEDIATOR_GEV),
        _masses(scalar_mass, "--scalar-mass", _SCALAR_GEV),
    )
    grid: Hypotheses = [(a, s) for s in scalars for a in members]
    if len(grid) == 1:
        return grid
    most = KAON_MASS_GEV - PION_MASS_GEV
    inside: Hypotheses = [(a, s) for a, s in grid if s is not None and 2 * a < s < most]
    if not inside:
        raise ConfigError(
            f"--scalar-mass {scalar_mass} and --mass {mass}: no S lies between twice the mass of an A' and "
            f"{most:.4f} GeV"
        )
    return inside


def _masses(text: str | None, option: str, default: tuple[float, ...]) -> tuple[float, ...]:
    if text is None:
        return default
    if ":" not in text:
        return tuple(values.number(part, option) for part in values.names(text, option))
    import numpy as np

    low, high, number = values.value_range(text, option)
    return tuple(float(each) for each in np.linspace(low, high, number))


def _kept(
    found: ChainSearch,
    scan: ChainScan,
    rows: dict[str, list[Any]],
    facts: dict[str, Any],
    given: dict[str, Any],
) -> KaonResult:
    from feebly.report.kaon_chain_report import COLUMN_WORDS, chain_figure_bytes
    from feebly.report.kaon_folder import KaonResult
    from feebly.workflow.kaon_inputs import experiment_inputs, file_inputs

    return KaonResult(
        command="chains",
        title=found.file.title,
        summary="; ".join(_sentences(facts)[1:]),
        setting={
            "search": Path(given["search"]).stem,
            "chain": given["chain"],
            "decay": _DECAYS[given["chain"]],
            "experiment": found.experiment.name,
            "data": f"counts of the search {found.file.search}",
            "seed": found.seed,
            "precision": found.precision,
            "slope": found.slope,
            "ctau_m": facts["ctau_m"],
            "cl": facts["cl"],
            "convention": "cls-counting",
            "blinded": False,
        },
        found=facts,
        inputs=(
            *file_inputs("search", found.file),
            *file_inputs(f"search {found.file.search}", found.file.counting),
            *experiment_inputs(found.experiment),
        ),
        rows=rows,
        words=COLUMN_WORDS,
        figures={f"plot.{kind}": chain_figure_bytes(found, rows, facts, kind) for kind in ("png", "pdf")},
        arguments=kept_arguments(given),
        notes=scan.problems,
    )


def _sentences(found: Mapping[str, Any]) -> list[str]:
    (low, high), (at_low, at_high) = found["limits"], found["at_gev"]
    life = "prompt" if found["ctau_m"] == 0 else f"c tau = {found['ctau_m']:g} m"
    lines = [
        f"{found['search']}: n = {found['n']}, b = {found['b']:g}, {found['points']} hypotheses, {life}",
        f"{found['product']} < {low:.2g} ({1e3 * at_low:.3g} MeV) to {high:.2g} ({1e3 * at_high:.3g} MeV) at "
        f"{100 * found['cl']:g}% CL",
        f"scale: published limit on K+ -> pi+ 4e, acceptance here {found['reference_acceptance']:.2g} +- "
        f"{found['reference_mc_error']:.1g}",
    ]
    axion = found["axion"]
    if axion is not None:
        verdict = "excluded" if axion["excluded"] else "not excluded"
        lines.append(
            f"QCD axion of {1e3 * axion['mass_gev']:g} MeV: predicted at least {axion['predicted']:.1g}, "
            f"limit {axion['limit']:.2g} +- {axion['limit_mc_error']:.1g} (Monte Carlo): {verdict}, "
            f"ratio {axion['predicted_over_limit']:.2g}"
        )
    return lines

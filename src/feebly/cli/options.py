"""Options of the commands. Numbers come as text: a slip in one is an error of the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import values
from feebly.cli.output import note
from feebly.cli.signal_error import signal_error

if TYPE_CHECKING:
    from feebly.workflow.sampling import Sampling
    from feebly.workflow.tables import Progress

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="dark-photon (BC1), dark-scalar (BC4), dark-scalar-quartic (BC5), alp-photon (BC9), "
        "alp-fermion (BC10), alp-gluon (BC11), or a model's .toml file",
        show_default=False,
    ),
]
Channels = Annotated[
    str | None,
    typer.Option(
        "--channels", metavar="A,B", help="Final states, e.g. ee,mumu; default: all the analysis has."
    ),
]
Experiment = Annotated[
    str, typer.Option("--experiment", metavar="NAME|FILE", help="See 'feebly experiment list'.")
]
Analysis = Annotated[
    str | None,
    typer.Option(
        "--analysis",
        metavar="NAME|FILE",
        help="Default: the one of the same name; needed when --experiment is a file.",
    ),
]
Production = Annotated[
    str | None,
    typer.Option("--production", metavar="A,B", help="Production modes; default: all of the preset."),
]
OneProduction = Annotated[
    str, typer.Option("--production", metavar="I", help="Production mode, e.g. brems, eta, mixing-rho.")
]
OneChannel = Annotated[str, typer.Option("--channel", metavar="F", help="Final state, e.g. mumu.")]
Preset = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="Production physics, see 'feebly presets show'."),
]
Spectrum = Annotated[
    str | None,
    typer.Option(
        "--spectrum",
        metavar="NAME|FILE",
        help="Meson spectra: pythia, bmpt, or an event list (.csv, .hepmc3); default: the preset's.",
    ),
]
CouplingConvention = Annotated[
    str | None,
    typer.Option(
        "--coupling-convention",
        metavar="NAME",
        help="Coupling of an ALP: C/Lambda, 1/f or g_agamma [1/GeV]; default: the preset's.",
    ),
]
Response = Annotated[
    str | None,
    typer.Option(
        "--response",
        metavar="NAME",
        help="Response set, one for all or by final state: mumu=2303,ee=2312; default: the preset's.",
    ),
]
Pot = Annotated[
    str | None,
    typer.Option("--pot", metavar="X", help="Protons on target; other than the analysis' own: a projection."),
]
Background = Annotated[
    str | None,
    typer.Option(
        "--background",
        metavar="NAME",
        help="Of a projection: scale (with the POT, default), none, or suppress:FACTOR.",
    ),
]
Mass = Annotated[
    str | None, typer.Option("--mass", metavar="MIN:MAX:N", help="Masses [GeV]; default: the model's.")
]
Masses = Annotated[
    str, typer.Option("--mass", metavar="MIN:MAX:N", help="Masses [GeV]; also one mass or a comma list.")
]
Coupling = Annotated[
    str | None,
    typer.Option(
        "--coupling",
        metavar="MIN:MAX:N",
        help="Couplings (epsilon, sin theta; not squared); default: the model's.",
    ),
]
SigmaB = Annotated[
    str | None, typer.Option("--sigma-b", metavar="S", help="Standard deviation of the background.")
]
Shape = Annotated[
    str | None,
    typer.Option(
        "--shape",
        metavar="NAME",
        help="Density of b +- S: truncated-gaussian (default), log-normal or gamma.",
    ),
]
BackgroundPlus = Annotated[
    str | None, typer.Option("--b-plus", metavar="X", help="Asymmetric error of the background, up.")
]
BackgroundMinus = Annotated[str | None, typer.Option("--b-minus", metavar="X", help="And down.")]
IntervalMeaning = Annotated[
    str | None,
    typer.Option("--interval", metavar="68%|90%", help="What B +X -X is: the probability of the interval."),
]
Precision = Annotated[
    str, typer.Option("--precision", metavar="X", help="Relative Monte Carlo error of the yields.")
]
CutFlow = Annotated[
    bool,
    typer.Option(
        "--cut-flow",
        help="Simulate events for the cut-flow of each final state at its largest yield; no limit moves.",
    ),
]
Seed = Annotated[str, typer.Option("--seed", metavar="N", help="Same seed, same numbers.")]
Jobs = Annotated[str | None, typer.Option("--jobs", metavar="N", help="Threads; default: all cores.")]
Cl = Annotated[str, typer.Option("--cl", metavar="X", help="Confidence level.")]
Convention = Annotated[
    str,
    typer.Option(
        "--convention",
        metavar="NAME",
        help="cls-counting or cls-profile; also classical, bayesian-flat, feldman-cousins.",
    ),
]
Ordering = Annotated[
    str,
    typer.Option(
        "--ordering",
        metavar="NAME",
        help="Order of the outcomes of several regions: total-count or likelihood-ratio.",
    ),
]
SignalError = Annotated[
    str,
    typer.Option(
        "--signal-error",
        metavar="X|NAME=X,..",
        help="Relative error of the signal (log-normal), e.g. 0.2 or pot=0.2,efficiency=0.05; refused "
        "where the efficiency was calibrated on the published limit.",
    ),
]
ForceSignalError = Annotated[bool, typer.Option("--force-signal-error", help="Allow it nevertheless.")]
Bands = Annotated[
    str,
    typer.Option(
        "--bands",
        metavar="NAME",
        help="Expected bands: none, counting (of the count alone) or full (the signal is thrown too).",
    ),
]
ThrownError = Annotated[
    str | None,
    typer.Option(
        "--thrown-error",
        metavar="X|NAME=X,..",
        help="Relative error of the signal that full bands throw; default: that of the POT.",
    ),
]
RunFolder = Annotated[
    str | None,
    typer.Option("--out", metavar="DIR", help="Run folder; default: feebly-runs/MODEL-ANALYSIS-PRESET-..."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]

PARSERS: dict[str, Callable[[str, str], Any]] = {
    "channels": values.names,
    "production": values.names,
    "response": values.response_sets,
    "pot": values.number,
    "mass": values.value_range,
    "coupling": values.value_range,
    "cl": values.number,
    "signal_error": signal_error,
    "thrown_error": signal_error,
    "precision": values.number,
    "seed": values.whole_number,
    "jobs": values.positive,
}
"""What the text of an option becomes; an option that is not named here is passed on as it came."""


def sampling(precision: str, seed: str, jobs: str | None, update: Progress) -> Sampling:
    """Settings of the Monte Carlo from the options of a command; what it reports goes to stderr."""
    from feebly.workflow.sampling import Sampling

    return Sampling(
        values.number(precision, "--precision"),
        values.whole_number(seed, "--seed"),
        values.given(values.positive, jobs, "--jobs"),
        update,
        note,
    )


def library_arguments(context: typer.Context) -> dict[str, Any]:
    """Options of ``feebly run`` as arguments of ``feebly.run``; None where the library's default holds.

    Those of ``feebly project`` as arguments of ``feebly.project``.
    """
    flags = {option.name: option.opts[0] for option in context.command.params}
    return {
        name: PARSERS[name](value, flags[name]) if name in PARSERS and value is not None else value
        for name, value in context.params.items()
        if name not in _NOT_OF_THE_LIBRARY
    }


_NOT_OF_THE_LIBRARY = ("model", "folder", "out", "as_json")

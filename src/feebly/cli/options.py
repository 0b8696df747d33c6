"""Options that several commands share. Numbers come as text: a slip in one is an error of the value."""

from __future__ import annotations

from typing import Annotated

import typer

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
Preset = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="Production physics, see 'feebly presets show'."),
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
Precision = Annotated[
    str, typer.Option("--precision", metavar="X", help="Relative Monte Carlo error of the yields.")
]
Seed = Annotated[str, typer.Option("--seed", metavar="N", help="Same seed, same numbers.")]
Jobs = Annotated[str | None, typer.Option("--jobs", metavar="N", help="Threads; default: all cores.")]
Cl = Annotated[str, typer.Option("--cl", metavar="X", help="Confidence level.")]
Convention = Annotated[str, typer.Option("--convention", metavar="NAME", help="cls-counting or cls-profile.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]

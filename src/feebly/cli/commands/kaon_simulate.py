"""``feebly kaon simulate``: pseudo-data of a search in kaon decays, in the file that its command reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

import typer

from feebly.cli import options, values
from feebly.cli.output import answer
from feebly.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Asked:
    """What is thrown: options as typed, seed as a number; remark: what the file says of itself."""

    search: str
    inject: str | None
    background: str | None
    seed: int
    experiment: str

    @property
    def remark(self) -> str:
        injected = "" if self.inject is None else f", signal {self.inject}"
        return f"pseudo-data, seed {self.seed}{injected}; no measurement"

    @property
    def signals(self) -> dict[float, float]:
        """Branching ratio by mass [GeV]."""
        if self.inject is None:
            return {}
        named = values.named_numbers(self.inject, "--inject")
        return {values.number(mass, "--inject") / 1e3: ratio for mass, ratio in named.items()}

    def refuse_background(self) -> None:
        if self.background is not None:
            raise ConfigError(f"--background {self.background}: belongs to searches for peaks alone")


class Thrower(Protocol):
    """Throws pseudo-data into a file and says how many events there are."""

    def __call__(self, asked: Asked, out: str) -> int: ...


def _count(asked: Asked, out: str) -> int:
    from feebly.core.provenance import Origin
    from feebly.kaon.count_file import CountFile, write_count
    from feebly.kaon.counting import thrown_count
    from feebly.kaon.search_file import load_search

    asked.refuse_background()
    search = load_search(asked.search)
    ratio = 0.0 if asked.inject is None else values.number(asked.inject, "--inject")
    n = thrown_count(search, ratio, asked.seed)
    write_count(out, CountFile(search.decay, n, Origin("derived", asked.remark)))
    return n


def _masses(asked: Asked, out: str) -> int:
    from feebly.cli.commands.kaon_peaks import peak_search
    from feebly.kaon.mass_list import write_masses

    found = peak_search(asked.search, asked.experiment, asked.background)
    masses = found.pseudo_data(asked.seed, asked.signals)
    write_masses(out, masses, (found.file.title, asked.remark))
    return int(masses.size)


def _mass_squares(asked: Asked, out: str) -> int:
    from feebly.kaon.invisible import load_invisible_search
    from feebly.kaon.invisible_data import write_mass_squares

    asked.refuse_background()
    found = load_invisible_search(asked.search, asked.experiment)
    squares = found.pseudo_data(asked.seed, asked.signals)
    write_mass_squares(out, squares, (found.file.title, asked.remark))
    return int(squares.size)


def _muons(asked: Asked, out: str) -> int:
    from feebly.kaon.invisible_data import write_mass_squares
    from feebly.kaon.muon_invisible import load_muon_search

    asked.refuse_background()
    found = load_muon_search(asked.search, asked.experiment)
    squares = found.pseudo_data(asked.seed, asked.signals)
    write_mass_squares(out, squares, (found.file.title, asked.remark))
    return int(squares.size)


THROWERS: Mapping[str, tuple[str, Thrower]] = {
    "limit": ("count.toml", _count),
    "peaks": ("masses.csv", _masses),
    "invisible": ("masses2.csv", _mass_squares),
    "mu-nu-x": ("masses2.csv", _muons),
}
"""Default file and function by kind of search, which is the command that reads the file with --data."""


def simulate(
    search: Annotated[
        str, typer.Argument(metavar="SEARCH", help="Name, e.g. pi-a-gamma-gamma, or a .toml file.")
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="NAME", help="limit, peaks, invisible or mu-nu-x, if a name is of several."
        ),
    ] = None,
    inject: Annotated[
        str | None,
        typer.Option("--inject", metavar="MEV=BR,..", help="Signals, e.g. 250=2e-8; for a count one BR."),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            "--background",
            metavar="EVENTS",
            help="Of a search for peaks, flat in the mass squared, in place of the file's.",
        ),
    ] = None,
    seed: options.Seed = "1",
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="NAME|FILE", help="A kaon experiment.")
    ] = "na62-kaon",
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FILE", help="Default: count.toml, masses.csv or masses2.csv."),
    ] = None,
) -> None:
    """Pseudo-data of a search in kaon decays: the expected background, and signals if asked for.

    Writes the file that 'feebly kaon limit --data' (a count), 'feebly kaon peaks --data' (one missing mass in
    MeV per event), 'feebly kaon invisible --data' or 'feebly kaon mu-nu-x --data' (one missing mass squared
    in GeV^2 per event) reads.

    \b
    Examples:
        feebly kaon simulate pi-a-gamma-gamma --inject 250=2e-8 --out masses.csv
        feebly kaon simulate pi-mumu --inject 1e-10 --seed 2
        feebly kaon simulate pi-x-2016-22 --inject 220=1e-10
    """
    default, throw = THROWERS[_kind(search, kind)]
    asked = Asked(search, inject, background, values.whole_number(seed, "--seed"), experiment)
    target = out or default
    answer(f"{throw(asked, target)} events: {target}")


def _kind(search: str, asked: str | None) -> str:
    """The one kind whose pseudo-data are meant."""
    from feebly.kaon.search_kinds import kinds_of_search

    kinds = kinds_of_search(search)
    known = [kind for kind in kinds if kind in THROWERS]
    if not known:
        raise ConfigError(
            f"{search}: feebly kaon {kinds[0]} reads no data of their own file: nothing to throw"
        )
    if asked is None and len(known) == 1:
        return known[0]
    if asked not in known:
        said = "no --kind" if asked is None else f"--kind {asked}"
        raise ConfigError(f"{search}, {said}: expected --kind {' or '.join(known)}")
    return asked

"""A search for chains K+ -> π+ and two pairs e+e- as a TOML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feebly.apparatus.experiment import check_origins
from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_positive
from feebly.core.tables import load_document, shipped_names
from feebly.kaon.many_tracks import TracksSelection
from feebly.kaon.search_file import CountingSearch, Stated, load_search

FOLDER = "kaon/chains"

_GROUPS = (
    "search", "momentum_gev", "least_separation_m", "total_momentum_gev", "kaon_window_gev",
    "neutral_pion_gev", "window_sigma", "largest_flight_m",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AxionHypothesis:
    """A mass of a, and the branching ratio of K+ -> π+ aa that is predicted for it at least."""

    mass_gev: float
    branching_ratio: Stated

    def __post_init__(self) -> None:
        require_positive(self, "mass_gev")


@dataclass(frozen=True, slots=True)
class ChainSearchFile:
    """Chains in the events of a search for K+ -> π+ 4e.

    search: its name or file: n, b and the sensitivity. momentum_gev, least_separation_m: as in
    `TracksSelection`; total_momentum_gev: of all five tracks, whose mass is that of the kaon within
    ``kaon_window_gev``; neutral_pion_gev: masses of the four electrons that are not taken; window_sigma: half
    width about the masses of a chain, in units of the resolution; largest_flight_m: along z, of a member
    before it decays.
    """

    title: str
    search: str
    momentum_gev: tuple[float, float]
    least_separation_m: dict[str, float]
    total_momentum_gev: tuple[float, float]
    kaon_window_gev: float
    neutral_pion_gev: tuple[float, float]
    window_sigma: float
    largest_flight_m: float
    axion: AxionHypothesis
    origins: dict[str, Origin]

    def __post_init__(self) -> None:
        require_positive(self, "kaon_window_gev", "window_sigma", "largest_flight_m")
        for name in ("total_momentum_gev", "neutral_pion_gev"):
            low, high = getattr(self, name)
            require(0 <= low < high, self, name, "two positive numbers in order")
        check_origins(self.origins, _GROUPS)
        assert self.selection  # refuses impossible numbers

    @property
    def selection(self) -> TracksSelection:
        return TracksSelection(self.momentum_gev, least_separation_m=self.least_separation_m)

    @property
    def counting(self) -> CountingSearch:
        """The search whose events are used."""
        return load_search(self.search)


def chain_search_names() -> tuple[str, ...]:
    """Names of the searches that come with the package."""
    return shipped_names(FOLDER)


def load_chain_search(name_or_path: str | Path) -> ChainSearchFile:
    """A shipped search by name or a file (.toml). Raises `ConfigError` with file and line."""
    return decode(ChainSearchFile, load_document("chain search", FOLDER, name_or_path))

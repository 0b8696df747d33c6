"""A search for K+ -> π+ X, X invisible, as a TOML file: regions of missing mass, sensitivity, background."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from feebly.apparatus.shapes import BoolArray
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_not_negative, require_positive
from feebly.core.tables import load_document, shipped_names
from feebly.kaon.search_file import ExpectedBackground, Stated

FOLDER = "kaon/invisible"


@dataclass(frozen=True, slots=True)
class NeutrinoPairs:
    """K+ -> π+ νν: single event sensitivity for decays in all regions, and the branching ratio expected.

    The sensitivity to X follows from it, and its events are background.
    """

    ses: Stated
    branching_ratio: Stated
    kind: Literal["neutrino pairs"] = "neutrino pairs"


@dataclass(frozen=True, slots=True)
class TaggedPions:
    """Number of π0 of K+ -> π+ π0 whose π+ is selected in the regions; branching ratio of that decay."""

    number: Stated
    branching_ratio: Stated
    kind: Literal["tagged pions"] = "tagged pions"


@dataclass(frozen=True, slots=True)
class ObservedCount:
    """Events seen in all regions."""

    n: int
    origin: Origin

    def __post_init__(self) -> None:
        require_not_negative(self, "n")


@dataclass(frozen=True, slots=True)
class InvisibleSearchFile:
    """A search for X with missing mass squared in ``regions_gev2``, for X with a mass in ``masses_mev``.

    step_mev: largest step of the scan. window_sigma: half width of the signal window, see `window`; None: all
    regions are counted. other_background: in all regions, flat in the square of the mass; without π νν
    where that is the normalisation. observed: where all regions are counted. end_of_detector_m: X that
    decays before this z is seen. blinded: data of this search are not read until they are unblinded.
    """

    title: str
    decay: str
    masses_mev: tuple[tuple[float, float], ...]
    step_mev: float
    momentum_gev: tuple[float, float]
    regions_gev2: tuple[tuple[float, float], ...]
    end_of_detector_m: float
    normalisation: NeutrinoPairs | TaggedPions
    other_background: ExpectedBackground
    origins: dict[str, Origin]
    window_sigma: float | None = None
    observed: ObservedCount | None = None
    blinded: bool = False

    def __post_init__(self) -> None:
        require_positive(self, "step_mev", "end_of_detector_m")
        for name in ("regions_gev2", "masses_mev"):
            ends = [end for pair in getattr(self, name) for end in pair]
            require(bool(ends) and ends == sorted(ends), self, name, "pairs in rising order")
        require(self.masses_mev[0][0] >= 0, self, "masses_mev", "masses of zero or above")
        require(self.window_sigma is None or self.window_sigma > 0, self, "window_sigma", "a positive number")
        counted = self.observed is None or self.window_sigma is None
        hidden = self.observed is None or not self.blinded
        require(hidden, self, "observed", "none where 'blinded = true': a file for --data holds it")
        require(counted, self, "observed", "no 'window_sigma' beside it: n is that of all regions")

    @property
    def masses_gev(self) -> tuple[tuple[float, float], ...]:
        """Ranges of the mass of X [GeV]."""
        return tuple((low / 1e3, high / 1e3) for low, high in self.masses_mev)

    def window(self, mass2_gev2: float, sigma_gev2: float) -> tuple[tuple[float, float], ...]:
        """Intervals of m² [GeV²] that are counted for X of a mass squared, measured with ``sigma_gev2``.

        About the mass, or the end of a region that is nearest to it; cut at the regions.
        """
        if self.window_sigma is None:
            return self.regions_gev2
        nearest = [min(max(mass2_gev2, low), high) for low, high in self.regions_gev2]
        centre = min(nearest, key=lambda m2: abs(m2 - mass2_gev2))
        half = self.window_sigma * sigma_gev2
        cut = [(max(low, centre - half), min(high, centre + half)) for low, high in self.regions_gev2]
        return tuple((low, high) for low, high in cut if low < high)


def within(mass2_gev2: FloatArray, intervals: tuple[tuple[float, float], ...]) -> BoolArray:
    """Which m² [GeV²] are in the intervals."""
    return np.any([(mass2_gev2 > low) & (mass2_gev2 < high) for low, high in intervals], axis=0)


def invisible_search_names() -> tuple[str, ...]:
    """Names of the invisible searches that come with the package."""
    return shipped_names(FOLDER)


def load_invisible_file(name_or_path: str | Path) -> InvisibleSearchFile:
    """A shipped search by name or a file (.toml). Raises `ConfigError` with file and line."""
    return decode(InvisibleSearchFile, load_document("invisible search", FOLDER, name_or_path))

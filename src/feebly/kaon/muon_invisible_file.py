"""A search for K+ -> μ+ and unseen particles as a TOML file: regions of the missing mass that are counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_not_negative, require_positive
from feebly.core.tables import load_document
from feebly.kaon.one_track import TrackSelection
from feebly.kaon.peak_file import MassSteps
from feebly.kaon.search_file import ExpectedBackground, PublishedLimit, Stated
from feebly.physics.decays.kaon_standard import standard_decay
from feebly.physics.production.kaon_to_muon_invisible import LARGEST_MISSING_MASS2_GEV2

FOLDER = "kaon/muon_invisible"


@dataclass(frozen=True, slots=True)
class CountedRegion:
    """Events with a missing mass squared above ``above_gev2``: n observed, and what is expected."""

    above_gev2: float
    n: int
    n_origin: Origin
    background: ExpectedBackground

    def __post_init__(self) -> None:
        require_not_negative(self, "n")
        require_positive(self, "above_gev2")


@dataclass(frozen=True, slots=True)
class MuonInvisibleFile:
    """A search by counting above one of ``cuts_gev2``, the best for each signal.

    momentum_gev: window of the muon. decays: of K+ in the decay region. counted: regions with their counts;
    the first one gives scale and relative error of the background elsewhere, background_decay (a standard
    decay to one muon) its shape. three_neutrinos: a published limit on K+ -> μ+ ν ν ν̄. blinded: data of this
    search are not read, nor its counts told, until they are unblinded.
    """

    title: str
    decay: str
    momentum_gev: tuple[float, float]
    scan_mev: MassSteps
    decays: Stated
    counted: tuple[CountedRegion, ...]
    background_decay: str
    cuts_gev2: tuple[float, ...]
    origins: dict[str, Origin]
    three_neutrinos: PublishedLimit | None = None
    blinded: bool = False

    def __post_init__(self) -> None:
        end = LARGEST_MISSING_MASS2_GEV2
        require(bool(self.counted), self, "counted", "one region at least")
        for name, cuts in {
            "cuts_gev2": self.cuts_gev2,
            "counted": tuple(region.above_gev2 for region in self.counted),
        }.items():
            inside = bool(cuts) and all(0 < cut < end for cut in cuts)
            require(inside, self, name, f"cuts between 0 and the endpoint, {end:.4f} GeV^2")
        last = (self.scan_mev.last / 1e3) ** 2
        require(last < end, self, "scan_mev", f"masses below the endpoint, {1e3 * end**0.5:.2f} MeV")
        known = standard_decay(self.background_decay)  # refuses an unknown one
        one_muon = known.particle == "muon" and known.density is not None
        require(one_muon, self, "background_decay", "a decay to a muon and two or more: mu-nu-gamma or mu3")

    @property
    def selection(self) -> TrackSelection:
        return TrackSelection(self.momentum_gev)


def load_muon_invisible(name_or_path: str | Path = "mu-nu-x") -> MuonInvisibleFile:
    """A shipped search by name or a file (.toml). Raises `ConfigError` with file and line."""
    return decode(MuonInvisibleFile, load_document("search with a muon", FOLDER, name_or_path))

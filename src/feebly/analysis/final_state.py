"""Selection of one final state: fiducial volume, cuts, masses left out, regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.analysis.fiducial import FiducialVolume
from feebly.analysis.regions import Region, ValidationRegion
from feebly.apparatus.experiment import ChargedParticle
from feebly.core.provenance import Origin
from feebly.core.records import require_not_negative, require_positive
from feebly.core.tables import plain


@dataclass(frozen=True, slots=True)
class CalorimeterCuts:
    """Clusters of the tracks on a plane: r > ``r_min_m`` about (0, 0), apart by ``separation_min_m``."""

    plane: str
    r_min_m: float
    separation_min_m: float

    def __post_init__(self) -> None:
        require_not_negative(self, "r_min_m", "separation_min_m")


@dataclass(frozen=True, slots=True)
class PhotonCuts:
    """Clusters of all photons on a plane (the calorimeter): energy and r about (0, 0) above a minimum.

    ``separation_min_m``: distance of a photon's impact from those of the other photons;
    ``track_separation_min_m``: from those of the tracks, the same if it is not given. Act on true quantities.
    """

    plane: str
    energy_min_gev: float
    r_min_m: float
    separation_min_m: float
    track_separation_min_m: float | None = None

    def __post_init__(self) -> None:
        require_not_negative(self, "energy_min_gev", "r_min_m", "separation_min_m")
        if self.track_separation_min_m is not None:
            require_not_negative(self, "track_separation_min_m")

    @property
    def from_tracks_m(self) -> float:
        """Least distance of a photon's impact from those of the tracks."""
        return self.separation_min_m if self.track_separation_min_m is None else self.track_separation_min_m


@dataclass(frozen=True, slots=True)
class MassMask:
    """Masses that a search leaves out: ``mass_gev`` +- ``half_width_gev`` (edges included).

    A signal of such a mass is not searched for in this final state.
    """

    mass_gev: float
    half_width_gev: float
    origin: Origin

    def __post_init__(self) -> None:
        require_positive(self, "mass_gev", "half_width_gev")

    @property
    def edges_gev(self) -> tuple[float, float]:
        """Lowest and highest mass that is left out."""
        return self.mass_gev - self.half_width_gev, self.mass_gev + self.half_width_gev

    def contains(self, mass_gev: ArrayLike) -> NDArray[np.bool_]:
        """Whether masses are left out; broadcasts."""
        low, high = self.edges_gev
        mass = np.asarray(mass_gev, float)
        return np.asarray((low <= mass) & (mass <= high))


def is_masked(masks: Sequence[MassMask], mass_gev: ArrayLike) -> NDArray[np.bool_]:
    """Whether masses are left out by any of the masks."""
    mass = np.asarray(mass_gev, float)
    return np.any([np.zeros(mass.shape, bool), *(mask.contains(mass) for mask in masks)], axis=0)


@dataclass(frozen=True, slots=True)
class FinalState:
    """Selection of a final state: its charged tracks, and its photons where it has some.

    ``daughters``: kinds of the tracks, positive and negative in turn. ``momentum_min_gev`` (each track) and
    the apertures act on true quantities; fiducial volume, closest approach of the tracks and regions on
    reconstructed ones. ``masks``: masses that are not searched. ``default_response``: response set that
    serves this final state by default, in the place of the analysis' own.
    """

    tag: str
    daughters: tuple[ChargedParticle, ...]
    fiducial_volume: FiducialVolume
    momentum_min_gev: float
    track_cda_max_m: float
    signal_region: Region
    calorimeter: CalorimeterCuts | None = None
    photons: PhotonCuts | None = None
    masks: tuple[MassMask, ...] = ()
    default_response: str | None = None
    control_region: Region | None = None
    validation_regions: tuple[ValidationRegion, ...] = ()

    def __post_init__(self) -> None:
        require_not_negative(self, "momentum_min_gev")
        require_positive(self, "track_cda_max_m")

    @property
    def regions(self) -> tuple[Region, ...]:
        """Signal region first, then the control region if there is one."""
        return (self.signal_region, self.control_region) if self.control_region else (self.signal_region,)

    def region_names(self, z_m: ArrayLike, cda_m: ArrayLike) -> NDArray[np.str_]:
        """Name of the region of each point of (Z_TAX, CDA_TAX), ``""`` outside; the signal region wins."""
        inside = [region.contains(z_m, cda_m) for region in self.regions]
        return np.select(inside, [region.name for region in self.regions], "")

    def masked_at(self, mass_gev: ArrayLike) -> NDArray[np.bool_]:
        """Whether a signal of each mass is not searched."""
        return is_masked(self.masks, mass_gev)

    def table_key(self) -> dict[str, Any]:
        """What a table of yields depends on: volume, cuts and region shapes; no counts, names or origins."""
        cuts = ("daughters", "fiducial_volume", "momentum_min_gev", "track_cda_max_m", "calorimeter")
        shapes = [plain(region.shape) for region in self.regions]
        photons = {"photons": plain(self.photons)} if self.photons else {}
        return {name: plain(getattr(self, name)) for name in cuts} | {"regions": shapes} | photons

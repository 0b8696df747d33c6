"""A kaon experiment as data: its beam and beam spectrometer, on the apparatus of a shipped experiment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from feebly.apparatus.experiment import Experiment, check_origins, load_experiment
from feebly.core.provenance import Origin
from feebly.core.records import FieldError, decode, require, require_not_negative, require_positive
from feebly.core.tables import load_document
from feebly.kaon.identification import Identification
from feebly.kaon.photon_veto import PhotonVeto

FOLDER = "kaon/experiments"


@dataclass(frozen=True, slots=True)
class KaonBeam:
    """Beam of charged hadrons along z, bent by a thin kick in x at ``bend_z_m``.

    momentum_spread: relative standard deviation; divergence_rad: rms angle per projection; kplus_fraction:
    of the hadrons. rate_hz: hadrons per second at the start of the decay region, of protons_per_second on
    target.
    """

    momentum_gev: float
    momentum_spread: float
    divergence_rad: float
    bend_z_m: float
    bend_kick_gev: float
    kplus_fraction: float
    rate_hz: float
    protons_per_second: float

    def __post_init__(self) -> None:
        require_positive(self, "momentum_gev", "rate_hz", "protons_per_second")
        require_not_negative(self, "momentum_spread", "divergence_rad")
        require(self.momentum_spread < 0.2, self, "momentum_spread", "a relative spread below 0.2")
        require(0 < self.kplus_fraction <= 1, self, "kplus_fraction", "a number above 0 and up to 1")

    @property
    def slope_x(self) -> float:
        """dx/dz behind the bend."""
        return self.bend_kick_gev / self.momentum_gev


@dataclass(frozen=True, slots=True)
class BeamSpectrometer:
    """What is measured of each kaon: relative momentum resolution, angle per projection.

    wrong_match_probability: that another particle of the beam is taken for the kaon of a track.
    """

    momentum_resolution: float
    angle_resolution_rad: float
    wrong_match_probability: float = 0.0

    def __post_init__(self) -> None:
        require_not_negative(self, "momentum_resolution", "angle_resolution_rad", "wrong_match_probability")
        require(self.wrong_match_probability <= 1, self, "wrong_match_probability", "at most 1")


@dataclass(frozen=True, slots=True)
class TrackVeto:
    """Veto of further charged particles; inefficiency: of one that hits a plane or a veto station."""

    inefficiency: float

    def __post_init__(self) -> None:
        require(0 <= self.inefficiency <= 1, self, "inefficiency", "a number between 0 and 1")


@dataclass(frozen=True)
class KaonExperiment:
    """Everything between the beam of kaons and the reconstructed track.

    apparatus: name or file of the experiment whose magnet, tracking, planes and calorimeter are used.
    decay_region_z_m: where decays are looked for. least_radius_m: by plane, how far from the axis a track
    must cross it. photon_veto, track_veto, identification: what rejects standard decays, where it is known.
    Raises `ConfigError` when the parts do not fit together.
    """

    name: str
    title: str
    apparatus: str
    beam: KaonBeam
    beam_spectrometer: BeamSpectrometer
    decay_region_z_m: tuple[float, float]
    least_radius_m: dict[str, float]
    origins: dict[str, Origin]
    photon_veto: PhotonVeto | None = None
    track_veto: TrackVeto | None = None
    identification: Identification | None = None

    def __post_init__(self) -> None:
        groups = ["apparatus", "beam", "beam_spectrometer", "decay_region_z_m", "least_radius_m"]
        optional = ("photon_veto", "track_veto", "identification")
        check_origins(
            self.origins, (*groups, *(name for name in optional if getattr(self, name) is not None))
        )
        start, end = self.decay_region_z_m
        if not self.beam.bend_z_m <= start < end <= self.detectors.tracking.chambers_z_m[0]:
            raise FieldError(
                "decay_region_z_m",
                [start, end],
                "in order, between the bend of the beam and the first chamber",
            )
        for plane in self.least_radius_m:
            self.detectors.plane(plane)  # refuses an unknown one

    @cached_property
    def detectors(self) -> Experiment:
        """Magnet, tracking, planes and calorimeter."""
        return load_experiment(self.apparatus)


def load_kaon_experiment(name_or_path: str | Path = "na62-kaon") -> KaonExperiment:
    """A shipped kaon experiment by name or a file (.toml). Raises `ConfigError` with file and line."""
    return decode(KaonExperiment, load_document("kaon experiment", FOLDER, name_or_path))

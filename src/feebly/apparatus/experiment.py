"""An experiment as data: beam, dump, magnet, tracking and the planes that daughters must cross."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, NamedTuple

from feebly.apparatus.shapes import Shape
from feebly.core.errors import ConfigError, unknown
from feebly.core.provenance import Origin
from feebly.core.records import FieldError, decode, require, require_not_negative, require_positive
from feebly.core.tables import load_document, plain, shipped_names

ChargedParticle = Literal["electron", "muon", "hadron"]
EXPERIMENTS_FOLDER = "experiments"


@dataclass(frozen=True, slots=True)
class Beam:
    """Primary beam: Gaussian spot ``spot_sigma_m`` (x, y) around ``centre_m`` on the dump's front face."""

    particle: Literal["proton"]
    momentum_gev: float
    spot_sigma_m: tuple[float, float]
    centre_m: tuple[float, float]

    def __post_init__(self) -> None:
        require_positive(self, "momentum_gev")
        require(min(self.spot_sigma_m) >= 0, self, "spot_sigma_m", "zero or positive numbers")


@dataclass(frozen=True, slots=True)
class Dump:
    """Beam dump: the production depth behind ``z_impact_m`` is exponential with the interaction length.

    material: for the reader, with the origin of the dump; the interaction length is the number that counts.
    """

    material: str
    z_impact_m: float
    interaction_length_m: float

    def __post_init__(self) -> None:
        require_positive(self, "interaction_length_m")


@dataclass(frozen=True, slots=True)
class Magnet:
    """Spectrometer magnet as a thin kick of the transverse momentum in x for unit charge."""

    name: str
    z_centre_m: float
    kick_gev: float


class MomentumResolution(NamedTuple):
    """sigma_p / p = constant (+) slope * p in quadrature, p in GeV."""

    constant: float
    slope_per_gev: float


@dataclass(frozen=True, slots=True)
class Tracking:
    """Upstream track line: hits with ``hit_sigma_m`` in the two chambers before the magnet.

    ``multiple_scattering_gev_rad`` / p [GeV] is the rms angle per projection, applied once.
    """

    chambers_z_m: tuple[float, float]
    hit_sigma_m: float
    multiple_scattering_gev_rad: float
    momentum_resolution: MomentumResolution

    def __post_init__(self) -> None:
        upstream, downstream = self.chambers_z_m
        require(upstream < downstream, self, "chambers_z_m", "two positions in order of z")
        require_not_negative(self, "hit_sigma_m", "multiple_scattering_gev_rad")
        require(min(self.momentum_resolution) >= 0, self, "momentum_resolution", "zero or positive numbers")


class EnergyResolution(NamedTuple):
    """sigma_E / E = stochastic/sqrt(E) (+) noise_gev/E (+) constant in quadrature, E in GeV."""

    stochastic: float
    noise_gev: float
    constant: float


class PositionResolution(NamedTuple):
    """sigma = stochastic_m/sqrt(E) (+) constant_m in quadrature, per coordinate, E in GeV."""

    stochastic_m: float
    constant_m: float


@dataclass(frozen=True, slots=True)
class Calorimeter:
    """Clusters of photons on the plane of this name."""

    plane: str
    energy_resolution: EnergyResolution
    position_resolution: PositionResolution

    def __post_init__(self) -> None:
        require(min(self.energy_resolution) >= 0, self, "energy_resolution", "zero or positive numbers")
        require(min(self.position_resolution) >= 0, self, "position_resolution", "zero or positive numbers")


@dataclass(frozen=True, slots=True)
class Plane:
    """A detector plane that the named charged daughters must cross inside its shape."""

    name: str
    z_m: float
    shape: Shape
    particles: tuple[ChargedParticle, ...]

    def __post_init__(self) -> None:
        require(len(self.particles) > 0, self, "particles", "at least one of electron, muon, hadron")


@dataclass(frozen=True, slots=True)
class Experiment:
    """Everything between the proton and the reconstructed track.

    ``planes`` are ordered in z; ``axis_m`` is the (x, y) of the nominal pointing axis, parallel to z;
    ``decay_region_z_m``: decays are simulated between these z, wider than every fiducial volume because a
    vertex may be reconstructed away from where it was; ``origins`` says where each group of numbers is
    from ("beam", "dump", ... or finer, "beam.spot_sigma_m"). Without a ``calorimeter`` photons cannot be
    seen. Raises `ConfigError` when the parts do not fit together.
    """

    name: str
    title: str
    beam: Beam
    dump: Dump
    magnet: Magnet
    tracking: Tracking
    planes: tuple[Plane, ...]
    axis_m: tuple[float, float]
    decay_region_z_m: tuple[float, float]
    origins: dict[str, Origin]
    calorimeter: Calorimeter | None = None

    def __post_init__(self) -> None:
        z = [plane.z_m for plane in self.planes]
        if not z or z != sorted(z):
            raise ConfigError("planes: expected at least one, in order of z_m; reorder them")
        names = [plane.name for plane in self.planes]
        if len(set(names)) != len(names):
            raise ConfigError(f"planes: expected each name once, got {', '.join(names)}")
        start, end = self.decay_region_z_m
        if not self.dump.z_impact_m < start < end <= self.tracking.chambers_z_m[0]:
            raise FieldError(
                "decay_region_z_m", [start, end], "in order, between the dump and the first chamber"
            )
        if not self.dump.z_impact_m < self.tracking.chambers_z_m[0]:
            raise ConfigError("tracking.chambers_z_m: expected downstream of dump.z_impact_m")
        if not self.tracking.chambers_z_m[1] < self.magnet.z_centre_m:
            raise ConfigError("tracking.chambers_z_m: expected both upstream of magnet.z_centre_m")
        groups = _groups_with_origin()
        if self.calorimeter is None:
            groups = tuple(group for group in groups if group != "calorimeter")
        check_origins(self.origins, groups)

    def plane(self, name: str) -> Plane:
        """The plane of that name; `ConfigError` for an unknown one."""
        by_name = {plane.name: plane for plane in self.planes}
        if name not in by_name:
            raise unknown("plane", name, by_name)
        return by_name[name]

    def table_key(self) -> dict[str, Any]:
        """What a table of yields depends on: all numbers, no names of the experiment and no origins."""
        return {k: v for k, v in plain(self).items() if k not in ("name", "title", "origins")}


def _groups_with_origin() -> tuple[str, ...]:
    return tuple(f.name for f in fields(Experiment) if f.name not in ("name", "title", "origins"))


def check_origins(origins: dict[str, Origin], groups: tuple[str, ...]) -> None:
    """Every group of numbers must say where it is from; finer keys are ``group.detail``."""
    for key in origins:
        if key.split(".")[0] not in groups:
            raise unknown("group in origins", key, groups)
    for group in groups:
        if group not in origins:
            raise ConfigError(f"origins: missing {group!r}; say where the numbers of {group} come from")


def experiment_names() -> tuple[str, ...]:
    """Names of the experiments that come with the package."""
    return shipped_names(EXPERIMENTS_FOLDER)


def load_experiment(name_or_path: str | Path) -> Experiment:
    """A shipped experiment by name, or a TOML file by path. Raises `ConfigError` with file and line."""
    experiment = decode(Experiment, load_document("experiment", EXPERIMENTS_FOLDER, name_or_path))
    if experiment.calorimeter is not None:
        experiment.plane(experiment.calorimeter.plane)  # refuses an unknown one
    return experiment

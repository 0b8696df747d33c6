"""What is compared with what: the records of ``data/validation``, each with tolerance and source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from feebly.core.records import decode, require, require_positive
from feebly.core.tables import load_document
from feebly.report.validation.projection import Projection
from feebly.workflow.sampling import DEFAULT_PRECISION

MassRange = tuple[float, float]
MassAndCoupling = tuple[float, float]
Edge = Literal["lower", "upper"]


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """A run of the dark photon on the default analysis.

    mass_gev: (min, max, number). precision: relative MC precision of its tables.
    """

    preset: str
    channels: tuple[str, ...]
    response: dict[str, str]
    mass_gev: tuple[float, float, int]
    precision: float = DEFAULT_PRECISION


@dataclass(frozen=True, slots=True)
class ContourReference:
    """Edges to compare with one run.

    kind: ``table`` (file of mass, lower, upper, largest yield), ``curve`` (file of points of one closed
    curves, read at ``masses_gev``) or ``points`` (mass, lower, upper in ``points``). Tolerances are relative,
    none for a comparison that is for information; rounding: of a reference with few digits, added to them.
    tuned_lower, tuned_upper: masses at which that edge was tuned on this reference. power: of the coupling of
    the run that the reference has. corners: points that close a curve cut off at the frame of its figure.
    remark: what is known about points outside the tolerance. information_gev: masses of a curve at which
    nothing is claimed.
    """

    name: str
    run: str
    kind: Literal["table", "curve", "points"]
    source: str
    tolerance_lower: float | None = None
    tolerance_upper: float | None = None
    rounding: float = 0.0
    file: str | None = None
    masses_gev: tuple[float, ...] = ()
    information_gev: tuple[float, ...] = ()
    points: tuple[tuple[float, float, float], ...] = ()
    tuned_lower: MassRange = (0.0, 0.0)
    tuned_upper: MassRange = (0.0, 0.0)
    power: float = 1.0
    corners: tuple[MassAndCoupling, ...] = ()
    remark: str | None = None

    def __post_init__(self) -> None:
        require_positive(self, "power")
        for name in ("tolerance_lower", "tolerance_upper"):
            tolerance = getattr(self, name)
            require(tolerance is None or tolerance > 0, self, name, "a positive number")


@dataclass(frozen=True, slots=True)
class ClosingReference:
    """Largest excluded mass [GeV] of a run; without a tolerance for information."""

    name: str
    run: str
    reference: float
    source: str
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class NotchReference:
    """Step of an edge at the mass of the observed event; ``sides_gev`` lie outside its window."""

    name: str
    run: str
    edge: Edge
    mass_gev: float
    sides_gev: MassRange
    reference: float
    tolerance: float
    source: str


@dataclass(frozen=True, slots=True)
class AcceptancePoint:
    """Accepted fraction of the decays in the volume, for a long lifetime and at ``coupling``."""

    final_state: str
    mass_gev: float
    long_lived: float
    coupling: float
    at_coupling: float


@dataclass(frozen=True, slots=True)
class AcceptanceReference:
    """The volume ``z_m`` [m] of the denominator, the relative tolerance and the points.

    rounding: half of the last digit of ``long_lived`` and ``at_coupling``, added to the tolerance. remark:
    what is known about points outside the tolerance.
    """

    z_m: tuple[float, float]
    tolerance: float
    rounding: tuple[float, float]
    remark: str
    points: tuple[AcceptancePoint, ...]


@dataclass(frozen=True, slots=True)
class PolarisationReference:
    """Long-lived acceptance of polarised bremsstrahlung over that of isotropic decays."""

    final_state: str
    mass_gev: float
    polarisation: str
    reference: float
    tolerance: float
    source: str


@dataclass(frozen=True, slots=True)
class ResolutionReference:
    """One property of reconstructed events; without ``coupling`` for a long lifetime."""

    name: str
    final_state: str
    mass_gev: float
    quantity: str
    reference: float
    tolerance: float
    source: str
    coupling: float | None = None
    tuned: str | None = None


@dataclass(frozen=True, slots=True)
class YieldReference:
    """File of expected events; tolerances besides three times its Monte Carlo error."""

    file: str
    tolerance_brems: float
    tolerance_mesons: float
    tolerance_bmpt: float
    error_not_evaluated: float


@dataclass(frozen=True, slots=True)
class LaterReference:
    """A reference that cannot be compared yet, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All comparisons of ``feebly validate``."""

    runs: dict[str, ReferenceRun]
    contours: tuple[ContourReference, ...]
    closing: tuple[ClosingReference, ...]
    notch: tuple[NotchReference, ...]
    acceptance: AcceptanceReference
    polarisation: tuple[PolarisationReference, ...]
    resolution: tuple[ResolutionReference, ...]
    yields: YieldReference
    later: tuple[LaterReference, ...]


@dataclass(frozen=True, slots=True)
class ProjectionPlan:
    """Projections by name, each with the reference that it is compared with."""

    runs: dict[str, Projection]
    contours: tuple[ContourReference, ...]


@cache
def projection_plan() -> ProjectionPlan:
    """The shipped plan of projections."""
    return decode(ProjectionPlan, load_document("validation plan", "validation", "projections"))


@cache
def validation_plan() -> Plan:
    """The shipped plan of the dark photon."""
    return decode(Plan, load_document("validation plan", "validation", "dark-photon"))

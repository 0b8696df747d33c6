"""Every extension point on one page: what a model, a production channel or a yield source must offer.

Units: GeV, metres, nanoseconds. Arrays broadcast: a mass and a coupling may be numbers or arrays.
A coupling is epsilon for the dark photon, never its square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.provenance import Origin

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DefaultGrid:
    """Range and number of masses and couplings that a scan takes when nothing is said; log-spaced.

    coupling_end: why there are no larger couplings, where that is so.
    """

    mass_gev: tuple[float, float, int]
    coupling: tuple[float, float, int]
    coupling_end: str | None = None


class Model(Protocol):
    """A feebly interacting particle: couplings to partial widths and lifetime. Knows no production."""

    @property
    def tag(self) -> str: ...

    @property
    def coupling_name(self) -> str: ...

    @property
    def reference_coupling(self) -> float:
        """Coupling that tables of yields are for: small enough for rates to grow with its square."""
        ...

    @property
    def pdg_code(self) -> int:
        """Code of the particle in event files (PDG Monte Carlo numbering scheme)."""
        ...

    @property
    def spin_parity(self) -> str:
        """Spin and parity, "1-", "0+" or "0-": it chooses matrix elements; "" if unknown: phase space."""
        ...

    @property
    def mass_range_gev(self) -> tuple[float, float]: ...

    @property
    def default_grid(self) -> DefaultGrid: ...

    @property
    def width_source(self) -> tuple[str, Origin]:
        """Name of the table that hadronic widths come from, and where that is from."""
        ...

    @property
    def channels(self) -> tuple[str, ...]:
        """Tags of all final states; their branching ratios sum to one."""
        ...

    def threshold_gev(self, channel: str) -> float:
        """Mass below which the channel is closed."""
        ...

    def partial_width_gev(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray: ...

    def branching_ratio(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike = 1.0) -> FloatArray: ...

    def ctau_m(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray: ...


@runtime_checkable
class WithJumps(Protocol):
    """A model or source of yields that jumps at some masses: contours have vertical sides there."""

    @property
    def jumps_gev(self) -> tuple[float, ...]:
        """Masses at which a rate, a width, the lifetime or a table jumps."""
        ...


@dataclass(frozen=True, slots=True)
class BremsstrahlungSampling:
    """Event-dependent choices of p -> p' X radiation off a beam proton (they belong to a table's key).

    lambda_p_gev: scale of the form factor of the off-shell proton, None without one. polarisation: of X.
    """

    splitting: str
    z_min: float
    z_max: float
    pt_max_gev: float
    validity_max: float
    beam_momentum_gev: float
    sigma_weight: str = "total"
    lambda_p_gev: float | None = None
    polarisation: str = "isotropic"
    kind: str = "bremsstrahlung"


@dataclass(frozen=True, slots=True)
class MesonDecaySampling:
    """Isotropic two-body decay parent -> recoil + X of a meson of the beam-target spectrum."""

    parent: str
    parent_mass_gev: float
    recoil_mass_gev: float
    polarisation: str = "isotropic"
    kind: str = "meson-decay"


@dataclass(frozen=True, slots=True)
class MixingSampling:
    """X replaces a meson of the spectrum: it takes its momentum or energy in one frame (``kinematics``)."""

    parent: str
    parent_mass_gev: float
    kinematics: str = "lab-momentum"
    polarisation: str = "isotropic"
    kind: str = "mixing"


@dataclass(frozen=True, slots=True)
class PhotonConversionSampling:
    """X from a photon of parent -> γγ in the field of a nucleus of this charge and mass number."""

    parent: str
    parent_mass_gev: float
    charge: float
    mass_number: float
    kind: str = "photon-conversion"


@dataclass(frozen=True, slots=True)
class PrimakoffSampling:
    """X from an equivalent photon of a beam proton in the field of a nucleus of this charge and mass number.

    cut: on the photons of the proton, of ``primakoff.EPA_CUTS``.
    """

    beam_momentum_gev: float
    charge: float
    mass_number: float
    cut: str
    kind: str = "primakoff"


@dataclass(frozen=True, slots=True)
class PairDecaySampling:
    """One X of the decay parent -> recoil X X, isotropic; X of at most ``end_gev``.

    recoil: name of the spectrum of the energy of X; None: parent -> X X.
    """

    parent: str
    parent_mass_gev: float
    end_gev: float
    recoil: str | None = None
    polarisation: str = "isotropic"
    kind: str = "pair-decay"


Sampling = (
    BremsstrahlungSampling
    | MesonDecaySampling
    | MixingSampling
    | PhotonConversionSampling
    | PrimakoffSampling
    | PairDecaySampling
)


class ProductionChannel(Protocol):
    """One way to make the FIP. The costly half needs ``sampling`` only, the cheap half ``rate``."""

    @property
    def tag(self) -> str: ...

    @property
    def parent(self) -> str | None:
        """Spectrum of the parent meson (``None``: the beam proton itself)."""
        ...

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Masses of the model that this channel can make; its rate is zero outside."""
        ...

    def sampling(self) -> Sampling: ...

    @property
    def numbers(self) -> tuple[str, Origin]:
        """The numbers behind sample and rate, as text, and where they are from."""
        ...

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """Factor that turns the table of this channel (one unit of ``sampling``) into FIPs per POT."""
        ...


class YieldSource(Protocol):
    """N_if for every lifetime: what ``limits`` asks of the costly half. Masses and lifetimes broadcast.

    Events are per POT for BR = 1, efficiency 1 and unit rate, in the signal region (pair separation of the
    response set included). A channel that was not tabulated is a DataError, never a zero.
    """

    def expected_events(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray: ...

    def relative_error(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        """Monte Carlo standard deviation over the expected events."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ChannelBatch:
    """K channels (production, final state) at masses (M,) [GeV] and lifetimes (M, C) [m], with their weights.

    is_open: (K, M), where each channel is asked for. rates (P, M, C) and decays (F, M, C) multiply the tables
    N_if; factors: (K, 2), which of both belong to each channel.
    """

    channels: tuple[tuple[str, str], ...]
    is_open: NDArray[np.bool_]
    mass_gev: FloatArray
    ctau_m: FloatArray
    rates: FloatArray
    decays: FloatArray
    factors: NDArray[np.int64]


@runtime_checkable
class BatchYieldSource(YieldSource, Protocol):
    """A source that answers for many channels and points at once: contours ask for 1e5 sums."""

    def total_events(self, batch: ChannelBatch) -> FloatArray:
        """Sum of rate x decay x N over the channels: (M, C)."""
        ...

    def events_by_channel(self, batch: ChannelBatch) -> FloatArray:
        """rate x decay x N of each channel, zero where it is closed: (K, M, C)."""
        ...

    def relative_errors(self, batch: ChannelBatch) -> FloatArray:
        """Relative Monte Carlo error of N of each channel, zero without events: (K, M, C)."""
        ...

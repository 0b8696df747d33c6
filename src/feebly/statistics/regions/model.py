"""Counting regions, the uncertainties that they share by name, and the model that they make together.

A model predicts mu * signal + background events in each region. Every region must hold other events than
the others. The densities of the backgrounds are independent; what is common to several regions (POT,
efficiency, the scale of a background) is a ``Nuisance``, and one name is one quantity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import (
    Background,
    BetaProduct,
    Fixed,
    Gamma,
    Interval,
    LogNormal,
    Sum,
    TruncatedGaussian,
)
from feebly.statistics.checks import repeated, require_count, require_non_negative, require_positive

NuisanceShape = Literal["log-normal", "truncated-gaussian"]


@dataclass(frozen=True, slots=True)
class Nuisance:
    """A factor of central value 1 with relative standard deviation ``sigma``.

    Where the same name stands at several regions they move together, each by its own sigma. Log-normal: mean
    1, any sigma at each place. Truncated Gaussian (backgrounds only): 1 + sigma z, cut off at zero, one sigma
    for all places.
    """

    name: str
    sigma: float
    shape: NuisanceShape = "log-normal"

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigError("nuisance name = '': expected a name such as 'pot'")
        if not require_non_negative(f"sigma of nuisance {self.name}", self.sigma) <= 1:
            raise DomainError(f"sigma of nuisance {self.name} = {self.sigma!r}: expected a fraction, 0 to 1")
        if self.shape not in get_args(NuisanceShape):
            raise unknown(f"shape of nuisance {self.name}", str(self.shape), get_args(NuisanceShape))


@dataclass(frozen=True, slots=True)
class Region:
    """A counting region: ``observed`` events (None: not looked at), ``background``, ``signal`` at mu = 1.

    signal: expected events (or any common multiple of them, such as an efficiency). signal_nuisances,
    background_nuisances: factors on either; a name may stand in both. contains: names of regions whose events
    are among those of this one. pot: protons on target that the numbers are for, where that matters.
    """

    name: str
    observed: int | None
    background: Background
    signal: float = 1.0
    signal_nuisances: tuple[Nuisance, ...] = ()
    background_nuisances: tuple[Nuisance, ...] = ()
    contains: tuple[str, ...] = ()
    pot: float | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigError("region name = '': expected a name")
        if self.observed is not None:
            require_count(f"region {self.name}: n", self.observed)
        if not isinstance(self.background, Background):
            raise ConfigError(
                f"region {self.name}: background = {self.background!r}: expected a background such as "
                "Fixed(0.1) or TruncatedGaussian(0.1, 0.02)"
            )
        require_non_negative(f"region {self.name}: signal", self.signal)
        if self.pot is not None:
            require_positive(f"region {self.name}: pot", self.pot)
        for nuisances in (self.signal_nuisances, self.background_nuisances):
            if twice := repeated(nuisance.name for nuisance in nuisances):
                raise ConfigError(f"region {self.name}: nuisance {twice!r} stands twice; name it once")
        for nuisance in self.signal_nuisances:
            if nuisance.shape != "log-normal":
                raise ConfigError(
                    f"region {self.name}: signal nuisance {nuisance.name!r} of shape {nuisance.shape!r}: "
                    "expected 'log-normal'"
                )


@dataclass(frozen=True, slots=True)
class CountingModel:
    """Several regions with disjoint events and one signal strength mu.

    Raises ConfigError where regions overlap, are for different POT, or use one name for two quantities.
    """

    regions: tuple[Region, ...]

    def __post_init__(self) -> None:
        if not self.regions:
            raise ConfigError("counting model: expected at least one region")
        _refuse_overlap(self.regions)
        _refuse_different_pot(self.regions)
        _refuse_ambiguous_names(self.regions)

    @property
    def observed(self) -> tuple[int, ...]:
        """Counts of all regions; ConfigError where one was not looked at."""
        for region in self.regions:
            if region.observed is None:
                raise ConfigError(f"region {region.name}: n is missing: expected the observed count")
        return tuple(int(region.observed) for region in self.regions if region.observed is not None)

    @property
    def signals(self) -> FloatArray:
        """Expected signal at mu = 1, one for each region."""
        return np.array([region.signal for region in self.regions], float)

    @property
    def background_means(self) -> FloatArray:
        """Central background [events], one for each region."""
        return np.array([region.background.mean for region in self.regions], float)

    @property
    def central_backgrounds(self) -> FloatArray:
        """b_r by which the likelihood ratio orders [events], one for each region: see ``central``."""
        return np.array([central(region.background) for region in self.regions], float)

    def with_observed(self, counts: Iterable[int]) -> CountingModel:
        """The same model with other counts."""
        pairs = zip(self.regions, counts, strict=True)
        return CountingModel(tuple(replace(region, observed=n) for region, n in pairs))

    def with_signals(self, signals: Iterable[float]) -> CountingModel:
        """The same model with other signals at mu = 1."""
        pairs = zip(self.regions, signals, strict=True)
        return CountingModel(tuple(replace(region, signal=float(s)) for region, s in pairs))


@lru_cache(maxsize=1024)
def central(background: Background) -> float:
    """The central number of events: as stated, or the median of a posterior that states none.

    The mean of a posterior of rejection factors is far in its tail (e+e- of 2312.12055: 0.015 with median
    0.0075, published 0.0094).
    """
    match background:
        case BetaProduct():
            return background.quantile(0.5)
        case Sum(parts):
            return math.fsum(central(part) for part in parts)
    return float(background.mean)


def scaled(background: Background, factor: float) -> Background:
    """The same background times a factor: mean and width grow together."""
    require_non_negative("factor of a background", factor)
    match background:
        case Fixed(mean):
            return Fixed(mean * factor)
        case _ if factor == 0:
            return Fixed(0.0)
        case TruncatedGaussian(mean, sigma) | LogNormal(mean, sigma) | Gamma(mean, sigma):
            return type(background)(mean * factor, sigma * factor)
        case Interval(mean, plus, minus, meaning):
            return Interval(mean * factor, plus * factor, minus * factor, meaning)
        case BetaProduct(candidates, passed, trials):
            return BetaProduct(candidates * factor, passed, trials)
        case Sum(parts):
            return Sum(tuple(scaled(part, factor) for part in parts))
    raise ConfigError(f"background {type(background).__name__}: cannot be scaled; use one of this package")


def _refuse_overlap(regions: tuple[Region, ...]) -> None:
    names = [region.name for region in regions]
    if twice := repeated(names):
        raise ConfigError(f"overlapping regions: {twice!r} stands twice; give each region once")
    for region in regions:
        for inner in region.contains:
            if inner in names:
                raise ConfigError(
                    f"overlapping regions: {region.name!r} contains {inner!r}: expected disjoint regions; "
                    f"leave one out, or give {region.name!r} without {inner!r}"
                )


def _refuse_different_pot(regions: tuple[Region, ...]) -> None:
    given = {region.pot: region.name for region in reversed(regions)}
    if len(given) > 1:
        listed = ", ".join(f"{name} {_pot_text(pot)}" for pot, name in reversed(given.items()))
        raise ConfigError(
            f"different POT in one combination: {listed}; expected one POT, or one data set for each POT"
        )


def _pot_text(pot: float | None) -> str:
    return "without POT" if pot is None else f"{pot:g} POT"


def _refuse_ambiguous_names(regions: tuple[Region, ...]) -> None:
    """One name has one shape, and with the truncated Gaussian one sigma."""
    known: dict[str, Nuisance] = {}
    for region in regions:
        for nuisance in (*region.signal_nuisances, *region.background_nuisances):
            first = known.setdefault(nuisance.name, nuisance)
            if nuisance.shape != first.shape:
                raise ConfigError(
                    f"nuisance {nuisance.name!r}: {first.shape} and {nuisance.shape}: expected one shape"
                )
            differs = not math.isclose(nuisance.sigma, first.sigma, rel_tol=1e-9)
            if nuisance.shape == "truncated-gaussian" and differs:
                raise ConfigError(
                    f"nuisance {nuisance.name!r}: sigma {first.sigma:g} and {nuisance.sigma:g}: a truncated "
                    "Gaussian has one for all regions; use log-normal for different ones"
                )

"""Couplings of an axion-like particle, and the one place where a coupling convention becomes another.

L = g_s² C_GG (a/Λ) G G̃ + g² C_WW (a/Λ) W W̃ + g′² C_BB (a/Λ) B B̃ + (C_ff/2Λ) ∂a f̄γγ5f, the same C_ff for every
quark and charged lepton; G̃ = ½ ε G (2201.05170).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import isfinite, pi
from types import MappingProxyType

from feebly.core.constants import ALPHA
from feebly.core.errors import ConfigError, unknown


@dataclass(frozen=True, slots=True)
class AlpCouplings:
    """C_BB, C_WW, C_GG and C_ff over Λ [GeV⁻¹], for one unit of the coupling that is scanned."""

    c_bb: float = 0.0
    c_ww: float = 0.0
    c_gg: float = 0.0
    c_ff: float = 0.0

    def __post_init__(self) -> None:
        values = [getattr(self, field.name) for field in fields(self)]
        if not all(isfinite(value) for value in values) or not any(values):
            raise ConfigError(f"ALP couplings = {values}: expected finite numbers, not all of them zero")

    @property
    def photon(self) -> float:
        """C_γγ/Λ = C_WW/Λ + C_BB/Λ at tree level."""
        return self.c_ww + self.c_bb

    @property
    def largest(self) -> float:
        """The largest modulus of the four [GeV⁻¹]."""
        return max(abs(getattr(self, field.name)) for field in fields(self))

    def scaled(self, factor: float) -> AlpCouplings:
        """Every coupling times a factor."""
        return AlpCouplings(*(factor * getattr(self, field.name) for field in fields(self)))


C_OVER_LAMBDA = "C/Lambda"

_PER_CONVENTION: Mapping[str, Mapping[str, Callable[[], AlpCouplings]]] = MappingProxyType(
    {
        # L = (g/4) a F F̃, |g| = 4 e² C_γγ/Λ = 16π α C/Λ; 1901.09966, BC9
        "g_agamma": {"alp-photon": lambda: AlpCouplings(c_bb=1 / (16 * pi * ALPHA))},
        # L = (∂a/f) f̄γγ5f, C_ff/Λ = 2/f (BC10); L = (α_s/8π)(a/f) G G̃, C_GG/Λ = 1/(32π² f) (BC11); 1901.09966
        "1/f": {
            "alp-fermion": lambda: AlpCouplings(c_ff=2.0),
            "alp-gluon": lambda: AlpCouplings(c_gg=1 / (32 * pi**2)),
        },
    }
)

DIRECTIONS: Mapping[str, AlpCouplings] = MappingProxyType(
    {
        "alp-photon": AlpCouplings(c_bb=1.0),
        "alp-fermion": AlpCouplings(c_ff=1.0),
        "alp-gluon": AlpCouplings(c_gg=1.0),
    }
)
"""The benchmarks BC9, BC10 and BC11 of 1901.09966 as directions in the space of couplings, by model tag."""

COUPLING_CONVENTIONS = (C_OVER_LAMBDA, *sorted(_PER_CONVENTION))
"""Conventions, all in GeV⁻¹: ``C/Lambda`` (2201.05170), ``1/f`` and ``g_agamma`` (1901.09966)."""


def conventions_of(tag: str) -> tuple[str, ...]:
    """Conventions in which the coupling of a benchmark can be given; ``C/Lambda`` for any mixture."""
    return (C_OVER_LAMBDA, *(name for name, tags in _PER_CONVENTION.items() if tag in tags))


def couplings_per_unit(tag: str, convention: str = C_OVER_LAMBDA) -> AlpCouplings:
    """C/Λ of a benchmark at coupling one [GeV⁻¹] of a convention; ConfigError where it is not defined."""
    if tag not in DIRECTIONS:
        raise unknown("ALP benchmark", tag, DIRECTIONS)
    if convention not in COUPLING_CONVENTIONS:
        raise unknown("coupling convention", convention, COUPLING_CONVENTIONS)
    if convention == C_OVER_LAMBDA:
        return DIRECTIONS[tag]
    if tag not in _PER_CONVENTION[convention]:
        known = ", ".join(conventions_of(tag))
        raise ConfigError(f"coupling convention {convention!r} is not defined for {tag}; it has {known}")
    return _PER_CONVENTION[convention][tag]()

"""K+ -> π+ X in the models: branching ratios, and the couplings that a search excludes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from feebly.core.constants import PION0_MASS_GEV
from feebly.core.errors import DomainError, unknown
from feebly.core.interfaces import FloatArray, Model
from feebly.core.provenance import Origin
from feebly.kaon.invisible import InvisiblePoint
from feebly.kaon.peak_file import VisibleDecay
from feebly.physics.formfactors.meson_mixing import RESONANCE_GEV
from feebly.physics.models.alp import Alp
from feebly.physics.models.registry import MODELS
from feebly.physics.production.alp_flavour import k_sd_per_gev
from feebly.physics.production.alp_meson_decay import br_kaon_to_alp
from feebly.physics.production.kaon_to_scalar import br_kplus_to_pion
from feebly.physics.production.kaon_to_vector import br_kplus_to_pion_vector

DEFAULT_SCALE_GEV = 1000.0
"""Λ [GeV] at which couplings of an ALP are given, where they run."""

_COUPLINGS_PER_DECADE = 24


@dataclass(frozen=True, slots=True)
class KaonPortal:
    """K+ -> π+ X in a model: per_square(mass, model) is the branching ratio over the coupling squared."""

    per_square: Callable[[float, Model], float]
    origin: Origin


def _scalar(mass_gev: float, model: Model) -> float:
    return float(br_kplus_to_pion(mass_gev))


def _vector(mass_gev: float, model: Model) -> float:
    return float(br_kplus_to_pion_vector(mass_gev))


def _alp(mass_gev: float, model: Model) -> float:
    assert isinstance(model, Alp)  # by the table below
    k_sd = k_sd_per_gev(model.couplings, DEFAULT_SCALE_GEV)
    return float(br_kaon_to_alp(mass_gev, model.couplings.c_gg, k_sd))


KAON_PORTALS: Mapping[str, KaonPortal] = MappingProxyType(
    {
        "dark-photon": KaonPortal(_vector, Origin("published", "0811.1030, form factor of K+ -> pi+ gamma*")),
        "dark-scalar": KaonPortal(_scalar, Origin("published", "1809.01876, top loop")),
        "alp-fermion": KaonPortal(
            _alp, Origin("published", "2110.10698, top loop, Lambda = 1 TeV; octet of quarks, 4%, left out")
        ),
        "alp-gluon": KaonPortal(
            _alp, Origin("published", "2110.10698, octet; loops of gluons at k_sd by the option 'fixed'")
        ),
    }
)
"""The models whose X a kaon makes, by tag."""


@dataclass(frozen=True, eq=False)
class CouplingEdges:
    """At each mass [GeV] the lowest and highest excluded coupling, NaN where none is.

    limit: on the branching ratio of a stable X. at_end: the interval reaches the end of the couplings that
    were looked at, so that its true end is further.
    """

    mass_gev: FloatArray
    limit: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_end: bool


def portal_of(tag: str) -> KaonPortal:
    """The portal of a model. Raises ConfigError for a model that kaons do not make here."""
    if tag not in KAON_PORTALS:
        raise unknown("model with K+ -> pi+ X", tag, KAON_PORTALS)
    return KAON_PORTALS[tag]


def caution(tag: str, masses_gev: Sequence[float]) -> str | None:
    """What not to trust of a model at some of the masses; None if there is nothing.

    An ALP that mixes with the π0 as one: the width is held about its mass, and K+ -> π+ π0 times the mixing
    (27-plet, not in the octet) is left out.
    """
    model = MODELS[tag]()
    near = [m for m in masses_gev if abs(m - PION0_MASS_GEV) < RESONANCE_GEV]
    if not near or not isinstance(model, Alp) or not model.mixing.angle("pi0", near[0], model.couplings):
        return None
    return (
        f"{tag}, {1e3 * near[0]:g}-{1e3 * near[-1]:g} MeV: mixes with the pi0 there, not perturbatively; "
        "its lifetime, and with it the upper edge, is not to be trusted"
    )


def excluded_edges(
    tag: str,
    points: Sequence[InvisiblePoint],
    limits: Sequence[float],
    coupling_range: tuple[float, float],
) -> CouplingEdges:
    """Couplings of a model that limits on BR(K+ -> π+ X) of a stable X exclude, one for each point.

    X must leave the detector: above the upper edge it decays inside. Raises ConfigError for an unknown model,
    DomainError for a range of couplings that is none.
    """
    portal, model = portal_of(tag), MODELS[tag]()
    couplings = _couplings(coupling_range)
    signals = []
    for point in points:
        ctau = np.asarray(model.ctau_m(point.mass_gev, couplings), float)
        signals.append(portal.per_square(point.mass_gev, model) * couplings**2 * point.escape(ctau))
    masses = np.array([point.mass_gev for point in points])
    return edges_of(masses, signals, np.asarray(limits, float), couplings)


def visible_edges(
    tag: str,
    masses_gev: FloatArray,
    limits: FloatArray,
    visible: VisibleDecay,
    coupling_range: tuple[float, float],
) -> CouplingEdges:
    """Couplings of a model that limits on BR(K+ -> π+ X) BR(X -> channel) of a prompt X exclude.

    More coupling is more signal, made and seen: the upper edge is the end of the range. NaN where the model
    has no such decay. Raises as `excluded_edges`.
    """
    portal, model = portal_of(tag), MODELS[tag]()
    couplings = _couplings(coupling_range)
    signals = []
    for mass in masses_gev.tolist():
        made = portal.per_square(mass, model) * float(model.branching_ratio(visible.channel, mass))
        seen = visible.seen(np.asarray(model.ctau_m(mass, couplings), float))
        signals.append(made * couplings**2 * seen)
    return edges_of(masses_gev, signals, limits, couplings)


def edges_of(
    masses_gev: FloatArray, signals: Sequence[FloatArray], limits: FloatArray, couplings: FloatArray
) -> CouplingEdges:
    """First and last coupling at which the signal of each mass is above its limit."""
    edges = np.full((2, masses_gev.size), np.nan)
    for k, signal in enumerate(signals):
        found = excluded_intervals(signal, float(limits[k]), couplings)
        if found:
            edges[:, k] = found[0][0], found[-1][1]
    at_end = bool(np.any(edges[0] == couplings[0]) or np.any(edges[1] == couplings[-1]))
    return CouplingEdges(masses_gev, limits, edges[0], edges[1], at_end)


def excluded_intervals(
    signal: FloatArray, limit: float, couplings: FloatArray
) -> tuple[tuple[float, float], ...]:
    """Intervals of the coupling in which the signal exceeds the limit; ends interpolated.

    signal: at the couplings, which rise; intervals that reach an end of them stop there.
    """
    with np.errstate(divide="ignore"):
        height = np.log(signal / limit)
    x = np.log(couplings)
    ends: list[float] = [couplings[0]] if height[0] > 0 else []
    for k in np.flatnonzero((height[1:] > 0) != (height[:-1] > 0)):
        low, high = max(height[k], -700.0), max(height[k + 1], -700.0)
        ends.append(float(np.exp(x[k] + (x[k + 1] - x[k]) * low / (low - high))))
    if height[-1] > 0:
        ends.append(float(couplings[-1]))
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def _couplings(coupling_range: tuple[float, float]) -> FloatArray:
    low, high = coupling_range
    if not 0 < low < high:
        raise DomainError(f"couplings {low:g}:{high:g}: expected two positive numbers in order")
    number = int(np.ceil(np.log10(high / low) * _COUPLINGS_PER_DECADE)) + 1
    return np.geomspace(low, high, number)

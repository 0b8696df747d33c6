"""K+ -> π+ X in the models: branching ratios, and the couplings that an invisible search excludes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from feebly.core.errors import DomainError, unknown
from feebly.core.interfaces import FloatArray, Model
from feebly.core.provenance import Origin
from feebly.kaon.invisible import InvisiblePoint, InvisibleSearch, excluded_coupling
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


def excluded_edges(
    search: InvisibleSearch,
    tag: str,
    points: Sequence[InvisiblePoint],
    coupling_range: tuple[float, float],
    cl: float = 0.90,
) -> CouplingEdges:
    """Couplings of a model that the expected limit of an invisible search excludes, at each of its points.

    X must leave the detector: above the upper edge it decays inside. Raises ConfigError for an unknown model,
    DomainError for a range of couplings that is none.
    """
    portal, model = portal_of(tag), MODELS[tag]()
    masses = np.array([point.mass_gev for point in points])
    low, high = coupling_range
    if not 0 < low < high:
        raise DomainError(f"couplings {low:g}:{high:g}: expected two positive numbers in order")
    number = int(np.ceil(np.log10(high / low) * _COUPLINGS_PER_DECADE)) + 1
    couplings = np.geomspace(low, high, number)
    edges, limits = np.full((2, masses.size), np.nan), np.empty(masses.size)
    for k, (mass, point) in enumerate(zip(masses.tolist(), points, strict=True)):
        limits[k] = search.expected_limit(point, cl)
        per_square = portal.per_square(mass, model)
        found = excluded_coupling(
            per_square * couplings**2,
            np.asarray(model.ctau_m(mass, couplings), float),
            point,
            float(limits[k]),
            couplings,
        )
        if found:
            edges[:, k] = found[0][0], found[-1][1]
    at_end = bool(np.any(edges[0] == couplings[0]) or np.any(edges[1] == couplings[-1]))
    return CouplingEdges(masses, limits, edges[0], edges[1], at_end)

"""Every combination of particle, production and decay: the list of NA62's talks, and where each is open.

The hadronic list is that of 2502.04241 as shown at WIN 2025 and Vulcano 2024: 5 + 3 of the dark photon, 3 of
the dark scalar, 5 x 5 of the axion-like particle, 36 together. The talks count 61 with the leptonic ones and
do not say which; here: 3 x 2 of the dark photon, 2 x 2 of the dark scalar, 5 x 3 of the axion-like particle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from feebly.analysis.analysis import Analysis, load_analysis
from feebly.core.errors import unknown
from feebly.core.interfaces import Model, ProductionChannel
from feebly.physics.decays.channels import CHANNELS
from feebly.physics.models.registry import MODELS
from feebly.physics.production.families import FAMILIES
from feebly.physics.production.meson_decay import MESON_MODES
from feebly.physics.production.mixing import VECTOR_MESONS
from feebly.workflow.acceptance import acceptance
from feebly.workflow.choices import DEFAULT_EXPERIMENT
from feebly.workflow.sampling import Sampling

HADRONIC, LEPTONIC, FURTHER = "hadronic", "leptonic", "further"
_PROBES = 400  # masses at which a model is asked whether it decays so
LONG_CTAU_M = 1e9
"""A proper decay length beyond every flight."""

_DP_HADRONS = ("pipi", "3pi", "2pi2pi0", "kk", "kkpi0")
_ALP_HADRONS = ("pipigamma", "3pi", "2pi2pi0", "pipieta", "kkpi0")
_LEPTONS, _ALP_LIGHT = ("ee", "mumu"), ("gammagamma", "ee", "mumu")


@dataclass(frozen=True, slots=True)
class Source:
    """Production modes that count as one, and their decays of the hadronic and the leptonic list."""

    name: str
    tags: tuple[str, ...]
    hadronic: tuple[str, ...] = ()
    leptonic: tuple[str, ...] = ()


def _starting(prefix: str) -> tuple[str, ...]:
    """Production tags of any shipped preset that start with ``prefix`` and make one particle."""
    tags = (
        tag for family in FAMILIES.values() for name in family.names() for tag in family.load(name).production
    )
    return tuple(dict.fromkeys(tag for tag in tags if tag.startswith(prefix) and not tag.endswith("-ss")))


def sources() -> Mapping[str, tuple[Source, ...]]:
    """Sources by model; the axion-like particle is listed with all its couplings, as ``alp-gluon``."""
    alp = (("Primakoff", ("primakoff", "photon-pi0", "photon-eta")), ("B decays", _starting("b-")))
    mixing = tuple((f"mixing with {meson}", (f"mixing-{meson}",)) for meson in ("pi0", "eta", "etaprime"))
    return MappingProxyType(
        {
            "dark-photon": (
                Source("bremsstrahlung", ("brems",), _DP_HADRONS, _LEPTONS),
                Source("meson decays", tuple(MESON_MODES), ("pipi", "3pi", "2pi2pi0"), _LEPTONS),
                Source("mixing with mesons", tuple(VECTOR_MESONS), (), _LEPTONS),
            ),
            "dark-scalar": (
                Source("B decays", _starting("b-"), ("pipi", "2pi2pi0", "kk"), _LEPTONS),
                Source("bremsstrahlung", ("brems",), (), _LEPTONS),
            ),
            "alp-gluon": tuple(
                Source(name, tags, _ALP_HADRONS, _ALP_LIGHT) for name, tags in (*alp, *mixing)
            ),
        }
    )


@dataclass(frozen=True, slots=True)
class Combination:
    """One model, source and decay.

    listing: hadronic (of the 36), leptonic (of the other 25) or further. production: modes of the source that
    a shipped preset has and that are open somewhere. masses_gev: from where to where any of them is open,
    None: nowhere. searched: whether the analysis has the final state. mass_gev, acceptance, sigma_mass_gev:
    of the first mode at one mass, long-lived; None where not asked.
    """

    model: str
    source: str
    final_state: str
    listing: str
    production: tuple[str, ...]
    masses_gev: tuple[float, float] | None
    searched: bool
    mass_gev: float | None = None
    acceptance: float | None = None
    sigma_mass_gev: float | None = None

    @property
    def status(self) -> str:
        """One word: open, closed, not searched (open, no analysis)."""
        if self.masses_gev is None:
            return "closed"
        return "open" if self.searched else "not searched"


def combinations(
    models: Sequence[str] | None = None, analysis: str | Path = DEFAULT_EXPERIMENT
) -> tuple[Combination, ...]:
    """All combinations of the models (tags or aliases; None: all that are listed), in the order of the lists.

    ConfigError for a model that is not listed.
    """
    known, counts = sources(), load_analysis(analysis)
    asked = tuple(known) if models is None else tuple(MODELS.tag(name) for name in models)
    for tag in asked:
        if tag not in known:
            raise unknown("model of the list", tag, known)
    found = [each for tag in asked for each in _of_model(tag, known[tag], counts)]
    order = (HADRONIC, LEPTONIC, FURTHER)
    return tuple(sorted(found, key=lambda each: order.index(each.listing)))


def _of_model(tag: str, listed: Sequence[Source], analysis: Analysis) -> Iterator[Combination]:
    model, modes = _model_and_modes(tag)
    for source in listed:
        for state in CHANNELS:
            if state not in model.channels:
                continue
            listing = (
                HADRONIC if state in source.hadronic else LEPTONIC if state in source.leptonic else FURTHER
            )
            ranges = {
                mode: span
                for mode in source.tags
                if mode in modes and (span := _open(model, modes[mode], state)) is not None
            }
            if not ranges and listing == FURTHER:
                continue
            low, high = zip(*ranges.values(), strict=True) if ranges else ((), ())
            span = (min(low), max(high)) if ranges else None
            searched = state in analysis.final_states
            yield Combination(tag, source.name, state, listing, tuple(ranges), span, searched)


def _model_and_modes(tag: str) -> tuple[Model, dict[str, ProductionChannel]]:
    """The model with its first preset, and every production mode of any of its shipped presets."""
    family = FAMILIES[tag]
    presets = [family.load(name) for name in family.names()]
    modes: dict[str, ProductionChannel] = {}
    for preset in presets:
        for channel in preset.production_channels():
            modes.setdefault(channel.tag, channel)
    return MODELS[tag](**presets[0].model_options), modes


def _open(model: Model, mode: ProductionChannel, state: str) -> tuple[float, float] | None:
    low, high = mode.mass_range_gev(model.mass_range_gev)
    low = max(low, model.threshold_gev(state), sum(CHANNELS[state].masses_gev))
    if not low < high:
        return None
    masses = np.linspace(low, high, _PROBES)[1:]
    decays = masses[model.branching_ratio(state, masses) > 0]
    # no such decay at any mass: the benchmark lacks the coupling, the combination does not
    return low, float(decays[-1]) if decays.size else high


def with_acceptance(
    each: Combination, experiment: str | Path = DEFAULT_EXPERIMENT, sampling: Sampling | None = None
) -> Combination:
    """The combination with acceptance and mass resolution of its first mode in the middle of its masses.

    Unchanged where it is closed or not searched.
    """
    if each.masses_gev is None or not each.searched:
        return each
    model, modes = _model_and_modes(each.model)
    span = _open(model, modes[each.production[0]], each.final_state)
    assert span is not None
    mass = float(f"{np.sqrt(span[0] * span[1]):.3g}")
    found = acceptance(
        each.model,
        each.production[0],
        each.final_state,
        masses=[mass],
        ctau=(LONG_CTAU_M, LONG_CTAU_M, 1),
        experiment=experiment,
        response="none",
        sampling=sampling,
    )
    values = (float(found.acceptance[0, 0]), float(found.resolution["mass_gev"][0]))
    return Combination(
        each.model, each.source, each.final_state, each.listing, each.production, each.masses_gev,
        each.searched, mass, *values,
    )  # fmt: skip

"""Shipped inputs by short names, loaded once, for tests of the stages and of the chain."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from feebly.analysis.analysis import Analysis, FinalState, PairSeparation, load_analysis
from feebly.apparatus.experiment import Experiment, load_experiment
from feebly.core.constants import MESON_MASS_GEV
from feebly.core.interfaces import MixingSampling, ProductionChannel
from feebly.engine.setup import ChannelSetup
from feebly.physics.decays.channels import channel_of
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.physics.production.alp_meson_decay import CHARM_MODES, DToAlp
from feebly.physics.production.b_to_scalar import SCALAR_CHANNELS
from feebly.physics.production.b_to_scalar_pair import DEFAULT_HIGGS_BR, PAIR_TAGS, pair_channels
from feebly.physics.production.bremsstrahlung import Bremsstrahlung
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay
from feebly.physics.production.mixing import Mixing
from feebly.physics.production.scalar_bremsstrahlung import ScalarBremsstrahlung
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from feebly.physics.spectra.library import load_spectrum


@cache
def na62() -> Experiment:
    return load_experiment("na62-dump-2021")


@cache
def na62_analysis() -> Analysis:
    return load_analysis("na62-dump-2021")


def final_state(tag: str) -> FinalState:
    return na62_analysis().final_state(tag)


def production(tag: str) -> ProductionChannel:
    """A channel of unit weights; bremsstrahlung of a vector without form factor (``scalar-brems``: with)."""
    if tag == "brems":
        return Bremsstrahlung()
    if tag == "scalar-brems":
        return ScalarBremsstrahlung()
    if tag in PAIR_TAGS:
        return pair_channels(DEFAULT_HIGGS_BR)[tag]
    if tag in SCALAR_CHANNELS:
        return SCALAR_CHANNELS[tag]
    if tag in CHARM_MODES:
        return DToAlp(tag, AlpCouplings(c_ff=1.0), 1000.0)
    return MesonDecay(tag) if tag in MESON_MODES else Mixing(tag)


@cache
def spectrum(parent: str, source: str = "pythia") -> HadronSpectrum:
    return load_spectrum(parent, source)


def channel(
    tag: str,
    decay: str,
    separation: PairSeparation | None = None,
    seed: int = 1,
    experiment: Experiment | None = None,
    spectra: str = "pythia",
) -> ChannelSetup:
    """Set-up of one production and one two-body decay at NA62."""
    source = production(tag)
    return ChannelSetup(
        tag,
        source.sampling(),
        spectrum(source.parent, spectra) if source.parent else None,
        experiment or na62(),
        final_state(decay),
        separation or PairSeparation(),
        seed,
    )


def many_body_state(tag: str) -> FinalState:
    """The analysis' final state, or the cuts and regions of three pions for one that it does not have."""
    analysis = na62_analysis()
    if tag in analysis.final_states:
        return analysis.final_state(tag)
    pions, decay = analysis.final_state("3pi"), channel_of(tag)
    photons = pions.photons if decay.photons else None
    return replace(pions, tag=tag, daughters=decay.tracks, photons=photons)


def many_body_channel(
    meson: str, decay: str, matrix_element: str = "flat", separation: PairSeparation | None = None
) -> ChannelSetup:
    """Set-up of mixing with a meson (same laboratory momentum) and a decay to more than two bodies."""
    sampling = MixingSampling(meson, MESON_MASS_GEV[meson])
    return ChannelSetup(
        f"mixing-{meson}", sampling, spectrum(meson), na62(), many_body_state(decay),
        separation or PairSeparation(), 1, matrix_element,
    )  # fmt: skip

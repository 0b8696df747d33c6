"""The profile model of a counting model: its backgrounds as measurements, its nuisances as directions."""

from __future__ import annotations

import numpy as np

from feebly.core.errors import ConfigError, FeeblyError
from feebly.core.interfaces import FloatArray
from feebly.statistics.intervals.conventions import measured_background
from feebly.statistics.regions.model import CountingModel, Region
from feebly.statistics.regions.nuisances import gaussian_scales, independent_axes, log_effects
from feebly.statistics.regions.profile_fit import Outcome, ProfileModel

_ROUNDING = 1e-12


def profile_model(model: CountingModel) -> ProfileModel:
    """Signals, measured backgrounds and nuisances of all regions.

    Raises ConfigError or DomainError, with the name of the region, for a nuisance of the signal and for a
    background that is not b +- sigma.
    """
    measured = []
    for region in model.regions:
        _refuse_signal_nuisances(region)
        try:
            measured.append(measured_background(region.background))
        except FeeblyError as error:
            raise type(error)(f"region {region.name}: {error}") from None
    if not any(region.signal > 0 for region in model.regions):
        raise ConfigError("signal = 0 in every region: expected a signal in at least one")
    backgrounds, sigmas = np.array(measured).T
    size = len(model.regions)
    names = {nuisance.name for region in model.regions for nuisance in region.background_nuisances}
    effects = log_effects(model, names)[size:].T
    effects = _few(effects[effects.any(axis=1)])
    scales = gaussian_scales(model, names)
    straight = np.array([sigma * affected for sigma, _, affected in scales]).reshape(len(scales), size)
    return ProfileModel(
        model.signals,
        backgrounds,
        sigmas,
        np.concatenate([effects, straight]),
        np.arange(len(effects) + len(scales)) >= len(effects),
    )


def _refuse_signal_nuisances(region: Region) -> None:
    """A measured error of the signal would order the outcomes, and make the limit stronger."""
    for nuisance in region.signal_nuisances:
        if nuisance.sigma > 0:
            raise ConfigError(
                f"region {region.name}: signal nuisance {nuisance.name!r} = {nuisance.sigma:g} with "
                "convention 'cls-profile': expected 0; use 'cls-counting'"
            )


def _few(effects: FloatArray) -> FloatArray:
    """Names that move the same factors in the same ratio are one direction of unit width."""
    axes = independent_axes(effects.T)
    if len(axes) == len(effects):
        return effects
    axes = axes * np.where(axes.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    return np.where(np.abs(axes) > _ROUNDING * np.abs(axes).max(), axes, 0.0)


def observed_outcome(model: CountingModel, profile: ProfileModel) -> Outcome:
    """The data: counts, measured backgrounds, and z_0 = 0 for every nuisance."""
    return Outcome(
        np.array([model.observed], float), profile.backgrounds[None], np.zeros((1, profile.straight.size))
    )

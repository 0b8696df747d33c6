"""Densities of a background as HistFactory samples: data, modifiers, bounds, and how exact each is.

A HistFactory nuisance has a Gaussian or a Poisson constraint (CERN-OPEN-2012-016). A truncated Gaussian, a
two-piece normal and a log-normal are maps of one standard normal: exact with the interpolation codes
`MODIFIER_SETTINGS`, and the truncation at zero is the lower bound of the parameter. A gamma density is the
Poisson constraint of ``shapesys``. A product of Beta posteriors is none of these: it becomes the log-normal
in two pieces with its quantiles at -1, 0 and +1 sigma, which `Sample.statement` says in numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from feebly.core.errors import ConfigError
from feebly.statistics.backgrounds import (
    NORMAL_QUANTILE,
    Background,
    BetaProduct,
    Fixed,
    Gamma,
    Interval,
    LogNormal,
    Sum,
    TruncatedGaussian,
)
from feebly.statistics.quadrature import lognormal_width

MODIFIER_SETTINGS = {"normsys": {"interpcode": "code1"}, "histosys": {"interpcode": "code0"}}
"""Of ``pyhf.Workspace.model``: the codes by which the modifiers below are the densities of feebly."""

SIGMAS = 9.0  # of a normal parameter: beyond it 2e-19
_ONE_SIGMA = 0.15865525393145707  # P(z < -1)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """One background of one region. parameters: of the measurement. statement: how exact, in words."""

    spec: Json
    parameters: tuple[Json, ...]
    statement: str


def background_samples(density: Background, name: str) -> tuple[Sample, ...]:
    """The samples of a density; ``name`` is that of the region. ConfigError for an unknown density."""
    if isinstance(density, Sum):
        parts = [background_samples(part, f"{name}_{k}") for k, part in enumerate(density.parts, 1)]
        return tuple(sample for part in parts for sample in part)
    return (_sample(density, name),)


def _sample(density: Background, name: str) -> Sample:
    match density:
        case Fixed(mean) | TruncatedGaussian(mean, 0):
            return Sample(_spec(name, mean), (), "exact: a known background")
        case TruncatedGaussian(mean, sigma):
            return _two_pieces(name, mean, sigma, sigma, "truncated Gaussian")
        case Interval(mean, plus, minus, meaning):
            z = NORMAL_QUANTILE[meaning]
            return _two_pieces(name, mean, minus / z, plus / z, "two-piece normal")
        case LogNormal(mean, sigma):
            width = lognormal_width(sigma / mean)
            median = mean * math.exp(-(width**2) / 2)
            return _normsys(name, median, (-width, width), "exact with normsys code1: log-normal")
        case Gamma(mean, sigma) if sigma < mean:
            return _shapesys(name, mean, sigma)
        case Gamma() | BetaProduct():
            return _by_quantiles(name, density)
    raise ConfigError(f"background {type(density).__name__}: no HistFactory sample; use one of this package")


def _spec(name: str, events: float, *modifiers: Json) -> Json:
    return {"name": f"background_{name}", "data": [float(events)], "modifiers": list(modifiers)}


def _parameter(name: str, low: float) -> Json:
    return {"name": f"b_{name}", "bounds": [[float(low), SIGMAS]], "inits": [0.0]}


def _two_pieces(name: str, mean: float, down: float, up: float, what: str) -> Sample:
    """b = mean + z sigma, sigma by the sign of z; b >= 0 is the bound of z."""
    modifier = {
        "name": f"b_{name}",
        "type": "histosys",
        "data": {"lo_data": [mean - down], "hi_data": [mean + up]},
    }
    exact = "exact" if down == up else "exact with histosys code0"
    return Sample(
        _spec(name, mean, modifier),
        (_parameter(name, -min(mean / down, SIGMAS)),),
        f"{exact}: {what}, truncated at b = 0 by the bound of b_{name} (its density there is normalised over "
        "all z: a constant factor)",
    )


def _normsys(name: str, median: float, logs: tuple[float, float], statement: str) -> Sample:
    low, high = logs
    modifier = {
        "name": f"b_{name}",
        "type": "normsys",
        "data": {"lo": math.exp(low), "hi": math.exp(high)},
    }
    return Sample(_spec(name, median, modifier), (_parameter(name, -SIGMAS),), statement)


def _shapesys(name: str, mean: float, sigma: float) -> Sample:
    """Poisson(tau | gamma tau), in b = gamma data, is a gamma density of shape tau + 1, mode at data."""
    shape = (mean / sigma) ** 2
    tau = shape - 1
    mode = mean * tau / shape
    modifier = {"name": f"b_{name}", "type": "shapesys", "data": [mode / math.sqrt(tau)]}
    return Sample(_spec(name, mode, modifier), (), "exact but for a constant factor: gamma density in b")


def _by_quantiles(name: str, density: Gamma | BetaProduct) -> Sample:
    """The log-normal in two pieces with the quantiles of the density at -1, 0 and +1 sigma."""
    low, median, high = (_quantile(density, p) for p in (_ONE_SIGMA, 0.5, 1 - _ONE_SIGMA))
    logs = math.log(low / median), math.log(high / median)
    z = np.linspace(-SIGMAS, SIGMAS, 36_001)
    weight = np.exp(-(z**2) / 2)
    b = median * np.exp(np.where(z < 0, -z * logs[0], z * logs[1]))
    none = float((weight * np.exp(-b)).sum() / weight.sum())
    exact = float(density.counts(1).pmf[0])
    kind = "product of Beta posteriors" if isinstance(density, BetaProduct) else "gamma density"
    return _normsys(
        name,
        median,
        logs,
        f"not exact: in place of the {kind} the log-normal in two pieces with its quantiles at -1, 0 and "
        f"+1 sigma ({low:.4g}, {median:.4g}, {high:.4g} events); P(no background event) is {none:.6f} for "
        f"{exact:.6f}",
    )


def _quantile(density: Gamma | BetaProduct, probability: float) -> float:
    if isinstance(density, BetaProduct):
        return density.quantile(probability)
    from scipy.special import gammaincinv

    scale = density.sigma**2 / density.mean
    return float(scale * gammaincinv((density.mean / density.sigma) ** 2, probability))

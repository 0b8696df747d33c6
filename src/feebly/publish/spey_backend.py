"""Back-end plug-in for spey (2307.06996): counting regions with exact limits.

spey computes limits by the asymptotic formulae of 1007.1727, or by toys, from the likelihood that a back-end
gives. With 0 events on 0.016 the asymptotic limit is 1.38 events where the exact one is 2.30. So the back-end
``feebly.counting`` gives spey the likelihood and a sampler, refuses the asymptotic formulae, and ``exact``
turns its model into one whose limits and confidence levels come from ``feebly.statistics``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import spey
from scipy.special import ndtr
from spey.base.model_config import ModelConfig

import feebly
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.statistics import Background, CountingModel, Nuisance, Region, joint_cls, joint_upper_limit
from feebly.statistics.backgrounds import as_background
from feebly.statistics.counting import SIGMAS
from feebly.statistics.regions.joint import expected_limits_on_cells, quantile_cls
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.ordering import ORDERINGS
from feebly.statistics.regions.outcomes import Outcomes

_SIGMAS_OF = {"nominal": (0.0,), "1sigma": (-1.0, 0.0, 1.0), "2sigma": SIGMAS}


class CountingBackend(spey.BackendBase):
    """Counting regions with marginalised backgrounds; the signal strength mu is the one parameter.

    signal_yields: events of each region at mu = 1. background_yields: numbers, or ``Background`` objects of
    ``feebly.statistics``. data: observed counts. background_uncertainties: standard deviations (truncated
    Gaussian), where the backgrounds are numbers. signal_error: relative standard deviation of the signal,
    common to all regions (log-normal, mean 1). ordering: ``total-count`` or ``likelihood-ratio``.
    """

    name = "feebly.counting"
    version = feebly.__version__
    author = "the feebly developers"
    spey_requires = ">=0.2.0,<0.3.0"
    doi: Sequence[str] = ()
    arXiv: Sequence[str] = ()

    def __init__(
        self,
        signal_yields: Sequence[float],
        background_yields: Sequence[float | Background],
        data: Sequence[int],
        background_uncertainties: Sequence[float] | None = None,
        signal_error: float = 0.0,
        ordering: str = "total-count",
    ) -> None:
        sigmas = [None] * len(data) if background_uncertainties is None else list(background_uncertainties)
        if not len(signal_yields) == len(background_yields) == len(data) == len(sigmas):
            raise ConfigError(
                f"{len(signal_yields)} signals, {len(background_yields)} backgrounds, {len(sigmas)} "
                f"uncertainties for {len(data)} counts: expected one of each for each region"
            )
        shared = (Nuisance("signal", signal_error),) if signal_error else ()
        rows = zip(data, background_yields, sigmas, signal_yields, strict=True)
        self.counting_model = CountingModel(
            tuple(
                Region(f"region {k}", n, as_background(b, sigma), float(s), shared)
                for k, (n, b, sigma, s) in enumerate(rows, 1)
            )
        )
        if ordering not in ORDERINGS:
            raise ConfigError(f"ordering {ordering!r}: expected one of {', '.join(ORDERINGS)}")
        self.ordering = ordering

    @property
    def is_alive(self) -> bool:
        """Whether any region expects a signal."""
        return bool(np.any(self.counting_model.signals > 0))

    def config(self, allow_negative_signal: bool = True, poi_upper_bound: float = 10.0) -> ModelConfig:
        """One parameter, mu >= 0: a Poisson mean with a marginalised background has no negative signal."""
        return ModelConfig(
            poi_index=0, minimum_poi=0.0, suggested_init=[0.0], suggested_bounds=[(0.0, poi_upper_bound)]
        )

    def get_logpdf_func(
        self,
        expected: spey.ExpectationType = spey.ExpectationType.observed,
        data: Sequence[float] | None = None,
    ) -> Callable[[FloatArray], float]:
        """ln P(counts | mu), backgrounds and signal error averaged. data: other counts; expected: see below.

        The expected counts of spey's a priori mode are not integers and have no probability here.
        """
        if data is None and expected is spey.ExpectationType.apriori:
            raise ConfigError(_NOT_ASYMPTOTIC)
        counts = _integers(self.counting_model.observed if data is None else data)

        def logpdf(pars: FloatArray) -> float:
            probability = self._outcomes(float(pars[0]), int(counts.sum())).signal_probability(counts[None])
            with np.errstate(divide="ignore"):
                return float(np.log(probability[0, 0]))

        return logpdf

    def get_sampler(self, pars: FloatArray) -> Callable[[int], FloatArray]:
        """Draws counts, shape (size, regions), from P(counts | mu): all outcomes are enumerated."""
        outcomes = self._outcomes(float(pars[0]), 0)
        caps = np.ceil(outcomes.caps.max(axis=1)).astype(int)
        listed = outcomes.listed(caps, np.zeros(len(caps)))
        probability = outcomes.signal_probability(listed)[:, 0]
        rng = np.random.default_rng()

        def sample(size: int) -> FloatArray:
            drawn = rng.choice(len(listed), size=size, p=probability / probability.sum())
            return np.asarray(listed[drawn], dtype=float)

        return sample

    def expected_data(self, pars: FloatArray) -> list[float]:
        """Refused: spey asks for it where it is about to use an asymptotic formula."""
        raise ConfigError(_NOT_ASYMPTOTIC)

    def _outcomes(self, mu: float, n: int) -> Outcomes:
        model = self.counting_model
        averages = marginal(model, max(n, sum(model.observed)))
        return Outcomes(averages, mu * model.signals[:, None])


class ExactModel(spey.StatisticalModel):
    """A spey model whose upper limits and confidence levels are exact (CLs, ``cls-counting``).

    The arguments by which spey chooses a calculator or an optimiser are accepted and have no effect.
    """

    def exclusion_confidence_level(
        self,
        poi_test: float = 1.0,
        expected: spey.ExpectationType = spey.ExpectationType.observed,
        **_: Any,
    ) -> list[float]:
        """1 - CLs at mu = poi_test: one value, or five (count quantiles -2 .. +2 sigma) where expected."""
        backend = self.backend
        model, ordering = backend.counting_model, backend.ordering
        if expected is spey.ExpectationType.observed:
            return [1 - float(joint_cls(model, poi_test, ordering=ordering))]
        signals = poi_test * model.signals[:, None]
        return [float(1 - v) for v in quantile_cls(model, signals, ndtr(SIGMAS), ordering=ordering)[:, 0]]

    def poi_upper_limit(
        self,
        expected: spey.ExpectationType = spey.ExpectationType.observed,
        confidence_level: float = 0.95,
        expected_pvalue: str = "nominal",
        **_: Any,
    ) -> float | list[float]:
        """Upper limit on mu; expected: at quantiles of the outcome under the background, -2 sigma first."""
        model, ordering = self.backend.counting_model, self.backend.ordering
        if expected is spey.ExpectationType.observed:
            return joint_upper_limit(model, confidence_level, ordering=ordering).mu_up
        if expected_pvalue not in _SIGMAS_OF:
            raise ConfigError(f"expected_pvalue {expected_pvalue!r}: expected one of {', '.join(_SIGMAS_OF)}")
        shares, quantiles = model.signals[:, None], ndtr(_SIGMAS_OF[expected_pvalue])
        limits = [
            float(expected_limits_on_cells(model, shares, p, confidence_level, ordering=ordering)[0])
            for p in quantiles
        ]
        return limits[0] if expected_pvalue == "nominal" else limits


def exact(model: spey.StatisticalModel) -> ExactModel:
    """The exact model of ``spey.get_backend("feebly.counting")(...)``; ConfigError for another back-end."""
    if not isinstance(model.backend, CountingBackend):
        raise ConfigError(f"back-end {model.backend_type}: expected {CountingBackend.name}")
    return ExactModel(model.backend, model.analysis, model.xsection, model.ntoys)


_NOT_ASYMPTOTIC = (
    "feebly.counting has no asymptotic limits: for few events they are wrong (n = 0, b = 0.016: 1.38 events "
    "instead of 2.30); use feebly.publish.spey_backend.exact(model), or calculator='toy'"
)


def _integers(data: Sequence[float]) -> np.ndarray:
    counts = np.asarray(data, dtype=float)
    if not np.all((counts >= 0) & (counts == np.floor(counts))):
        raise ConfigError(_NOT_ASYMPTOTIC)
    return counts.astype(int)

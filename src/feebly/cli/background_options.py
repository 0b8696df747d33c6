"""Knowledge of a background on the command line, and its words in an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feebly.cli import values
from feebly.core.errors import ConfigError, unknown

if TYPE_CHECKING:
    from feebly.statistics import Background

SIGMA_SHAPES = ("truncated-gaussian", "log-normal", "gamma")
"""Densities that a mean and a standard deviation describe."""


@dataclass(frozen=True)
class BackgroundOptions:
    """The text of the options; None where one was not given."""

    b: str | None
    sigma_b: str | None = None
    shape: str | None = None
    plus: str | None = None
    minus: str | None = None
    interval: str | None = None
    candidates: str | None = None
    passed: str | None = None
    trials: str | None = None

    @property
    def missing(self) -> bool:
        """Whether nothing is said about the background."""
        return self.b is None and self.candidates is None

    @property
    def told(self) -> str:
        """The first option that says something about a number --b; '' where there is none."""
        return next((flag for field, flag in _FLAGS.items() if getattr(self, field) is not None), "")

    def background(self) -> Background:
        """The background that they describe; ConfigError where they do not fit together."""
        if self.candidates is not None or self.passed is not None or self.trials is not None:
            return self._product()
        if self.plus is not None or self.minus is not None or self.interval is not None:
            return self._interval()
        return self._number()

    def _number(self) -> Background:
        from feebly.statistics import background_from_table
        from feebly.statistics.backgrounds import as_background

        mean = values.number(self.b or "", "--b")
        if self.sigma_b is None:
            if self.shape is not None:
                raise ConfigError(
                    f'--shape "{self.shape}" without --sigma-b: expected the standard deviation'
                )
            return as_background(mean)
        sigma, shape = values.number(self.sigma_b, "--sigma-b"), self.shape or SIGMA_SHAPES[0]
        if shape not in SIGMA_SHAPES:
            raise unknown("--shape", shape, SIGMA_SHAPES)
        if shape == SIGMA_SHAPES[0]:
            return as_background(mean, sigma)
        return background_from_table({"shape": shape, "mean": mean, "sigma": sigma})

    def _interval(self) -> Background:
        from feebly.statistics import Interval

        self._refuse("--b-plus, --b-minus", "sigma_b", "shape")
        if self.interval is None:
            raise ConfigError(
                "--b-plus, --b-minus without --interval: an interval must say what it means; expected 68% or "
                "90%"
            )
        if self.b is None or self.plus is None or self.minus is None:
            raise ConfigError("--interval: expected --b, --b-plus and --b-minus beside it")
        meaning = self.interval if self.interval.endswith("%") else f"{self.interval}%"
        return Interval(
            values.number(self.b, "--b"),
            values.number(self.plus, "--b-plus"),
            values.number(self.minus, "--b-minus"),
            "limit" if self.interval == "limit" else meaning,  # type: ignore[arg-type]
        )

    def _product(self) -> Background:
        from feebly.statistics import BetaProduct

        self._refuse("--candidates", "b", "sigma_b", "shape", "plus", "minus", "interval")
        if self.candidates is None or self.passed is None or self.trials is None:
            raise ConfigError("--candidates: expected --candidates, --passed and --trials together")
        return BetaProduct(
            values.number(self.candidates, "--candidates"),
            tuple(values.number(text, "--passed") for text in self.passed.split(",")),
            values.number(self.trials, "--trials"),
        )

    def _refuse(self, given: str, *fields: str) -> None:
        """Options that would describe the background a second time."""
        for field in fields:
            if getattr(self, field) is not None:
                raise ConfigError(
                    f"{given} beside {_FLAGS[field]}: expected one description of the background"
                )


_FLAGS = {
    "b": "--b",
    "sigma_b": "--sigma-b",
    "shape": "--shape",
    "plus": "--b-plus",
    "minus": "--b-minus",
    "interval": "--interval",
}


def background_words(background: Background) -> str:
    """``b = 0.016 +- 0.002``, with the shape where it is not the default."""
    from feebly.statistics import BetaProduct, Fixed, Interval, TruncatedGaussian

    if isinstance(background, Interval):
        return f"b = {background.mean:g} +{background.plus:g} -{background.minus:g} ({background.meaning})"
    if isinstance(background, BetaProduct):
        passed = ", ".join(f"{k:g}" for k in background.passed)
        return (
            f"b = {background.mean:.4g}: {background.candidates:g} x Beta({passed} of {background.trials:g})"
        )
    if isinstance(background, Fixed):
        return f"b = {background.mean:g}"
    error = f" +- {getattr(background, 'sigma', 0.0):g}"
    shape = "" if isinstance(background, TruncatedGaussian) else f", {type(background).__name__}"
    return f"b = {background.mean:g}{error}{shape}"

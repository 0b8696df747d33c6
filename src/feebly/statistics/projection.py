"""The same counting experiment at another exposure: the limit to expect, and the signal to discover.

The exposure is whatever the signal is proportional to (protons on target, time, luminosity). What happens to
the background is an assumption, and every result names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics.backgrounds import Background, as_background, cumulative
from feebly.statistics.checks import require_positive, require_signal_error
from feebly.statistics.excess.significance import TWO_SIDED, events_for, p_value
from feebly.statistics.intervals.limits import Limit, expected_limit
from feebly.statistics.regions.model import scaled

SCALE, NONE, SUPPRESS = "scale", "none", "suppress"
DISCOVERY_SIGMAS = (3.0, 5.0)
"""Evidence and discovery."""


@dataclass(frozen=True, slots=True)
class BackgroundAssumption:
    """What b does when the exposure grows.

    kind: ``scale`` (b grows with the exposure), ``none`` (b = 0), ``suppress`` (b grows with the exposure and
    is made smaller by the factor ``suppression``).
    """

    kind: str = SCALE
    suppression: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in (SCALE, NONE, SUPPRESS):
            raise _unknown_assumption(self.kind)
        require_positive("suppression of the background", self.suppression)
        if self.kind != SUPPRESS and self.suppression != 1:
            raise ConfigError(f"background {self.kind}: a suppression belongs to '{SUPPRESS}' alone")

    @classmethod
    def parse(cls, text: str) -> BackgroundAssumption:
        """``scale``, ``none`` or ``suppress:FACTOR``."""
        kind, colon, factor = text.strip().partition(":")
        if (kind == SUPPRESS) != bool(colon) or kind not in (SCALE, NONE, SUPPRESS):
            raise _unknown_assumption(text)
        try:
            return cls(kind, float(factor)) if colon else cls(kind)
        except ValueError:
            raise _unknown_assumption(text) from None

    def factor(self, exposure: float) -> float:
        """Factor on b when the exposure grows by the factor ``exposure``."""
        require_positive("exposure", exposure)
        return 0.0 if self.kind == NONE else exposure / self.suppression

    def __str__(self) -> str:
        return f"{self.kind}:{self.suppression:g}" if self.kind == SUPPRESS else self.kind

    @property
    def words(self) -> str:
        """The assumption as part of a sentence."""
        if self.kind == NONE:
            return "no background"
        suppressed = f", suppressed by {self.suppression:g}" if self.kind == SUPPRESS else ""
        return f"background grows with the exposure{suppressed}"


def _unknown_assumption(text: str) -> ConfigError:
    return ConfigError(f"background {text!r}: expected scale, none, or suppress:FACTOR such as suppress:10")


@dataclass(frozen=True, slots=True)
class DiscoveryReach:
    """Smallest signal that is seen at ``sigmas`` standard deviations with probability ``power``.

    s: signal [events]. n: smallest count with that significance on the background alone, p_value its p-value.
    power = 0.5: the median outcome of signal plus background is at least n.
    """

    s: float
    n: int
    p_value: float
    sigmas: float
    sides: str
    power: float


def discovery_reach(
    b: float | Background,
    sigma_b: float | None = None,
    sigmas: float = 5.0,
    power: float = 0.5,
    sides: str = TWO_SIDED,
    signal_error: float = 0.0,
) -> DiscoveryReach:
    """The signal with P(N >= n | s + b) = power, n the smallest count of ``sigmas`` under b; exact.

    b marginalised on both sides. signal_error: relative standard deviation of the signal (log-normal).
    Raises DomainError or ConfigError for impossible values.
    """
    from scipy.optimize import brentq

    if not 0 < power < 1:
        raise DomainError(f"power = {power!r}: expected a probability between 0 and 1, such as 0.5")
    background, error = as_background(b, sigma_b), require_signal_error(signal_error)
    n = events_for(sigmas, background, sides)

    def lacking(s: float) -> float:
        return float(cumulative(n - 1, s, background, error)) - (1 - power)

    if lacking(0.0) <= 0:
        raise DomainError(
            f"power = {power:g} at {sigmas:g} sigma with background {background.mean:g}: reached without "
            "any signal; expected a larger power"
        )
    high = n + 1.0
    while lacking(high) > 0:
        high *= 2
    s = float(brentq(lacking, 0.0, high, xtol=1e-300, rtol=1e-12))
    return DiscoveryReach(s, n, p_value(n, background), sigmas, sides, power)


@dataclass(frozen=True, slots=True)
class Projection:
    """What a counting experiment is expected to reach at ``exposure`` times its own exposure.

    background: at the new exposure. exclusion: limit at the median count under the background. discovery: one
    for each significance that was asked. All in events at the new exposure; ``relative`` brings them back.
    """

    exposure: float
    assumption: BackgroundAssumption
    background: Background
    exclusion: Limit
    discovery: tuple[DiscoveryReach, ...]

    def relative(self, s: float) -> float:
        """The same signal at the original exposure [events]."""
        return s / self.exposure


def project(
    b: float | Background,
    exposure: float,
    assumption: BackgroundAssumption | None = None,
    cl: float = 0.90,
    sigmas: Sequence[float] = DISCOVERY_SIGMAS,
    power: float = 0.5,
    sides: str = TWO_SIDED,
    signal_error: float = 0.0,
) -> Projection:
    """Expected exclusion (``cls-counting``) and discovery reach at ``exposure`` times the exposure of ``b``.

    Raises DomainError or ConfigError for impossible values.
    """
    assumed = assumption or BackgroundAssumption()
    background = scaled(as_background(b), assumed.factor(exposure))
    limit = expected_limit(background, cl=cl, signal_error=signal_error)
    reach = (discovery_reach(background, None, z, power, sides, signal_error) for z in sigmas)
    return Projection(exposure, assumed, background, limit, tuple(reach))

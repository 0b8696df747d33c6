"""What is asked about the signal of one counting region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feebly.statistics import Background, ConfidenceInterval, Limit


@dataclass(frozen=True)
class Question:
    """Observed count and background of one region, and what is asked about the signal; events."""

    n: int
    background: Background
    cl: float
    convention: str
    signal_error: float | dict[str, float]

    def interval(self, convention: str) -> ConfidenceInterval:
        """Interval of the signal in a convention."""
        from feebly.statistics import confidence_interval

        return confidence_interval(self.n, self.background, None, self.cl, convention, self.signal_error)

    def upper_limit(self, convention: str) -> Limit:
        """Upper limit in a convention."""
        from feebly.statistics import upper_limit

        return upper_limit(self.n, self.background, None, self.cl, convention, self.signal_error)

    def expected_limit(self, convention: str) -> Limit:
        """Limit at the median count under the background alone."""
        from feebly.statistics import expected_limit

        return expected_limit(self.background, None, self.cl, convention, self.signal_error)

    def as_dict(self) -> dict[str, Any]:
        """The question as plain values."""
        from feebly.core.tables import plain

        sigma = getattr(self.background, "sigma", None)
        return {
            "n": self.n,
            "b": self.background.mean,
            "sigma_b": sigma,
            "background": {"shape": type(self.background).__name__} | plain(self.background),
            "cl": self.cl,
            "signal_error": self.signal_error,
        }

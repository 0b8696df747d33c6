"""Expected contours at -2, -1, +1, +2 sigma: their kinds, and what makes the limit vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from feebly.core.errors import ConfigError, unknown
from feebly.statistics.signal_errors import SignalError, total_signal_error

Bands = Literal["none", "counting", "full"]

BAND_KINDS = {"expected-2s": -2.0, "expected-1s": -1.0, "expected+1s": 1.0, "expected+2s": 2.0}
"""Kind of contour and the quantile of its limit, in standard deviations of a normal."""

EXPECTED_KINDS = ("expected-2s", "expected-1s", "expected", "expected+1s", "expected+2s")
"""All kinds of expected contours by rising limit."""


@dataclass(frozen=True, slots=True)
class BandChoice:
    """Which bands: ``none``, ``counting`` (of n alone) or ``full`` (the signal is thrown too).

    thrown_error: relative standard deviation of the signal in a full band, 0 otherwise.
    """

    bands: str = "none"
    thrown_error: float = 0.0

    def __post_init__(self) -> None:
        if self.bands not in get_args(Bands):
            raise unknown("bands", self.bands, get_args(Bands))
        if (self.bands == "full") != (self.thrown_error > 0):
            raise ConfigError(
                f"bands {self.bands!r} with thrown error {self.thrown_error:g}: expected an error of the "
                "signal such as pot=0.2 with bands 'full', and none otherwise"
            )

    @classmethod
    def of(cls, bands: str, thrown_error: SignalError | None, pot_error: float) -> BandChoice:
        """With the error of the POT where none is given for a full band."""
        if thrown_error is None:
            thrown_error = {"pot": pot_error} if bands == "full" else 0.0
        return cls(bands, total_signal_error(thrown_error))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of contours that are drawn."""
        return () if self.bands == "none" else tuple(BAND_KINDS)


NO_BANDS = BandChoice()
"""The expected limit alone."""

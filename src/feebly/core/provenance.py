"""Where a number comes from: every input that is not derived carries its origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from feebly.core.errors import ConfigError

OriginKind = Literal["published", "digitised", "calibrated", "assumed", "derived"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Origin of an input.

    kind: ``published`` (read in the source), ``digitised`` (from a figure), ``calibrated`` (tuned;
    ``calibrated_on`` names what it was tuned on and is then no validation), ``assumed`` (nobody measured
    it), ``derived`` (computed here from other inputs).
    """

    kind: OriginKind
    source: str
    calibrated_on: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(OriginKind):
            raise ConfigError(f"origin kind {self.kind!r}: expected one of {', '.join(get_args(OriginKind))}")
        if (self.kind == "calibrated") != (self.calibrated_on is not None):
            raise ConfigError(
                f"origin {self.source!r}: 'calibrated_on' belongs to kind 'calibrated' and to no other"
            )

    def __str__(self) -> str:
        tuned = f" (calibrated on {self.calibrated_on})" if self.calibrated_on else ""
        return f"{self.kind}: {self.source}{tuned}"

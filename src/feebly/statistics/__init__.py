"""Exact counting statistics: backgrounds, p-values and limits. Knows no physics; scipy is imported on use."""

from feebly.statistics.backgrounds import (
    Background,
    BetaProduct,
    Fixed,
    Gamma,
    Interval,
    LogNormal,
    Sum,
    TruncatedGaussian,
    background_from_table,
)
from feebly.statistics.conventions import CONVENTIONS
from feebly.statistics.joint import combined_upper_limit
from feebly.statistics.limit_arrays import upper_limits
from feebly.statistics.limits import (
    ConfidenceInterval,
    Limit,
    cls_value,
    confidence_interval,
    expected_limit,
    upper_limit,
)
from feebly.statistics.signal_errors import total_signal_error

__all__ = [
    "CONVENTIONS",
    "Background",
    "BetaProduct",
    "ConfidenceInterval",
    "Fixed",
    "Gamma",
    "Interval",
    "Limit",
    "LogNormal",
    "Sum",
    "TruncatedGaussian",
    "background_from_table",
    "cls_value",
    "combined_upper_limit",
    "confidence_interval",
    "expected_limit",
    "total_signal_error",
    "upper_limit",
    "upper_limits",
]

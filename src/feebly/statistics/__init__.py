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
from feebly.statistics.joint import combined_upper_limit
from feebly.statistics.limits import CONVENTIONS, Limit, cls_value, expected_limit, upper_limit

__all__ = [
    "CONVENTIONS",
    "Background",
    "BetaProduct",
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
    "expected_limit",
    "upper_limit",
]

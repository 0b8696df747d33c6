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
from feebly.statistics.bands import ExpectedBand, expected_band
from feebly.statistics.closure import closure_test
from feebly.statistics.combination import Combination, DataSet, combine
from feebly.statistics.conventions import CONVENTIONS
from feebly.statistics.coverage import CoverageSetting, scan_coverage
from feebly.statistics.joint import JointLimit, combined_upper_limit, joint_cls, joint_upper_limit
from feebly.statistics.joint_p_value import joint_p_value
from feebly.statistics.limit_arrays import upper_limits
from feebly.statistics.limits import (
    ConfidenceInterval,
    Limit,
    cls_value,
    confidence_interval,
    expected_limit,
    upper_limit,
)
from feebly.statistics.regions import CountingModel, Nuisance, Region
from feebly.statistics.signal_errors import total_signal_error

__all__ = [
    "CONVENTIONS",
    "Background",
    "BetaProduct",
    "Combination",
    "ConfidenceInterval",
    "CountingModel",
    "CoverageSetting",
    "DataSet",
    "ExpectedBand",
    "Fixed",
    "Gamma",
    "Interval",
    "JointLimit",
    "Limit",
    "LogNormal",
    "Nuisance",
    "Region",
    "Sum",
    "TruncatedGaussian",
    "background_from_table",
    "closure_test",
    "cls_value",
    "combine",
    "combined_upper_limit",
    "confidence_interval",
    "expected_band",
    "expected_limit",
    "joint_cls",
    "joint_p_value",
    "joint_upper_limit",
    "scan_coverage",
    "total_signal_error",
    "upper_limit",
    "upper_limits",
]

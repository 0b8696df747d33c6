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
from feebly.statistics.excess.global_significance import (
    global_significances,
    gross_vitells,
    observed_significance,
)
from feebly.statistics.excess.mass_scan import MassScan, PeakLikelihood, WindowCount
from feebly.statistics.excess.significance import (
    Significance,
    events_for,
    likelihood_ordered_p_value,
    p_value,
    significance_of,
)
from feebly.statistics.intervals.bands import ExpectedBand, expected_band
from feebly.statistics.intervals.conventions import CONVENTIONS
from feebly.statistics.intervals.limit_arrays import upper_limits
from feebly.statistics.intervals.limits import (
    ConfidenceInterval,
    Limit,
    cls_value,
    confidence_interval,
    expected_limit,
    upper_limit,
)
from feebly.statistics.projection import BackgroundAssumption, DiscoveryReach, discovery_reach, project
from feebly.statistics.proofs.closure import closure_test
from feebly.statistics.proofs.coverage import CoverageSetting, scan_coverage
from feebly.statistics.proportions import StatedInterval, proportion_interval
from feebly.statistics.regions.combination import Combination, DataSet, combine
from feebly.statistics.regions.joint import JointLimit, combined_upper_limit, joint_cls, joint_upper_limit
from feebly.statistics.regions.joint_p_value import joint_p_value
from feebly.statistics.regions.model import CountingModel, Nuisance, Region
from feebly.statistics.rejection import RejectionChain, Survival
from feebly.statistics.signal_errors import total_signal_error

__all__ = [
    "CONVENTIONS",
    "Background",
    "BackgroundAssumption",
    "BetaProduct",
    "Combination",
    "ConfidenceInterval",
    "CountingModel",
    "CoverageSetting",
    "DataSet",
    "DiscoveryReach",
    "ExpectedBand",
    "Fixed",
    "Gamma",
    "Interval",
    "JointLimit",
    "Limit",
    "LogNormal",
    "MassScan",
    "Nuisance",
    "PeakLikelihood",
    "Region",
    "RejectionChain",
    "Significance",
    "StatedInterval",
    "Sum",
    "Survival",
    "TruncatedGaussian",
    "WindowCount",
    "background_from_table",
    "closure_test",
    "cls_value",
    "combine",
    "combined_upper_limit",
    "confidence_interval",
    "discovery_reach",
    "events_for",
    "expected_band",
    "expected_limit",
    "global_significances",
    "gross_vitells",
    "joint_cls",
    "joint_p_value",
    "joint_upper_limit",
    "likelihood_ordered_p_value",
    "observed_significance",
    "p_value",
    "project",
    "proportion_interval",
    "scan_coverage",
    "significance_of",
    "total_signal_error",
    "upper_limit",
    "upper_limits",
]

"""Published p-values, counts and limits of counting experiments, by feebly.statistics alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from feebly.analysis.analysis import FinalState, load_analysis
from feebly.core.records import decode, require_positive
from feebly.core.tables import load_document
from feebly.kaon.counting import branching_ratio_limit, measured_ratio
from feebly.kaon.search_file import load_searches
from feebly.report.validation.rows import Row
from feebly.statistics.backgrounds import Background, Fixed, TruncatedGaussian
from feebly.statistics.excess.region_table import load_region_table, needed_events
from feebly.statistics.excess.significance import likelihood_ordered_p_value, p_value
from feebly.statistics.regions.joint_p_value import joint_p_value
from feebly.statistics.regions.model import CountingModel, Nuisance, Region

_CIRCULAR = "the single event sensitivity is that of the published limit itself"


@dataclass(frozen=True, slots=True)
class PrintedPValues:
    """P(N >= n) and P(L <= L_obs) of a region as printed with so many decimals."""

    region: str
    p_count: float
    p_likelihood: float
    digits: int


@dataclass(frozen=True, slots=True)
class PrintedTogether:
    """The same for several regions; sigma: of the sum of their backgrounds, relative error common to all."""

    regions: tuple[str, ...]
    sigma: float
    p_count: float
    p_likelihood: float
    digits: int


@dataclass(frozen=True, slots=True)
class PValueReference:
    """The validation table of one final state."""

    analysis: str
    final_state: str
    source: str
    rows: tuple[PrintedPValues, ...]
    together: PrintedTogether


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """A row that is not expected to agree, and why it is left so."""

    row: str
    remark: str


@dataclass(frozen=True, slots=True)
class FiveSigmaReference:
    """Table of backgrounds with published counts; post_hoc: what the second scheme was tuned on."""

    table: str
    source: str
    post_hoc: str
    known_difference: KnownDifference


@dataclass(frozen=True, slots=True)
class KaonReference:
    """Relative tolerances of the shipped counting searches: limits, and branching ratios with errors."""

    limits: float
    branching_ratios: float

    def __post_init__(self) -> None:
        require_positive(self, "limits", "branching_ratios")


@dataclass(frozen=True, slots=True)
class StatisticsPlan:
    """Everything of ``data/validation/statistics.toml``."""

    p_values: PValueReference
    five_sigma: FiveSigmaReference
    kaon_searches: KaonReference


@cache
def statistics_plan() -> StatisticsPlan:
    """The shipped plan."""
    return decode(StatisticsPlan, load_document("validation plan", "validation", "statistics"))


def statistics_rows(plan: StatisticsPlan) -> Iterator[Row]:
    """Rows of all groups."""
    yield from p_value_rows(plan.p_values)
    yield from five_sigma_rows(plan.five_sigma)
    yield from kaon_rows(plan.kaon_searches)


def p_value_rows(reference: PValueReference) -> Iterator[Row]:
    """Two rows for each region, within half of the last printed digit."""
    state = load_analysis(reference.analysis).final_state(reference.final_state)
    counts = _counts(state)
    for row in reference.rows:
        n, b = counts[row.region]
        own = p_value(n, b), likelihood_ordered_p_value(n, b)
        yield from _two_rows(row.region, own, (row.p_count, row.p_likelihood), row.digits)
    some = reference.together
    parts = [counts[name] for name in some.regions]
    total = math.fsum(b.mean for _, b in parts)
    scale = (Nuisance("b", some.sigma / total, "truncated-gaussian"),)
    model = CountingModel(
        tuple(
            Region(name, n, Fixed(b.mean), background_nuisances=scale)
            for name, (n, b) in zip(some.regions, parts, strict=True)
        )
    )
    own = p_value(sum(model.observed), TruncatedGaussian(total, some.sigma)), joint_p_value(model)
    yield from _two_rows("+".join(some.regions), own, (some.p_count, some.p_likelihood), some.digits)


def _counts(state: FinalState) -> dict[str, tuple[int, Background]]:
    """Observed count and background of each region that was looked at."""
    seen = {r.name: (r.observed, r.background.density) for r in state.regions}
    outside: dict[str, tuple[int, Background]] = {
        r.name: (r.observed, r.background.density) for r in state.validation_regions
    }
    return outside | {name: (n, b) for name, (n, b) in seen.items() if n is not None}


def _two_rows(
    region: str, own: tuple[float, float], printed: tuple[float, float], digits: int
) -> Iterator[Row]:
    for words, ours, theirs in zip(("P(N >= n)", "P(L <= L_obs)"), own, printed, strict=True):
        half_digit = 0.5 * 10.0**-digits
        yield Row("p-values of mu mu", f"{region}, {words}", ours, theirs, half_digit / theirs)


def five_sigma_rows(reference: FiveSigmaReference) -> Iterator[Row]:
    """Counts for 5 sigma with the central backgrounds, then with the scheme found post hoc."""
    table, known = load_region_table(reference.table), reference.known_difference
    for row in needed_events(table):
        name = f"{row.channel} {row.region}"
        tolerance, remark = (None, known.remark) if name == known.row else (0.0, None)
        yield Row("events for 5 sigma, central b", name, row.five, row.published, tolerance, remark=remark)
    for row in needed_events(table, "log-normal-median"):
        name = f"{row.channel} {row.region}"
        group = "events for 5 sigma, log-normal (post hoc)"
        yield Row(group, name, row.five, row.published, 0.0, tuned=reference.post_hoc)


def kaon_rows(reference: KaonReference) -> Iterator[Row]:
    """CLs(n, b) times the single event sensitivity, and branching ratios, of all shipped searches."""
    searches = load_searches(())
    for name, search in searches.items():
        if search.published is not None:
            found = branching_ratio_limit(search, search.published.cl)
            tuned, remark = _CIRCULAR if found.sensitivity.is_circular else None, search.published.remark
            yield Row(
                "kaon limits: CLs(n, b) x SES", name, found.branching_ratio, search.published.value,
                None if remark else reference.limits, tuned=tuned, remark=remark or None,
            )  # fmt: skip
    for name, search in searches.items():
        if (theirs := search.measured) is None:
            continue
        own = measured_ratio(search)
        parts = {
            "": (own.branching_ratio, theirs.value),
            " error up": (own.plus, theirs.plus),
            " error down": (own.minus, theirs.minus),
        }
        for part, (value, published) in parts.items():
            yield Row(
                "K+ -> pi+ nu nubar by counting", f"{name}{part}", value, published,
                reference.branching_ratios, remark=None if part else f"counting; published: {theirs.method}",
            )  # fmt: skip

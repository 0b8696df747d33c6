"""Limits of a peak search in kaon decays, in the format of published limits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.kaon.peak_file import CountedDecays
from feebly.kaon.peaks import KaonPeakSearch, PeakResult
from feebly.kaon.portals import CouplingEdges, portal_of
from feebly.physics.models.registry import MODELS
from feebly.publish.limit_files import MIXING_BENCHMARKS, LimitPiece, PublishedLimit, limit_text
from feebly.publish.limit_files.published_limit import LimitKind

_BENCHMARKS = {"k-e": "BC6", "pi-e": "BC6", "k-mu": "BC7", "pi-mu": "BC7"}
_SIGNS = {"->": "→", "K+": "K⁺", "pi+": "π⁺", "mu+": "μ⁺", "e+": "e⁺"}
_STATISTICS = {"counts": "cls-counting", "profile": "CLs of the fitted height, asymptotic"}


def limit_files(
    search: KaonPeakSearch,
    cl: float,
    result: PeakResult | None = None,
    source: str = "",
    is_data: bool = False,
) -> dict[str, str]:
    """Content of limit.csv (of a result) and limit-expected.csv (of an expected background) by name."""
    limits = {} if result is None else {"limit.csv": peak_as_limit(search, result, source, is_data)}
    if search.file.background:
        limits["limit-expected.csv"] = expected_as_limit(search, cl)
    return {name: limit_text(limit) for name, limit in limits.items() if limit is not None}


def peak_as_limit(
    search: KaonPeakSearch, result: PeakResult, source: str, is_data: bool
) -> PublishedLimit | None:
    """All above |U_l4|² of a heavy neutral lepton, or above a branching ratio; None without any mass.

    source: of the data; is_data: measured, or given as such, else they are pseudo-data and the limit is a
    projection. Masses without a limit, or with one above 1, part the curve.
    """
    kind: LimitKind = "observed" if is_data else "projection"
    suffix = "" if is_data else " (pseudo-data)"
    return _limit(search, result.branching_ratio, kind, suffix, source, result.cl, result.method)


def expected_as_limit(search: KaonPeakSearch, cl: float) -> PublishedLimit | None:
    """The same of the expected background; DomainError where the file has none."""
    ratios = search.expected_limits(cl)
    return _limit(search, ratios, "expected", " (expected)", "expected background", cl, "counts")


def _limit(
    search: KaonPeakSearch,
    ratios: FloatArray,
    kind: LimitKind,
    suffix: str,
    source: str,
    cl: float,
    method: str,
) -> PublishedLimit | None:
    mixing, benchmark = search.mixing(ratios), _BENCHMARKS.get(search.file.leptonic or "", "")
    values = ratios if mixing is None else mixing
    pieces = tuple(_pieces(search.mass_gev, values))
    if not pieces:
        return None
    return PublishedLimit(
        label=f"{_signs(search.file.decay)}{suffix}",
        coupling="branching-ratio" if mixing is None else "U2",
        pieces=pieces,
        origin=Origin("derived", f"feebly kaon peaks: {search.file.title}; {source}"),
        cl=cl,
        kind=kind,
        region="above",
        experiment=search.experiment.name,
        model=MIXING_BENCHMARKS.get(benchmark, ""),
        benchmark=benchmark,
        statistic=_STATISTICS[method],
        remark=_remark(search),
    )


def couplings_as_limit(
    search: KaonPeakSearch, edges: CouplingEdges, model: str, cl: float, method: str, is_data: bool
) -> PublishedLimit | None:
    """All couplings of a model above the lower edges; None without any. is_data: as of `peak_as_limit`."""
    pieces = tuple(_pieces(edges.mass_gev, edges.lower))
    if not pieces:
        return None
    source = f"feebly kaon peaks: {search.file.title}; {portal_of(model).origin.source}"
    visible = search.file.visible
    return PublishedLimit(
        label=f"NA62 {_signs(search.file.title.split(', NA62')[0])}{'' if is_data else ' (expected)'}",
        coupling=MODELS[model]().coupling_name,
        pieces=pieces,
        origin=Origin("derived", source),
        cl=cl,
        kind="observed" if is_data else "projection",
        region="above",
        experiment=search.experiment.name,
        model=model,
        statistic=_STATISTICS[method],
        remark="" if visible is None else f"lifetimes: {visible.reach_ps.origin}",
    )


def _signs(decay: str) -> str:
    """``K⁺ → e⁺ N`` of ``K+ -> e+ N``."""
    return " ".join(_SIGNS.get(word, word) for word in decay.replace("gamma gamma", "γγ").split())


def _remark(search: KaonPeakSearch) -> str:
    """For which lifetimes the limit holds, and where its scale is from."""
    known, least = search.file.normalisation, search.file.lifetime_above_ns
    words = [] if least is None else [f"for lifetimes above {least:g} ns, at which X leaves the detector"]
    if isinstance(known, CountedDecays):
        words.append(f"{known.number.value:.3g} decays of the {search.file.parent}: {known.number.origin}")
    return "; ".join(words)


def _pieces(mass_gev: FloatArray, values: FloatArray) -> Iterator[LimitPiece]:
    """Runs of at least two neighbours with a limit."""
    good = np.isfinite(values) & (values > 0) & (values <= 1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], good.astype(int), [0]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start > 1:
            yield LimitPiece(mass_gev[start:end], values[start:end])

"""Words of an overlay figure: what its runs share, and the caption with the sources of its limits."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from feebly.publish.limit_files import PublishedLimit
from feebly.report.caption import OBSERVED_LINES
from feebly.report.overlay_plot_layers import Overlay

PROJECTION = r"$\mathbf{PROJECTION}$"


def common_facts(overlay: Overlay) -> Iterator[str]:
    """What all runs share, in lines of at most two facts."""
    if not overlay.runs:
        return
    facts = [run.facts for run in overlay.runs]
    shared = {key: facts[0][key] for key in facts[0] if len({fact[key] for fact in facts}) == 1}
    if all(run.projection for run in overlay.runs):
        yield PROJECTION
    for keys in (("analysis", "pot"), ("cl", "convention"), ("channels",), ("preset",)):
        if line := ", ".join(shared[key] for key in keys if key in shared).removesuffix(" (projection)"):
            yield from wrap(line, 34, break_on_hyphens=False)


def overlay_caption(overlay: Overlay) -> str:
    """Of each run POT, CL, convention and preset; of each limit what it is and where it is from."""
    return " ".join(_sentences(overlay)).replace(" GeV", "\u00a0GeV")


def _sentences(overlay: Overlay) -> Iterator[str]:
    if len(overlay.runs) == 1:
        caption = str(overlay.runs[0].content["caption"])
        # of parts of a run, the expected limit is not drawn
        yield (
            caption
            if any(layer.kind == "expected" for layer in overlay.layers)
            else caption.removeprefix(f"{OBSERVED_LINES} ")
        )
    else:
        yield from _run_sentences(overlay)
    if any(layer.key.startswith("limit") for layer in overlay.layers):
        filled = [limit for limit in overlay.limits if limit.kind == "observed"]
        yield "Grey: published limits." if filled else "Grey lines: expected limits and projections."
        yield from (f"{_limit_sentence(limit)}." for limit in overlay.limits)
    yield from overlay.notes


def _run_sentences(overlay: Overlay) -> Iterator[str]:
    observed = [run for run in overlay.runs if not run.projection]
    if observed:
        yield "Solid: observed limits." + " Dashed: projections, nothing observed." * (
            len(observed) < len(overlay.runs)
        )
    elif overlay.runs:
        yield "Dashed: projections, nothing observed."
    labels = [layer.label for layer in overlay.layers if layer.key.startswith("run")]
    for label, run in zip(labels, overlay.runs, strict=False):
        facts = run.facts
        words = (facts[key] for key in ("analysis", "pot", "cl", "convention", "channels", "preset"))
        yield f"{label}: {', '.join(word for word in words if word not in label)}."
    edges = [curve.on_edge for layer in overlay.layers for curve in layer.curves if curve.on_edge is not None]
    if any(edge.any() for edge in edges):
        yield "Dotted: edge of the grid, the contour goes on beyond it."


def _limit_sentence(limit: PublishedLimit) -> str:
    source = ", ".join(filter(None, [limit.arxiv and f"arXiv:{limit.arxiv}", limit.doi, limit.figure]))
    kind = "" if limit.kind == "observed" else f"{limit.kind}, "
    side = "all above the line, " if limit.region == "above" else ""
    what = f"{limit.label}: {kind}{side}{100 * limit.cl:g}% CL"
    return f"{what}, {source or limit.origin.source} ({limit.origin.kind})"

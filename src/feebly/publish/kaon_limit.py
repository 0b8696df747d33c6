"""Couplings that a search in kaon decays excludes, in the format of published limits."""

from __future__ import annotations

from feebly.core.provenance import Origin
from feebly.kaon.invisible import InvisibleSearch
from feebly.kaon.portals import CouplingEdges, portal_of
from feebly.physics.models.registry import MODELS
from feebly.publish.limit_files.published_limit import LimitPiece, PublishedLimit
from feebly.report.kaon_invisible_report import coupling_outlines


def edges_as_limit(
    search: InvisibleSearch, edges: CouplingEdges, model: str, cl: float
) -> PublishedLimit | None:
    """A projection with a closed piece for each region of the missing mass; None if nothing is excluded."""
    pieces = tuple(LimitPiece(mass, coupling) for mass, coupling in coupling_outlines(search, edges))
    if not pieces:
        return None
    return PublishedLimit(
        label="NA62 K+ (expected)",
        coupling=MODELS[model]().coupling_name,
        pieces=pieces,
        origin=Origin(
            "derived", f"feebly kaon invisible: {search.file.title}; {portal_of(model).origin.source}"
        ),
        cl=cl,
        kind="projection",
        experiment=search.experiment.name,
        model=model,
        statistic="cls-counting",
        remark="expected with the known background at its mean; window counting",
    )

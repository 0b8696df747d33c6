"""Couplings that searches in kaon decays exclude, in the format of published limits."""

from __future__ import annotations

from feebly.core.provenance import Origin
from feebly.kaon.invisible_scan import InvisibleScan
from feebly.kaon.portals import CouplingEdges, portal_of
from feebly.physics.models.registry import MODELS
from feebly.publish.limit_files.published_limit import LimitPiece, PublishedLimit
from feebly.report.kaon_invisible_report import coupling_outlines


def edges_as_limit(
    scan: InvisibleScan, edges: CouplingEdges, model: str, cl: float, is_data: bool = False
) -> PublishedLimit | None:
    """A closed piece for each range of masses without a gap; None if nothing is excluded.

    is_data: the limits are observed, else they are expected ones and a projection.
    """
    pieces = tuple(LimitPiece(mass, coupling) for mass, coupling in coupling_outlines(scan, edges))
    if not pieces:
        return None
    return PublishedLimit(
        label="NA62 K⁺ → π⁺X" if is_data else "NA62 K⁺ → π⁺X (expected)",
        coupling=MODELS[model]().coupling_name,
        pieces=pieces,
        origin=Origin("derived", f"feebly kaon invisible: {scan.title}; {portal_of(model).origin.source}"),
        cl=cl,
        kind="observed" if is_data else "projection",
        experiment=scan.searches[0].experiment.name,
        model=model,
        statistic="cls-counting",
        remark=f"{'' if is_data else 'expected with the background at its mean; '}window counting",
    )

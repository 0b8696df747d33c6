"""A counting model as a background-only HistFactory workspace, and its signals as JSON patches.

One channel of one bin for each region; the signal strength ``mu`` multiplies the signal of a point. Schemas:
those of pyhf 0.7, version 1.0.0.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from feebly.publish.pyhf_files.constraints import SIGMAS, Json, Sample, background_samples
from feebly.statistics.quadrature import lognormal_width
from feebly.statistics.regions.model import CountingModel, Region

VERSION = "1.0.0"
POI = "mu"
NO_RECORD = "ins0000000"
"""Stands for the INSPIRE number that pyhf's schema demands, where there is no record yet."""

_MOST_MU = 20.0  # bound of mu where the point is near the limit


def region_samples(model: CountingModel) -> dict[str, tuple[Sample, ...]]:
    """Samples of the backgrounds by region."""
    return {region.name: background_samples(region.background, region.name) for region in model.regions}


def background_workspace(model: CountingModel, measurement: str) -> Json:
    """The workspace without signal; ``measurement`` is the name of its one measurement."""
    samples = region_samples(model)
    constrained = [p for parts in samples.values() for part in parts for p in part.parameters]
    errors = {nuisance.name for region in model.regions for nuisance in region.signal_nuisances}
    shared = [{"name": name, "bounds": [[-SIGMAS, SIGMAS]], "inits": [0.0]} for name in sorted(errors)]
    return {
        "channels": [
            {"name": name, "samples": [part.spec for part in parts]} for name, parts in samples.items()
        ],
        "observations": [
            {"name": region.name, "data": [count]}
            for region, count in zip(model.regions, model.observed, strict=True)
        ],
        "measurements": [
            {
                "name": measurement,
                "config": {
                    "poi": POI,
                    "parameters": [_mu_parameter(_MOST_MU), *constrained, *shared],
                },
            }
        ],
        "version": VERSION,
    }


def _mu_parameter(most: float) -> Json:
    return {"name": POI, "bounds": [[0.0, most]], "inits": [1.0]}


def signal_sample(region: Region) -> Json:
    """Signal at mu = 1 with the log-normal errors of mean 1; exact with normsys code1."""
    modifiers: list[Json] = [{"name": POI, "type": "normfactor", "data": None}]
    median = region.signal
    for nuisance in region.signal_nuisances:
        width = lognormal_width(nuisance.sigma)
        median *= math.exp(-(width**2) / 2)
        bounds = {"lo": math.exp(-width), "hi": math.exp(width)}
        modifiers.append({"name": nuisance.name, "type": "normsys", "data": bounds})
    return {"name": "signal", "data": [median], "modifiers": modifiers}


def point_patch(base: CountingModel, point: CountingModel, mu_needed: float) -> list[Json]:
    """Operations that turn the workspace of ``base`` into that of one point.

    The regions of ``point`` are open there, with its signals and counts; others keep their background alone.
    mu_needed: where the limit is, in multiples of the signal.
    """
    places = {region.name: k for k, region in enumerate(base.regions)}
    operations: list[Json] = []
    for region, count in zip(point.regions, point.observed, strict=True):
        place = places[region.name]
        path = f"/channels/{place}/samples/-"
        operations.append({"op": "add", "path": path, "value": signal_sample(region)})
        if count != base.observed[place]:
            path = f"/observations/{place}/data/0"
            operations.append({"op": "replace", "path": path, "value": count})
    if 5 * mu_needed > _MOST_MU:
        path = "/measurements/0/config/parameters/0"
        operations.append({"op": "replace", "path": path, "value": _mu_parameter(10 * mu_needed)})
    return operations


def patch_set(
    workspace: Json,
    patches: Sequence[tuple[Mapping[str, Any], list[Json]]],
    labels: Sequence[str],
    description: str,
    reference: str = NO_RECORD,
    more: Mapping[str, Any] | None = None,
) -> Json:
    """The patch set of a workspace: (metadata, operations) of each point; more: further metadata."""
    return {
        "metadata": {
            "name": re.sub(r"\W+", "_", description.split(";")[0]),
            "description": description,
            "labels": [re.sub(r"\W+", "_", label) for label in labels],
            "references": {"hepdata": reference},
            "digests": {"sha256": workspace_digest(workspace)},
            **(more or {}),
        },
        "patches": [{"metadata": dict(about), "patch": operations} for about, operations in patches],
        "version": VERSION,
    }


def workspace_digest(workspace: Json) -> str:
    """SHA-256 as ``pyhf.utils.digest`` has it: sorted keys, UTF-8."""
    return hashlib.sha256(json.dumps(workspace, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

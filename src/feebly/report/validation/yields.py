"""Expected events per production mode against ``pilot_yields.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np

from feebly.core.errors import DataError
from feebly.core.interfaces import ProductionChannel
from feebly.engine.histogram import laplace
from feebly.engine.sampler import MassSample
from feebly.physics.production.mixing import VECTOR_MESONS, Mixing
from feebly.physics.production.presets import preset, production_channels
from feebly.physics.spectra.library import DEFAULT_SOURCE, load_spectrum
from feebly.report.validation.plan import YieldReference
from feebly.report.validation.references import find_reference, why_missing
from feebly.report.validation.rows import Row
from feebly.report.validation.sampling import Sampling, one_mass

_GROUP = "yields per production mode"
_SPECTRA = ("pythia", "bmpt")
"""Last part of the name of an entry: the source of its meson spectrum."""
_THETA = "theta"
"""Last part of the name of an entry of mixing with the weight |theta_V|^2."""
_UNKNOWN = "no such production"


def yield_rows(reference: YieldReference, sampling: Sampling, folder: Path | None) -> Iterator[Row]:
    """One row per entry; those of a production that the package does not have are skipped."""
    path = find_reference(folder, reference.file)
    if path is None:
        yield Row(_GROUP, "all modes", skipped=why_missing(folder, reference.file))
        return
    channels: dict[str, ProductionChannel] = {
        channel.tag: channel for channel in production_channels(preset("current"))
    }
    channels |= {f"{tag}-{_THETA}": Mixing(tag, weight_kind=_THETA) for tag in VECTOR_MESONS}

    @cache
    def sample(tag: str, source: str, final_state: str, mass_gev: float) -> MassSample:
        state = sampling.analysis.final_state(final_state)
        return one_mass(sampling.setup(channels[tag], state, source), mass_gev)

    for point in read_points(path):
        for entry, value in point["yields"].items():
            name = f"{point['channel']} {point['mass_gev']:g} GeV, {point['eps']:g}: {entry}"
            tag, source = mode_and_source(entry)
            channel = channels.get(tag)
            if channel is None:
                yield Row(_GROUP, name, skipped=_UNKNOWN)
                continue
            made = sample(tag, source, point["channel"], point["mass_gev"])
            own, error = expected_events(point, channel, source, made)
            yield Row(_GROUP, name, own, value["n"], tolerance(entry, value, reference, error))


def read_points(path: Path) -> list[dict[str, Any]]:
    """Points of the file; DataError if it is not what it should be."""
    try:
        points = json.loads(path.read_text(encoding="utf-8"))["points"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise DataError(f"{path}: expected JSON with a list 'points' ({error})") from error
    return list(points)


def mode_and_source(entry: str) -> tuple[str, str]:
    """Production tag and source of the spectrum: ``("omega-pi0", "bmpt")`` of ``omega_pi0_bmpt``."""
    mode, _, last = entry.rpartition("_")
    known = last in _SPECTRA
    return (mode if known else entry).replace("_", "-"), last if known else DEFAULT_SOURCE


def expected_events(
    point: Mapping[str, Any], channel: ProductionChannel, source: str, sample: MassSample
) -> tuple[float, float]:
    """Own events at the coupling, lifetime, branching ratio and POT of the point, and their relative error.

    Meson weight 1.
    """
    mass = point["mass_gev"]
    (per_unit,), (error,) = laplace(sample.histogram[0], np.array([point["ctau_m"] / mass]))
    multiplicity = load_spectrum(channel.parent, source).multiplicity if channel.parent else None
    rate = float(channel.rate(mass, point["eps"], multiplicity))
    return float(per_unit * rate * point["pot"] * point["branching_ratio"]), float(error / per_unit)


def tolerance(
    entry: str, value: Mapping[str, Any], reference: YieldReference, own_error: float = 0.0
) -> float:
    """Relative tolerance, with three times the Monte Carlo errors of the entry and of the own sample."""
    last = entry.rpartition("_")[2]
    mesons = reference.tolerance_mesons
    own = {"pythia": mesons, "bmpt": reference.tolerance_bmpt, _THETA: mesons}
    model = own.get(last, reference.tolerance_brems)
    error = value["mc_error"]
    relative = reference.error_not_evaluated if error is None else error / value["n"]
    return hypot(model, 3 * relative, 3 * own_error)

"""The regions of a run and points of its grid as ``workspace.json`` and ``patchset.json`` of pyhf."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import ConfigError, DataError
from feebly.core.tables import plain, write_atomically
from feebly.publish.pyhf_files.asymptotics import AsymptoticWarning, asymptotic_warning
from feebly.publish.pyhf_files.constraints import MODIFIER_SETTINGS, Json
from feebly.publish.pyhf_files.workspace import (
    NO_RECORD,
    background_workspace,
    patch_set,
    point_patch,
    region_samples,
)
from feebly.report.saved_grid import SavedGrid
from feebly.statistics import CountingModel, Nuisance, Region, Sum
from feebly.statistics.backgrounds import SHAPES, Background, Fixed
from feebly.statistics.counting import count_quantiles

WORKSPACE, PATCHES = "workspace.json", "patchset.json"
MOST_POINTS = 500
NEAR = 10.0
"""Points whose yield is within this factor of the limit are patches unless all are asked for."""

_SIGNAL_ERROR = "signal_error"
_DENSITIES = {density.__name__: density for density in SHAPES.values()}


@dataclass(frozen=True, slots=True)
class PyhfExport:
    """Workspace, patch set, and what the reader must know: lines of warning."""

    workspace: Json
    patches: Json
    warnings: tuple[str, ...]

    def write(self, folder: str | Path) -> tuple[Path, Path]:
        """Both files into ``folder`` (made if need be)."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in ((WORKSPACE, self.workspace), (PATCHES, self.patches)):
            text = json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False)
            write_atomically(folder / name, text + "\n")
        return folder / WORKSPACE, folder / PATCHES


def export_pyhf(grid: SavedGrid, points: int | None = MOST_POINTS, reference: str = NO_RECORD) -> PyhfExport:
    """Workspace and patch set of a run.

    points: at most so many points nearest to the limit, or None for all with a signal. reference: INSPIRE
    number of the HEPData record (``ins`` and seven digits). ConfigError for a wrong one, DataError where no
    point has a signal.
    """
    if not re.fullmatch(r"ins\d{7}", reference):
        raise ConfigError(f"reference {reference!r}: expected ins and seven digits, such as ins2650208")
    base = counting_model(grid)
    cells = selected(grid, points)
    if not len(cells):
        raise DataError(
            f"{grid.folder}: no point of the grid has a signal within a factor {NEAR:g} of the limit"
        )
    cautions = asymptotic_warnings(grid, cells)
    setting = grid.content["setting"]
    title = f"{grid.content['model']} at {setting['analysis']}"
    workspace = background_workspace(base, f"{title}; {cautions[0]}; use toys or feebly")
    statements = {
        part.spec["name"]: part.statement for parts in region_samples(base).values() for part in parts
    }
    inexact = [f"{name}: {words}" for name, words in statements.items() if words.startswith("not exact")]
    missing = ["no INSPIRE number: patchset.json names ins0000000"] if reference == NO_RECORD else []
    about = {
        "warnings": [*map(str, cautions), *inexact],
        "constraints": statements,
        "modifier_settings": MODIFIER_SETTINGS,
        "run": _run_facts(grid),
        "points": f"{len(cells)} of {grid.total.size} points of the grid",
    }
    labels = "mass_GeV", str(grid.content["coupling"])
    patches = [_patch(grid, base, int(i), int(j)) for i, j in cells]
    description = f"{title}; signal of the points of the grid, {setting['pot']:g} POT; {cautions[0]}"
    return PyhfExport(
        workspace,
        patch_set(workspace, patches, labels, description, reference, about),
        (*map(str, cautions[:1]), *inexact, *missing),
    )


def counting_model(grid: SavedGrid) -> CountingModel:
    """The signal regions of a run with all their counts and no signal; medians under b of a projection."""
    regions = []
    for tag, row in grid.content["counting"].items():
        density = _density(grid, tag, row["background"])
        n = row["observed"]
        regions.append(Region(tag, _median(density) if n is None else n, density, 0.0, _errors(grid)))
    return CountingModel(tuple(regions))


def _density(grid: SavedGrid, tag: str, row: Json) -> Background:
    kind, parameters = row["posterior"], dict(row["parameters"])
    if kind not in _DENSITIES:
        raise DataError(f"{grid.folder}: background of {tag}: unknown density {kind!r}; make the run again")
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in parameters.items()}
    density: Background = _DENSITIES[kind](**values)
    return Fixed(density.mean) if parameters.get("sigma") == 0 else density


def _errors(grid: SavedGrid) -> tuple[Nuisance, ...]:
    error = grid.content["setting"]["signal_error"]
    return (Nuisance(_SIGNAL_ERROR, error),) if error else ()


def _median(density: Background) -> int:
    return count_quantiles(density, sigmas=(0.0,))[0]


def selected(grid: SavedGrid, points: int | None) -> NDArray[np.int64]:
    """Indices (points, 2) of mass and coupling, in the order of the grid."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.abs(np.log(grid.total / grid.s_up[:, None]))
    usable = np.isfinite(distance)
    if points is None:
        return np.argwhere(usable)
    near = np.where(usable & (distance <= np.log(NEAR)), distance, np.inf)
    order = np.argsort(near, axis=None, kind="stable")[:points]
    kept = np.sort(order[np.isfinite(near.ravel()[order])])
    return np.stack(np.unravel_index(kept, near.shape), axis=1)


def point_model(grid: SavedGrid, base: CountingModel, i: int, j: int) -> CountingModel:
    """The regions that are open at a point, with its signals and counts."""
    observed = grid.group("observed")
    regions = []
    for region in base.regions:
        events = grid.yields[region.name][i]
        if events.any():
            n = int(observed[region.name][i]) if observed else region.observed
            regions.append(
                Region(region.name, n, region.background, float(events[j]), region.signal_nuisances)
            )
    return CountingModel(tuple(regions))


def _patch(grid: SavedGrid, base: CountingModel, i: int, j: int) -> tuple[Json, list[Json]]:
    mass, coupling, total = (float(v) for v in (grid.mass_gev[i], grid.coupling[j], grid.total[i, j]))
    about = {
        "name": f"point_{i}_{j}",
        "values": [mass, coupling],
        "relative_mc_error": float(grid.arrays["mc_error"][i, j]),
    }
    return about, point_patch(base, point_model(grid, base, i, j), float(grid.s_up[i]) / total)


def asymptotic_warnings(grid: SavedGrid, cells: NDArray[np.int64]) -> list[AsymptoticWarning]:
    """What asymptotic CLs would give for the total count, for each outcome of the run; commonest first."""
    base, setting = counting_model(grid), grid.content["setting"]

    def outcomes() -> Iterator[tuple[tuple[str, ...], int]]:
        for i, j in cells:
            model = point_model(grid, base, int(i), int(j))
            yield tuple(region.name for region in model.regions), sum(model.observed)

    distinct = [outcome for outcome, _ in Counter(outcomes()).most_common()]
    densities = {region.name: region.background for region in base.regions}
    return [
        asymptotic_warning(
            n, Sum(tuple(densities[tag] for tag in tags)), setting["cl"], setting["signal_error"]
        )
        for tags, n in distinct
    ]


def _run_facts(grid: SavedGrid) -> dict[str, Any]:
    content, setting = grid.content, grid.content["setting"]
    taken = ("experiment", "analysis", "pot", "projection", "cl", "convention", "ordering", "signal_error")
    return {
        "summary": content["summary"],
        **{name: setting[name] for name in taken},
        "preset": content["preset"]["name"],
        "observations": "medians under the background" if setting["projection"] else "observed counts",
        "limit of the run": "on the total count of the regions"
        if setting["ordering"] == "total-count"
        else "ordered by the likelihood ratio of the regions",
        "feebly": content.get("provenance", {}).get("feebly"),
        "grid_h5_sha256": content["files"]["grid.h5"],
    }

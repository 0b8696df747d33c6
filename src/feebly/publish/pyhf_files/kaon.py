"""Counting searches in kaon decays as HistFactory workspaces: one region, its limit at mu = 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feebly.core.errors import DataError
from feebly.core.tables import plain, write_atomically
from feebly.publish.pyhf_files.asymptotics import asymptotic_warning
from feebly.publish.pyhf_files.constraints import Json
from feebly.publish.pyhf_files.workspace import background_workspace, signal_sample
from feebly.report.kaon_saved import SavedKaon
from feebly.statistics import CountingModel, Nuisance, Region
from feebly.statistics.backgrounds import as_background
from feebly.statistics.counting import count_quantiles


@dataclass(frozen=True, slots=True)
class KaonWorkspaces:
    """Workspaces by name of their search, and lines of warning."""

    workspaces: Mapping[str, Json]
    warnings: tuple[str, ...]

    def write(self, folder: str | Path) -> tuple[Path, ...]:
        """Each into ``NAME.json`` in ``folder`` (made if need be)."""
        import json

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, content in self.workspaces.items():
            paths.append(folder / f"{Path(name).stem}.json")
            text = json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False)
            write_atomically(paths[-1], f"{text}\n")
        return tuple(paths)


def export_kaon_pyhf(saved: SavedKaon) -> KaonWorkspaces:
    """A workspace for each search of ``feebly kaon limit``.

    The signal at mu = 1 is that of the limit on the branching ratio. Errors of b and of the sensitivity are
    parts of it where the limits used them. Raises DataError for other results.
    """
    if saved.kind != "kaon limit":
        raise DataError(
            f"{saved.name}: a workspace holds one count, feebly {saved.kind} has many that share events: "
            "expected a result of feebly kaon limit; take --to csv, or feebly hepdata export"
        )
    searches = saved.content["found"]["searches"]
    found = [_workspace(saved, k, search) for k, search in enumerate(searches)]
    return KaonWorkspaces(
        {search["name"]: made for search, (made, _) in zip(searches, found, strict=True)},
        tuple(f"{search['name']}: {said}" for search, (_, said) in zip(searches, found, strict=True)),
    )


def _workspace(saved: SavedKaon, k: int, search: Mapping[str, Any]) -> tuple[Json, str]:
    setting = saved.content["setting"]
    sigma = saved.rows["sigma_b"][k] if setting["background_error"] else None
    background = as_background(search["b"], sigma)
    n = count_quantiles(background, sigmas=(0.0,))[0] if search["n"] is None else search["n"]
    region = Region("signal_region", n, background, search["events"], tuple(_errors(setting, search)))
    caution = asymptotic_warning(n, background, search["cl"])
    counted = "the median under the background" if search["n"] is None else "observed"
    words = (
        f"{search['decay']}; mu = 1: branching ratio {search['branching_ratio']:.6g}, the limit at "
        f"{100 * search['cl']:g}% CL ({search['convention']}); n: {counted}; {caution}; use toys or feebly"
    )
    made = background_workspace(CountingModel((region,)), words)
    made["channels"][0]["samples"].append(signal_sample(region))
    return made, str(caution)


def _errors(setting: Mapping[str, Any], search: Mapping[str, Any]) -> Iterator[Nuisance]:
    error = search["sensitivity"]["relative_error"]
    if setting["ses_error"] and error:
        yield Nuisance("sensitivity", error)

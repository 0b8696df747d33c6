"""The rows of a result of ``feebly kaon`` as one CSV table that says what its columns are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from feebly.core.tables import write_atomically
from feebly.report.kaon_folder import LIMITS
from feebly.report.kaon_saved import SavedKaon


def write_kaon_csv(saved: SavedKaon, folder: str | Path) -> Path:
    """Write limits.csv with comment lines above its header into ``folder`` (made if need be)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    head = "".join(f"# {line}\n" for line in _lines(saved))
    write_atomically(folder / LIMITS, f"{head}{saved.table}")
    return folder / LIMITS


def _lines(saved: SavedKaon) -> Iterator[str]:
    content, setting, made = saved.content, saved.content["setting"], saved.content["provenance"]
    yield f"feebly {saved.kind}: {content['title']}; {content['summary']}"
    yield f"limits: {100 * setting['cl']:g}% CL, {setting['convention']}; data: {setting['data']}"
    yield f"made with feebly {made['feebly']}, {made['date_utc']}"
    yield f"{LIMITS} SHA-256 {content['files'][LIMITS]}"
    for name, each in content["limits"]["columns"].items():
        unit = f" [{each['unit']}]" if each["unit"] not in ("", "1") else ""
        yield f"column {name}{unit}: {each['meaning']}"

"""Folders of small real runs, without figures and page: what is compared is in the other files."""

import json
from dataclasses import replace
from importlib.resources import files

import feebly
from feebly.report import run_folder
from feebly.report.run_folder import repeat_digest, write_run

SMALL = {
    "model": "dark-photon",
    "channels": ["mumu"],
    "production": ["brems"],
    "mass": (0.3, 0.6, 5),
    "coupling": (1e-8, 1e-4, 8),
    "precision": 0.5,
    "jobs": 1,
}


def small_run(cache, **changed):
    return feebly.run(cache_dir=cache, **(SMALL | changed))


def write(result, folder, monkeypatch, software=None):
    """The run folder; ``software`` replaces entries of the provenance."""
    made_with = run_folder.made_with

    def other_software(libraries, command):
        made = made_with(libraries, command)
        for name, version in (software or {}).items():
            (made["libraries"] if name in made["libraries"] else made)[name] = version
        return made

    with monkeypatch.context() as patch:
        without_figures(patch)
        patch.setattr(run_folder, "made_with", other_software)
        return write_run(result, folder)


def without_figures(patch):
    """Run folders are written without drawing: empty figures, no page."""
    patch.setattr(run_folder, "figure_bytes", lambda result, kind: b"")
    patch.setattr("feebly.report.html.page.write_report", lambda folder: None)


def moved(result, factor, **changes):
    """The result with all yields times a factor, as another program or sample would have found it."""
    scan = result.scan
    grid = replace(
        scan.grid,
        yields={tag: factor * events for tag, events in scan.grid.yields.items()},
        by_channel={tag: factor * events for tag, events in scan.grid.by_channel.items()},
    )
    pieces = tuple(replace(piece, coupling=piece.coupling * factor**-0.25) for piece in scan.pieces)
    return replace(result, scan=replace(scan, grid=grid, pieces=pieces), **changes)


def edited(folder, change, sign=True):
    """The folder with a changed result.json, signed as feebly would sign it."""
    path = folder / "result.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    if sign:
        content["repeat"]["sha256"] = repeat_digest(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return folder


def own_file(kind, folder, *changes):
    """A copy of a shipped na62-dump-2021 file with texts replaced; each must be there."""
    text = files("feebly").joinpath(f"data/{kind}/na62-dump-2021.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path

"""A run folder as one zip with a manifest: RO-Crate 1.1, with the user's files that the run used.

The manifest is plain JSON-LD (https://w3id.org/ro/crate/1.1). ``sha256`` is a term of schema.org that the
context of RO-Crate 1.1 lacks: the manifest declares it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from feebly.core.archives import write_zip
from feebly.core.errors import ConfigError, DataError
from feebly.report.kaon_saved import is_kaon_result, read_kaon_result
from feebly.report.run_difference import read_kept
from feebly.report.saved_run import PACKED, read_any_result, read_run
from feebly.workflow.named_files import with_named_files
from feebly.workflow.repeat import SavedRun

MANIFEST = "ro-crate-metadata.json"
VERSION = "https://w3id.org/ro/crate/1.1"

_FORMATS = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".h5": "application/x-hdf5",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".bib": "text/x-bibtex",
    ".toml": "application/toml",
}
_MEANINGS = {
    "result.json": "inputs, options, provenance and summary of the run",
    "limits.csv": "limits by mass or search",
    "limit.csv": "excluded values as a limit file of feebly",
    "contours.csv": "exclusion contours: closed pieces in mass and coupling",
    "grid.h5": "signal yields and limits on the grid of masses and couplings",
    "plot.png": "figure of the exclusion",
    "plot.pdf": "figure of the exclusion",
    "report.html": "the result as a page",
    "refs.bib": "references of what the run used",
}
_DOES = {"run": "from the proton on target to the exclusion contour"}
_OF_KAONS = "a search in kaon decays, from its numbers to limits"
_ALSO = ("report.html", "refs.bib")  # may be made after the run
_ORCID = re.compile(r"(?:https://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")


@dataclass(frozen=True, slots=True)
class Author:
    """A person, and the ORCID iD where there is one."""

    name: str
    orcid: str | None = None

    @classmethod
    def parse(cls, text: str) -> Author:
        """``NAME`` or ``NAME, ORCID``; ConfigError for an empty name or an ORCID with a wrong check digit."""
        name, comma, orcid = text.rpartition(",")
        found = _ORCID.fullmatch(orcid.strip())
        if not found:
            name, comma = text, ""
        if not name.strip() or (comma and found and not _is_orcid(found[1])):
            raise ConfigError(f'author "{text}": expected NAME or NAME, ORCID such as 0000-0002-1825-0097')
        return cls(name.strip(), found[1] if found else None)

    @property
    def entity(self) -> dict[str, Any]:
        identity = f"https://orcid.org/{self.orcid}" if self.orcid else f"#{quote(self.name, safe='')}"
        return {"@id": identity, "@type": "Person", "name": self.name}


def _is_orcid(text: str) -> bool:
    """Check digit of ISO 7064 mod 11-2."""
    digits = text.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2 % 11
    return "0123456789X"[(12 - total) % 11] == digits[-1]


def write_crate(
    folder: str | Path,
    out: str | Path,
    license_id: str | None = None,
    authors: Sequence[Author] = (),
    name: str | None = None,
) -> tuple[str, ...]:
    """Zip a run folder with its manifest and the user's files that it used; the names of the files in it.

    A folder of ``feebly kaon`` too; blinded data, which were not read, stay where they are.

    license_id: SPDX identifier or URL. name: of the run, for messages. The same run gives the same bytes: the
    date is that of the run. DataError where a file of the run or of the user is gone or has changed, and
    where the packed files are not all that the run needs.
    """
    folder = Path(folder)
    licence = None if license_id is None else _license(license_id)
    saved = (_kaon if is_kaon_result(folder) else _run)(folder, name)
    files = _outputs(folder) | _inputs(saved)
    if not is_kaon_result(folder):
        _require_complete(saved, files)
    manifest = _manifest(read_any_result(folder), files, licence, authors)
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_zip(out, {MANIFEST: text.encode()} | files)
    return (MANIFEST, *files)


def _run(folder: Path, name: str | None) -> SavedRun:
    kept = read_kept(folder, name)
    _require_whole(kept.name, (*kept.damaged, *kept.missing))
    return replace(read_run(folder), name=kept.name)


def _kaon(folder: Path, name: str | None) -> SavedRun:
    kept = read_kaon_result(folder, name)
    _require_whole(kept.name, kept.damaged)
    return kept.repeat()


def _require_whole(name: str, changed: Sequence[str]) -> None:
    if changed:
        raise DataError(f"{name}: {', '.join(changed)}: gone, or not what feebly wrote; make the run again")


def _outputs(folder: Path) -> dict[str, bytes]:
    """What feebly wrote; other files in the folder stay where they are."""
    names = ["result.json", *read_any_result(folder)["files"], *_ALSO]
    return {file: (folder / file).read_bytes() for file in dict.fromkeys(names) if (folder / file).is_file()}


def _inputs(saved: SavedRun) -> dict[str, bytes]:
    """Files that the run was given and those that they name, as they lie to each other, by argument."""
    packed = {}
    for argument, given in saved.all_files():
        paths = with_named_files(given)
        top = Path(os.path.commonpath([path.parent for path in paths]))
        for path in paths:
            packed[f"{PACKED}/{argument}/{path.relative_to(top).as_posix()}"] = path.read_bytes()
    return packed


def _require_complete(saved: SavedRun, files: Mapping[str, bytes]) -> None:
    """DataError unless the run made from the packed files has the inputs of the run made here."""
    given = {name: content for name, content in files.items() if name.startswith(f"{PACKED}/")}
    if not given or saved.arguments["model"] is None:
        return
    here = saved.inputs_today()
    with tempfile.TemporaryDirectory(prefix="feebly-pack-") as scratch:
        for name, content in given.items():
            path = Path(scratch) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        elsewhere = replace(saved, packed=Path(scratch) / PACKED)
        if elsewhere.inputs_today() != here:
            raise DataError(
                f"{saved.name}: its files have other inputs when they are moved; name them relatively"
            )


# --- the manifest -------------------------------------------------------------------------------------


def _manifest(
    content: Mapping[str, Any],
    files: Mapping[str, bytes],
    licence: dict[str, Any] | None,
    authors: Sequence[Author],
) -> dict[str, Any]:
    made = content["provenance"]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": content.get("title") or _name(content),
        "description": content["summary"],
        "datePublished": made["date_utc"],
        "hasPart": [_reference(_identity(name)) for name in files],
        "mentions": _reference("#run"),
    }
    more: list[dict[str, Any]] = []
    if licence is not None:
        more.append(licence)
        root["license"] = _reference(more[-1]["@id"])
    if authors:
        people = [author.entity for author in authors]
        more.extend(people)
        root["author"] = _one_or_all([_reference(person["@id"]) for person in people])
    descriptor = {
        "@id": MANIFEST,
        "@type": "CreativeWork",
        "conformsTo": _reference(VERSION),
        "about": _reference("./"),
    }
    graph = [descriptor, root, *_file_entities(files), *_action(content, files), *_software(made), *more]
    return {"@context": [f"{VERSION}/context", {"sha256": "https://schema.org/sha256"}], "@graph": graph}


def _name(content: Mapping[str, Any]) -> str:
    return f"feebly run of {content['model']} with {content['setting']['analysis']}"


def _one_or_all(values: list[dict[str, str]]) -> Any:
    """A list of one is written as the one: compacted JSON-LD."""
    return values[0] if len(values) == 1 else values


def _reference(identity: str) -> dict[str, str]:
    return {"@id": identity}


def _identity(name: str) -> str:
    """A path as a relative URI."""
    return quote(name)


def _license(license_id: str) -> dict[str, Any]:
    is_url = license_id.startswith(("https://", "http://"))
    if not is_url and not re.fullmatch(r"[A-Za-z0-9.+-]+", license_id):
        raise ConfigError(f'license "{license_id}": expected an SPDX identifier such as CC-BY-4.0, or a URL')
    identity = license_id if is_url else f"https://spdx.org/licenses/{license_id}"
    return {"@id": identity, "@type": "CreativeWork", "name": license_id}


def _file_entities(files: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    for name, content in files.items():
        of_user = name.startswith(f"{PACKED}/")
        yield {
            "@id": _identity(name),
            "@type": "File",
            "name": Path(name).name,
            "description": f"{name.split('/')[1]} of the user"
            if of_user
            else _MEANINGS.get(name, "of the run"),
            "encodingFormat": _FORMATS.get(Path(name).suffix, "text/plain"),
            "contentSize": str(len(content)),
            "sha256": hashlib.sha256(content).hexdigest(),
        }


def _action(content: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    """The run: what it was given, what it made, with which program."""
    arguments = {key: value for key, value in content["repeat"]["arguments"].items() if value is not None}
    given = [f"#argument-{name}" for name in arguments] + [name for name in files if name.startswith(PACKED)]
    yield {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"feebly {content.get('kind', 'run')}",
        "description": f"{_DOES.get(content.get('kind', 'run'), _OF_KAONS)}; feebly replay makes it again",
        "endTime": content["provenance"]["date_utc"],
        "instrument": _reference("#feebly"),
        "object": [_reference(name if name[0] == "#" else _identity(name)) for name in given],
        "result": [_reference(_identity(name)) for name in files if not name.startswith(PACKED)],
    }
    for name, value in arguments.items():
        value = _without_folders(value)
        written = value if isinstance(value, str | int | float) else json.dumps(value)
        yield {"@id": f"#argument-{name}", "@type": "PropertyValue", "name": name, "value": written}


def _without_folders(value: Any) -> Any:
    """Files of the user by their names."""
    if isinstance(value, list):
        return [_without_folders(item) for item in value]
    if isinstance(value, dict) and "sha256" in value:
        return {"file": Path(value["file"]).name, "sha256": value["sha256"]}
    return value


def _software(made: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    needed = {"Python": made["python"]} | made["libraries"]
    yield {
        "@id": "#feebly",
        "@type": "SoftwareApplication",
        "name": "feebly",
        "version": made["feebly"],
        "operatingSystem": made["platform"],
        "softwareRequirements": [_reference(f"#{name}") for name in needed],
    }
    for name, version in needed.items():
        yield {"@id": f"#{name}", "@type": "SoftwareApplication", "name": name, "version": version}

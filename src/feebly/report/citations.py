"""BibTeX of what a result used: every paper, program and data set that the origins of its inputs name.

A source is text for people ("figure of 1811.03474 as in ALPINIST (2201.05170)"). It is searched for arXiv
numbers, DOIs and the names under which ``data/references.bib`` knows a record. A paper without a record is
cited by its number alone: nothing that was used is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from feebly.statistics.intervals.conventions import SOURCES

__all__ = ["Citation", "bibtex", "citations_of", "identifiers", "known_references"]

_ARXIV = r"(?:0[7-9]|[1-9]\d)(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z]+-[a-z]+/\d{7}|physics/\d{7}"
_IDENTIFIER = re.compile(
    rf"(?<![\w./])(?:arXiv:)?(?:({_ARXIV})(?:v\d+)?(?!\w)|(?:doi:)?(10\.\d{{4,9}}/[^\s;,]+))"
)
_RECORD = re.compile(r"^@(\w+)\{([^,\s]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},?$", re.MULTILINE)
_RANDOM_NUMBERS = "Philox, doi:10.1145/2063384.2063405"
_POSTERIORS = {"Interval": "two-piece normal of physics/0306138"}
_ASYMPTOTIC = {"cls-asymptotic": "A. L. Read, J. Phys. G 28 (2002) 2693; 1007.1727"}
_LIBRARIES = ("numpy", "scipy", "numba", "matplotlib")


@dataclass(frozen=True, slots=True)
class Citation:
    """One record: its key, type (``article``) and fields in BibTeX; used_for: inputs that name it."""

    key: str
    kind: str
    fields: Mapping[str, str]
    used_for: tuple[str, ...] = ()

    @property
    def link(self) -> str | None:
        """Address of the paper: its DOI, else its arXiv page; None where it has neither."""
        if "doi" in self.fields:
            return f"https://doi.org/{self.fields['doi']}"
        return f"https://arxiv.org/abs/{self.fields['eprint']}" if "eprint" in self.fields else None


def citations_of(content: Mapping[str, Any]) -> tuple[Citation, ...]:
    """What a result used, each record once, in the order of its inputs.

    content: of ``result.json``: inputs, setting, counting and the libraries of the provenance.
    """
    used: dict[str, Citation] = {}
    for name, text in _sources(content):
        for record in _named_in(text):
            before = used.get(record.key, record)
            uses = dict.fromkeys((*before.used_for, name))
            used[record.key] = replace(before, used_for=tuple(uses))
    versions = {"feebly": content["provenance"]["feebly"]} | content["provenance"]["libraries"]
    for name in ("feebly", *_LIBRARIES):
        record = _by_key()[name]
        fields = dict(record.fields) | {"note": f"version {versions[name]}"}
        used[name] = replace(record, fields=fields, used_for=("software",))
    return tuple(used.values())


def bibtex(citations: Iterable[Citation]) -> str:
    """The records as a .bib file; a comment above each says what it was used for."""
    return "\n".join(_entry(citation) for citation in citations)


def identifiers(text: str) -> tuple[str, ...]:
    """arXiv numbers and DOIs in a text, in its order."""
    found = (arxiv or _trimmed(doi) for arxiv, doi in _IDENTIFIER.findall(text))
    return tuple(dict.fromkeys(found))


def _trimmed(doi: str) -> str:
    """Without the full stop or the bracket of the sentence around it."""
    doi = doi.rstrip(".")
    return doi.removesuffix(")") if doi.count(")") > doi.count("(") else doi


@cache
def known_references() -> tuple[Citation, ...]:
    """The records of ``data/references.bib``."""
    text = files("feebly").joinpath("data/references.bib").read_text(encoding="utf-8")
    return tuple(Citation(key, kind, dict(_FIELD.findall(body))) for kind, key, body in _RECORD.findall(text))


def _sources(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What was used, and the text that says where it is from."""
    for record in content["inputs"]:
        origin = record["origin"]
        yield record["name"], f"{origin['source']}; {origin['calibrated_on'] or ''}"
    convention = content["setting"]["convention"]
    yield f"convention {convention}", {**SOURCES, **_ASYMPTOTIC}[convention]
    for tag, counting in content.get("counting", {}).items():
        yield f"background of {tag}", _POSTERIORS.get(counting["background"]["posterior"], "")
    if "seed" in content["setting"]:
        yield "random numbers", _RANDOM_NUMBERS


def _named_in(text: str) -> Iterator[Citation]:
    numbers = identifiers(text)
    for record in known_references():
        names = filter(None, record.fields.get("named", "").split("|"))
        if _numbers(record) & set(numbers) or any(_says(text, name) for name in names):
            yield record
    known = frozenset().union(*map(_numbers, known_references()))
    yield from (_bare(number) for number in numbers if number not in known)


def _numbers(record: Citation) -> frozenset[str]:
    return frozenset(record.fields[name] for name in ("eprint", "doi") if name in record.fields)


def _says(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _bare(number: str) -> Citation:
    """A paper that has no record: its number, and nothing that was not said."""
    if number.startswith("10."):
        return Citation(f"doi:{number}", "misc", {"doi": number, "url": f"https://doi.org/{number}"})
    fields = {"eprint": number, "archiveprefix": "arXiv", "url": f"https://arxiv.org/abs/{number}"}
    return Citation(f"arXiv:{number}", "misc", fields)


@cache
def _by_key() -> dict[str, Citation]:
    return {record.key: record for record in known_references()}


def _entry(citation: Citation) -> str:
    fields = ",\n".join(
        f"  {name} = {{{value}}}" for name, value in citation.fields.items() if name != "named"
    )
    used = "; ".join(citation.used_for)
    return f"% used for: {used}\n@{citation.kind}{{{citation.key},\n{fields}\n}}\n"

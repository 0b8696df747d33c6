"""Citations as people read them: authors, title, journal and a link, from records in BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from feebly.report.citations import Citation

_ACCENTS = {
    r"\"o": "ö", r"\"u": "ü", r"\"a": "ä", r"\.z": "ż", r"\'n": "ń", r"\'a": "á", r"\'e": "é",
}  # fmt: skip
_SYMBOLS = {
    r"\mu": "μ", r"\nu": "ν", r"\pi": "π", r"\eta": "η", r"\gamma": "γ", r"\to": " → ", r"\bar": "",
    r"\&": "&", "--": "–",
}  # fmt: skip
_RAISED = str.maketrans("+-0", "⁺⁻⁰")
_MOST_AUTHORS = 4


@dataclass(frozen=True)
class Reference:
    """One line of a list of references; link: its address, used_for: inputs that name it."""

    key: str
    authors: str
    title: str
    where: str
    link: str | None
    used_for: tuple[str, ...]


def reference_list(citations: Iterable[Citation]) -> list[Reference]:
    """The records in the order given."""
    return [_reference(citation) for citation in citations]


def plain_text(latex: str) -> str:
    """The few commands of our records as Unicode; braces and dollars dropped."""
    for command, letter in _ACCENTS.items():
        latex = latex.replace("{" + command + "}", letter)
    for command, letter in _SYMBOLS.items():
        latex = re.sub(re.escape(command) + r"(?![a-z])", letter, latex)
    latex = re.sub(r"\^\{?([+\-0]+)\}?", lambda found: found[1].translate(_RAISED), latex)
    return re.sub(r"\s+", " ", re.sub(r"[{}$]", "", latex)).strip()


def _reference(citation: Citation) -> Reference:
    fields = {name: plain_text(value) for name, value in citation.fields.items()}
    journal = fields.get("journal") or fields.get("booktitle", "")
    volume, page = fields.get("volume", ""), fields.get("pages", "")
    arxiv = f"arXiv:{fields['eprint']}" if "eprint" in fields else ""
    published = f"{journal} {volume}".strip()
    year = f"({fields['year']})" if "year" in fields else ""
    where = ", ".join(
        filter(None, (" ".join(filter(None, (published, year, page))), arxiv, fields.get("note")))
    )
    return Reference(
        citation.key, _authors(fields), fields.get("title", ""), where, citation.link, citation.used_for
    )


def _authors(fields: dict[str, str]) -> str:
    """``A. Author, B. Author``; a collaboration, or the first one et al., of many."""
    if "collaboration" in fields:
        return f"{fields['collaboration']} Collaboration".replace("Group Collaboration", "Group")
    names = [name for name in fields.get("author", "").split(" and ") if name]
    surnames = [_initials(name) for name in names if name != "others"]
    if len(names) > _MOST_AUTHORS or "others" in names:
        return f"{surnames[0]} et al."
    return ", ".join(surnames)


def _initials(name: str) -> str:
    surname, _, given = name.partition(", ")
    letters = " ".join(f"{part[0]}." for part in given.replace("-", " ").split())
    return f"{letters} {surname}".strip()

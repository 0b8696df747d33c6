"""Numbers on a page: each is a value of a file of the run folder, shown rounded, kept whole beside its place.

An element ``<span data-path="/setting/pot" data-value="1.4e+17">1.4 × 10¹⁷</span>`` shows the value at a JSON
pointer (RFC 6901) of ``result.json``, or of the file named by ``data-file``; without ``data-value`` its text
is that value itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

RESULT = "result.json"
NOTHING = "–"
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_HASH_DIGITS = 12
_WHOLE = re.compile(r"(?<![^ ])([^ ]{1,12}-[^ ]{1,20})(?![^ ])")
_SMALL, _LARGE = 1e-3, 1e5
"""Between them a number is written without a power of ten."""


def readable(value: float, digits: int = 3) -> str:
    """A number rounded to so many digits, as physicists write it: ``0.782``, ``28``, ``3.00 × 10⁻⁸``.

    Zeros at the end are digits of a rounded number; an exact one has none. Plain from a thousandth to a
    hundred thousand, where whole numbers keep all their digits.
    """
    if value == 0 or (value == int(value) and abs(value) < _LARGE):
        return str(int(value))
    rounded = f"{value:.{digits - 1}e}"
    exact = float(rounded) == value
    mantissa, exponent = rounded.split("e")
    if _SMALL <= abs(value) < _LARGE:
        text = f"{float(rounded):.{max(0, digits - 1 - int(exponent))}f}"
        return text.rstrip("0").rstrip(".") if exact and "." in text else text
    mantissa = mantissa.rstrip("0").rstrip(".") if exact else mantissa
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{mantissa} × {power}"


def percent(value: float, digits: int = 3) -> str:
    """A part of one in percent; below a ten-thousandth only that it is."""
    return "< 0.01%" if 0 < value < 1e-4 else f"{readable(100 * value, digits)}%"


def resolve(document: Any, path: str) -> Any:
    """The value at a JSON pointer; KeyError where there is none."""
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(key)] if isinstance(document, list) else document[key]
        except (IndexError, KeyError, TypeError, ValueError):
            raise KeyError(f"nothing at {path}") from None
    return document


Part = str | int | tuple[str | int, ...]


def pointer(*parts: Part) -> str:
    """The JSON pointer of nested keys and positions; a tuple stands for its parts."""
    flat = (each for part in parts for each in (part if isinstance(part, tuple) else (part,)))
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in flat)


@dataclass(frozen=True)
class Values:
    """Elements for a template, from the files of a run by name."""

    files: Mapping[str, Any]

    def number(self, *parts: Part, digits: int = 3, file: str = RESULT) -> Markup:
        """A number, rounded; a dash for null."""
        return self.shown(*parts, words=lambda value: readable(value, digits), file=file)

    def percent(self, *parts: Part, digits: int = 3, file: str = RESULT) -> Markup:
        """A part of one, in percent."""
        return self.shown(*parts, words=lambda value: percent(value, digits), file=file)

    def text(self, *parts: Part, file: str = RESULT) -> Markup:
        """A text as it stands."""
        value = resolve(self.files[file], pointer(*parts))
        return _element(pointer(*parts), file, str(value))

    def signed_percent(self, *parts: Part, file: str = RESULT) -> Markup:
        """A relative shift in percent with its sign."""
        return self.shown(
            *parts, words=lambda value: f"{'+' if value > 0 else ''}{percent(value, 2)}", file=file
        )

    def key(self, *parts: Part, words: str | None = None) -> Markup:
        """The name of a value, or a symbol for it."""
        path = pointer(*parts)
        resolve(self.files[RESULT], path)
        return Markup(
            f'<span data-key="{escape(path)}">{escape(parts[-1] if words is None else words)}</span>'
        )

    def digest(self, *parts: Part) -> Markup:
        """The first digits of a SHA-256."""
        return self.shown(*parts, words=lambda value: f"{value[:_HASH_DIGITS]}…")

    def shown(self, *parts: Part, words: Callable[[Any], str] = str, file: str = RESULT) -> Markup:
        """A value in other words, such as a symbol for a tag; a dash for null."""
        value = resolve(self.files[file], pointer(*parts))
        whole = json.dumps(value, ensure_ascii=False)
        return _element(pointer(*parts), file, NOTHING if value is None else words(value), whole)


def _element(path: str, file: str, words: str, whole: str | None = None) -> Markup:
    source = "" if file == RESULT else f' data-file="{escape(file)}"'
    value = "" if whole is None else f' data-value="{escape(whole)}"'
    return Markup(f'<span data-path="{escape(path)}"{source}{value}>{_unbroken(words)}</span>')


def _unbroken(words: str) -> str:
    """The words; a number such as ``3.00e-08`` or a name such as ``na62-ff-mixing`` stays on one line."""
    return re.sub(_WHOLE, r'<span class="whole">\1</span>', str(escape(words)))

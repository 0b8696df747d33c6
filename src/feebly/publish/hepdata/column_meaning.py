"""What a column of a table means, from its header: mass, coupling, piece, edge, band; scale and units.

Headers are free text (LaTeX, capitals, units in brackets), so this is a reading of words. What cannot be read
is said by name, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.publish.hepdata.tables import Column, Table, is_number, number

Role = Literal[
    "mass", "coupling", "piece", "index", "curve", "lifetime", "width", "cls", "ratio", "events",
    "probability", "other",
]  # fmt: skip

MASS_UNITS = {"ev": 1e-9, "kev": 1e-6, "mev": 1e-3, "gev": 1.0, "tev": 1e3}
"""GeV in one unit, by the unit in small letters without /c^2."""

LENGTH_UNITS = {"m": 1.0, "km": 1e3, "cm": 1e-2, "mm": 1e-3, "um": 1e-6}
TIME_UNITS = {"s": 299792458.0, "ns": 0.299792458, "ps": 2.99792458e-4, "us": 299.792458, "ms": 299792.458}
"""Metres of c tau in one unit of time."""

INVERSE_MASS = {f"{unit}{power}": 1 / gev for unit, gev in MASS_UNITS.items() for power in ("^-1", "-1")} | {
    f"1/{unit}": 1 / gev for unit, gev in MASS_UNITS.items()
}

_COUPLINGS: tuple[tuple[str, str, str], ...] = (
    ("epsilon", r"epsilon|kinetic mixing|\beps(?![a-z])", "epsilon^2"),
    ("sin-theta", r"sin|theta", "sin2-theta"),
    ("g_agamma", r"\bg_?\(?a?_?,?gamma|\bg_?agg\b", ""),
    ("1/f", r"1/f|f(_a)?\^-1", ""),
    ("C/Lambda", r"c(_?\w{1,2})?/lambda", ""),
    ("U", r"\bu(_?\w+)?\d?\b|\|u", "U2"),
    ("branching-ratio", r"\bbr\b|\bbr\(|branching", ""),
)
"""Name of the coupling, words of the header, name of its square."""

_SQUARE = re.compile(r"\^2|squared|\b(epsilon|eps|u)2\b|sin2|\^\(2\)")
_LOG = re.compile(r"\b(log|lg)(_?\(?10\)?)?(?![a-z])")
_MASS = re.compile(r"mass|(^|[\s(|/\[])m(_\(?\w+'?\)?|\([^)]*\)|)(?=$|[\s)\[,/'])")
_WORDS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("cls", re.compile(r"\bcl_?s\b|\bcl_\(s\)")),
    ("ratio", re.compile(r"over (the )?(observed |expected )?(limit|s_up)|/ ?(limit|s_up)|signal strength")),
    ("lifetime", re.compile(r"\bc_? ?tau|\btau\b|lifetime|decay length")),
    ("width", re.compile(r"\bwidth\b|\bgamma(_tot|_x)?$")),
    ("events", re.compile(r"event|yield|\bn_(sig|s)|^n$|\bsignal\b|candidates|background")),
    ("probability", re.compile(r"acceptance|efficiency|probability|\bacc\b|\beff\b")),
    ("piece", re.compile(r"piece|island|component|polygon|segment|\bpart\b|contour (index|number)")),
    ("index", re.compile(r"^(index|point|point (index|number)|#|no\.?|number|i|row|vertex|order)$")),
    ("curve", re.compile(r"^(curve|line|contour|limit|kind|type|limit type|exclusion)$")),
)


@dataclass(frozen=True, eq=False)
class Meaning:
    """One column and what it is.

    role: see `Role`. log10: the values are logarithms to base 10. factor: GeV, metres or 1/GeV in one unit of
    the column (1 for pure numbers), None where the unit is missing or unknown. coupling: name as in
    ``limit_files.couplings``, "" where the header does not tell. side: of a region with two edges. kind:
    observed, expected, expected-1s, ..., "" where the header does not tell.
    """

    column: Column
    independent: bool
    role: Role
    log10: bool = False
    factor: float | None = 1.0
    coupling: str = ""
    side: Literal["", "lower", "upper"] = ""
    kind: str = ""

    @cached_property
    def values(self) -> FloatArray:
        """The quantity itself on a linear axis in GeV, metres or 1/GeV; NaN where there is none."""
        numbers = self.column.numbers
        with np.errstate(over="ignore", invalid="ignore"):
            linear = 10.0**numbers if self.log10 else numbers
            return np.asarray(linear * (1.0 if self.factor is None else self.factor), float)


def plain_words(text: str) -> str:
    """A header in small letters without LaTeX: ``log_10(epsilon^2)``."""
    words = text.lower()
    for sign, word in (
        ("ε", "epsilon"), ("ϵ", "epsilon"), ("θ", "theta"), ("γ", "gamma"), ("τ", "tau"), ("Γ", "gamma"),
        ("λ", "lambda"), ("σ", "sigma"), ("²", "^2"), ("⁻¹", "^-1"), ("−", "-"), ("₁₀", "_10"), ("**", "^"),
        ("′", "'"), (r"\prime", "'"),
    ):  # fmt: skip
        words = words.replace(sign.lower(), word)
    words = re.sub(r"\\(mathrm|rm|text|mathit|left|right|,|;|!|quad|it|cal|mathcal)", "", words)
    words = words.replace("varepsilon", "epsilon").replace("\\", "")
    words = re.sub(r"\{([^{}]*)\}", r"\1", words)
    return re.sub(r"[${}~]", "", words).strip()


def meaning(column: Column, independent: bool = False, convention: str = "") -> Meaning:
    """What a column means; ``convention`` names the coupling where the header only says "coupling"."""
    words = _without_units(plain_words(column.name))
    log10 = bool(_LOG.search(words))
    words = _LOG.sub(" ", words)
    role, coupling = _role(words, column, convention)
    return Meaning(
        column,
        independent,
        role,
        log10,
        _factor(role, coupling, _unit(column)),
        coupling,
        _side(words) if role == "coupling" else "",
        kind_of(words),
    )


def meanings(table: Table) -> tuple[Meaning, ...]:
    """The meaning of every column, in their order."""
    convention = convention_of(table)
    found = [meaning(column, True, convention) for column in table.independent]
    return (*found, *(meaning(column, False, convention) for column in table.dependent))


def convention_of(table: Table) -> str:
    """The coupling that the qualifiers name, "" where none does."""
    for name in ("coupling convention", "coupling"):
        if name in table.qualifiers:
            return coupling_of(plain_words(str(table.qualifiers[name].value)))
    return ""


def coupling_of(words: str) -> str:
    """Name of the coupling that words speak of, "" for none."""
    for name, pattern, square in _COUPLINGS:
        if re.search(pattern, words):
            return square if square and _SQUARE.search(words) else name
    return ""


@lru_cache(maxsize=1000)  # every row of a table may name its curve
def kind_of(words: str) -> str:
    """``observed``, ``expected``, ``expected-1s``, ... of a name such as ``Expected, -1 sigma``; "" else."""
    words = plain_words(words)
    band = re.search(r"([+-]|plus|minus) ?_?([12]) ?_?(s\b|sigma|sd|std)", words)
    if band:
        sign = "-" if band[1] in ("-", "minus") else "+"
        return f"expected{sign}{band[2]}s"
    if re.search(r"\bobs", words):
        return "observed"
    if re.search(r"project", words):
        return "projection"
    return "expected" if re.search(r"\bexp(ected|\b|\.)|median", words) else ""


# --- words --------------------------------------------------------------------------------------------


def _role(words: str, column: Column, convention: str) -> tuple[Role, str]:
    for role, pattern in _WORDS:
        if pattern.search(words) and not (role == "curve" and _is_numeric(column)):
            return role, ""
    if name := coupling_of(words):
        return "coupling", name
    if re.search(r"coupling|\blimit\b", words) or (convention and kind_of(words)):
        return "coupling", convention
    return ("mass", "") if _MASS.search(words) else ("other", "")


def _is_numeric(column: Column) -> bool:
    return any(is_number(value) for value in column.values)


def _without_units(words: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", words).strip()


def _unit(column: Column) -> str:
    """Unit in small letters, of the header's own key or in brackets behind its name."""
    text = column.units.strip()
    if not text and (inside := re.search(r"\[([^\]]+)\]|/ ?([kMGT]?eV)\b", plain_case(column.name))):
        text = inside[1] or inside[2]
    return unit_name(text)


def plain_case(text: str) -> str:
    """Without the marks of LaTeX, capitals kept."""
    return re.sub(r"\\(mathrm|rm|text)|[${}\\]", "", text)


def unit_name(text: str) -> str:
    """``gev`` of ``GeV/$c^2$``, ``gev^-1`` of ``GeV$^{-1}$``."""
    words = plain_words(text).replace(" ", "")
    words = re.sub(r"/c(\^?2)?$", "", words)
    return words.strip("()[]").replace("^(-1)", "^-1").replace("**-1", "^-1")


def _factor(role: Role, coupling: str, unit: str) -> float | None:
    if role in ("mass", "width"):
        return MASS_UNITS.get(unit)
    if role == "lifetime" or coupling == "ctau-m":
        return (LENGTH_UNITS | TIME_UNITS).get(unit)
    if coupling in ("g_agamma", "1/f", "C/Lambda"):
        return INVERSE_MASS.get(unit)
    return 1.0


def _side(words: str) -> Literal["", "lower", "upper"]:
    if re.search(r"\b(lower|low|minimum|min|bottom)\b", words):
        return "lower"
    return "upper" if re.search(r"\b(upper|up|high|maximum|max|top)\b", words) else ""


def confidence_level(table: Table) -> float | None:
    """Confidence level (0 to 1) that qualifiers, headers or the description state; None where none does."""
    return next((level for level in _statements(table) if level is not None), None)


def _statements(table: Table) -> Iterator[float | None]:
    for name, qualifier in table.qualifiers.items():
        if re.fullmatch(r"(c\.?l\.?|confidence level|cl value|exclusion level)( ?\[%\])?", name):
            yield _level(qualifier.value, "%" in qualifier.units or "%" in name)
    for text in (*(column.name for column in table.columns), table.name, table.description):
        stated = re.search(r"(\d+(?:\.\d+)?) ?\\?% ?(?:-? ?)(?:c\.? ?l|confidence)", text.lower())
        if stated:
            yield float(stated[1]) / 100
        stated = re.search(r"(?:c\.? ?l\.?|confidence level)\s*(?:=|of)?\s*(0\.\d+)", text.lower())
        if stated:
            yield float(stated[1])


def _level(value: object, percent: bool) -> float | None:
    if isinstance(value, str):
        found = re.search(r"\d+(\.\d+)?", value)
        level = float(found[0]) if found else np.nan
        percent = percent or "%" in value
    else:
        level = number(value)
    if not np.isfinite(level):
        return None
    return level / 100 if percent or level > 1 else level

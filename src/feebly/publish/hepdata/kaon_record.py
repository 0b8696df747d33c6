"""``feebly hepdata export`` of a result of ``feebly kaon``: limits, counts, sensitivities."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from feebly.publish.hepdata.pictures import pictures
from feebly.publish.hepdata.record import Record
from feebly.publish.hepdata.record_writer import record_files
from feebly.publish.hepdata.tables import MISSING, Column, ErrorBar, Qualifier, Table
from feebly.report.kaon_saved import SavedKaon, read_kaon_result

LIMITS, COUPLINGS, COUNTS, SIGNIFICANCES, SENSITIVITIES = (
    "K1 limits on the branching ratio",
    "K2 limits on the coupling",
    "K3 counts",
    "K4 significance",
    "K5 sensitivity",
)
_OTHER_LIMITS = ("published_limit", "previous_limit")
_OF_SENSITIVITY = ("sigma_mass", "single_event", "acceptance_scalar", "acceptance_vector")
_SIGMAS = {"b": "sigma_b"}
_MC_ERROR = "_mc_error"
_PARTS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (LIMITS, "BR", lambda name: "branching_ratio_limit" in name or name in _OTHER_LIMITS),
    (COUPLINGS, "COUPLING", lambda name: "mixing_squared_limit" in name or "coupling_limit" in name),
    (COUNTS, "N", lambda name: name in ("n", "b", "signal_limit")),
    (SIGNIFICANCES, "PVALUE", lambda name: name in ("p_value", "local_z")),
    (SENSITIVITIES, "SES", lambda name: name == "acceptance" or name.startswith(_OF_SENSITIVITY)),
)
_HEADERS = {
    "branching_ratio_limit": "upper limit on branching ratio, {}",
    "mixing_squared_limit": "upper limit on |U|^2, {}",
    "coupling_limit": "upper limit on coupling, {}",
    "signal_limit": "upper limit on signal events",
    "published_limit": "upper limit on branching ratio, published",
    "sigma_mass_gev": "resolution of X",
    "sigma_mass2_gev2": "resolution squared",
    "previous_limit": "upper limit on branching ratio, before",
}


def export_kaon(folder: str | Path) -> Record:
    """The record of a result in ``folder``; tables without a column are named in ``left_out``.

    Raises DataError (one line).
    """
    saved = read_kaon_result(folder)
    tables = [table for table in (_table(saved, *part) for part in _PARTS) if table is not None]
    made = {table.name for table in tables}
    left_out = tuple(f"{name}: {saved.kind} has no such numbers" for name, _, _ in _PARTS if name not in made)
    drawn = {table.name: pictures(table, "") for table in tables}
    return Record(tuple(tables), left_out, record_files(tables, drawn, _comment(saved, left_out), {}))


def _table(saved: SavedKaon, name: str, observable: str, takes: Callable[[str], bool]) -> Table | None:
    rows, facts = saved.rows, saved.content["limits"]["columns"]
    taken = [column for column in rows if takes(column) and not column.endswith(_MC_ERROR)]
    if not taken:
        return None
    dependent = tuple(_column(saved, column) for column in taken)
    return Table(
        name,
        tuple(_independent(saved)),
        dependent,
        f"{saved.content['title']}. {_meaning(facts[column]['meaning'] for column in taken)}",
        {
            "observables": (observable,),
            "reactions": tuple(_reactions(saved)),
            "phrases": ("Kaon Decays", "Feebly Interacting Particles", "Rare Decays"),
        },
    )


def _meaning(meanings: Iterator[str]) -> str:
    text = "; ".join(meanings)
    return f"{text[0].upper()}{text[1:]}. '{MISSING}': there is no number."


def _independent(saved: SavedKaon) -> Iterator[Column]:
    """Masses, or name and decay of each search."""
    names = {"mass_gev": "mass", "scalar_mass_gev": "scalar mass", "name": "search", "decay": "decay"}
    for name, header in names.items():
        if name in saved.rows:
            unit = saved.content["limits"]["columns"][name]["unit"]
            yield Column(header, tuple(saved.rows[name]), unit)


def _column(saved: SavedKaon, name: str) -> Column:
    values = saved.rows[name]
    label = "standard deviation" if name in _SIGMAS else "Monte Carlo"
    errors = saved.rows.get(_SIGMAS.get(name, f"{name}{_MC_ERROR}"))
    unit = saved.content["limits"]["columns"][name]["unit"]
    whole = name == "n"
    shown = tuple(_shown(value, whole) for value in values)
    bars: tuple[tuple[ErrorBar, ...], ...] = ()
    if errors is not None:
        bars = tuple(
            (ErrorBar(error, -error, label, symmetric=True),)
            if error and value != MISSING and error == error
            else ()
            for value, error in zip(shown, errors, strict=True)
        )
    return Column(
        _header(saved, name),
        shown,
        "" if unit == "1" else unit,
        tuple(_qualifiers(saved, name)),
        bars if any(bars) else (),
    )


def _shown(value: Any, whole: bool) -> Any:
    if value is None or value != value or value in (float("inf"), -float("inf")):
        return MISSING
    return int(value) if whole else value


def _header(saved: SavedKaon, name: str) -> str:
    """As other readers of records know it; the meaning of the column where they have no word for it."""
    bare = name.removeprefix("expected_")
    for known, header in _HEADERS.items():
        if bare.startswith(known):
            kind = "expected" if bare != name else "observed"
            rest = bare.removeprefix(known).strip("_").replace("_", " ")
            return header.format(kind) + (f", {rest}" if rest else "")
    meaning: str = saved.content["limits"]["columns"][name]["meaning"]
    return meaning


def _qualifiers(saved: SavedKaon, name: str) -> Iterator[Qualifier]:
    setting: Mapping[str, Any] = saved.content["setting"]
    yield Qualifier("CL", float(setting["cl"]))
    yield Qualifier("limit convention", str(setting["convention"]))
    if name.startswith(("mixing", "expected_mixing")):
        yield Qualifier("coupling convention", "|U|^2, a square")
    yield Qualifier("data", str(setting["data"]))
    if "experiment" in setting:
        yield Qualifier("experiment", str(setting["experiment"]))
    if setting["blinded"]:
        yield Qualifier("blinded", "yes")


def _reactions(saved: SavedKaon) -> Iterator[str]:
    """``K+ --> PI+ X``, as HEPData writes decays."""
    setting = saved.content["setting"]
    decays = [setting["decay"]] if "decay" in setting else saved.rows["decay"]
    for decay in dict.fromkeys(decays):
        yield re.sub(r"\s+", " ", decay.upper().replace("->", "-->"))


def _comment(saved: SavedKaon, left_out: tuple[str, ...]) -> str:
    content = saved.content
    lines = [f"{content['title']}: {content['summary']}."]
    if content["setting"]["blinded"]:
        lines.append("The data are blinded: limits are expected ones.")
    elif str(content["setting"]["data"]).startswith("pseudo-data"):
        lines.append("Pseudo-data: nothing was measured.")
    tuned = [row["name"] for row in content["inputs"] if row["origin"]["kind"] == "calibrated"]
    if tuned:
        lines.append(f"Calibrated, not derived: {', '.join(tuned)}.")
    lines.append(f"Made by feebly {content['provenance']['feebly']} {content['kind']}.")
    lines += [f"Not part of this record: {reason}." for reason in left_out]
    return "\n".join(lines)

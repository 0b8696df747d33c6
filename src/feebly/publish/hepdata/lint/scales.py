"""What a table says about its search: masses, beam, final states, and the most events that can be there.

The bound is generous on purpose: a table that exceeds it cannot be right whatever the detector.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np

from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV, PROTON_MASS_GEV
from feebly.core.errors import FeeblyError
from feebly.core.interfaces import FloatArray, Model
from feebly.publish.hepdata.column_meaning import meanings, plain_words
from feebly.publish.hepdata.lint.findings import TableView
from feebly.publish.hepdata.tables import Table, number
from feebly.publish.limit_files.couplings import COUPLINGS, convert_coupling

_PER_PROTON = 10.0
"""Particles per proton and coupling squared, at most: a mixing replaces one of some ten mesons."""

_PER_PROTON_INVERSE_GEV = 1e5
"""The same of a coupling in 1/GeV: (32 pi^2 f_pi)^2 times ten for one that mixes with the pi0 by gluons."""

_SHORTEST_DUMP_M, _LONGEST_M, _SLOWEST_GEV = 1.0, 1000.0, 5.0


def mass_range_gev(table: Table) -> tuple[float, float] | None:
    """Smallest and largest positive mass of a table; None where it has no masses."""
    values = [each.values for each in meanings(table) if each.role == "mass" and each.factor is not None]
    known = np.concatenate(values)[np.isfinite(np.concatenate(values))] if values else np.empty(0)
    known = known[known > 0]
    return (float(known.min()), float(known.max())) if known.size else None


def beam_energy_gev(table: Table) -> float | None:
    """Of the qualifiers; None where they do not say it."""
    for name in ("beam energy", "beam momentum", "e(beam)", "ebeam"):
        if name in table.qualifiers:
            value = number(table.qualifiers[name].value)
            return value if value > 0 else None
    return None


def cm_energy_gev(table: Table) -> float | None:
    """Of keywords or qualifiers, else from the energy of a beam on protons at rest."""
    stated = [number(value) for value in table.keywords.get("cmenergies", ())]
    stated += [number(table.qualifiers[name].value) for name in ("sqrt(s)",) if name in table.qualifiers]
    known = [value for value in stated if value > 0]
    if known:
        return max(known)
    energy = beam_energy_gev(table)
    return None if energy is None else sqrt(2 * PROTON_MASS_GEV * (PROTON_MASS_GEV + energy))


def protons_on_target(table: Table) -> float | None:
    """Of the qualifiers."""
    for name in ("pot", "protons on target"):
        if name in table.qualifiers:
            value = number(table.qualifiers[name].value)
            return value if value > 0 else None
    return None


def is_accelerator(table: Table) -> bool:
    """Whether the table says that particles were made by a beam."""
    return protons_on_target(table) is not None or cm_energy_gev(table) is not None


def lowest_threshold_gev(table: Table) -> float | None:
    """Of the final states that the qualifiers name; None where one of them is not known."""
    names = ("channel", "channels", "final state", "final states", "decay", "decay channel")
    said = next((str(table.qualifiers[name].value) for name in names if name in table.qualifiers), "")
    thresholds = [_threshold(part) for part in re.split(r"[,;]| and ", said) if part.strip()]
    known = [each for each in thresholds if each is not None]
    return min(known) if known and len(known) == len(thresholds) else None


def _threshold(name: str) -> float | None:
    """Sum of the masses of a final state's tag, or of a lepton pair in LaTeX."""
    from feebly.physics.decays.channels import channel_of

    try:
        return sum(body.mass_gev for body in channel_of(name.strip()).bodies)
    except FeeblyError:
        words = re.sub(r"[\s^{}()]", "", plain_words(name))
        if re.search(r"mu\+mu-|mu-mu\+|dimuon|mumu", words):
            return 2 * MUON_MASS_GEV
        return 2 * ELECTRON_MASS_GEV if re.search(r"e\+e-|e-e\+|dielectron", words) else None


# --- the most events that there can be ----------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Exclusion:
    """Excluded points of a table with all that bounds their number of events."""

    mass_gev: FloatArray
    coupling: FloatArray
    coupling_name: str
    model: Model
    pot: float
    beam_gev: float


HYPOTHESES: dict[str, Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]] = {
    "square_as_coupling": lambda m, c: (m, np.sqrt(c)),
    "coupling_as_square": lambda m, c: (m, c**2),
    "gev_labelled_mev": lambda m, c: (m * 1e3, c),
    "mev_labelled_gev": lambda m, c: (m / 1e3, c),
    "swapped_columns": lambda m, c: (c, m),
}
"""What may have gone wrong, and masses and couplings (as written in the column) if it had not."""


@lru_cache(maxsize=8)  # several rules ask for the same table
def diagnosis(view: TableView) -> str:
    """The hypothesis under which the exclusion is possible; "" where it is, "unknown" where none fits."""
    exclusion = _exclusion(view)
    if exclusion is None or _impossible(exclusion, exclusion.mass_gev, exclusion.coupling) < 0.5:
        return ""
    for name, mended in HYPOTHESES.items():
        if _impossible(exclusion, *mended(exclusion.mass_gev, exclusion.coupling)) < 0.1:
            return name
    return "unknown"


def _impossible(exclusion: Exclusion, mass: FloatArray, coupling: FloatArray) -> float:
    """Share of the points at which less than one event is possible."""
    return float(np.mean(_most_events(exclusion, mass, coupling) < 1.0))


def _most_events(of: Exclusion, mass: FloatArray, coupling: FloatArray) -> FloatArray:
    """Upper bound on the decays behind a dump; zero where the model has no such particle.

    N <= POT x (particles per proton) x exp(-d / lambda) x min(1, L / lambda), with the longest decay length
    in the first factor and the shortest in the second.
    """
    model = of.model
    values = np.array(convert_coupling(coupling, of.coupling_name, model.coupling_name, model.tag))
    low, high = model.mass_range_gev
    good = (mass >= low) & (mass <= high) & (values > 0) & np.isfinite(values)
    events = np.zeros(mass.shape)
    if good.any():
        m, c = mass[good], values[good]
        inverse_gev = COUPLINGS[model.coupling_name].unit != "1"
        made = of.pot * (_PER_PROTON_INVERSE_GEV if inverse_gev else _PER_PROTON) * c**2
        per_gev = np.asarray(model.ctau_m(m, c)) / m
        survive = np.exp(-_SHORTEST_DUMP_M / (per_gev * of.beam_gev))
        events[good] = made * survive * np.minimum(1.0, _LONGEST_M / (per_gev * _SLOWEST_GEV))
    return events


def _exclusion(view: TableView) -> Exclusion | None:
    """None where the table does not say enough: model, protons, energy, coupling."""
    from feebly.publish.hepdata.lint.curves import limit_layout

    table = view.table
    pot, beam = protons_on_target(table), beam_energy_gev(table)
    named = table.qualifiers.get("model")
    model = _model(str(named.value)) if named else None
    if limit_layout(view) not in ("points", "index", "edges") or not (pot and beam and model):
        return None
    masses = view.of_role("mass")[0]
    parts = [
        (masses.values, each.values, each.coupling)
        for each in view.of_role("coupling")
        if each.coupling in COUPLINGS and COUPLINGS[each.coupling].family == _family(model)
    ]
    if not parts or masses.factor is None:
        return None
    mass, coupling = np.concatenate([m for m, _, _ in parts]), np.concatenate([c for _, c, _ in parts])
    known = np.isfinite(mass) & np.isfinite(coupling) & (mass > 0) & (coupling > 0)
    if not known.any():
        return None
    exclusion = Exclusion(mass[known], coupling[known], parts[0][2], model, pot, beam)
    try:
        _most_events(exclusion, exclusion.mass_gev[:1], exclusion.coupling[:1])
    except FeeblyError:  # a convention that is not defined for the model
        return None
    return exclusion


def _family(model: Model) -> str:
    name = model.coupling_name
    return COUPLINGS[name].family if name in COUPLINGS else ""


@lru_cache(maxsize=32)
def _model(name: str) -> Model | None:
    """The benchmark that a qualifier names, None for another model."""
    from feebly.workflow.choices import choose_model

    tag = re.sub(r"[\s_]+", "-", name.strip().lower())
    for candidate in (tag, name.strip()):
        try:
            return choose_model(candidate, None, "current")[0]
        except FeeblyError:
            continue
    return None


def searched_masses(view: TableView) -> FloatArray:
    """Masses [GeV] of a table at which it shows a signal or a limit."""
    masses = view.of_role("mass")
    if not masses or masses[0].factor is None or not view.has_equal_lengths:
        return np.empty(0)
    mass = masses[0].values
    shown = np.zeros(mass.shape, bool)
    for each in _shows_signal(view):
        shown |= each
    return mass[shown & np.isfinite(mass) & (mass > 0)]


def _shows_signal(view: TableView) -> Iterator[np.ndarray]:
    for each in view.meanings:
        words = each.column.name
        if each.independent:
            continue
        if each.role == "coupling":
            yield np.isfinite(each.values)
        elif each.role == "cls":
            yield each.values < 0.9
        elif each.role in ("ratio", "probability") or (
            each.role == "events" and "signal events" in words and "limit" not in words
        ):
            yield each.values > 0

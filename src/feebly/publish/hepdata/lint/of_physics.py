"""Rules that know the search: what a beam can make, what a final state needs, what can decay behind a dump.

They speak only where the table names model, final states, protons or energy; a bare table of numbers can have
any unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np

from feebly.core.constants import PROTON_MASS_GEV
from feebly.publish.hepdata.lint.findings import Fault, TableView
from feebly.publish.hepdata.lint.scales import (
    beam_energy_gev,
    cm_energy_gev,
    diagnosis,
    is_accelerator,
    lowest_threshold_gev,
    searched_masses,
)
from feebly.publish.hepdata.tables import number

_LIGHTEST_GEV, _SMALLEST_AS_MASS = 1e-4, 1e-3
_ENERGY_TOLERANCE = 0.03


def gev_labelled_mev(view: TableView) -> Iterator[Fault]:
    """Masses a factor thousand too small: below what the named final states need, or never decaying."""
    threshold, masses = lowest_threshold_gev(view.table), searched_masses(view)
    if threshold is not None and masses.size and np.median(masses) < threshold:
        below = f"most masses are below the threshold {threshold:.4g} GeV of the final state"
        yield _mass_place(view), f"{below}; GeV labelled {view.of_role('mass')[0].column.units}?"
    elif diagnosis(view) == "gev_labelled_mev":
        yield _mass_place(view), "no such particle could be seen; with masses 1000 times larger it could"


def mev_labelled_gev(view: TableView) -> Iterator[Fault]:
    """Masses a factor thousand too large: above the energy of the collision, or decaying at once."""
    energy, masses = cm_energy_gev(view.table), searched_masses(view)
    if energy is not None and masses.size and masses.max() > energy:
        above = f"{masses.max():.4g} GeV is above the energy {energy:.4g} GeV of the collision"
        yield _mass_place(view), f"{above}; MeV labelled {view.of_role('mass')[0].column.units}?"
    elif diagnosis(view) == "mev_labelled_gev":
        yield _mass_place(view), "no such particle could be seen; with masses 1000 times smaller it could"


def square_as_coupling(view: TableView) -> Iterator[Fault]:
    """Squares under the name of the coupling: too few particles could be made."""
    if diagnosis(view) == "square_as_coupling":
        yield _coupling_place(view), "less than one event is possible; is this the square of the coupling?"


def coupling_as_square(view: TableView) -> Iterator[Fault]:
    """Couplings under the name of the square: the particle would decay in the dump."""
    if diagnosis(view) == "coupling_as_square":
        yield _coupling_place(view), "all would decay in the dump; is this the coupling, not its square?"


def swapped_columns(view: TableView) -> Iterator[Fault]:
    """Masses under the name of the coupling and the reverse."""
    masses, couplings = view.of_role("mass"), view.of_role("coupling")
    if len(masses) != 1 or not couplings or masses[0].log10 or not view.has_equal_lengths:
        return
    m, c = masses[0].values, couplings[0].values * (masses[0].factor or 1.0)
    known = np.isfinite(m) & np.isfinite(c)
    if not known.any():
        return
    light = m[known].max() < _LIGHTEST_GEV
    like_masses = c[known].min() > _LIGHTEST_GEV and c[known].max() > _SMALLEST_AS_MASS
    if (light and like_masses and is_accelerator(view.table)) or diagnosis(view) == "swapped_columns":
        other = couplings[0].column.name
        yield _mass_place(view), f"values like couplings, {other!r} like masses; are the columns exchanged?"


def impossible_exclusion(view: TableView) -> Iterator[Fault]:
    """An exclusion where less than one event is possible, for no reason that the other rules know."""
    if diagnosis(view) == "unknown":
        yield _coupling_place(view), "less than one event is possible at most of the excluded points"


def cm_energy(view: TableView) -> Iterator[Fault]:
    """cmenergies that are not those of the beam on protons at rest: the beam energy itself, or TeV."""
    table, beam = view.table, beam_energy_gev(view.table)
    stated = [number(value) for value in table.keywords.get("cmenergies", ())]
    if beam is None or not stated:
        return
    expected = sqrt(2 * PROTON_MASS_GEV * (PROTON_MASS_GEV + beam))
    for value in stated:
        if not abs(value / expected - 1) < _ENERGY_TOLERANCE:
            yield (
                view.place(),
                f"cmenergies {value:g}; {beam:g} GeV on protons at rest have {expected:.4g} GeV",
            )


def _mass_place(view: TableView) -> str:
    return view.place(view.of_role("mass")[0].column)


def _coupling_place(view: TableView) -> str:
    return view.place(view.of_role("coupling")[0].column)

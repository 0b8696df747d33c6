"""N(m, Γ) of every production mode and final state of a run, as tables that others can use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import signature

import numpy as np

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray, ProductionChannel
from feebly.limits.signal import SignalYields
from feebly.limits.width_table import TableReference, WidthTable
from feebly.physics.decays.channels import channel_of
from feebly.physics.production.borrowed import BorrowedProduction
from feebly.physics.production.user_file import UserPreset
from feebly.workflow.choices import Choices, GridRange, choose, choose_range
from feebly.workflow.repeat import SavedRun
from feebly.workflow.run import signal_yields
from feebly.workflow.sampling import Sampling, table_requests
from feebly.workflow.tables import ObtainedTables

WIDTHS_GEV: GridRange = (1e-25, 1e-10, 101)
"""Total widths where nothing is said: those of ALPINIST."""

MASSES = 201
"""Masses of each table where nothing is said: as many as those of ALPINIST."""

_FIRST = 41  # masses before the ones that the curvature asks for
_INSIDE = 1e-9  # relative distance of the first and last mass from the ends of a channel
_CLOSE = 1e-4  # relative distance of two masses that are not divided any more
_RELEVANT = 1e-4  # of the largest events at a mass: widths whose interpolation matters


@dataclass(frozen=True, eq=False)
class WidthTableSet:
    """All tables of a run, and what was left out: lines for the reader."""

    choices: Choices
    tables: tuple[WidthTable, ...]
    notes: tuple[str, ...]


def run_width_tables(
    saved: SavedRun,
    widths: GridRange | None = None,
    masses: int = MASSES,
    sampling: Sampling | None = None,
) -> WidthTableSet:
    """Tables of an earlier run from its yield tables; those that the cache lacks are sampled again.

    widths: (min, max, number) [GeV]; masses: knots of each table, placed where ln N is curved. Raises
    DataError where an input of the run is gone or has changed, ConfigError for wrong numbers.
    """
    saved.require_unchanged()
    given = saved.own_arguments()
    named = given | {"preset_name": given["preset"]}
    choices = choose(**{name: named[name] for name in signature(choose).parameters if name in named})
    settings = sampling or Sampling()
    requests = table_requests(choices, choices.mass[:2], given["precision"], given["seed"])
    return width_tables(choices, settings.tables(requests), widths, masses)


def width_tables(
    choices: Choices, obtained: ObtainedTables, widths: GridRange | None = None, masses: int = MASSES
) -> WidthTableSet:
    """Tables of the chosen production and final states over the masses of the run."""
    if masses < 3:
        raise ConfigError(f"masses = {masses}: expected at least 3 for each table")
    width = np.geomspace(*choose_range("width", widths, WIDTHS_GEV))
    signal = signal_yields(choices, obtained)
    tables, notes = [], []
    for state in choices.channels:
        for mode in choices.production:
            table = _table(choices, signal, mode, state, width, masses)
            if table is None:
                notes.append(f"{mode.tag} -> {state}: closed or without an event in the masses of the run")
            else:
                tables.append(table)
    if not tables:
        raise DomainError("no production and final state of the run has an event: no table to write")
    return WidthTableSet(choices, tuple(tables), tuple(notes))


def _table(
    choices: Choices,
    signal: SignalYields,
    mode: ProductionChannel,
    state: str,
    width: FloatArray,
    most: int,
) -> WidthTable | None:
    ends = _mass_ends(choices, *signal.open_range_gev(mode, state))
    if ends[0] >= ends[1]:
        return None
    channel, coupling, reference, name = _reference(choices, mode)
    multiplicity = choices.multiplicities()[mode.tag]
    seen = choices.response(state).efficiency * channel_of(state).to_photons

    def events(mass: FloatArray) -> FloatArray:
        n = signal.source.expected_events(mode.tag, state, mass[:, None], HBARC_GEV_M / width)
        rate = channel.rate(mass, coupling, multiplicity)
        return np.asarray(choices.analysis.pot * seen * rate[:, None] * n)

    mass, values = refined(events, np.geomspace(*ends, min(_FIRST, most)), most)
    if not values.any():
        return None
    about = TableReference(
        *reference,
        final_state=state,
        coupling=coupling,
        pot=choices.analysis.pot,
        preset=_preset(choices, mode),
        coupling_name=name,
        contained=_contained(choices, state),
        source=f"feebly run of {choices.model.tag} at {choices.analysis.name}",
    )
    return WidthTable(about, mass, width, values)


def _mass_ends(choices: Choices, opens: float, closes: float) -> tuple[float, float]:
    """First and last mass: those of the run, or just inside where the channel opens and closes."""
    low, high, _ = choices.mass
    return (low if low > opens else opens * (1 + _INSIDE)), (
        high if high < closes else closes * (1 - _INSIDE)
    )


def _reference(
    choices: Choices, mode: ProductionChannel
) -> tuple[ProductionChannel, float, tuple[str, str], str]:
    """The shipped mode that numbers are for, its coupling, (model, production), name of the coupling.

    A user's model borrows it: its factor is not in the table.
    """
    if isinstance(mode, BorrowedProduction):
        model, _, production = mode.like.partition("/")
        return mode.channel, 1.0, (model, production), ""
    name = choices.model.coupling_name
    return mode, choices.model.reference_coupling, (choices.model.tag, mode.tag), name


def _preset(choices: Choices, mode: ProductionChannel) -> str:
    physics = choices.preset
    if isinstance(physics, UserPreset):
        return next(each.preset_name for each in physics.modes if each.name == mode.tag)
    return physics.name


def _contained(choices: Choices, state: str) -> str:
    response, to_photons = choices.response(state), channel_of(state).to_photons
    pairs = "" if to_photons == 1 else f"; pi0, eta -> gamma gamma {to_photons:.5g}"
    return f"efficiency {response.efficiency:g} of response set {choices.responses[state]}{pairs}"


def refined(
    events: Callable[[FloatArray], FloatArray], start: FloatArray, most: int
) -> tuple[FloatArray, FloatArray]:
    """Masses and events (M, W): ``start``, and the middles at which the interpolation is worst.

    events: of masses (M,), shape (M, W).
    """
    mass, values = start, events(start)
    while mass.size < most:
        middle = (mass[1:] + mass[:-1]) / 2
        exact = events(middle)
        error = np.where(np.diff(mass) > _CLOSE * middle, _mid_errors(values, exact), 0.0)
        if not error.any():
            break
        worst = np.argsort(-error, kind="stable")[: most - mass.size]
        worst = worst[error[worst] >= error.max() / 2]
        order = np.argsort(np.concatenate([mass, middle[worst]]))
        values = np.concatenate([values, exact[worst]])[order]
        mass = np.concatenate([mass, middle[worst]])[order]
    return mass, values


def _mid_errors(values: FloatArray, exact: FloatArray) -> FloatArray:
    """Largest |ln| of interpolated over exact events in the middle of each interval of masses."""
    return np.fromiter(_errors(values, exact), float, exact.shape[0])


def _errors(values: FloatArray, exact: FloatArray) -> Iterator[float]:
    for below, above, here in zip(values[:-1], values[1:], exact, strict=True):
        matters = here > _RELEVANT * here.max()
        both = matters & (below > 0) & (above > 0)
        if not matters.any():
            yield 0.0
        elif (matters & ~both).any():
            yield 1e3  # the channel opens or closes here
        else:
            yield float(np.abs(np.log(below[both] * above[both]) / 2 - np.log(here[both])).max())

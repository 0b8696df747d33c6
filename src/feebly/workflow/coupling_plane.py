"""Exclusion in a plane of two couplings of an axion-like particle at one mass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray
from feebly.limits.contour import Limit, find_contours
from feebly.limits.coupling_plane import CouplingPlane, Direction, plane_through
from feebly.limits.lattice import Lattice
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece
from feebly.limits.scan import log_spaced
from feebly.limits.searches import log_events
from feebly.physics.models.alp_couplings import C_OVER_LAMBDA, AlpCouplings
from feebly.physics.production.alp_presets import AlpPreset
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, GridRange, choose, shipped_model
from feebly.workflow.run import signal_yields
from feebly.workflow.sampling import Sampling, table_requests

COUPLINGS = tuple(field.name for field in fields(AlpCouplings))
"""Names of the axes: C/Λ in GeV⁻¹."""


@dataclass(frozen=True, eq=False)
class PlaneResult:
    """Events and closed contours over two couplings x (X,), y (Y,) [GeV⁻¹] at one mass [GeV].

    sign: of y relative to x. s_up: limit on the events by kind (observed, expected). pieces: as of a run,
    their mass is x and their coupling y.
    """

    choices: Choices
    axes: tuple[str, str]
    sign: int
    mass_gev: float
    cl: float
    x: FloatArray
    y: FloatArray
    plane: CouplingPlane
    s_up: Mapping[str, float]
    pieces: tuple[ContourPiece, ...]

    @property
    def events(self) -> FloatArray:
        """Expected events, shape (X, Y)."""
        return self.plane.events(self.x[:, None], self.y[None, :])

    def contour(self, kind: str) -> tuple[ContourPiece, ...]:
        """Closed pieces of one kind."""
        return tuple(piece for piece in self.pieces if piece.kind == kind)


def exclude_couplings(
    model: str,
    axes: tuple[str, str],
    mass_gev: float,
    x: GridRange = (1e-10, 1e-1, 80),
    y: GridRange = (1e-10, 1e-1, 80),
    sign: int = 1,
    *,
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    channels: Sequence[str] | None = None,
    production: Sequence[str] | None = None,
    preset: str | None = None,
    response: Mapping[str, str] | str | None = None,
    pot: float | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    sampling: Sampling | None = None,
) -> PlaneResult:
    """Excluded values of two couplings ``axes`` (of `COUPLINGS`) at one mass, all others zero.

    model: a benchmark, whose preset gives the choices of physics; its own couplings do not matter. x, y:
    (min, max, number) of C/Λ [GeV⁻¹]; sign: +1 or -1, of y relative to x. The other arguments are those of
    `feebly.run`. ConfigError, DomainError in one line.
    """
    _check_axes(axes, sign)
    settings = sampling or Sampling()
    base = choose(model, experiment, analysis, channels, production, preset, response, pot)
    if not isinstance(base.preset, AlpPreset):
        raise ConfigError(f"model {model!r}: expected an axion-like particle, e.g. alp-gluon")
    on_x, on_y, on_both = (_along(base, axes, values) for values in ((1.0, 0.0), (0.0, sign), (1.0, sign)))
    reference = on_both.model.reference_coupling
    on_both.model.ctau_m(mass_gev, reference)  # refuses a mass outside the model's range
    requests = table_requests(on_both, (mass_gev, mass_gev), settings.precision, settings.seed)
    signal = signal_yields(on_both, settings.tables(requests))
    plane = plane_through(
        (_direction(on_x), _direction(on_y), _direction(on_both)),
        mass_gev,
        on_both.multiplicities(),
        {tag: share * signal.to_photons.get(tag, 1.0) for tag, share in signal.efficiencies.items()},
        tuple(
            (each.tag, state)
            for each in on_both.production
            for state in on_both.channels
            if signal.open_at(each, state, mass_gev)
        ),
        signal.source,
        signal.pot,
        reference,
    )
    observation = Observation(on_both.analysis, on_both.model, on_both.channels, cl, convention)
    s_up = {"expected": float(observation.s_up_expected([mass_gev])[0])}
    if (seen := observation.s_up_observed([mass_gev])) is not None:
        s_up = {"observed": float(seen[0])} | s_up
    across, along = log_spaced(axes[0], x), log_spaced(axes[1], y)
    pieces = _contours(plane, across, along, s_up)
    return PlaneResult(on_both, axes, sign, mass_gev, cl, across, along, plane, s_up, pieces)


def _check_axes(axes: tuple[str, str], sign: int) -> None:
    for name in axes:
        if name not in COUPLINGS:
            raise unknown("coupling", name, COUPLINGS)
    if axes[0] == axes[1]:
        raise ConfigError(f"couplings {axes[0]} and {axes[1]}: expected two different ones")
    if sign not in (1, -1):
        raise ConfigError(f"sign = {sign}: expected 1 or -1")


def _along(base: Choices, axes: tuple[str, str], values: tuple[float, float]) -> Choices:
    """The choices with couplings in one direction, per unit of C/Λ."""
    couplings = AlpCouplings(**dict(zip(axes, values, strict=True)))
    assert isinstance(base.preset, AlpPreset)
    physics = replace(base.preset, couplings=couplings, convention=C_OVER_LAMBDA)
    asked = {channel.tag for channel in base.production}
    channels = physics.production_channels(base.experiment.beam.momentum_gev)
    return replace(
        base,
        model=shipped_model(base.model.tag, physics),
        preset=physics,
        production=tuple(channel for channel in channels if channel.tag in asked),
    )


def _direction(choices: Choices) -> Direction:
    return Direction(choices.model, choices.production)


def _contours(
    plane: CouplingPlane, x: FloatArray, y: FloatArray, s_up: Mapping[str, float]
) -> tuple[ContourPiece, ...]:
    def log_yield(first: FloatArray, second: FloatArray) -> FloatArray:
        return log_events(plane.events(first, second))

    def constant(value: float) -> Limit:
        return lambda first: np.full(np.shape(first), value)

    lattice = Lattice(x, y, log_yield(x[:, None], y[None, :]))
    return find_contours(lattice, {kind: constant(value) for kind, value in s_up.items()}, log_yield)[1]

"""Closure of a model: experiments thrown at known mass and coupling, analysed as if nobody knew them.

At each point the yield tables give the expected events; counts are thrown, n ~ Poisson(kappa s + b), and the
analysis must find the truth again: the counts are distributed as the limit believes, the true point is not
excluded too often, signal and coupling are fitted back, and simulated events give the yield of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray
from feebly.limits.branches import YieldCurve
from feebly.limits.observation import Observation
from feebly.limits.signal import SignalYields
from feebly.statistics import Background, Sum
from feebly.statistics.proofs.closure import (
    ENOUGH_EVENTS,
    ClosurePoint,
    count_pmf,
    thrown_counts,
    transforms,
    uniformity,
)
from feebly.statistics.proofs.fits import SignalLikelihood, count_moments, largest_excluded
from feebly.statistics.signal_errors import SignalError, total_signal_error
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, choose
from feebly.workflow.closure_events import EventYield, event_yields
from feebly.workflow.closure_points import Point, draw_points
from feebly.workflow.closure_result import FitSummary, ModelClosure, PointClosure, Pull
from feebly.workflow.notes import setting_notes
from feebly.workflow.run import refuse_double_counting, signal_yields
from feebly.workflow.sampling import DEFAULT_PRECISION, DEFAULT_SEED, Sampling, table_requests
from feebly.workflow.simulate import simulate
from feebly.workflow.store import Report
from feebly.workflow.tables import Progress

FEWEST_EVENTS, MOST_EVENTS = 1e-3, 1e4
"""Expected events of a point: less is no signal; all counts up to about the larger number are listed."""

STRAIGHT = 0.03
"""Largest bias, in standard deviations, that the curvature of N(coupling) may give to the coupling's pull."""

_FAR = 5.0  # standard deviations of the fit between the true signal and none
_EVENT_SEED = 1_000_000  # simulated events share no random number with the tables
_SPAN = 100.0  # the yield curve reaches at least this factor beyond the true coupling

Events = Callable[[float, float], tuple[EventYield, ...]]
"""Simulated events at a mass [GeV] and coupling."""


def model_closure(
    model: str,
    *,
    points: int | Sequence[Point] = 20,
    experiments: int = 1000,
    events: int = 1000,
    signal_scale: float = 1.0,
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    channels: Sequence[str] | None = None,
    production: Sequence[str] | None = None,
    preset: str | None = None,
    spectrum: str | Path | None = None,
    response: Mapping[str, str] | str | None = None,
    pot: float | None = None,
    background: str | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: SignalError = 0.0,
    force_signal_error: bool = False,
    precision: float = DEFAULT_PRECISION,
    seed: int = 1,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
    cache_dir: str | Path | None = None,
) -> ModelClosure:
    """Closure of a model through the whole chain, from the yield tables to the fitted coupling.

    points: how many, drawn over masses and yields, or pairs of mass [GeV] and coupling. experiments: thrown
    at each. events: simulated for each point and final state and compared with the tables (0: none).
    signal_scale: factor of the thrown signal that the analysis does not know; with another than 1 closure
    must fail. seed: of points, experiments and events; the tables are those of ``feebly.run`` with its
    default seed. The other arguments are those of ``feebly.run``. Raises ConfigError, DomainError or
    DataError with one line.
    """
    _check_numbers(points, experiments, events, signal_scale)
    choices = choose(
        model,
        experiment,
        analysis,
        channels,
        production,
        preset,
        response,
        pot,
        background=background,
        spectrum=spectrum,
    )
    error = total_signal_error(signal_error)
    refuse_double_counting(choices, error, force_signal_error)
    observation = Observation(choices.analysis, choices.model, choices.channels, cl, convention, error)
    observation.s_up_expected([choices.mass[1]])  # refuses cl and convention before any sampling
    signal = _signal(choices, points, Sampling(precision, DEFAULT_SEED, jobs, progress, report, cache_dir))
    if isinstance(points, int):
        rng = np.random.default_rng([seed, 0])
        points = draw_points(signal, choices.mass, choices.coupling, points, rng)
    for line in setting_notes(choices):
        report(line)

    simulated = partial(
        simulate,
        model,
        n=events,
        production=production,
        weighted=True,
        experiment=experiment,
        analysis=analysis,
        preset=preset,
        spectrum=spectrum,
        pot=pot,
        seed=_EVENT_SEED + seed,
        jobs=jobs,
    )

    def at(mass_gev: float, coupling: float) -> tuple[EventYield, ...]:
        return event_yields(signal, (mass_gev, coupling), simulated, choices.responses) if events else ()

    thrown = replace(signal, pot=signal.pot * signal_scale)
    results = close_points(signal, thrown, observation, points, experiments, seed, at, progress)
    return ModelClosure(
        model=choices.model.tag,
        coupling_name=choices.model.coupling_name,
        analysis=choices.analysis.name,
        preset=choices.preset.name,
        pot=choices.analysis.pot,
        channels=choices.channels,
        cl=cl,
        convention=convention,
        signal_error=error,
        signal_scale=signal_scale,
        seed=seed,
        results=results,
        p_value=uniformity(np.concatenate([result.transforms for result in results])),
    )


def _check_numbers(points: int | Sequence[Point], experiments: int, events: int, signal_scale: float) -> None:
    if (points if isinstance(points, int) else len(points)) < 1:
        raise ConfigError("points = 0: expected at least one, such as 20")
    if experiments < 10:
        raise ConfigError(f"experiments = {experiments}: expected at least 10, such as 1000")
    if events < 0:
        raise ConfigError(f"events = {events}: expected 0 (none) or more, such as 1000")
    if not 0 < signal_scale < np.inf:
        raise ConfigError(f"signal scale = {signal_scale:g}: expected a factor above 0, such as 2")


def _signal(choices: Choices, points: int | Sequence[Point], sampling: Sampling) -> SignalYields:
    """Yields of the chosen model, from tables of the masses that are needed."""
    masses = choices.mass[:2]
    if not isinstance(points, int):
        asked = [mass for mass, _ in points]
        choices.model.ctau_m(asked, 1.0)  # refuses masses outside the model's range
        masses = min(asked), max(asked)
    requests = table_requests(choices, masses, sampling.precision, sampling.seed)
    return signal_yields(choices, sampling.tables(requests))


def close_points(
    signal: SignalYields,
    thrown: SignalYields,
    observation: Observation,
    points: Sequence[Point],
    experiments: int,
    seed: int,
    events: Events = lambda mass_gev, coupling: (),
    progress: Progress | None = None,
) -> tuple[PointClosure, ...]:
    """Closure at each point; ``signal`` is what the analysis believes, ``thrown`` what nature does.

    Each point has its own random stream of the seed.
    """
    results = []
    for k, (mass_gev, coupling) in enumerate(points):
        if progress:
            progress(k, len(points), f"closure at m = {mass_gev:.3g} GeV")
        curve = _curve(signal, mass_gev, coupling)
        rng = np.random.default_rng([seed, 1, k])
        true_events = float(thrown.at_points([mass_gev], [coupling]).total()[0])
        results.append(_closed(curve, true_events, observation, experiments, rng, events(mass_gev, coupling)))
    return tuple(results)


def _curve(signal: SignalYields, mass_gev: float, coupling: float) -> YieldCurve:
    low, high, _ = signal.model.default_grid.coupling
    if not 0 < coupling < np.inf:
        raise DomainError(f"coupling {coupling:g}: expected a number above 0")
    if not signal.any_open_at(mass_gev):
        raise DomainError(f"m = {mass_gev:g} GeV: no channel of the closure is open there")
    curve = YieldCurve(signal, mass_gev, coupling, min(low, coupling / _SPAN), max(high, coupling * _SPAN))
    if not FEWEST_EVENTS <= curve.events <= MOST_EVENTS:
        raise DomainError(
            f"m = {mass_gev:g} GeV, {signal.model.coupling_name} = {coupling:g}: {curve.events:.3g} events "
            f"are expected; closure needs {FEWEST_EVENTS:g} to {MOST_EVENTS:g}"
        )
    return curve


def _background(observation: Observation, mass_gev: float) -> Background:
    """Of the total count in the regions that are open at the mass."""
    densities = [
        observation.region(tag).background.density
        for tag in observation.final_states
        if observation.open_at(tag, mass_gev)
    ]
    return densities[0] if len(densities) == 1 else Sum(tuple(densities))


def _closed(
    curve: YieldCurve,
    true_events: float,
    observation: Observation,
    experiments: int,
    rng: np.random.Generator,
    events: tuple[EventYield, ...],
) -> PointClosure:
    background, error = _background(observation, curve.mass_gev), observation.signal_error
    believed = ClosurePoint(curve.events, background, error)
    n = thrown_counts(ClosurePoint(true_events, background, error), experiments, rng)
    u = transforms(believed, n, rng)
    edge = largest_excluded(believed, int(n.max()), observation.cl, observation.convention)
    parts = curve.signal.at_points([curve.mass_gev], [curve.coupling]).by_final_state()
    return PointClosure(
        mass_gev=curve.mass_gev,
        coupling=curve.coupling,
        branch=curve.branch_name,
        solutions=curve.solutions(),
        peak=curve.peak,
        signal=believed.signal,
        background=background.mean,
        by_final_state={tag: float(part[0]) for tag, part in parts.items()},
        transforms=tuple(u.tolist()),
        p_value=uniformity(u),
        excluded=int((n <= edge).sum()),
        exclusion=float(count_pmf(believed, edge).sum()) if edge >= 0 else 0.0,
        fit=_fitted(curve, believed, n),
        events=events,
    )


def _fitted(curve: YieldCurve, believed: ClosurePoint, n: FloatArray) -> FitSummary:
    """Signal and coupling of every experiment, the coupling on the branch of the truth."""
    counts, which = np.unique(n, return_inverse=True)
    fits = SignalLikelihood(believed, counts)
    spread = count_moments(believed)[1] / believed.signal  # relative standard deviation of n - b
    slope, bend = curve.slopes
    branch = np.exp(curve.branch[1])
    at_edge = float(((fits.fit < branch.min()) | (fits.fit > branch.max()))[which].mean())
    bright = believed.signal + believed.background.mean >= ENOUGH_EVENTS and spread * _FAR <= 1
    # ln C = f(ln N) with 1/f' = slope: second order of its mean, over its standard deviation spread / slope
    straight = slope != 0 and spread / 2 * abs(1 + bend / slope**2) <= STRAIGHT
    pulls = None
    if bright and straight and at_edge == 0:
        pulls = np.log(curve.on_branch(fits.fit) / curve.coupling) * abs(slope) / spread
    return FitSummary(
        coupling_error=spread / abs(slope) if slope else float("inf"),
        at_edge=at_edge,
        pull=_moments(fits.pull[which]) if bright else None,
        coupling_pull=None if pulls is None else _moments(pulls[which]),
    )


def _moments(values: FloatArray) -> Pull:
    return float(values.mean()), float(values.std(ddof=1))

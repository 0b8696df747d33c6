"""A search whose yield is a closed formula: one production at one momentum, decays between two planes.

N(m, C) = rate(m) C^2 BR(m) eta POT [exp(-a C^2) - exp(-b C^2)],  a, b = z m / (p K) with ctau = K / C^2.
"""

from dataclasses import dataclass, field

import numpy as np

from feebly.analysis.analysis import load_analysis
from feebly.core.interfaces import DefaultGrid
from feebly.limits.observation import Observation
from feebly.limits.signal import SignalYields

POT, Z_MIN, Z_MAX, MOMENTUM_GEV, CTAU_M = 1e17, 80.0, 160.0, 80.0, 1e-13


@dataclass(frozen=True)
class ToyModel:
    """ctau = CTAU_M / C^2; equal branching ratios of the open final states."""

    thresholds: dict = field(default_factory=lambda: {"ee": 0.001, "mumu": 0.2113})
    tag: str = "toy"
    coupling_name: str = "epsilon"
    mass_range_gev: tuple = (0.001, 2.0)
    default_grid = DefaultGrid((0.01, 2.0, 100), (1e-8, 1e-3, 100))

    @property
    def channels(self):
        return tuple(self.thresholds)

    def threshold_gev(self, channel):
        return self.thresholds[channel]

    def branching_ratio(self, channel, mass_gev, coupling=1.0):
        mass = np.asarray(mass_gev)
        is_open = {tag: mass > threshold for tag, threshold in self.thresholds.items()}
        share = np.where(is_open[channel], 1.0, 0.0) / np.maximum(sum(o * 1.0 for o in is_open.values()), 1)
        return np.broadcast_to(share, np.broadcast_shapes(share.shape, np.shape(coupling))).copy()

    def ctau_m(self, mass_gev, coupling):
        coupling = np.asarray(coupling, float)
        shape = np.broadcast_shapes(np.shape(mass_gev), coupling.shape)
        return np.broadcast_to(CTAU_M / coupling**2, shape).copy()


def flat(mass_gev):
    return np.full(np.shape(mass_gev), 1.0)


@dataclass(frozen=True)
class ToyProduction:
    """``shape(m)`` C^2 FIPs per POT for masses in ``masses``, times the multiplicity of a parent if any."""

    tag: str = "brems"
    shape: object = flat
    masses: tuple = (0.0, np.inf)
    parent: str | None = None

    def mass_range_gev(self, model_range_gev):
        return max(self.masses[0], model_range_gev[0]), min(self.masses[1], model_range_gev[1])

    def rate(self, mass_gev, coupling, multiplicity=None):
        low, high = self.masses
        mass = np.asarray(mass_gev)
        inside = (mass >= low) & (mass <= high)
        parents = 1.0 if self.parent is None else multiplicity
        return np.where(inside, self.shape(mass), 0.0) * parents * np.asarray(coupling) ** 2


@dataclass
class ToySource:
    """Acceptance times the probability to decay between the planes; remembers what it was asked."""

    acceptance: float = 1e-3
    error: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def expected_events(self, production, final_state, mass_gev, ctau_m):
        self.asked.append((production, final_state, np.asarray(mass_gev)))
        length = MOMENTUM_GEV / mass_gev * ctau_m
        return self.acceptance * -np.exp(-Z_MIN / length) * np.expm1(-(Z_MAX - Z_MIN) / length)

    def relative_error(self, production, final_state, mass_gev, ctau_m):
        shape = np.broadcast_shapes(np.shape(mass_gev), np.shape(ctau_m))
        return np.full(shape, self.error.get((production, final_state), 0.01))


def toy_signal(shape=flat, pot=POT, final_states=("ee", "mumu"), thresholds=None, masses=(0.0, np.inf)):
    """One production with ``shape`` of the rate in mass, efficiency 1/2."""
    return SignalYields(
        model=ToyModel(thresholds) if thresholds else ToyModel(),
        production_channels=(ToyProduction(shape=shape, masses=masses),),
        multiplicities={"brems": None},
        source=ToySource(),
        pot=pot,
        efficiencies=dict.fromkeys(final_states, 0.5),
    )


def toy_observation(signal, pot=None, **conventions):
    """Counts and backgrounds of the NA62 search of 2021, with an event at 411 MeV in mumu."""
    analysis = load_analysis("na62-dump-2021")
    if pot:
        analysis = analysis.projected(pot)
    return Observation(analysis, signal.model, signal.final_states, **conventions)


def toy_events(mass_gev, coupling, rate=1.0, pot=POT, branching_ratio=1.0):
    """N written down a second time, without the package."""
    length = MOMENTUM_GEV / mass_gev * CTAU_M / coupling**2
    decays = np.exp(-Z_MIN / length) * (1 - np.exp(-(Z_MAX - Z_MIN) / length))
    return pot * rate * coupling**2 * branching_ratio * 0.5 * 1e-3 * decays


def toy_maximum(mass_gev, rate=1.0, pot=POT):
    """Coupling and value of the largest N at one mass: v = Z_MIN / length maximises v (e^-v - e^-rv)."""
    from scipy.optimize import minimize_scalar

    r = Z_MAX / Z_MIN
    best = minimize_scalar(
        lambda v: -v * (np.exp(-v) - np.exp(-r * v)),
        bounds=(0.1, 5),
        method="bounded",
        options={"xatol": 1e-10},
    )
    coupling = np.sqrt(best.x * MOMENTUM_GEV / mass_gev * CTAU_M / Z_MIN)
    return coupling, toy_events(mass_gev, coupling, rate, pot)


def toy_edges(mass_gev, s_up, rate=1.0, pot=POT, branching_ratio=1.0):
    """Lower and upper coupling with N = s_up, solved on either side of the maximum; none: ()."""
    from scipy.optimize import brentq

    top, largest = toy_maximum(mass_gev, rate * branching_ratio, pot)
    if largest <= s_up:
        return ()

    def excess(log_coupling):
        events = toy_events(mass_gev, np.exp(log_coupling), rate, pot, branching_ratio)
        return np.log(max(events, 1e-300) / s_up)

    low = brentq(excess, np.log(1e-12), np.log(top), xtol=1e-13)
    up = brentq(excess, np.log(top), np.log(top * 30), xtol=1e-13)
    return float(np.exp(low)), float(np.exp(up))

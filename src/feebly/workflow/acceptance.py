"""The factors of a yield on their own: produced, decayed in the volume, accepted; and the resolution.

N = POT x produced per POT x P_rd x A_acc x efficiency, for BR = 1: P_rd is the chance of a particle to fly
through the first aperture and to decay in the fiducial volume, A_acc that of such a decay to be selected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.engine.events import sample_events
from feebly.engine.histogram import laplace
from feebly.engine.in_flight import FlightSetup
from feebly.engine.knots import BLOCK_OF_MASSES
from feebly.engine.sampler import MassSample
from feebly.engine.setup import ChannelSetup
from feebly.engine.yields import SIGNAL
from feebly.physics.decays.channels import channel_of
from feebly.physics.production.totals import particles_per_unit
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, choose
from feebly.workflow.sampling import Sampling, channel_setup
from feebly.workflow.tables import SamplingTask
from feebly.workflow.yields import checked_ctau, checked_masses, preset_with

_RESOLUTION_BLOCKS = 40
_CORE = (0.158655, 0.841345)  # of a Gaussian, one standard deviation to each side


@dataclass(frozen=True, eq=False)
class Acceptance:
    """Factors of the yield of one production and final state over masses (M,) and ctau (T,).

    reference_coupling: what produced, decays and yields are for. produced: particles per POT, shape (M,); NaN
    where the sample has no total. decays: those that fly through the first aperture and decay in the fiducial
    volume, per POT; yields: selected events for BR = 1 (efficiency, and the share of pi0 and eta that decay
    to photons, included); acceptance = A_acc, pointing and volume included, shape (M, T), NaN where no decay
    was sampled; acceptance_error: relative, Monte Carlo. resolution: half of the central 68% of mass [GeV],
    Z_TAX [m] and CDA_TAX [m] of selected events, long-lived, shape (M,).
    """

    choices: Choices
    production: str
    final_state: str
    reference_coupling: float
    mass_gev: FloatArray
    ctau_m: FloatArray
    produced: FloatArray
    decays: FloatArray
    yields: FloatArray
    acceptance: FloatArray
    acceptance_error: FloatArray
    resolution: Mapping[str, FloatArray]

    @property
    def reach_and_decay(self) -> FloatArray:
        """P_rd = decays over produced particles."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.decays / self.produced[:, None]


def acceptance(
    model: str,
    production: str,
    channel: str,
    *,
    masses: Sequence[float],
    ctau: tuple[float, float, int],
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    preset: str | None = None,
    response: Mapping[str, str] | str | None = None,
    sampling: Sampling | None = None,
) -> Acceptance:
    """Produced, decayed and selected particles of one production mode and final state, BR = 1.

    masses [GeV]: sampled there. ctau: (min, max, number) in metres, log-spaced. The other arguments are those
    of `feebly.yields`. ConfigError where the channel is closed.
    """
    settings = sampling or Sampling()
    physics = preset or preset_with(model, production, experiment, analysis)
    choices = choose(model, experiment, analysis, [channel], [production], physics, response)
    asked, lifetimes = checked_masses(choices, masses, channel), checked_ctau(ctau)
    (mode,) = choices.production
    setup = channel_setup(choices, mode, channel, settings.seed)
    flight = FlightSetup(**{f.name: getattr(setup, f.name) for f in fields(ChannelSetup)})
    seen, flown = (_samples(each, asked, settings) for each in (setup, flight))
    n, n_error = _over_lifetimes(seen, asked, lifetimes)
    d, d_error = _over_lifetimes(flown, asked, lifetimes)
    reference, multiplicity = choices.model.reference_coupling, choices.multiplicities()[mode.tag]
    rate = np.array([float(mode.rate(m, reference, multiplicity)) for m in asked])
    unit = np.array([particles_per_unit(mode.sampling(), m) for m in asked])
    seen_share = choices.response(channel).efficiency * channel_of(channel).to_photons
    with np.errstate(invalid="ignore", divide="ignore"):
        accepted = np.where(d > 0, n / d, np.nan)
        error = np.hypot(n_error / n, d_error / d)
    return Acceptance(
        choices, production, channel, reference, asked, lifetimes, rate * unit, rate[:, None] * d,
        choices.analysis.pot * seen_share * rate[:, None] * n, accepted, error, _resolution(setup, asked),
    )  # fmt: skip


def _samples(setup: ChannelSetup, masses: FloatArray, settings: Sampling) -> list[MassSample]:
    parts = (masses[k : k + BLOCK_OF_MASSES] for k in range(0, masses.size, BLOCK_OF_MASSES))
    tasks = [SamplingTask(setup, part, settings.precision) for part in parts]
    return [sample for block in settings.samples(tasks) for sample in block]


def _over_lifetimes(
    samples: Sequence[MassSample], masses: FloatArray, ctau: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Sum of weights and its error, shape (M, T)."""
    pairs = [laplace(s.histogram[SIGNAL], ctau / m) for s, m in zip(samples, masses, strict=True)]
    value, error = zip(*pairs, strict=True)
    return np.array(value), np.array(error)


def _resolution(setup: ChannelSetup, masses: FloatArray) -> dict[str, FloatArray]:
    rows = {"mass_gev": "MASS", "z_tax_m": "ZTAX", "cda_tax_m": "CDATAX"}
    found: dict[str, list[float]] = {name: [] for name in rows}
    for mass in masses:
        events = sample_events(
            setup, float(mass), dict.fromkeys([*rows.values(), "REGION"]), _RESOLUTION_BLOCKS
        )
        inside = events["REGION"] == 1.0
        for name, row in rows.items():
            found[name].append(half_width(events[row][inside], events["WEIGHT"][inside]))
    return {name: np.array(values) for name, values in found.items()}


def half_width(values: FloatArray, weight: FloatArray) -> float:
    """Half of the weighted range that holds the central 68.27%: sigma of a Gaussian; NaN without events."""
    if values.size == 0:
        return float("nan")
    order = np.argsort(values)
    w = weight[order]
    low, high = np.interp(_CORE, (np.cumsum(w) - w / 2) / w.sum(), values[order])
    return float(high - low) / 2

"""Production channels of simulated events: which can be seen, and the factor of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray, ProductionChannel
from feebly.engine.events import EventStream
from feebly.engine.opening import opening_mass_gev
from feebly.limits.signal import SignalYields
from feebly.physics.decays.channels import channel_of
from feebly.workflow.choices import Choices
from feebly.workflow.event_pool import EventPool
from feebly.workflow.event_schema import chain_rows
from feebly.workflow.sampling import channel_setup


class _OneEvent:
    """Yields of one event for every channel: what multiplies it is the factor of the channel."""

    def expected_events(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        return np.ones(np.broadcast_shapes(np.shape(mass_gev), np.shape(ctau_m)))

    def relative_error(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        return np.zeros(np.broadcast_shapes(np.shape(mass_gev), np.shape(ctau_m)))  # one is exact


def open_pools(
    choices: Choices, channel: str, mass_gev: float, coupling: float, settings: tuple[int, int, bool]
) -> list[EventPool]:
    """An empty pool for each production that can be seen; DomainError when there is none."""
    seed, region, weighted = settings
    signal = SignalYields(
        choices.model,
        choices.production,
        choices.multiplicities(),
        _OneEvent(),
        choices.analysis.pot,
        {channel: choices.response(channel).efficiency},
        to_photons={channel: channel_of(channel).to_photons},
    )
    factors = signal.at_points([mass_gev], [coupling]).by_channel()  # refuses masses and couplings
    lam = float(choices.model.ctau_m(mass_gev, coupling)) / mass_gev
    pools = []
    for mode in choices.production:
        factor = float(factors.get(f"{mode.tag}/{channel}", np.zeros(1))[0])
        setup = channel_setup(choices, mode, channel, seed)
        if factor > 0.0 and mass_gev > opening_mass_gev(setup):
            stream = EventStream(setup, mass_gev, lam, chain_rows(channel))
            pools.append(EventPool(stream, factor, region, weighted))
    if not pools:
        raise DomainError(_closed(choices.production, channel, mass_gev, signal))
    return pools


def _closed(
    production: Sequence[ProductionChannel], channel: str, mass_gev: float, signal: SignalYields
) -> str:
    ranges = [signal.open_range_gev(mode, channel) for mode in production]
    found = [(low, high) for low, high in ranges if low < high]
    lows, highs = zip(*found, strict=True) if found else ((), ())
    where = f"open at {min(lows):.4g}-{max(highs):.4g} GeV" if found else "open nowhere"
    threshold = signal.model.threshold_gev(channel)
    modes = ", ".join(mode.tag for mode in production) if len(production) < 4 else "every production mode"
    return f"{modes} -> {channel} is closed at m = {mass_gev:g} GeV (threshold {threshold:.4g} GeV); {where}"

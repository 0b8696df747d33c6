"""Figure of the one idea: decay lengths of one sample -> every lifetime -> every coupling -> contour.

    python docs/figures/one_idea.py docs/images/one-idea.png

Real numbers: proton bremsstrahlung -> mu+ mu- at NA62, form factor, efficiency and separation of the preset
na62-ff-mixing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MASS_GEV = 0.3
LIMIT = np.log(10)  # CLs, 90%, nothing observed
BINS_PER_BAR = 8  # of the stored histogram
INK, ACCENT, FILL = "0.15", "#c03a2b", "#d5dfec"


@dataclass(frozen=True)
class Numbers:
    """What the panels show; ctau and t in metres, weights and events for 1.4e17 POT at epsilon = 1."""

    t_edges: Any
    t_weights: Any
    ctau: Any
    events: Any
    epsilon: Any
    signal: Any
    ctau_of_epsilon: Any
    edges: tuple[float, float]
    result: Any


def compute(precision: float) -> Numbers:
    """All numbers of the figure from the library."""
    import feebly
    from feebly.engine.histogram import TAU_MAX, TAU_MIN, laplace
    from feebly.engine.sampler import sample_masses
    from feebly.workflow.choices import choose
    from feebly.workflow.sampling import channel_setup

    choices = choose("dark-photon", channels=["mumu"], production=["brems"])
    (channel,) = choices.production
    setup = channel_setup(choices, channel, "mumu", seed=1)
    scale = choices.analysis.pot * choices.response("mumu").efficiency
    rate, model = float(channel.rate(MASS_GEV, 1.0)), choices.model

    # one weighted sample, kept as a histogram of the proper decay length t = m (z - z0)/p_z
    (sample,) = sample_masses(setup, np.array([MASS_GEV]), precision)
    stored = sample.histogram[0, :, 0]  # sum of weights of the signal region
    t_weights = scale * rate * MASS_GEV * stored.reshape(-1, BINS_PER_BAR).sum(axis=1)
    t_edges = MASS_GEV * np.geomspace(TAU_MIN, TAU_MAX, t_weights.size + 1)

    # its Laplace transform: the yield at every lifetime
    ctau = np.geomspace(1e-3, 1e3, 300)

    def events_at(ctau_m: Any) -> Any:
        return scale * rate * laplace(sample.histogram, np.asarray(ctau_m) / MASS_GEV)[0][0]

    epsilon = np.geomspace(3e-8, 1e-5, 400)
    ctau_of_epsilon = model.ctau_m(MASS_GEV, epsilon)
    branching = float(model.branching_ratio("mumu", MASS_GEV))
    signal = epsilon**2 * branching * events_at(ctau_of_epsilon)

    result = feebly.run(
        "dark-photon",
        channels=["mumu"],
        production=["brems"],
        precision=precision,
        mass=(0.212, 1.5, 100),
    )
    (edges,) = result.excluded_couplings(MASS_GEV)
    return Numbers(t_edges, t_weights, ctau, events_at(ctau), epsilon, signal, ctau_of_epsilon, edges, result)


def draw(numbers: Numbers, path: Path) -> None:
    """Four panels, read from left to right."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    plt.rcParams |= {"font.family": "STIXGeneral", "mathtext.fontset": "stix", "font.size": 11}
    figure, panels = plt.subplots(1, 4, figsize=(13.0, 3.5), layout="constrained")
    for panel, one in zip(panels, (_decay_lengths, _lifetimes, _couplings, _contour), strict=True):
        one(panel, numbers)
        panel.tick_params(which="both", direction="in", top=True, right=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _decay_lengths(panel: Any, n: Numbers) -> None:
    panel.stairs(n.t_weights, n.t_edges, fill=True, color=FILL)
    panel.stairs(n.t_weights, n.t_edges, color=INK)
    panel.set(xscale="log", xlim=(0.05, 5), title="1. one sample")
    panel.set(xlabel=r"proper decay length $t$ [m]", ylabel=r"$\Sigma w$ [events m]")


def _lifetimes(panel: Any, n: Numbers) -> None:
    panel.plot(n.ctau, n.events, color=INK)
    panel.set(xscale="log", yscale="log", ylim=(n.events.max() * 1e-4, n.events.max() * 3))
    panel.set(xlabel=r"$c\tau$ [m]", ylabel=r"events for $\varepsilon = 1$, BR $= 1$")
    panel.set_title(r"2. every lifetime: $\Sigma\, w\, e^{-t/c\tau}/c\tau$")


def _couplings(panel: Any, n: Numbers) -> None:
    panel.plot(n.epsilon, n.signal, color=INK)
    panel.axhline(LIMIT, color=ACCENT, linestyle="--")
    panel.text(n.epsilon[0] * 1.3, LIMIT * 1.25, "2.30 events", color=ACCENT)
    for edge in n.edges:
        panel.plot(edge, LIMIT, "o", color=ACCENT)
    panel.set(xscale="log", yscale="log", ylim=(1e-2, 1e3))
    panel.set(xlabel=r"coupling $\varepsilon$", ylabel=r"expected signal $N$")
    panel.set_title(r"3. every coupling: $\times\,\varepsilon^2$ BR, $c\tau(\varepsilon)$")


def _contour(panel: Any, n: Numbers) -> None:
    for piece in n.result.contour("expected"):
        panel.fill(piece.mass_gev, piece.coupling, color=FILL)
        panel.plot(piece.mass_gev, piece.coupling, color=INK)
    panel.plot([MASS_GEV] * 2, n.edges, "o-", color=ACCENT, linewidth=1)
    panel.set(xscale="log", yscale="log", ylim=(3e-8, 1e-5), title="4. every mass: the contour")
    panel.set(xlabel=r"$m_{A'}$ [GeV]", ylabel=r"$\varepsilon$")
    panel.set_xticks([0.2, 0.3, 0.5, 1.0], ["0.2", "0.3", "0.5", "1"])
    panel.minorticks_off()


if __name__ == "__main__":
    draw(compute(precision=0.01), Path(sys.argv[1]))

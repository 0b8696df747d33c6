"""Figure: the dark-photon contour with and without hadrons, and what each final state excludes alone.

    python docs/figures/hadrons.py docs/images/hadrons.png

Prints the table of the same page. Preset na62-ff-mixing-hadrons; tables that are in the cache are used.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRESET = "na62-ff-mixing-hadrons"
LEPTONS = ("mumu", "ee")
COLOURS = ("#c03a2b", "#2b6cb0", "#2f855a", "#b7791f", "#6b46c1", "#0f766e")


@dataclass(frozen=True)
class Contours:
    """Results of the runs: of all final states, of the leptons, and of each one alone by its tag."""

    everything: Any
    leptons: Any
    alone: dict[str, Any]


def compute(channels: tuple[str, ...] | None = None, **settings: Any) -> Contours:
    """All runs. channels: final states (None: those of the preset); ``settings`` are of ``feebly.run``."""
    import feebly

    def exclusion(tags: tuple[str, ...] | None) -> Any:
        return feebly.run("dark-photon", preset=PRESET, channels=tags, **settings)

    everything = exclusion(channels)
    alone = {tag: exclusion((tag,)) for tag in everything.channels}
    leptons = exclusion(tuple(tag for tag in everything.channels if tag in LEPTONS))
    return Contours(everything, leptons, alone)


def ranges(result: Any) -> str:
    """Excluded masses, or the largest yield where there are none."""
    from feebly.workflow.result import excluded_masses

    pieces = result.contour()
    if pieces:
        return ", ".join(f"{low:.3g}–{high:.3g} GeV" for low, high in excluded_masses(pieces))
    mass, coupling, events = result.scan.peak
    return f"none; at most {events:.2g} events, at {mass:.3g} GeV and ε = {coupling:.1e}"


def table(contours: Contours) -> str:
    """What each final state excludes, as Markdown."""
    rows = [(f"`{tag}`", result) for tag, result in contours.alone.items()]
    rows += [("both leptons", contours.leptons), ("all", contours.everything)]
    lines = [f"| {name} | {ranges(result)} |" for name, result in rows]
    return "\n".join(["| final state | excluded alone |", "|---|---|", *lines])


def draw(contours: Contours, path: Path) -> None:
    """Left: with and without hadrons; right: each final state alone."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained")
    _fill(left, contours.everything, "#b9cce3", "with hadrons")
    _outline(left, contours.leptons, "black", "leptons alone")
    _fill(right, contours.everything, "0.93", "all together")
    hadrons = [tag for tag in contours.alone if tag not in LEPTONS]
    for tag, colour in zip(hadrons, COLOURS, strict=False):
        _outline(right, contours.alone[tag], colour, tag)
    for axes in (left, right):
        axes.set(xscale="log", yscale="log", xlim=(0.2, 2.0), ylim=(1e-8, 1e-5))
        axes.set(xlabel=r"$m_{A'}$ [GeV]", ylabel=r"$\varepsilon$")
        axes.legend(frameon=False, fontsize=9)
        axes.set_xticks([0.2, 0.3, 0.5, 1.0, 2.0], ["0.2", "0.3", "0.5", "1", "2"])
        axes.minorticks_off()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _fill(axes: Any, result: Any, colour: str, label: str) -> None:
    for piece in result.contour():
        axes.fill(piece.mass_gev, piece.coupling, color=colour, label=label, linewidth=0)
        label = "_"


def _outline(axes: Any, result: Any, colour: str, label: str) -> None:
    for piece in result.contour():
        axes.plot(piece.mass_gev, piece.coupling, color=colour, label=label, linewidth=1.2)
        label = "_"


if __name__ == "__main__":
    made = compute(precision=0.02)
    draw(made, Path(sys.argv[1]))
    print(table(made))

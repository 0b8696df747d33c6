"""Energy and angle of one parent from several sources, with their ratio to the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle, groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.core.tables import write_atomically
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from feebly.report.figure_style import figure_file, own_style
from feebly.report.spectra_table import SourcedSpectrum
from feebly.report.symbols import drawable, meson_symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PARENTS = 4
_COLOURS = ("black", "#c03a2b", "#2c6fb0", "#4a9a3f", "#9a5fb0", "#b8860b")
_P_MIN_GEV, _BINS = 2.0, 46
_THETA_RAD: FloatArray = np.geomspace(0.5e-3, 0.3, 41)
_SEEN = 1e-3
"""The axis of the ratio serves bins above this part of the largest."""
_HIGHEST_RATIO = 4.0


def write_spectra_plot(path: Path, spectra: Sequence[SourcedSpectrum]) -> None:
    """Write the figure; the suffix of ``path`` tells the format (.png, .pdf).

    Raises ConfigError for another suffix or more than 4 parents.
    """
    if path.suffix not in (".png", ".pdf"):
        raise ConfigError(f"figure {path}: expected a file that ends in .png or .pdf")
    write_atomically(path, figure_file(spectra_figure(spectra), path.suffix[1:], "Meson spectra"))


def spectra_figure(spectra: Sequence[SourcedSpectrum]) -> Figure:
    """For each parent dN/dE and dN/dθ per POT of every source, and below each the ratio to the first source.

    Bands: statistical error of counted spectra, one standard deviation.
    """
    from matplotlib.figure import Figure

    parents = [list(group) for _, group in groupby(spectra, key=lambda each: each.parent)]
    if not 1 <= len(parents) <= MOST_PARENTS:
        raise ConfigError(
            f"{len(parents)} parents in one figure: expected 1 to {MOST_PARENTS}; name them by --parent"
        )
    colours = dict(zip(dict.fromkeys(each.source for each in spectra), cycle(_COLOURS), strict=False))
    with own_style():
        figure = Figure(figsize=(10.5, 0.6 + 4.6 * len(parents)), layout="constrained")
        grid = figure.add_gridspec(2 * len(parents), 2, height_ratios=[3, 1] * len(parents))
        for k, group in enumerate(parents):
            for column, draw in enumerate((_energy, _angle)):
                upper = figure.add_subplot(grid[2 * k, column])
                lower = figure.add_subplot(grid[2 * k + 1, column], sharex=upper)
                _panels(upper, lower, group, colours, draw)
    return figure


class _Histogram:
    """Mesons per POT and unit of x in bins, and their relative statistical error."""

    def __init__(self, spectrum: HadronSpectrum, share: FloatArray, edges: FloatArray) -> None:
        self.edges = edges
        self.values = share * spectrum.multiplicity / np.diff(edges)
        filled = share > 0
        entries = spectrum.effective_entries * share[filled] / spectrum.fraction_in_table
        self.relative_error = np.zeros(share.size)
        self.relative_error[filled] = entries**-0.5


_Draw = Callable[[SourcedSpectrum, float], _Histogram]


def _energy(sourced: SourcedSpectrum, beam_momentum_gev: float) -> _Histogram:
    spectrum = sourced.spectrum
    below = np.append(0.0, np.cumsum(spectrum.cell_fraction.sum(axis=1)))
    p_edges = np.geomspace(_P_MIN_GEV, beam_momentum_gev, _BINS + 1)
    # flat in ln p inside a cell: linear interpolation of the running sum is exact
    share = np.diff(np.interp(np.log(p_edges), spectrum.ln_p_edges, below))
    return _Histogram(spectrum, share, np.hypot(p_edges, sourced.mass_gev))


def _angle(sourced: SourcedSpectrum, beam_momentum_gev: float) -> _Histogram:
    share = np.diff([sourced.spectrum.fraction_within(theta) for theta in _THETA_RAD])
    return _Histogram(sourced.spectrum, share, 1e3 * _THETA_RAD)


def _panels(
    upper: Axes, lower: Axes, group: Sequence[SourcedSpectrum], colours: Mapping[str, str], draw: _Draw
) -> None:
    beam = max(each.spectrum.beam_momentum_gev for each in group)
    histograms = [draw(each, beam) for each in group]
    reference = histograms[0].values
    highest = 0.0
    for each, histogram in zip(group, histograms, strict=True):
        colour = colours[each.source]
        _steps(upper, histogram, histogram.values, colour, Path(each.source).name)
        ratio = np.full_like(reference, np.nan)
        np.divide(histogram.values, reference, out=ratio, where=reference > 0)
        highest = max(highest, np.max(ratio, initial=0.0, where=reference > _SEEN * reference.max()))
        _steps(lower, histogram, ratio, colour)
    top = max(histogram.values.max() for histogram in histograms)
    unit, quantity = ("GeV", "E") if draw is _energy else ("mrad", r"\theta")
    upper.set(xscale="log", yscale="log", ylim=((1e-6 if draw is _energy else 1e-3) * top, 3 * top))
    upper.set_ylabel(f"d$N$/d${quantity}$ per POT [{unit}$^{{-1}}$]")
    upper.tick_params(labelbottom=False)
    upper.legend(title=drawable(meson_symbol(group[0].parent)), frameon=False, loc="best")
    lower.axhline(1, color="0.5", linewidth=0.7, zorder=0)
    lower.set(ylim=(0, 2 if highest < 2 else _HIGHEST_RATIO), xlabel=f"${quantity}$ [{unit}]")
    lower.set_ylabel(f"ratio to\n{Path(group[0].source).name}")


def _steps(
    axes: Axes, histogram: _Histogram, values: FloatArray, colour: str, label: str | None = None
) -> None:
    edges, spread = histogram.edges, values * histogram.relative_error
    axes.stairs(values, edges, baseline=None, color=colour, linewidth=1.3, label=label)
    axes.stairs(values + spread, edges, baseline=values - spread, fill=True, color=colour, alpha=0.2)

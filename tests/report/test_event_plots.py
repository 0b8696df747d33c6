"""Distributions of simulated events: heights and errors, axes with units, the point and POT in the title."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.report.event_plots import Curve, Plot, bin_edges, binned, event_figure, plots, write_plots
from feebly.workflow.event_sample import EventSample
from feebly.workflow.simulate import simulate

NAMES = ["z-tax", "cda-tax", "mass", "momentum", "track-momentum", "vertex-z"]


@pytest.fixture(scope="module")
def events() -> EventSample:
    return simulate("dark-photon", "mumu", mass_gev=0.3, coupling=1e-6, n=500, region="all", weighted=True)


def test_heights_are_sums_of_weights() -> None:
    height, error = binned(np.array([0.5, 0.6, 1.5, 9.0]), np.array([1.0, 3, 5, 7]), np.array([0.0, 1, 2]))
    assert_allclose(height, [4, 5])
    assert_allclose(error, [np.sqrt(10), 5])


def test_each_quantity_is_what_it_says(events: EventSample) -> None:
    found = {plot.name: plot for plot in plots(events)}
    assert list(found) == NAMES
    median = {
        (name, curve.label): np.median(curve.values) for name, plot in found.items() for curve in plot.curves
    }
    assert abs(median["z-tax", "reconstructed"] - 23) < 2  # the dump is at 23 m
    assert 2 < median["cda-tax", "reconstructed"] < 10  # mm
    assert abs(median["mass", "reconstructed"] - 300) < 1  # MeV
    assert_allclose(median["momentum", "true"], median["momentum", "reconstructed pair"], rtol=0.01)
    assert found["track-momentum"].curves[0].values.size == 2 * len(events)
    assert median["track-momentum", "true, both tracks"] < median["momentum", "true"]
    assert abs(median["vertex-z", "true"] - median["vertex-z", "reconstructed"]) < 1
    assert found["z-tax"].marks == (6.0, 40.0)
    assert_allclose(found["cda-tax"].marks, [20.0])


def test_bins_are_round_and_hold_nearly_all() -> None:
    values = np.random.default_rng(1).normal(50.0, 1.0, 5000)
    edges = bin_edges(Plot("mass", "m", "MeV", (Curve("c", values),)), np.ones(5000))
    assert_allclose(np.diff(edges), edges[1] - edges[0], rtol=1e-9)
    assert_allclose(edges[1] - edges[0], 0.1, rtol=1e-9)
    assert np.mean((values > edges[0]) & (values < edges[-1])) > 0.985
    # a value that all events share, and a quantity that starts at zero
    one = bin_edges(Plot("mass", "m", "MeV", (Curve("c", np.full(3, 7.0)),)), np.ones(3))
    assert one[0] < 7 < one[-1]
    assert bin_edges(Plot("p", "p", "GeV", (Curve("c", values),), True), np.ones(5000))[0] == 0


@pytest.mark.parametrize("name", NAMES)
def test_figure_tells_units_and_settings(events: EventSample, name: str) -> None:
    plot = next(plot for plot in plots(events) if plot.name == name)
    figure = event_figure(events, plot)
    (axes,) = figure.axes
    assert axes.get_xlabel() == f"{plot.axis} [{plot.unit}]"
    assert axes.get_ylabel().startswith(("expected events / ", "expected tracks / "))
    assert axes.get_ylabel().endswith(plot.unit)
    assert axes.get_ylim()[0] == 0
    text = " ".join(t.get_text() for t in figure.texts)
    for part in (
        "POT",
        "1.4",
        "0.3 GeV",
        "10^{-6}",
        "na62-ff-mixing",
        "response 2502",
        "500 weighted",
        "seed 1",
    ):
        assert part in text
    assert "all events in acceptance" in text


def test_points_stand_at_their_heights(events: EventSample) -> None:
    """What is drawn adds up to the expected events, but for what is said to lie outside."""
    plot = plots(events)[0]
    axes = event_figure(events, plot).axes[0]
    (container,) = axes.containers
    drawn = np.asarray(container.lines[0].get_ydata())
    outside = float(axes.get_legend().get_title().get_text().split("%")[0]) / 100
    assert_allclose(drawn.sum(), events.expected * (1 - outside), rtol=1e-3)


def test_files(events: EventSample, tmp_path) -> None:
    paths = write_plots(events, tmp_path)
    assert [path.name for path in paths] == [f"{name}.png" for name in NAMES]
    first = [path.read_bytes() for path in paths]
    assert all(content.startswith(b"\x89PNG") for content in first)
    assert [path.read_bytes() for path in write_plots(events, tmp_path)] == first


def test_figures_with_photons() -> None:
    events = simulate(
        "alp-gluon", "3pi", mass_gev=0.6, coupling=1e-7, n=200, weighted=True, production=["mixing-eta"],
    )  # fmt: skip
    found = {plot.name: plot for plot in plots(events)}
    assert list(found) == [*NAMES[:5], "photon-energy", "vertex-z"]
    true, measured = (curve.values for curve in found["photon-energy"].curves)
    assert true.size == measured.size == 2 * len(events)
    assert true.min() > 1.0  # GeV: the cut
    assert_allclose(np.median(measured / true), 1.0, atol=0.02)
    true, measured = (curve.values for curve in found["momentum"].curves)
    assert_allclose(np.median(measured / true), 1.0, atol=0.01)
    assert abs(np.median(found["mass"].curves[0].values) - 600) < 2  # MeV
    figure = event_figure(events, found["photon-energy"])
    assert figure.axes[0].get_ylabel().startswith("expected photons / ")


def test_photons_alone_have_no_figure_of_the_pointing() -> None:
    events = simulate(
        "alp-photon", "gammagamma", mass_gev=0.3, coupling=1e-6, n=50, weighted=True,
        production=["primakoff"], analysis="na62-dump-photons",
    )  # fmt: skip
    assert [plot.name for plot in plots(events)] == ["mass", "momentum", "photon-energy", "vertex-z"]

"""The drawing against the data: everything is where the file says, tracks bend, labels do not overlap."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from numpy.testing import assert_allclose

from feebly.apparatus.experiment import Experiment, load_experiment
from feebly.core.errors import ConfigError
from feebly.report.event_tracks import track_points
from feebly.report.experiment_drawing import (
    aperture_pieces,
    experiment_figure,
    spread,
    stretch,
    write_drawing,
)
from feebly.workflow.event_sample import EventSample
from feebly.workflow.simulate import simulate
from twins.channels import final_state, na62
from twins.spectrometer import position_at


@pytest.fixture(scope="module")
def events() -> EventSample:
    return simulate("dark-photon", "mumu", mass_gev=0.3, coupling=1e-8, n=4, production=["brems"])


def black_lines(axes) -> set[tuple[float, float, float]]:
    """Vertical black lines as (z, low, high)."""
    lines = [line for line in axes.lines if line.get_color() == "black"]
    return {(line.get_xdata()[0], *line.get_ydata()) for line in lines}


def test_planes_stand_where_the_file_says() -> None:
    figure = experiment_figure(na62())
    for k, axes in enumerate(figure.axes):
        wanted = {(p.z_m, *piece) for p in na62().planes for piece in aperture_pieces(p, k)}
        assert black_lines(axes) == wanted
    # numbers of the data file: STRAW1 with its hole at x = 101 mm, LKr with a hole about the axis
    top, side = figure.axes
    for axes, piece in (
        (top, (183.508, 0.1612, 1.05)),
        (side, (183.508, -1.05, -0.06)),
        (top, (241.093, 0.08, 1.13)),
        (side, (246.8, 0.11, 1.32)),
    ):
        assert any(line == pytest.approx(piece) for line in black_lines(axes)), piece
    assert top.get_xlim() == side.get_xlim()
    assert top.get_ylim() == side.get_ylim()
    assert top.get_xlim()[0] < 23.07 < 246.8 < top.get_xlim()[1]


@pytest.mark.parametrize("k", [0, 1])
def test_pieces_are_the_projection_of_the_shape(k: int) -> None:
    """Against ``contains``: the ends of what is open anywhere, the hole on the line through its middle."""
    reach = np.linspace(-1.5, 1.5, 1201) + 1e-7
    step = reach[1] - reach[0]
    for plane in na62().planes:
        x, y = np.meshgrid(reach, reach, indexing="ij")
        anywhere = reach[plane.shape.contains(x, y).any(axis=1 - k)]
        pieces = aperture_pieces(plane, k)
        assert_allclose([anywhere[0], anywhere[-1]], [pieces[0][0], pieces[-1][1]], atol=step)
        across = np.full(reach.size, plane.shape.hole_m[1 - k])
        on_line = plane.shape.contains(*((reach, across) if k == 0 else (across, reach)))
        closed = reach[~on_line & (np.abs(reach) < 0.5)]
        assert_allclose([closed[0], closed[-1]], [pieces[0][1], pieces[1][0]], atol=step, err_msg=plane.name)


def test_a_plane_without_a_hole_is_one_piece() -> None:
    plane = na62().planes[0]
    closed = replace(plane, shape=replace(plane.shape, r_min_m=0.0))
    assert aperture_pieces(closed, 0) == ((-1.05, 1.05),)


def test_fiducial_volume_has_its_radius() -> None:
    state = final_state("ee")
    for axes in experiment_figure(na62(), state).axes:
        (volume,) = [c for c in axes.collections if c.get_gid() == "fiducial-volume"]
        z, x = volume.get_paths()[0].vertices.T
        assert_allclose(np.abs(x), state.fiducial_volume.radius_m(z), rtol=1e-6)
        assert_allclose([z.min(), z.max()], [105.0, 180.0], rtol=1e-12)
    assert not [c for c in experiment_figure(na62()).axes[0].collections if c.get_gid() == "fiducial-volume"]


@pytest.mark.parametrize("k", [0, 1])
def test_tracks_are_those_of_the_twin(events: EventSample, k: int) -> None:
    """Bent in x, straight in y, by the twin's kick."""
    c = events.columns
    vertex = np.column_stack([c[f"vertex_{axis}_m"] for axis in "xyz"])
    for daughter, charge in ((1, +1), (2, -1)):
        momentum = np.column_stack([c[f"d{daughter}_p{axis}_gev"] for axis in "xyz"])
        z, x = track_points(na62(), c, daughter, 246.8, k)
        for j in (1, 2):
            hit = position_at(z[0, j], vertex, momentum, charge, na62().magnet)
            assert_allclose(x[:, j], hit[:, k], rtol=1e-9)
        kink = (x[:, 2] - x[:, 1]) / (z[:, 2] - z[:, 1]) - (x[:, 1] - x[:, 0]) / (z[:, 1] - z[:, 0])
        bent = 0.27 * charge / np.linalg.norm(momentum, axis=1)
        assert_allclose(kink, bent if k == 0 else 0, rtol=0.02, atol=1e-4)


def test_events_are_drawn_from_the_dump_through_the_planes(events: EventSample) -> None:
    figure = experiment_figure(na62(), final_state("mumu"), events)
    for k, axes in enumerate(figure.axes):
        red = [line for line in axes.lines if line.get_color() == "#c03a2b"]
        assert len(red) == len(events)
        starts = sorted(line.get_xdata()[0] for line in red)
        assert_allclose(starts, sorted(events.columns["vertex_z_m"]), rtol=0)
        assert all(line.get_xdata()[-1] == 246.8 for line in red)
        lines = [line for line in axes.lines if line.get_label() == "particle"]
        assert_allclose(lines[0].get_xdata()[0], events.columns["origin_z_m"][0], rtol=0)
        assert_allclose(lines[0].get_ydata()[0], events.columns[f"origin_{'xy'[k]}_m"][0], rtol=0)
    text = " ".join(t.get_text() for t in figure.texts)
    for part in (
        "4 simulated",
        "in the SR",
        "0.3 GeV",
        "10^{-8}",
        "production brems",
        "270 MeV",
        na62().title,
    ):
        assert part in text


def test_electrons_end_in_the_calorimeter() -> None:
    sample = simulate("dark-photon", "ee", mass_gev=0.1, coupling=1e-7, n=2, production=["brems"])
    axes = experiment_figure(na62(), final_state("ee"), sample).axes[0]
    ends = {line.get_xdata()[-1] for line in axes.lines if line.get_color() == "#2456a6"}
    assert ends == {241.093}


def test_photons_end_on_the_calorimeter() -> None:
    sample = simulate(
        "alp-gluon", "3pi", mass_gev=0.6, coupling=1e-7, n=2, weighted=True, production=["mixing-eta"],
    )  # fmt: skip
    z = na62().plane("LKr").z_m
    for axes, axis in zip(experiment_figure(na62(), final_state("3pi"), sample).axes, "xy", strict=True):
        drawn = [line for line in axes.lines if line.get_color() == "#c98a00"]
        ends = {(line.get_xdata()[-1], line.get_ydata()[-1]) for line in drawn}
        assert ends == {(z, x) for k in "12" for x in sample.columns[f"photon{k}_{axis}_m"]}
        starts = {(line.get_xdata()[0], line.get_ydata()[0]) for line in drawn}
        vertex = zip(sample.columns["vertex_z_m"], sample.columns[f"vertex_{axis}_m"], strict=True)
        assert starts == set(vertex)


def test_the_stretch_is_told_and_true() -> None:
    figure = experiment_figure(na62())
    axes = figure.axes[0]
    (z0, x0), (z1, x1) = axes.transData.transform([(0.0, 0.0), (1.0, 1.0)])
    assert_allclose((x1 - x0) / (z1 - z0), stretch(figure), rtol=1e-9)
    assert f"stretched {stretch(figure):.0f} times" in " ".join(t.get_text() for t in figure.texts)


def crowded() -> Experiment:
    """Twelve planes within ten metres, with long names."""
    base = na62()
    last = base.planes[-1]
    many = [replace(last, name=f"HODOSCOPE-{k}", z_m=247.0 + 0.8 * k) for k in range(12)]
    return replace(base, planes=(*base.planes, *many))


@pytest.mark.parametrize("experiment", [na62(), crowded()], ids=["na62", "crowded"])
def test_labels_do_not_overlap(experiment: Experiment) -> None:
    figure = experiment_figure(experiment, final_state("ee"))
    FigureCanvasAgg(figure).draw()
    labels = [t for t in figure.axes[0].texts if t.get_gid() == "element"]
    assert {t.get_text() for t in labels} == {"MNP33", *(plane.name for plane in experiment.planes)}
    # of an annotation its text alone, not the line to what it names
    boxes = [super(type(t), t).get_window_extent() for t in labels] + [
        t.get_window_extent() for t in figure.texts
    ]
    for i, one in enumerate(boxes):
        assert figure.bbox.x0 <= one.x0
        assert one.x1 <= figure.bbox.x1
        assert one.y1 <= figure.bbox.y1
        for other in boxes[i + 1 :]:
            assert not one.overlaps(other)


@given(st.lists(st.floats(0, 300), min_size=1, max_size=20).map(sorted), st.floats(0.1, 10))
def test_spread_keeps_order_distance_and_centre(positions: list[float], distance: float) -> None:
    moved = spread(positions, distance)
    assert np.all(np.diff(moved) >= distance * (1 - 1e-9))
    assert_allclose(moved.mean(), np.mean(positions), rtol=1e-9, atol=1e-9)
    if np.all(np.diff(positions) >= distance):
        assert_allclose(moved, positions, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_files(tmp_path: Path, events: EventSample, suffix: str) -> None:
    for name in ("a", "b"):
        write_drawing(tmp_path / f"{name}{suffix}", na62(), final_state("mumu"), events)
    first, second = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("a", "b"))
    assert first == second
    assert first.startswith(b"\x89PNG" if suffix == ".png" else b"%PDF")


def test_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown suffix '.pgn'; known: .png, .pdf; did you mean '.png'\?"):
        write_drawing(tmp_path / "e.pgn", na62())
    assert list(tmp_path.iterdir()) == []


def test_any_experiment_is_drawn(tmp_path: Path) -> None:
    """Other distances, magnet and names, from a file."""
    (tmp_path / "mine.toml").write_text(
        'extends = "na62-dump-2021"\nname = "mine"\ntitle = "Mine"\n[magnet]\nname = "B1"\nkick_gev = 0.5\n'
    )
    figure = experiment_figure(load_experiment(tmp_path / "mine.toml"))
    assert "B1: thin kick of 500 MeV in x" in " ".join(t.get_text() for t in figure.texts)

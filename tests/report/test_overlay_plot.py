"""The overlay: curves as they were, in one convention, labels in free places, words that tell what it is."""

import re
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DataError
from feebly.core.provenance import Origin
from feebly.core.tables import plain
from feebly.publish.limit_files import LimitPiece, PublishedLimit
from feebly.report.overlay_plot import common_facts, overlay_caption, overlay_figure, visible
from feebly.report.overlay_plot_files import overlay_csv
from feebly.report.overlay_plot_labels import MARGIN, LabelWish, dense, place_labels, raster_shape, thinned
from feebly.report.overlay_plot_layers import make_overlay
from feebly.report.overlay_plot_runs import plotted_run
from feebly.report.run_folder import result_dict
from report.synthetic import synthetic_result
from report.test_exclusion_plot import banded_result


@cache
def run_of(result, name="run"):
    return plotted_run(name, plain(result_dict(result)), result.scan.pieces)


def limit(label="theirs", region="inside", coupling="epsilon", kind="observed", model="", scale=1.0, cl=0.9):
    mass = np.array([0.02, 0.2, 0.2, 0.02, 0.02])
    values = np.array([1e-7, 1e-7, 5e-7, 5e-7, 1e-7]) * scale
    if region != "inside":
        mass, values = mass[:2], values[:2] * 1e3
    pieces = (LimitPiece(mass, values), LimitPiece(mass * 2.5, values * 3))
    origin = Origin("digitised", "from Fig. 3")
    return PublishedLimit(label, coupling, pieces, origin, cl, kind, region, model=model, arxiv="1234.56789")


@cache
def runs():
    return (
        run_of(synthetic_result(), "both"),
        run_of(synthetic_result("mumu_2303"), "muons"),
        run_of(synthetic_result(projection=True, islands=True), "future"),
    )


def overlay(*limits, **options):
    return make_overlay(runs(), limits, **options)


@cache
def plain_figure():
    return overlay_figure(overlay())


def artists(figure):
    (axes,) = figure.axes
    return {artist.get_gid(): artist for artist in axes.get_children() if artist.get_gid()}


def drawn(line):
    """Points of a line, gaps left out."""
    points = np.column_stack(line.get_data())
    return points[np.isfinite(points).all(axis=1)]


# --- curves -------------------------------------------------------------------------------------------


def test_each_piece_is_a_line_with_the_points_of_the_run():
    future = synthetic_result(projection=True, islands=True)
    found = artists(plain_figure())
    lines = {name for name in found if re.fullmatch(r"run\d-[a-z]+-\d", name)}
    assert lines == {"run0-observed-0", "run1-observed-0", "run2-expected-0", "run2-expected-1"}
    for piece in future.contour("expected"):
        points = drawn(found[f"run2-expected-{piece.piece}"])
        assert_allclose(points, np.column_stack([piece.mass_gev, piece.coupling]), rtol=0)
    gaps = {name: np.isnan(found[name].get_xdata()).sum() for name in lines}
    assert gaps == {"run0-observed-0": 1, "run1-observed-0": 0, "run2-expected-0": 1, "run2-expected-1": 0}
    assert found["run0-observed-0"].get_linestyle() == "-"
    assert found["run2-expected-0"].get_linestyle() == "--"


def test_masses_in_mev_and_couplings_squared():
    figure = overlay_figure(overlay(coupling="epsilon^2", in_mev=True))
    found = artists(figure)
    (piece,) = synthetic_result("mumu_2303").contour()
    points = drawn(found["run1-observed-0"])
    assert_allclose(points, np.column_stack([1e3 * piece.mass_gev, piece.coupling**2]), rtol=1e-14)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "$m_{A′}$ [MeV]"
    assert axes.get_ylabel() == r"$\varepsilon^2$"


def test_limits_are_grey_areas_below_the_runs_and_their_pieces_are_apart():
    found = artists(overlay_figure(overlay(limit(), limit("above", "above"), limit("seen", "points"))))
    fill = found["limit0-fill"]
    inside, between = (0.05, 2.5e-7), (0.3, 2e-7)
    assert fill.get_path().contains_point(inside)
    assert not fill.get_path().contains_point(between)
    assert fill.get_zorder() < min(
        found[name].get_zorder() for name in found if re.fullmatch(r"run\d-\w+-0", name)
    )
    assert found["limit1-fill"].get_path().contains_point((0.1, 1e-2))
    assert found["limit1-fill"].get_path().contains_point((0.19, 1e-2))
    assert not found["limit1-fill"].get_path().contains_point((0.1, 5e-5))
    assert (found["limit2-0"].get_marker(), found["limit2-0"].get_linestyle()) == ("o", "None")
    assert "limit2-fill" not in found


def test_projected_limits_are_dashed_without_area():
    found = artists(overlay_figure(overlay(limit(kind="projection"))))
    assert found["limit0-0"].get_linestyle() == "--"
    assert "limit0-fill" not in found
    found = artists(overlay_figure(make_overlay([run_of(synthetic_result())], [limit(kind="projection")])))
    order = found["limit0-0"].get_zorder()
    assert found["run0-observed-fill"].get_zorder() < order < found["run0-observed-0"].get_zorder()


def test_caption_tells_expected_limits_and_the_side_of_a_curve():
    expected = overlay_caption(overlay(limit(kind="projection"), limit("one", "above", kind="expected")))
    assert "Grey lines: expected limits and projections." in expected
    assert "one: expected, all above the line, 90% CL" in expected
    assert "Grey: published limits." in overlay_caption(overlay(limit()))


def test_edge_of_the_grid_is_dotted():
    found = artists(plain_figure())
    mass, _ = found["run0-observed-0-edge"].get_data()
    segment = np.isfinite(mass[:-1]) & np.isfinite(mass[1:])
    assert_allclose(mass[:-1][segment], 0.01, rtol=1e-12)
    assert "run1-observed-0-edge" not in found
    assert "Dotted: edge of the grid" in overlay_caption(overlay())


def test_one_run_alone_has_expected_limit_bands_and_its_own_caption():
    result = banded_result(0.2)
    alone = make_overlay([run_of(result)])
    found = artists(overlay_figure(alone))
    assert {"run0-observed-0", "run0-expected-0", "run0-band1-fill", "run0-band2-fill"} <= set(found)
    assert overlay_caption(alone) == result_dict(result)["caption"]
    assert "run0-expected-0" not in artists(plain_figure())
    degenerate = artists(overlay_figure(make_overlay([run_of(banded_result(0.0))])))
    assert not {name for name in degenerate if "band" in name}


def test_limits_in_another_convention_are_converted():
    squared = limit(coupling="epsilon^2", scale=1e-7)
    (converted,) = overlay(squared).limits
    assert converted.coupling == "epsilon"
    assert_allclose(converted.pieces[0].coupling, np.sqrt(squared.pieces[0].coupling), rtol=1e-14)


@pytest.mark.parametrize(
    ("limits", "options", "words"),
    [
        ((limit(coupling="sin-theta"),), {}, "theirs: sin-theta cannot be turned into epsilon"),
        ((), {"coupling": "U2"}, "both: epsilon cannot be turned into U2"),
        ((), {"coupling": "epsilom"}, "did you mean 'epsilon'?"),
        ((), {"labels": ["a", "b", "c", "d"]}, "4 labels for 3 runs"),
        ((limit(model="alp-photon", coupling="1/f"), limit("b", model="alp-gluon", coupling="1/f")), {},
         "theirs is of alp-photon and b of alp-gluon: their couplings are not comparable"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused_in_one_line(limits, options, words):
    with pytest.raises(ConfigError) as refused:
        make_overlay(runs(), limits, **options)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nothing_to_plot_and_damaged_results():
    with pytest.raises(ConfigError, match="nothing to plot"):
        make_overlay([])
    content = plain(result_dict(synthetic_result()))
    del content["setting"]["pot"]
    with pytest.raises(DataError, match="damaged"):
        plotted_run("run", content, ())


# --- axes ---------------------------------------------------------------------------------------------


def test_limits_far_away_do_not_widen_the_figure_beyond_a_factor_ten():
    (m0, m1), (c0, c1) = visible(overlay())
    far = limit(scale=1e6)
    (n0, n1), (d0, d1) = visible(overlay(far))
    assert n0 == m0
    assert c0 / 1.5 < d0 <= c0
    assert c1 < d1 < 20 * c1
    assert visible(overlay(), (0.1, 1.0), (1e-7, 1e-6)) == ((0.1, 1.0), (1e-7, 1e-6))
    assert n1 == m1


def test_small_ranges_are_labelled():
    (axes,) = overlay_figure(overlay(), (0.30, 0.42), (2e-7, 6e-7)).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [rf"${n} \times 10^{{-7}}$" for n in range(2, 7)]
    assert len(axes.get_xticklabels()) >= 3


# --- words --------------------------------------------------------------------------------------------


def boxes(figure):
    """Corners of all words in the axes, and of the axes, in pixels."""
    (axes,) = figure.axes
    renderer = figure.canvas.get_renderer()
    found = {text.get_gid(): text.get_window_extent(renderer) for text in axes.texts if text.get_text()}
    return found, axes.get_window_extent(renderer)


@pytest.mark.parametrize("in_mev", [False, True])
def test_words_lie_inside_the_axes_and_apart(in_mev):
    shown = overlay(
        limit(), limit("a rather long name of a limit", "above"), limit("c", "points"), in_mev=in_mev
    )
    words, frame = boxes(overlay_figure(shown))
    assert {"run0-observed-label", "run1-observed-label", "run2-expected-label", "limit0-label"} <= set(words)
    assert {"limit1-label", "limit2-label", "facts"} <= set(words)
    for box in words.values():
        assert frame.x0 < box.x0 < box.x1 < frame.x1
        assert frame.y0 < box.y0 < box.y1 < frame.y1
    for one, other in combinations(words.values(), 2):
        assert not one.overlaps(other)


def test_labels_cross_no_curve_where_there_is_room():
    figure = overlay_figure(overlay(limit()))
    words, _ = boxes(figure)
    (axes,) = figure.axes
    for line in axes.get_lines():
        points = dense(axes.transData.transform(drawn(line)))
        for name, box in words.items():
            if name.startswith("run"):
                inside = (points > [box.x0, box.y0]).all(axis=1) & (points < [box.x1, box.y1]).all(axis=1)
                assert not inside.any(), name


@settings(max_examples=25)
@given(data=st.data())
def test_placed_labels_stay_in_the_axes_and_do_not_meet(data):
    size = (300.0, 200.0)
    coordinate = st.floats(-50, 350)
    wishes = []
    for _ in range(data.draw(st.integers(1, 6))):
        curve = np.array(data.draw(st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6)))
        wishes.append(LabelWish((data.draw(st.floats(10, 60)), 12.0), dense(curve)))
    found = [placed for placed in place_labels(wishes, size) if placed is not None]
    for placed in found:
        x0, y0, x1, y1 = placed.box
        assert MARGIN <= x0 < x1 <= size[0] - MARGIN
        assert MARGIN <= y0 < y1 <= size[1] - MARGIN
    for (a0, b0, a1, b1), (c0, d0, c1, d1) in combinations([placed.box for placed in found], 2):
        assert a1 <= c0 or c1 <= a0 or b1 <= d0 or d1 <= b0


def test_a_label_in_its_region_avoids_the_curves_of_others():
    corners = np.array([[50, 50], [250, 50], [250, 150], [50, 150], [50, 50]], float)
    region = np.zeros(raster_shape((300, 200)), bool)
    region[25:125, 25:75] = True
    through = dense(np.array([[10.0, 100.0], [290.0, 100.0]]))
    found, _ = place_labels(
        [LabelWish((60, 12), dense(corners), region), LabelWish((20, 12), through)], (300, 200)
    )
    x0, y0, x1, y1 = found.box
    assert 50 <= x0 < x1 <= 250
    assert 50 <= y0 < y1 <= 150
    assert not y0 < 100 < y1
    assert found.anchor is None


def test_thinned_curves_keep_their_shape():
    angle = np.linspace(0, 2 * np.pi, 50_001)
    circle = 100 + 80 * np.column_stack([np.cos(angle), np.sin(angle)])
    few = thinned(circle)
    assert len(few) < 3000
    assert_allclose(np.hypot(*(dense(few) - 100).T), 80, rtol=1e-3)


def test_a_curve_outside_of_the_axes_gets_no_label():
    assert place_labels([LabelWish((20, 10), np.array([[500.0, 500.0], [600.0, 500.0]]))], (300, 200)) == [
        None
    ]


def test_labels_of_runs_are_what_tells_them_apart():
    labels = [layer.label for layer in overlay().layers]
    assert labels == ["1.4×10¹⁷ POT, e⁺e⁻, μ⁺μ⁻", "1.4×10¹⁷ POT, μ⁺μ⁻", "10¹⁸ POT (projection), e⁺e⁻, μ⁺μ⁻"]
    assert overlay(labels=["mine"]).layers[0].label == "mine"
    twice = make_overlay([run_of(synthetic_result(), "one"), run_of(synthetic_result(), "two")])
    assert [layer.label for layer in twice.layers] == ["one", "two"]


def test_caption_and_facts_tell_pot_cl_convention_preset_and_sources():
    caption = overlay_caption(overlay(limit(cl=0.95), limit("seen", kind="projection")))
    for words in [
        "Solid: observed limits. Dashed: projections, nothing observed.",
        "1.4×10¹⁷ POT, μ⁺μ⁻: na62-dump-2021, 90% CL, cls-counting, preset na62-conservative.",
        "na62-dump-run2",
        "theirs: 95% CL, arXiv:1234.56789 (digitised).",
        "seen: projection, 90% CL",
    ]:
        assert words in caption
    assert list(common_facts(overlay())) == ["90% CL, cls-counting"]
    alone = "\n".join(common_facts(make_overlay([run_of(synthetic_result())])))
    for words in ("1.4×10¹⁷ POT", "90% CL, cls-counting", "preset na62-ff-mixing"):
        assert words in alone
    future = make_overlay([run_of(synthetic_result(projection=True))])
    assert next(common_facts(future)) == r"$\mathbf{PROJECTION}$"


def test_table_beside_the_figure_reads_back_exactly():
    shown = overlay(limit(), coupling="epsilon^2")
    lines = [line for line in overlay_csv(shown).splitlines() if not line.startswith("#")]
    assert lines[0] == "curve,kind,piece,mass_gev,coupling"
    rows = [re.fullmatch(r'"(.*)",([^,]*),(\d+),([^,]*),([^,]*)', line).groups() for line in lines[1:]]
    for layer in shown.layers:
        for i, curve in enumerate(layer.curves):
            own = [
                (float(m), float(c)) for name, _, piece, m, c in rows if (name, piece) == (layer.name, str(i))
            ]
            assert own == list(zip(curve.mass_gev.tolist(), curve.coupling.tolist(), strict=True))
    assert len(rows) == sum(len(curve.mass_gev) for layer in shown.layers for curve in layer.curves)
    banded = overlay_csv(make_overlay([run_of(banded_result(0.2))]))
    assert ",band-1s-outer,0," in banded
    assert ",band-1s-inner,0," in banded


def test_words_of_others_are_no_formulas_and_a_mass_of_zero_is_left_of_the_axis():
    pieces = (LimitPiece([0.0, 0.1, 0.26], [1e-10, 2e-10, 1e-10]),)
    theirs = PublishedLimit(
        r"5$ \frac{x$ _a_", "branching-ratio", pieces, Origin("assumed", "$x$"), 0.9, region="above"
    )
    figure = overlay_figure(make_overlay([], [theirs]))
    words, _ = boxes(figure)
    assert "limit0-label" in words
    assert figure.axes[0].get_xlim()[0] > 0.05
    assert (0.0, 1e-10) in {
        (curve.mass_gev[0], curve.coupling[0]) for curve in make_overlay([], [theirs]).layers[0].curves
    }


def test_a_benchmark_names_its_model_and_a_missing_one_is_said():
    named = replace(limit(coupling="g_agamma"), benchmark="BC9")
    (converted,) = make_overlay([], [named], coupling="C/Lambda").limits
    assert converted.model == "alp-photon"
    silent = limit("silent", coupling="C/Lambda")
    assert make_overlay([], [named, silent]).notes == ("Taken for alp-photon, which silent does not say.",)
    assert make_overlay([], [limit()]).notes == ()


def test_no_exclusion_is_drawn_and_said():
    empty = make_overlay([run_of(synthetic_result(empty=True))])
    figure = overlay_figure(empty)
    assert "no exclusion" in overlay_caption(empty)
    assert figure.axes[0].get_xlim()[0] < 0.011


def test_own_coupling_names_are_taken_as_they_are():
    result = synthetic_result()
    content = plain(result_dict(result)) | {"coupling": "g_X", "model": "mine"}
    shown = make_overlay([plotted_run("mine", content, result.scan.pieces)])
    assert overlay_figure(shown).axes[0].get_ylabel() == "g_X"

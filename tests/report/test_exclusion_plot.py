"""The artists of the figure: curves, scales, words; a picture is judged by eye, its parts here."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.limits.expected_bands import BAND_KINDS, EXPECTED_KINDS, BandChoice
from feebly.limits.results import ContourPiece
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.models.dark_scalar import DarkScalar
from feebly.report.contour_paths import band_path, band_sentences, filled_path
from feebly.report.exclusion_plot import (
    caption_text,
    exclusion_figure,
    figure_bytes,
    visible_ranges,
)
from feebly.report.log_axes import log_ticks
from feebly.report.symbols import scientific
from report.synthetic import closed_piece, synthetic_result


def artists(figure):
    """Artists of the axes by name."""
    (axes,) = figure.axes
    return {artist.get_gid(): artist for artist in axes.get_children() if artist.get_gid()}


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_each_piece_is_a_line_of_its_own():
    found = artists(exclusion_figure(synthetic_result(islands=True)))
    lines = {name for name in found if name.startswith(("observed", "expected"))}
    whole = {"observed-0", "observed-1", "expected-0", "expected-1"}
    assert lines == whole | {"observed-0-edge", "expected-0-edge"}
    assert found["observed-0"].get_linestyle() == "-"
    assert found["expected-0"].get_linestyle() == "--"


def test_lines_hold_the_contour_and_leave_out_the_edge_of_the_grid():
    result = synthetic_result()
    found = artists(exclusion_figure(result))
    (piece,) = result.contour()
    mass, coupling = found["observed-0"].get_data()
    drawn = np.isfinite(mass)
    assert_allclose(mass[drawn], piece.mass_gev, rtol=0)
    assert_allclose(coupling[drawn], piece.coupling, rtol=0)
    assert np.sum(~drawn) == 1  # the one segment along m = 0.01 GeV
    edge_mass, _ = found["observed-0-edge"].get_data()
    segment = np.isfinite(edge_mass[:-1]) & np.isfinite(edge_mass[1:])
    assert_allclose(edge_mass[:-1][segment], 0.01, rtol=1e-12)


def test_axes_are_logarithmic_with_symbols_and_units():
    (axes,) = exclusion_figure(synthetic_result()).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlabel() == "$m_{A′}$ [GeV]"
    assert axes.get_ylabel() == r"$\varepsilon$"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.01", "0.1", "1"]


def test_words_tell_what_was_assumed():
    text = words(exclusion_figure(synthetic_result()))
    for piece in [
        r"1.4 \times 10^{17}",
        "90% CL",
        "cls-counting",
        "na62-ff-mixing",
        "na62-dump-2021",
        "excluded",
    ]:
        assert piece in text
    assert "PROJECTION" not in text


def test_caption_explains_notch_edge_and_calibration():
    caption = caption_text(synthetic_result())
    for piece in [
        "Notch at 0.411\u00a0GeV: 1 event observed in μ⁺μ⁻.",
        "Dotted: edge of the grid",
        "meson weight",
    ]:
        assert piece in caption
    assert "Dotted" not in caption_text(synthetic_result("mumu_2303"))


def test_caption_knows_the_largest_coupling():
    result = synthetic_result()
    assert "goes on beyond it" in caption_text(replace(result, particle=DarkPhoton()))  # open at the left
    top = closed_piece("observed", 0, np.array([0.1, 0.2]), np.full(2, 1e-5), np.full(2, 1.0), open_edge=True)
    result = replace(
        result,
        scan=replace(result.scan, pieces=(top,)),
        particle=DarkScalar(),
        coupling_range=(1e-6, 1.0, 10),
    )
    assert "Dotted: the largest coupling that there is." in caption_text(result)
    assert "goes on beyond it" in caption_text(replace(result, particle=None))


def with_hadrons(response="hadrons"):
    result = synthetic_result()
    hadrons = ("pipi", "3pi", "2pi2pi0", "kk")
    responses = result.responses | dict.fromkeys(hadrons, response)
    return replace(result, channels=(*result.channels, *hadrons), responses=responses)


def test_caption_tells_masses_left_out_and_assumed_responses():
    caption = caption_text(with_hadrons())
    assert "Not searched in π⁺π⁻: 0.492–0.503\u00a0GeV." in caption  # m(K_S) ± 5.7 MeV
    assert "Assumed, calibrated on nothing: response to π⁺π⁻, π⁺π⁻π⁰, π⁺π⁻2π⁰, K⁺K⁻." in caption
    assert "Assumed" not in caption_text(with_hadrons("none"))
    assert "Assumed" not in caption_text(synthetic_result())
    assert "Not searched" not in caption_text(synthetic_result())
    elsewhere = replace(with_hadrons(), mass_range_gev=(0.6, 2.0, 20))
    assert "Not searched" not in caption_text(elsewhere)


def test_many_final_states_take_several_lines_inside_the_axes():
    facts = next(text for text in exclusion_figure(with_hadrons()).axes[0].texts if text.get_gid() == "facts")
    lines = facts.get_text().split("\n")
    assert len(lines) == 5
    assert "K$^{+}$K$^{-}$" in lines[3]


def test_projection_says_so_with_its_background():
    result = synthetic_result(projection=True)
    figure = exclusion_figure(result)
    text = words(figure)
    assert "PROJECTION" in text
    assert "would be" in text
    assert "event" not in artists(figure)
    b = result.analysis.final_state("mumu").signal_region.background.mean
    assert f"{b:.2g} (μ⁺μ⁻)" in caption_text(result)
    assert "scaled from na62-dump-2021" in caption_text(result)
    assert "Notch" not in caption_text(result)


def test_no_exclusion_is_said_with_the_largest_yield():
    result = synthetic_result(empty=True)
    assert "no exclusion" in words(exclusion_figure(result))
    assert "the largest yield is N = " in caption_text(result)
    assert visible_ranges(result) == ((0.01, 2.0), (1e-8, 1e-3))


def test_all_curves_are_visible():
    result = synthetic_result(islands=True)
    (m0, m1), (c0, c1) = visible_ranges(result)
    for piece in result.scan.pieces:
        assert m0 < piece.mass_gev.min() <= piece.mass_gev.max() < m1
        assert c0 < piece.coupling.min() <= piece.coupling.max() < c1


@pytest.mark.parametrize("reverse", [False, True])
def test_a_curve_inside_another_is_not_filled(reverse):
    """Winding number of the fill: 1 between the curves, 0 in the hole, however the curves are oriented."""
    outer = np.array([(1, 1), (100, 1), (100, 100), (1, 100), (1, 1)], float)
    inner = np.array([(5, 5), (20, 5), (20, 20), (5, 20), (5, 5)], float)
    curves = (outer, inner[::-1] if reverse else inner)
    path = filled_path(tuple(ContourPiece("observed", i, *curve.T) for i, curve in enumerate(curves)))
    loops = path.to_polygons(closed_only=True)
    area = [np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) for x, y in (loop.T for loop in loops)]
    assert area[0] > 0 > area[1]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.009, 2.1, [0.01, 0.1, 1]),
        (0.2, 0.55, [0.2, 0.3, 0.4, 0.5]),
        (0.04, 0.6, [0.05, 0.1, 0.2, 0.5]),
        (2e-7, 5e-6, [3e-7, 1e-6, 3e-6]),
        (1e-8, 1e-3, [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3]),
    ],
)
def test_ticks_on_small_and_large_ranges(low, high, labels):
    assert_allclose(log_ticks(low, high), labels, rtol=1e-12)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-7, "$10^{-7}$"),
        (3e-7, r"$3 \times 10^{-7}$"),
        (1.4e17, r"$1.4 \times 10^{17}$"),
        (9.999e5, "$10^{6}$"),
    ],
)
def test_scientific(value, text):
    assert scientific(value) == text


def test_files_are_what_they_say_and_carry_no_date():
    result = synthetic_result("mumu_2303")
    png, pdf = figure_bytes(result, "png"), figure_bytes(result, "pdf")
    assert png.startswith(b"\x89PNG")
    assert pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf
    assert b"Type3" not in pdf
    assert (png, pdf) == (figure_bytes(result, "png"), figure_bytes(result, "pdf"))


def test_figure_does_not_depend_on_the_users_style_and_leaves_it_alone():
    import matplotlib as mpl

    result = synthetic_result("mumu_2303")
    before = figure_bytes(result, "png")
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "axes.facecolor": "red"}):
        assert figure_bytes(result, "png") == before
        assert mpl.rcParams["font.size"] == 30


def test_report_imports_without_matplotlib_h5py_and_pyplot():
    code = (
        "import sys; import feebly.report.run_folder; "
        "print([m for m in ('matplotlib', 'h5py', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def banded_result(thrown):
    """The synthetic result with bands: at their limits in the grid, and as curves moved in coupling."""
    result = synthetic_result()
    (expected,) = result.contour("expected")
    grid, pieces = result.scan.grid, [*result.scan.pieces]
    s_up = {}
    for kind, z in BAND_KINDS.items():
        s_up[kind] = grid.s_up_expected * np.exp(thrown * z)
        middle = np.exp(np.log(expected.coupling).mean())
        coupling = middle * (expected.coupling / middle) ** (1 - 0.1 * thrown * z)
        pieces.append(replace(expected, kind=kind, coupling=coupling))
    scan = replace(result.scan, grid=replace(grid, s_up_bands=s_up), pieces=tuple(pieces))
    choice = BandChoice("full", thrown) if thrown else BandChoice("counting")
    return replace(result, scan=scan, bands=choice)


def test_bands_are_areas_between_their_contours():
    result = banded_result(0.2)
    found = artists(exclusion_figure(result))
    assert {name for name in found if name.startswith("band")} == {"band-1s", "band-2s"}
    caption = caption_text(result)
    assert (
        "Green and yellow: ±1σ and ±2σ of the expected limit from the counts and a signal thrown by 20%."
        in caption
    )
    mass = 0.1
    for sigma in (1, 2):
        path = band_path(result, sigma)
        outer, inner = (result.excluded_couplings(mass, f"expected{sign}{sigma}s")[0] for sign in "-+")
        assert outer[0] < inner[0] < inner[1] < outer[1]
        for low, high in ((outer[0], inner[0]), (inner[1], outer[1])):
            assert winding(path, mass, np.sqrt(low * high)) == 1
        assert winding(path, mass, np.sqrt(inner[0] * inner[1])) == 0
        assert winding(path, mass, outer[1] * 1.2) == 0


def winding(path, mass, coupling):
    """How often the loops of a path run round a point: the backends fill where it is not zero."""
    total = 0.0
    for loop in np.split(path.vertices, np.flatnonzero(path.codes == path.MOVETO)[1:]):
        x, y = np.log(loop / [mass, coupling]).T
        angle = np.unwrap(np.arctan2(y, x))
        total += (angle[-1] - angle[0]) / (2 * np.pi)
    return round(float(total))


def test_degenerate_bands_are_words():
    result = banded_result(0.0)
    assert result.degenerate_bands == (EXPECTED_KINDS,)
    found = artists(exclusion_figure(result))
    assert not {name for name in found if name.startswith("band")}
    words_of = "Bands from the counts alone: degenerate, −2σ to +2σ all coincide with the expected limit."
    assert words_of in caption_text(result)


def test_partly_degenerate_bands_name_the_curves():
    result = banded_result(0.2)
    grid = result.scan.grid
    s_up = grid.s_up_bands
    bands = s_up | {"expected-2s": s_up["expected-1s"], "expected+1s": grid.s_up_expected}
    result = replace(result, scan=replace(result.scan, grid=replace(grid, s_up_bands=bands)))
    assert result.degenerate_bands == (("expected-2s", "expected-1s"), ("expected", "expected+1s"))
    assert list(band_sentences(result))[-1] == (
        "Degenerate: −2σ to −1σ and 0σ to +1σ coincide (0σ: the expected limit)."
    )
    assert band_path(result, 1) is not None
    one = s_up | {"expected-1s": grid.s_up_expected, "expected+1s": grid.s_up_expected}
    result = replace(result, scan=replace(result.scan, grid=replace(grid, s_up_bands=one)))
    assert band_path(result, 1) is None
    assert band_path(result, 2) is not None


def test_without_bands_nothing_is_said():
    assert list(band_sentences(synthetic_result())) == []

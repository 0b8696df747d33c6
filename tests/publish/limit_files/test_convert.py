"""Files of others: their layouts, and that nothing about them is guessed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import FeeblyError
from feebly.core.provenance import Origin
from feebly.publish.limit_files import (
    LimitPiece,
    PublishedLimit,
    convert_text,
    limit_text,
    limit_warnings,
    parse_limit,
)

DECLARED = {
    "label": "mine", "coupling": "epsilon", "mass_unit": "GeV", "cl": 0.9, "origin": "digitised",
    "source": "by me", "region": "above",
}  # fmt: skip
CURVE = [(0.1, 1e-6), (0.2, 2e-6), (0.3, 1.5e-6)]


@pytest.fixture
def converted(tmp_path):
    def convert(text, columns=None, data_set=None, close=False, **declared):
        path = tmp_path / "wild.txt"
        path.write_text(text, encoding="utf-8")
        return convert_text(path, DECLARED | declared, columns, data_set, close)

    return convert


def points(limit):
    return [
        list(zip(piece.mass_gev.tolist(), piece.coupling.tolist(), strict=True)) for piece in limit.pieces
    ]


@pytest.mark.parametrize(
    "text",
    [
        "0.1 1e-6\n0.2 2e-6\n0.3 1.5e-6\n",
        "0.1\t1e-6\r\n0.2\t2e-6\r\n0.3\t1.5e-6",
        "# mass, eps\n0.1, 1e-6\n0.2, 2e-6  # a point\n%\n0.3, 1.5e-6\n",
        "x,y\n0.1,1e-6\n0.2,2e-6\n0.3,1.5e-6\n",
        '"m","eps"\n0.1,1e-6\n0.2,2e-6\n0.3,1.5e-6\n',
        "0,1;1e-6\n0,2;2e-6\n0,3;1,5e-6\n",
        "! DarkCast\n// more\n\n\n0.1  1E-6\n0.2  2E-06\n0.3  +1.5e-6\n\n\n",
    ],
)
def test_two_columns_in_their_dialects(converted, text):
    assert points(converted(text)) == [CURVE]


def test_columns_in_another_order_and_left_out(converted):
    swapped = "\n".join(f"{coupling} {mass}" for mass, coupling in CURVE)
    assert points(converted(swapped, "coupling,mass")) == [CURVE]
    wider = "\n".join(f"{mass} 7 {coupling}" for mass, coupling in CURVE)
    assert points(converted(wider, "mass,_,coupling")) == [CURVE]


def test_blank_lines_part_pieces_and_so_do_numbers(converted):
    two = "0.1 1e-6\n0.2 2e-6\n\n\n# other\n0.5 1e-6\n0.6 1e-6\n"
    expected = [[(0.1, 1e-6), (0.2, 2e-6)], [(0.5, 1e-6), (0.6, 1e-6)]]
    assert points(converted(two)) == expected
    numbered = "0 0.1 1e-6\n0 0.2 2e-6\n1 0.5 1e-6\n1 0.6 1e-6\n"
    assert points(converted(numbered, "piece,mass,coupling")) == expected


def test_lower_and_upper_edges_become_a_closed_curve(converted):
    text = "0.1 1e-7 1e-5\n0.2 2e-7 1e-6\n\n0.5 1e-7 2e-7\n0.6 1e-7 1e-7\n"
    limit = converted(text, "mass,lower,upper", region="inside")
    assert points(limit)[0] == [(0.1, 1e-7), (0.2, 2e-7), (0.2, 1e-6), (0.1, 1e-5), (0.1, 1e-7)]
    assert len(limit.pieces) == 2
    assert all(piece.is_closed for piece in limit.pieces)


def test_export_of_several_data_sets(converted):
    text = "one,,two,\nX,Y,X,Y\n0.1,1e-6,1,1e-3\n0.2,2e-6,2,1e-3\n0.3,1.5e-6,,\n"
    assert points(converted(text, data_set="one")) == [CURVE]
    assert points(converted(text, data_set="two")) == [[(1.0, 1e-3), (2.0, 1e-3)]]
    for name, words in ((None, "choose one with --dataset: one, two"), ("too", "did you mean 'two'?")):
        with pytest.raises(FeeblyError, match=words):
            converted(text, data_set=name)
    assert points(converted("only,\nX,Y\n0.1,1e-6\n0.2,2e-6\n0.3,1.5e-6\n")) == [CURVE]


def test_units_and_scales_are_applied_and_kept_in_words(converted):
    limit = converted("2 -12\n2.30103 -11\n", mass_unit="MeV", mass_scale="log10", coupling_scale="log10",
                      coupling="epsilon^2")  # fmt: skip
    assert_allclose(limit.pieces[0].mass_gev, [0.1, 0.2], rtol=1e-6)
    assert_allclose(limit.in_coupling("epsilon").pieces[0].coupling, [1e-6, 10**-5.5], rtol=1e-12)
    assert limit.read_as == "mass: log10 of MeV; coupling: log10 of its value"
    assert points(parse_limit(limit_text(limit), "f")) == points(limit)


def test_open_curves_are_closed_only_when_asked(converted):
    text = "\n".join(f"{mass} {coupling}" for mass, coupling in CURVE)
    with pytest.raises(FeeblyError, match=r"not closed.*or close it with --close"):
        converted(text, region="inside")
    assert points(converted(text, region="inside", close=True)) == [[*CURVE, CURVE[0]]]


def test_what_is_missing_is_named(tmp_path):
    path = tmp_path / "wild.txt"
    path.write_text("0.1 1e-6\n", encoding="utf-8")
    with pytest.raises(FeeblyError) as refused:
        convert_text(path, {"label": "mine"})
    assert "give --coupling, --mass-unit, --cl, --origin, --source, --region" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "columns", "words"),
    [
        ("", None, "no numbers"),
        ("# only comments\n", None, "no numbers"),
        ("0.1\n0.2\n", None, "wild.txt:1: 1 columns; expected two columns"),
        ("0.1 1e-6 2e-6\n", None, "expected --columns such as mass,lower,upper"),
        ("0.1 1e-6\n0.2\n", None, "wild.txt:2: 1 columns; expected 2 (mass,coupling)"),
        ("0.1 1e-6\n0.2 nan\n", None, "wild.txt:2: 'nan': expected a finite number"),
        ("0.1 1e-6\nmass eps\n", None, "wild.txt:2: 'mass': expected a number"),
        ("0,1 1e-6\n0,2 2e-6\n", None, "wild.txt:1: '1 1e-6': expected a number"),
        ("x y\n", None, "names without numbers"),
        ("0.1 -1e-6\n0.2 1e-6\n", None, "coupling[0] = -1e-06"),
        ("0.1 -6\n0.2 -7\n", None, 'coupling_scale = "log10"'),
        ("0.1 1e-6\n0.2 2e-6\n", "mass,eps", "unknown column 'eps'"),
        ("0.1 1e-6\n0.2 2e-6\n", "mass,_", "expected one of mass,coupling;"),
        ("0.1 1e-6\n0.2 2e-6\n", "mass,mass", "expected one of mass,coupling;"),
        ("0.2 1e-7 1e-6\n0.1 1e-7 1e-6\n", "mass,lower,upper", "must rise"),
        ("0.1 1e-6 1e-7\n", "mass,lower,upper", "lower above upper at mass 0.1"),
    ],
)
def test_each_fault_is_one_line(converted, text, columns, words):
    with pytest.raises(FeeblyError) as refused:
        converted(text, columns)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def warned(coupling, mass, values):
    piece = LimitPiece(mass, values)
    origin = Origin("assumed", "test")
    return list(limit_warnings(PublishedLimit("x", coupling, (piece,), origin, 0.9, region="above")))


@pytest.mark.parametrize(
    ("coupling", "mass", "values", "words"),
    [
        ("epsilon", [0.1, 0.2], [1e-6, 3.0], "above 1"),
        ("U2", [0.1, 0.2], [1e-6, 6.0], "above 1"),
        ("epsilon", [100.0, 2e5], [1e-6, 1e-6], "MeV or eV taken for GeV"),
        ("epsilon", [1e-6, 2e-6], [0.1, 0.2], "swapped columns"),
        ("epsilon", [0.1, 0.2], [1e-24, 1e-22], "down to 1e-24"),
    ],
)
def test_what_looks_wrong_is_told(coupling, mass, values, words):
    (text,) = warned(coupling, mass, values)
    assert words in text


@pytest.mark.parametrize(
    ("coupling", "mass", "values"),
    [("epsilon", [1e-3, 10.0], [1e-9, 1e-2]), ("ctau-m", [0.1, 0.2], [1e-3, 1e5]),
     ("1/f", [1e-9, 1e-3], [1e-12, 1e2]), ("branching-ratio", [0.0, 0.26], [1e-11, 1e-9])],
)  # fmt: skip
def test_ordinary_limits_are_not_suspected(coupling, mass, values):
    assert warned(coupling, mass, np.array(values)) == []

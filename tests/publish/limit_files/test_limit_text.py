"""The format of a limit: what is written is read back, and each fault is one line with its place."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from feebly.core.errors import FeeblyError
from feebly.core.provenance import Origin
from feebly.publish.limit_files import (
    LimitPiece,
    PublishedLimit,
    limit_text,
    load_limit,
    parse_limit,
    read_limit,
    shipped_limits,
    write_limit,
)
from feebly.publish.limit_files.couplings import COUPLINGS
from feebly.publish.limit_files.published_limit import LIMIT_KINDS

GOOD = """# feebly_limit = 1
# label = "mine"
# coupling = "epsilon"
# mass_unit = "MeV"
# cl = 0.9
# origin = { kind = "digitised", source = "from Fig. 3" }
# region = "above"
piece,mass,coupling
0,100,1e-6
0,411,2e-6
1,500,3e-6
1,600,3e-6
"""


def refusal(text, name="f.csv"):
    """The one line with which a text is refused."""
    with pytest.raises(FeeblyError) as refused:
        parse_limit(text, name)
    assert refused.value.exit_code == 3
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_units_of_the_file_become_gev():
    limit = parse_limit(GOOD, "f.csv")
    assert [piece.mass_gev.tolist() for piece in limit.pieces] == [[0.1, 0.411], [0.5, 0.6]]
    assert limit.read_as == "mass: MeV"
    assert (limit.kind, limit.cl, limit.origin.kind) == ("observed", 0.9, "digitised")


@pytest.mark.parametrize(
    ("unit", "written", "gev"),
    [("eV", "1", 1e-9), ("keV", "17", 1.7e-5), ("GeV", "0.3", 0.3), ("TeV", "0.2", 200)],
)  # fmt: skip
def test_mass_units(unit, written, gev):
    text = GOOD.replace('"MeV"', f'"{unit}"').replace("0,100,", f"0,{written},")
    assert parse_limit(text, "f").pieces[0].mass_gev[0] == gev


@pytest.mark.parametrize(
    ("coupling", "unit", "written", "value"),
    [("C/Lambda", "1/TeV", "5", 5e-3), ("1/f", "1/MeV", "1e-9", 1e-6), ("ctau-m", "cm", "3", 0.03)],
)
def test_coupling_units(coupling, unit, written, value):
    text = GOOD.replace('"epsilon"', f'"{coupling}"\n# coupling_unit = "{unit}"').replace("1e-6", written)
    limit = parse_limit(text, "f")
    assert_allclose(limit.pieces[0].coupling[0], value, rtol=1e-15)
    assert limit.read_as == f"mass: MeV; coupling: {unit}"


def test_logarithms():
    text = GOOD.replace("# cl", '# mass_scale = "log10"\n# coupling_scale = "log10"\n# cl').split("piece,")[0]
    limit = parse_limit(f"{text}piece,mass,coupling\n0,2,-6\n0,3,-6.5\n", "f")
    assert_allclose(limit.pieces[0].mass_gev, [0.1, 1.0], rtol=1e-15)
    assert_allclose(limit.pieces[0].coupling, [1e-6, 10**-6.5], rtol=1e-14)
    assert limit.read_as == "mass: log10 of MeV; coupling: log10 of its value"


_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_log_uniform = st.floats(-12, 3).map(lambda u: 10.0**u)
_points = st.lists(st.tuples(_log_uniform, _log_uniform), min_size=3, max_size=12)


@st.composite
def limits(draw):
    region = draw(st.sampled_from(["inside", "above", "points"]))
    pieces = []
    for points in draw(st.lists(_points, min_size=1, max_size=4)):
        mass, coupling = np.array([*points, points[0]] if region == "inside" else points).T
        pieces.append(LimitPiece(mass, coupling))
    texts = ("experiment", "model", "statistic", "doi", "arxiv", "figure", "licence", "remark", "read_as")
    calibrated = draw(st.booleans())
    origin = (
        Origin("calibrated", draw(_words), "a curve") if calibrated else Origin("published", draw(_words))
    )
    return PublishedLimit(
        label=draw(_words.filter(str.strip)),
        coupling=draw(st.sampled_from(sorted(COUPLINGS))),
        pieces=tuple(pieces),
        origin=origin,
        cl=draw(st.floats(0.01, 0.999)),
        kind=draw(st.sampled_from(LIMIT_KINDS)),
        region=region,
        final_states=tuple(draw(st.lists(_words, max_size=3))),
        pot=draw(st.none() | _log_uniform),
        **{name: draw(_words) for name in texts},
    )


@given(limit=limits())
def test_round_trip_is_exact(limit):
    back = parse_limit(limit_text(limit), "f.csv")
    for field in fields(limit):
        if field.name != "pieces":
            assert getattr(back, field.name) == getattr(limit, field.name), field.name
    assert len(back.pieces) == len(limit.pieces)
    for one, other in zip(back.pieces, limit.pieces, strict=True):
        assert_array_equal(one.mass_gev, other.mass_gev)
        assert_array_equal(one.coupling, other.coupling)


def test_round_trip_through_a_file(tmp_path):
    limit = parse_limit(GOOD, "f.csv")
    write_limit(limit, tmp_path / "a.csv")
    content = (tmp_path / "a.csv").read_bytes()
    write_limit(read_limit(tmp_path / "a.csv"), tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == content
    (tmp_path / "crlf.csv").write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    assert_array_equal(read_limit(tmp_path / "crlf.csv").pieces[1].coupling, limit.pieces[1].coupling)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("# feebly_limit = 1\n", "", "no limit file"),
        ("feebly_limit = 1", "feebly_limit = 2", "this feebly reads version 1"),
        ('# mass_unit = "MeV"\n', "", "'mass_unit'"),
        ('"MeV"', '"Mev"', "f.csv:4 mass_unit = \"Mev\": expected one of eV, keV, MeV, GeV, TeV; did you"),
        ("# cl = 0.9", "# cl = 90", "f.csv:5 cl = 90.0: expected a number between 0 and 1 (0.9 for 90%)"),
        ("# cl = 0.9", '# cl = "0.9"', "f.csv:5 cl = \"0.9\": expected a number, got text"),
        ('"epsilon"', '"epsilom"', "did you mean 'epsilon'?"),
        ('"digitised"', '"guessed"', "kind = \"guessed\": expected one of published, digitised"),
        ('"above"', '"below"', "expected one of inside, above, points"),
        ('"above"', '"inside"', "piece 0 of 'mine' is not closed"),
        ("# cl", "# cll", "unknown key 'cll'"),
        ("# label =", "# label", "f.csv:2: not valid TOML"),
        ('"mine"', '"  "', "label"),
        ("piece,mass", "mass,piece", "f.csv:8: expected the columns 'piece,mass,coupling'"),
        ("0,411,2e-6", "0,411", "f.csv:10: expected piece,mass,coupling, got '0,411'"),
        ("0,411,2e-6", "0,nan,2e-6", "f.csv:10: 'nan': expected a finite number"),
        ("0,411,2e-6", "0,411,inf", "f.csv:10: 'inf': expected a finite number"),
        ("0,411,2e-6", "0,4_1_1,2e-6", "f.csv:10: '4_1_1'"),
        ("0,411,2e-6", "0,411,-2e-6", "coupling[1] = -2e-06: expected a positive number"),
        ("0,411,2e-6", "0,-411,2e-6", "mass_gev[1] = -0.411: expected zero or a positive number"),
        ("0,411,2e-6", "0,abc,2e-6", "f.csv:10: 'abc': expected a number"),
        ("1,600,3e-6", "0,600,3e-6", "piece 0 comes back"),
        ("1,600,3e-6\n", "", "has one point"),
        ("# region", '# coupling_unit = "1/GeV"\n# region', 'coupling_unit "1/GeV" of epsilon: expected 1'),
    ],
)  # fmt: skip
def test_each_fault_is_one_line_with_its_place(old, new, words):
    assert old in GOOD
    line = refusal(GOOD.replace(old, new))
    assert line.startswith("f.csv")
    assert words in line


@pytest.mark.parametrize(("column", "scale"), [(1, "mass_scale"), (2, "coupling_scale")])
def test_negative_columns_are_taken_for_logarithms(column, scale):
    rows = [["0", "0.1", "1e-6"], ["0", "0.2", "1e-6"]]
    for row in rows:
        row[column] = "-6"
    text = "\n".join(",".join(row) for row in rows)
    assert f'{scale} = "log10"' in refusal(f"{GOOD.split('0,100')[0]}{text}\n")


def test_empty_and_headless_files():
    assert "no points" in refusal(GOOD.split("0,100")[0])
    assert "expected the columns" in refusal(GOOD.split("piece,")[0])
    assert "no limit file" in refusal("")
    assert "no limit file" in refusal("0.1 2e-7\n0.2 3e-7\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (GOOD.encode("utf-16"), "UTF-16 text"),
        (GOOD.replace("mine", "m\u00e4ine").encode("latin-1"), ":2: not UTF-8 text"),
        (b"\x00" * 100, "not a text file"),
        (b"#" * 50_000_001, "larger than 50 MB"),
    ],
)
def test_files_that_are_no_text(tmp_path, content, words):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(FeeblyError) as refused:
        read_limit(path)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_files_and_names(tmp_path):
    with pytest.raises(FeeblyError, match="cannot read"):
        read_limit(tmp_path / "none.csv")
    with pytest.raises(FeeblyError, match=r"unknown limit 'na62-kplus-dark-scaler'.*did you mean"):
        load_limit("na62-kplus-dark-scaler")


@pytest.mark.parametrize("name", shipped_limits())
def test_shipped_limits_are_read_and_say_where_they_are_from(name):
    limit = load_limit(name)
    assert limit.origin.source
    assert limit.origin.kind != "digitised"  # no curve that somebody else has read off a figure
    assert parse_limit(limit_text(limit), name).pieces[0].coupling[0] == limit.pieces[0].coupling[0]


@pytest.mark.parametrize(("mass", "coupling"), [([], []), ([0.1], [1e-6, 2e-6]), ([[0.1]], [[1e-6]])])
def test_pieces_are_two_lists_of_one_length(mass, coupling):
    with pytest.raises(FeeblyError, match="two lists of the same length, not empty"):
        LimitPiece(mass, coupling)


def test_pieces_cannot_be_changed():
    piece = parse_limit(GOOD, "f").pieces[0]
    with pytest.raises(ValueError, match="read-only"):
        piece.mass_gev[0] = 1.0

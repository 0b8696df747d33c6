"""Rounded numbers: fixed examples, and that the text is the value within half of its last digit."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feebly.report.html.numbers import Values, percent, pointer, readable, resolve

EXAMPLES = {
    (3.0045e-8, 3): "3.00 × 10⁻⁸",
    (3e-8, 3): "3 × 10⁻⁸",
    (1.4e17, 3): "1.4 × 10¹⁷",
    (1e18, 3): "10¹⁸",
    (0.65, 3): "0.65",
    (0.782, 3): "0.782",
    (2.302585093, 4): "2.303",
    (2.302585093, 3): "2.30",
    (72889.4, 4): "72890",
    (28, 3): "28",
    (0, 3): "0",
    (0.99996, 3): "1.00",
    (99999.7, 3): "100000",
    (0.000999996, 3): "1.00 × 10⁻³",
    (-0.012, 3): "-0.012",
    (12345, 3): "12345",
}
FROM_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def value_and_step(text):
    """The number that a text says, and one unit of its last digit."""
    mantissa, power = re.fullmatch(r"(?:(-?[\d.]+))?(?: × )?(?:10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))?", text).groups()
    exponent = int(power.translate(FROM_SUPERSCRIPT)) if power else 0
    mantissa = mantissa or "1"
    decimals = len(mantissa.partition(".")[2])
    return float(f"{mantissa}e{exponent}"), 10.0 ** (exponent - decimals)


@pytest.mark.parametrize(("given_value", "text"), EXAMPLES.items(), ids=map(str, EXAMPLES))
def test_examples(given_value, text):
    assert readable(*given_value) == text


@given(st.floats(-30, 30), st.sampled_from([-1, 1]), st.integers(2, 6))
@example(4.99999999, 1, 3)
def test_the_text_is_the_value_rounded(log10_value, sign, digits):
    value = sign * 10.0**log10_value
    shown, step = value_and_step(readable(value, digits))
    assert (
        abs(shown - value) <= 0.5000001 * step
        or shown == value
        or abs(shown / value - 1) <= 10.0 ** (1 - digits) / 2
    )


def test_percent():
    assert percent(0.9) == "90%"
    assert percent(0.0285321) == "2.85%"
    assert percent(9e-5) == "< 0.01%"
    assert percent(0.0) == "0%"


def test_pointers_find_keys_with_strokes_and_tildes():
    document = {"tables": {"brems/mumu": [1, {"a~b": 2}]}}
    path = pointer("tables", ("brems/mumu", 1), "a~b")
    assert path == "/tables/brems~1mumu/1/a~0b"
    assert resolve(document, path) == 2
    for wrong in ("/tables/brems", "/tables/brems~1mumu/2", "/tables/brems~1mumu/0/x", "/nothing"):
        with pytest.raises(KeyError, match=f"nothing at {wrong}"):
            resolve(document, wrong)


def test_text_of_others_is_escaped():
    values = Values({"result.json": {"note": '<script>alert("1")</script>', "x": {"<b>": 1.5}}})
    assert "<script" not in values.text("note")
    assert "&lt;script&gt;" in values.text("note")
    assert "<b>" not in values.number("x", "<b>")
    assert "<b>" not in values.key("x", "<b>")


def test_shifts_have_a_sign_and_null_is_a_dash():
    values = Values({"result.json": {"shift": [0.021, -0.5, None]}})
    shown = [re.sub("<.*?>", "", values.signed_percent("shift", i)) for i in range(3)]
    assert shown == ["+2.1%", "-50%", "–"]

"""From TOML to frozen records: what is refused, and what the one line says."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import pytest

from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.core.records import decode, require_not_negative, require_positive
from feebly.core.tables import parse_toml


class Resolution(NamedTuple):
    constant: float
    slope_per_gev: float = 0.0


@dataclass(frozen=True, slots=True)
class Disc:
    r_m: float
    kind: Literal["disc"] = "disc"

    def __post_init__(self):
        require_positive(self, "r_m")


@dataclass(frozen=True, slots=True)
class Square:
    side_m: float
    kind: Literal["square"] = "square"


@dataclass(frozen=True, slots=True)
class Machine:
    pot: float
    n: int = 0
    name: str = "x"
    spot_m: tuple[float, float] = (0.0, 0.0)
    tags: tuple[str, ...] = ()
    mode: Literal["dump", "kaon"] = "dump"
    resolution: Resolution | None = None
    shape: Disc | Square | None = None
    origins: dict[str, Origin] | None = None

    def __post_init__(self):
        require_not_negative(self, "n")


def read(text: str) -> Machine:
    return decode(Machine, parse_toml(text, "na62.toml"))


def test_a_whole_record():
    text = """
pot = 1
spot_m = [1, 2.5]
tags = ["a", "b", "c"]
mode = "kaon"
resolution = { constant = 3 }
shape = { kind = "square", side_m = 2 }
[origins]
pot = { kind = "published", source = "2303.08666" }
"""
    machine = read(text)
    assert machine == Machine(
        pot=1.0,
        spot_m=(1.0, 2.5),
        tags=("a", "b", "c"),
        mode="kaon",
        resolution=Resolution(3.0),
        shape=Square(2.0),
        origins={"pot": Origin("published", "2303.08666")},
    )
    assert isinstance(machine.pot, float)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # the first line is the example of the users' page, to the letter
        (
            '\n\n\npot = "1.4e17"',
            'na62.toml:4 pot = "1.4e17": expected a number, got text; remove the quotes',
        ),
        ('pot = "many"', 'na62.toml:1 pot = "many": expected a number, got text'),
        ("pot = true", "na62.toml:1 pot = true: expected a number, got true or false"),
        ("pot = [1]", "na62.toml:1 pot = [1]: expected a number, got a list"),
        ("pot = nan", "na62.toml:1 pot = NaN: expected a finite number"),
        ("pot = 2024-01-01", "na62.toml:1 pot = 2024-01-01: expected a number, got a date or time"),
        (
            "pot = 1\nn = 1.5",
            "na62.toml:2 n = 1.5: expected a whole number, got a number with a fraction or exponent",
        ),
        ("pot = 1\nn = true", "na62.toml:2 n = true: expected a whole number, got true or false"),
        ("pot = 1\nn = -1", "na62.toml:2 n = -1: expected zero or a positive number"),
        ("pot = 1\nname = 3", "na62.toml:2 name = 3: expected text in quotes, got a number"),
        ("pot = 1\nspot_m = 3", "na62.toml:2 spot_m = 3: expected a list in [ ]"),
        ("pot = 1\nspot_m = [3]", "na62.toml:2 spot_m = [3]: expected a list of 2, got 1"),
        (
            'pot = 1\nspot_m = [3, "4"]',
            'na62.toml:2 spot_m[1] = "4": expected a number, got text; remove the quotes',
        ),
        (
            'pot = 1\nmode = "dmup"',
            "na62.toml:2 mode = \"dmup\": expected one of dump, kaon; did you mean 'dump'?",
        ),
        ("pot = 1\nmode = 1", "na62.toml:2 mode = 1: expected one of dump, kaon"),
        ("pot = 1\n[shape]\nr_m = 1", "na62.toml:2 kind: expected one of disc, square"),
        (
            'pot = 1\n[shape]\nkind = "disk"\nr_m = 1',
            "na62.toml:3 kind = \"disk\": expected one of disc, square; did you mean 'disc'?",
        ),
        ('pot = 1\n[shape]\nkind = "disc"\nr_m = 0', "na62.toml:4 r_m = 0.0: expected a positive number"),
        ("pot = 1\nshape = 3", "na62.toml:2 shape = 3: expected a table"),
        ("n = 1", "na62.toml missing key 'pot'"),
        ("pot = 1\n[resolution]\n", "na62.toml:2 missing key 'constant' in [resolution]"),
        (
            "pot = 1\n[resolution]\nconstant = 1\nslope_per_gv = 2",
            "na62.toml:4 unknown key 'slope_per_gv' in [resolution]; known: constant, slope_per_gev; "
            "did you mean 'slope_per_gev'?",
        ),
        (
            'pot = 1\n[origins]\npot = { kind = "heard", source = "x" }',
            'na62.toml:3 kind = "heard": expected one of published, digitised, calibrated, assumed, derived',
        ),
        (
            'pot = 1\n[origins]\npot = { kind = "calibrated", source = "x" }',
            "na62.toml:3 origin 'x': 'calibrated_on' belongs to kind 'calibrated' and to no other",
        ),
    ],
)
def test_refusals_tell_place_value_expectation_and_mend(text, message):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value) == message


def test_misspelled_key_tells_the_nearest_one_before_the_missing_one():
    with pytest.raises(
        ConfigError, match=r"na62\.toml:1 unknown key 'pott'; known: pot, .*; did you mean 'pot'\?$"
    ):
        read("pott = 1")


def test_records_made_in_python_are_checked_too():
    with pytest.raises(ConfigError, match=r"^r_m = -1\.0: expected a positive number$"):
        Disc(-1.0)
    with pytest.raises(ConfigError):
        Disc(float("nan"))

"""``feebly experiment draw``: what is drawn with and without an analysis, and one line for every mistake."""

import inspect
import json
from pathlib import Path

import pytest

OWN = 'extends = "na62-dump-2021"\nname = "mine"\n'


def test_default_has_events_of_the_first_channel(feebly, fake_drawing, fake_simulate, monkeypatch):
    done = feebly("experiment", "draw", "na62-dump-2021")
    assert (done.code, done.out, done.err) == (0, "drawing: experiment.png\n", "")
    ((file, experiment, state, events),) = fake_drawing
    assert (file, experiment.name, events) == (Path("experiment.png"), "na62-dump-2021", fake_simulate.result)
    assert fake_simulate.arguments == ("dark-photon", state.tag)
    assert (fake_simulate.options["n"], fake_simulate.options["region"]) == (3, "SR")
    assert fake_simulate.options["production"] == ("brems",)
    monkeypatch.undo()
    from feebly.workflow.simulate import simulate

    inspect.signature(simulate).bind(*fake_simulate.arguments, **fake_simulate.options)


def test_options(feebly, fake_drawing, fake_simulate):
    done = feebly(
        "experiment", "draw", "na62-dump-2021", "--events", "5", "--channel", "ee", "--mass", "0.1",
        "--coupling", "3e-6", "--production", "pi0,eta", "--seed", "4", "--out", "new/na62.pdf", "--json",
    )  # fmt: skip
    assert json.loads(done.out) == {"drawing": "new/na62.pdf", "events": 3}
    assert fake_simulate.arguments == ("dark-photon", "ee")
    asked = {
        name: fake_simulate.options[name] for name in ("mass_gev", "coupling", "n", "seed", "production")
    }
    assert asked == {"mass_gev": 0.1, "coupling": 3e-6, "n": 5, "seed": 4, "production": ("pi0", "eta")}


def test_no_events(feebly, fake_drawing, fake_simulate):
    feebly("experiment", "draw", "na62-dump-2021", "--events", "0")
    assert fake_drawing[0][2] is not None
    assert fake_drawing[0][3] is None
    assert fake_simulate.options is None


def test_a_file_without_an_analysis_is_drawn_alone(feebly, fake_drawing, tmp_path):
    (tmp_path / "mine.toml").write_text(OWN)
    assert feebly("experiment", "draw", "mine.toml").code == 0
    assert fake_drawing[0][1].name == "mine"
    assert fake_drawing[0][2:] == (None, None)
    done = feebly("experiment", "draw", "mine.toml", "--events", "2")
    assert (done.code, done.error) == (
        3, "error: experiment mine.toml: a file needs --analysis NAME or FILE beside it",
    )  # fmt: skip
    assert feebly("experiment", "draw", "mine.toml", "--analysis", "na62-dump-2021").code == 0
    assert fake_drawing[1][2] is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--out", "e.svg"), "error: drawing \"e.svg\": unknown suffix '.svg'; known: .png, .pdf"),
        (("--events", "-1"), 'error: --events "-1": expected a whole number, 0 or more'),
        (("--mass", "x"), 'error: --mass "x": expected a number'),
        (("--channel", "mumuu"), "error: unknown channel 'mumuu'; known: "),
        (("--out", "taken/e.png"), "is a file; expected a folder"),
    ],
)
def test_bad_values_are_one_line(feebly, fake_drawing, tmp_path, options, message):
    (tmp_path / "taken").write_text("")
    done = feebly("experiment", "draw", "na62-dump-2021", *options)
    assert done.code == 3
    assert message in done.error
    assert fake_drawing == []

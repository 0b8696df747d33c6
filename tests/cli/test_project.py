"""``feebly project``: options become arguments, the answer is that of a run; once from run to projection."""

import json

import pytest

from feebly.core.errors import DataError

SMALL = ("--channels", "mumu", "--production", "brems", "--mass", "0.3:0.6:4", "--precision", "0.3")


def test_answer_is_that_of_a_run_in_a_folder_of_its_own(feebly, fake_project):
    done = feebly("project", "some/run", "--pot", "1e18", "--background", "suppress:10")
    assert done.code == 0
    folder = "feebly-runs/run-1e18pot-b-suppress_10"
    assert done.out == f"dark-photon is excluded for 0.2-0.5 GeV\nplot: {folder}/plot.png\n"
    assert fake_project.arguments == ("saved some/run",)


def test_options_become_arguments_and_the_others_are_left_to_the_run(feebly, fake_project):
    feebly("project", "run", "--pot", "1e18")
    given = {k: v for k, v in fake_project.options.items() if k not in ("progress", "report")}
    assert given.pop("pot") == 1e18
    assert given.pop("force_signal_error") is False
    assert set(given.values()) == {None}
    feebly(
        *("project", "run", "--pot", "1e19", "--background", "none", "--coupling", "1e-9:1e-4:50"),
        *("--cl", "0.95", "--convention", "classical", "--ordering", "likelihood-ratio"),
        *("--signal-error", "0.1", "--force-signal-error", "--bands", "full"),
        *("--thrown-error", "pot=0.2,efficiency=0.05", "--jobs", "2"),
    )
    given = {k: v for k, v in fake_project.options.items() if k not in ("progress", "report")}
    assert given == {
        "pot": 1e19,
        "background": "none",
        "coupling": (1e-9, 1e-4, 50),
        "cl": 0.95,
        "convention": "classical",
        "ordering": "likelihood-ratio",
        "signal_error": 0.1,
        "force_signal_error": True,
        "bands": "full",
        "thrown_error": {"pot": 0.2, "efficiency": 0.05},
        "jobs": 2,
    }


def test_refusals_are_one_line_with_exit_code_3(feebly, fake_project):
    fake_project.raises = DataError("run: the analysis of this run, mine.toml, is gone; put it back")
    done = feebly("project", "run", "--pot", "1e18")
    assert done.code == 3
    assert "is gone; put it back" in done.error


@pytest.mark.parametrize(("text", "words"), [("10^18", "did you mean 1e18?"), ("many", "expected a number")])
def test_pot_that_is_no_number(feebly, fake_project, text, words):
    done = feebly("project", "run", "--pot", text)
    assert done.code == 3
    assert words in done.error


def test_from_a_run_to_its_projection(feebly, tmp_path):
    assert feebly("run", "dark-photon", *SMALL, "--out", "run").code == 0
    done = feebly("project", "run", "--pot", "1e18", "--background", "none", "--out", "more", "--json")
    assert done.code == 0
    content = json.loads(done.out)
    assert content["setting"]["projection"] is True
    assert content["setting"]["pot"] == 1e18
    assert content["setting"]["background_assumption"] == "none"
    assert "Assumed: no background." in content["caption"]
    assert "discovery-5s" in (tmp_path / "more" / "contours.csv").read_text()
    for arguments, words in {
        ("run",): "nothing to project",
        ("run", "--pot", "0"): "expected a positive number of protons",
        ("nowhere", "--pot", "1e18"): "nowhere: not a run folder",
    }.items():
        refused = feebly("project", *arguments)
        assert refused.code == 3
        assert words in refused.error

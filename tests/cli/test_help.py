"""Each command has help with examples, and the examples run."""

import shlex

import pytest

COMMANDS = {
    "run": "fake_run",
    "project": "fake_project",
    "plot": "none: needs runs",
    "export": "none: needs a run",
    "recast": "none: needs tables",
    "report": "none: needs a run",
    "cite": "none: needs a run",
    "replay": "none: needs a run",
    "diff": "none: needs two runs",
    "pack": "none: needs a run",
    "yields": "fake_yields",
    "acceptance": "fake_acceptance",
    "channels": None,
    "plane": "fake_plane",
    "lifetime": "fake_lifetime",
    "new-model": None,
    "simulate": "fake_simulate",
    "limit": None,
    "combine": None,
    "significance": None,
    "trials": None,
    "background rejection": None,
    "coverage": None,
    "closure": "fake_closure",
    "experiment show": None,
    "experiment list": None,
    "experiment draw": "fake_drawing",
    "presets show": None,
    "presets compare": "fake_compare",
    "spectra build": "none: minutes",
    "spectra show": None,
    "hepdata export": "fake_record",
    "hepdata import": "none: needs tables",
    "hepdata lint": "none: needs a record",
    "kaon limit": None,
    "kaon chains": "none: seconds, in the documentation",
    "kaon invisible": "none: tens of seconds",
    "kaon mu-nu-x": "none: seconds, in the documentation",
    "kaon peaks": "none: seconds, in the documentation",
    "kaon simulate": "none: seconds, in the tests of kaon",
    "kaon resolution": "none: seconds, in its own test",
    "kaon spectrum": "none: seconds, in the documentation",
    "limits show": None,
    "limits convert": "none: needs a file",
    "limits check": "none: needs a file",
    "validate": "fake_validate",
}


def test_top_help_names_every_command(feebly):
    done = feebly("--help")
    assert done.code == 0
    named = {line.split()[0] for line in done.out.split("Commands:")[1].splitlines() if line.strip()}
    assert named == {command.split()[0] for command in COMMANDS}
    assert "..." not in done.out.split("Commands:")[1]


GROUPS = ("experiment", "presets", "spectra", "background", "hepdata", "kaon", "limits")


@pytest.mark.parametrize("group", GROUPS)
def test_group_help_names_its_commands(feebly, group):
    listed = feebly(group, "--help").out.split("Commands:")[1]
    assert {f"{group} {line.split()[0]}" for line in listed.splitlines() if line.strip()} == {
        command for command in COMMANDS if command.startswith(f"{group} ")
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_help_and_its_examples(feebly, request, command):
    text = feebly(*command.split(), "--help").out
    examples = [line.strip() for line in text.splitlines() if line.startswith("      feebly ")]
    assert examples
    assert all(example.startswith(f"feebly {command}") for example in examples)
    fixture = COMMANDS[command]
    if fixture and fixture.startswith("none"):
        return
    if fixture:
        request.getfixturevalue(fixture)
    for example in examples:
        assert feebly(*shlex.split(example)[1:]).code == 0, example


@pytest.mark.parametrize("arguments", [("rnu",), ("run",), ("--bogus",), ("experiment", "shwo")])
def test_unparsable_command_lines_are_2(feebly, arguments):
    done = feebly(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err

"""The table of the benchmarks, from invented figures: nothing is timed here."""

import json

import pytest
from benchmarks.__main__ import TOPICS, main
from benchmarks.figures import MISSING, Figure, as_json, table

FIGURES = [
    Figure("ratio", 6.5, "x", 5.0, larger_is_better=True, note="how"),
    Figure("events", 4e6, "/s", 8e6, larger_is_better=True),
    Figure("quick", 0.1, "s", 0.3),
    Figure("slow", 3.0, "s", 2.0),
    Figure("exact", 2.0, "s", 2.0),
    Figure("exactly", 2.0, "x", 2.0, larger_is_better=True),
    Figure("free", 1.0, "s"),
    Figure("future", None, "/s", 5e6, larger_is_better=True),
]


def test_status_follows_the_direction_of_the_target() -> None:
    assert [f.status for f in FIGURES] == ["ok", "below", "ok", "below", "ok", "ok", "", MISSING]


def test_table_has_a_line_for_each_figure() -> None:
    head, _, *lines = table(FIGURES).splitlines()
    assert head.split() == ["figure", "reached", "reach", "measured"]
    assert [line.split()[0] for line in lines] == [f.name for f in FIGURES]
    assert lines[0].split() == ["ratio", "6.5", "x", ">=", "5", "x", "ok", "how"]
    assert lines[3].split() == ["slow", "3", "s", "<=", "2", "s", "below"]
    assert lines[7].split()[:3] == ["future", "-", ">="]
    # columns stay in line
    assert len({line.index(f.status) for line, f in zip(lines, FIGURES, strict=True) if f.status}) == 1


def test_json_has_machine_and_status() -> None:
    answer = json.loads(as_json(FIGURES))
    assert answer["machine"]["vectors"]
    assert [row["status"] for row in answer["figures"]] == [f.status for f in FIGURES]
    assert answer["figures"][7]["value"] is None


def test_asked_topics_are_measured_and_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "benchmarks.__main__.TOPICS",
        dict.fromkeys(TOPICS, lambda cold: iter([Figure("cold" if cold else "warm", 1.0, "s", 2.0)])),
    )
    main(["chain", "--cold", "--json"])
    assert [row["name"] for row in json.loads(capsys.readouterr().out)["figures"]] == ["cold"]
    main([])
    assert capsys.readouterr().out.count("warm") == len(TOPICS)


def test_unknown_topic_names_the_known(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["chains"])
    assert "choose from chain, tables" in capsys.readouterr().err

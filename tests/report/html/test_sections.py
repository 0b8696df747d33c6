"""Rows of regions and options for everything that ships: each final state, each preset."""

import re

import pytest

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.tables import plain, shipped_names
from feebly.physics.production.families import every_preset
from feebly.report.experiment_text import as_dict
from feebly.report.html.numbers import Values, resolve
from feebly.report.html.sections import leaf_rows, option_rows, region_rows, share_rows
from feebly.report.run_folder import _counting
from report.html.page_reader import read_page
from report.html.test_page import check_values

STATES = [(name, tag) for name in shipped_names("analyses") for tag in load_analysis(name).final_states]


def content_of(name, tag):
    analysis = load_analysis(name)
    return {
        "apparatus": as_dict(load_experiment(analysis.experiment), analysis),
        "counting": {tag: _counting(analysis.final_state(tag))},
        "setting": {"channels": [tag]},
    }


def words(markup):
    return re.sub("<.*?>", "", markup)


@pytest.mark.parametrize(("name", "tag"), STATES, ids=["-".join(each) for each in STATES])
def test_regions_of_every_final_state(name, tag):
    """The mean of the background is that of the analysis; meaning and origin are at their places."""
    content, state = plain(content_of(name, tag)), load_analysis(name).final_state(tag)
    values = Values({"result.json": content})
    rows = list(region_rows(values, content, tag))
    backgrounds = [region.background for region in (*state.regions, *state.validation_regions)]
    assert len(rows) == len(backgrounds)
    assert [row.is_signal for row in rows] == [True] + [False] * (len(rows) - 1)
    for row, background in zip(rows, backgrounds, strict=True):
        page = read_page(
            str(row.background) + str(row.meaning) + str(values.text(row.origin_place, "source"))
        )
        check_values(page, {"result.json": content})
        assert float(page.values[0].attributes["data-value"]) == background.mean
        assert words(row.meaning) == background.meaning
        assert (
            row.origin
            == plain(background.origin)
            == resolve(content, "/" + "/".join(map(str, row.origin_place)))
        )
    leaves = list(leaf_rows(values, content))
    check_values(read_page("".join(str(row.cells[0]) for row in leaves)), {"result.json": content})
    assert len(leaves) > 60


@pytest.mark.parametrize("preset", every_preset(), ids=lambda preset: preset.name)
def test_options_of_every_preset(preset):
    content = plain({"preset": preset})
    rows = list(option_rows(Values({"result.json": content}), content["preset"]))
    check_values(read_page("".join(str(row.choice) for row in rows)), {"result.json": content})
    assert {words(row.name) for row in rows if row.origin} == set(preset.origin) & {
        words(row.name) for row in rows
    }
    assert len(rows) == len(content["preset"]) - len(
        {"name", "title", "origin", "band"} & set(content["preset"])
    )


def test_shares_have_the_place_of_their_tag():
    points = [
        {"by_production": [{"tag": "pi0", "share": 0.9}, {"tag": "eta", "share": 0.1}]},
        {"by_production": [{"tag": "eta", "share": 0.9999}, {"tag": "rho", "share": 1e-4}]},
    ]
    values = Values({"result.json": {"yields": points}})
    rows = share_rows(values, points, "by_production")
    assert [(words(row.head), *map(words, row.cells)) for row in rows] == [
        ("eta", "10%", "100%"),  # 99.99%
        ("pi0", "90%", "–"),
    ]
    for row in rows:
        check_values(read_page(row.head + "".join(row.cells)), {"result.json": {"yields": points}})


def test_a_result_without_any_event_has_shares_of_zero():
    from feebly.limits.point_yields import point_yields
    from feebly.report.yield_tables import _table
    from limits.test_point_yields import signal

    (point,) = point_yields(signal(pot=1e-300), (0.25, 1e-2, 0.0), ())
    table = _table(point)
    assert table["events"] == 0.0
    assert {row["share"] for row in (*table["channels"], *table["by_production"])} == {0.0}

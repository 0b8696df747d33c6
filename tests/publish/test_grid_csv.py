"""Everything in grid.h5 as CSV: read back bit by bit, by our reader and by a plain one."""

import csv

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from feebly.core.errors import DataError
from feebly.publish.grid_csv import CELLS, MASSES, YIELDS, read_grid_csv, write_grid_csv
from feebly.report.saved_grid import read_saved_grid
from publish.bare_runs import bare_run
from report.synthetic import synthetic_result


@pytest.fixture(scope="module", params=[False, True], ids=["observed", "projection"])
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    grid = read_saved_grid(bare_run(synthetic_result(projection=request.param), folder / "run"))
    write_grid_csv(grid, folder / "csv")
    return grid, folder / "csv"


def test_every_dataset_comes_back_bit_by_bit(exported):
    grid, folder = exported
    arrays = read_grid_csv(folder)
    assert arrays.keys() == grid.arrays.keys()
    for name, values in grid.arrays.items():
        assert arrays[name].dtype == values.dtype
        assert_array_equal(arrays[name], values)


def test_a_plain_reader_finds_tidy_rows(exported):
    grid, folder = exported
    shape = grid.mass_gev.size, grid.coupling.size
    rows = {name: list(csv.DictReader(body(folder / name))) for name in (CELLS, YIELDS, MASSES)}
    assert len(rows[CELLS]) == shape[0] * shape[1]
    assert len(rows[YIELDS]) == len(rows[CELLS]) * len(grid.group("by_channel"))
    assert len(rows[MASSES]) == shape[0]
    third = rows[CELLS][2 * shape[1] + 5]
    assert float(third["mass_gev"]) == grid.mass_gev[2]
    assert float(third["coupling"]) == grid.coupling[5]
    assert float(third["yields_mumu_events"]) == grid.yields["mumu"][2, 5]
    channel = next(row for row in rows[YIELDS] if (row["production"], row["final_state"]) == ("pi0", "mumu"))
    assert set(channel) == {"mass_gev", "coupling", "production", "final_state", "events"}
    expected = {"s_up_expected_events", "mass_gev"}
    assert expected <= set(rows[MASSES][0])
    assert ("s_up_observed_events" in rows[MASSES][0]) != grid.content["setting"]["projection"]


def body(path):
    return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def test_the_header_says_where_the_numbers_are_from(exported):
    grid, folder = exported
    for name in (CELLS, YIELDS, MASSES):
        head = [line for line in (folder / name).read_text("utf-8").splitlines() if line.startswith("#")]
        text = "\n".join(head)
        assert grid.content["summary"] in text
        assert "coupling: epsilon, not its square" in text
        assert grid.content["files"]["grid.h5"] in text
        assert ("a projection" in text.split("limits:")[1]) == grid.content["setting"]["projection"]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (CELLS, lambda t: t.replace("# column coupling", "# coupling"), "no column is 'coupling'"),
        (CELLS, lambda t: t.rstrip("\n").rpartition("\n")[0] + "\n", r"cells.csv: \d+ rows, expected"),
        (YIELDS, lambda t: t.replace(",events\n", ",n\n"), "no column 'events'; it has mass_gev"),
        (MASSES, lambda t: t.replace("\n0.01", "\nlight"), "mass_gev: could not convert"),
        (MASSES, lambda t: t + "1,2,3,4,5,6,7\n", r"masses.csv:\d+: 7 columns, expected"),
        (MASSES, lambda t: "mass_gev\n0.3\n", "expected a table of feebly export --to csv"),
        (MASSES, lambda t: None, "cannot read"),
    ],
)
def test_other_files_are_refused(exported, tmp_path, name, change, message):
    _, folder = exported
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = change((tmp_path / name).read_text(encoding="utf-8"))
    if text is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_grid_csv(tmp_path)


def test_no_utf8(exported, tmp_path):
    (tmp_path / CELLS).write_bytes("# m [GeV], ε\n".encode("latin-1", "replace") + b"\xff")
    with pytest.raises(DataError, match="not UTF-8 text at byte"):
        read_grid_csv(tmp_path)


def test_nan_is_kept(exported):
    # masses at which all is closed have no limit
    grid, folder = exported
    arrays = read_grid_csv(folder)
    assert_array_equal(np.isnan(arrays["s_up_expected"]), np.isnan(grid.arrays["s_up_expected"]))

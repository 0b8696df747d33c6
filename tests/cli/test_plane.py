"""``feebly plane``: closed contours of two couplings and a figure."""

import csv

import pytest

ASKED = ("plane", "alp-fermion", "--couplings", "c_gg,c_ff", "--at-mass", "0.3")


def test_files_of_a_folder(feebly, fake_plane, tmp_path):
    done = feebly(*ASKED, "--opposite", "--x", "1e-8:1e-2:20")
    folder = "feebly-runs/plane-alp-fermion-c_gg-c_ff-0.3GeV"
    assert (done.code, done.out) == (
        0,
        f"1 closed piece\ncontours: {folder}/contours.csv\nplot: {folder}/plot.png\n",
    )
    model, axes, mass, x, y, sign = fake_plane.arguments
    assert (model, axes, mass, tuple(x), tuple(y), sign) == (
        "alp-fermion", ("c_gg", "c_ff"), 0.3, (1e-8, 1e-2, 20), (1e-10, 1e-1, 80), -1
    )  # fmt: skip
    lines = (tmp_path / folder / "contours.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 5
    assert rows[0] == rows[-1]
    assert [float(rows[1][f"{name}_per_gev"]) for name in ("c_gg", "c_ff")] == [1e-4, 1e-6]
    assert "# limit on the events: observed 2.3" in lines
    assert (tmp_path / folder / "plot.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--couplings", "c_gg"), 'error: --couplings "c_gg": expected two, such as c_gg,c_bb'),
        (("--at-mass", "0.3 GeV"), 'error: --at-mass "0.3 GeV": expected a number; did you mean 0.3?'),
        (("--x", "1:0.1"), 'error: --x "1:0.1": expected MIN below MAX'),
    ],
)
def test_refusals(feebly, fake_plane, options, message):
    done = feebly(*ASKED, *options)
    assert done.code == 3
    assert done.error.startswith(message)

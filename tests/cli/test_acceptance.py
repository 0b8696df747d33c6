"""``feebly acceptance``: two tables and a figure of maps."""

import csv
import json

ASKED = ("acceptance", "dark-photon", "--production", "eta", "--channel", "mumu", "--mass", "0.3,0.4")


def table(path):
    lines = path.read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_files_of_a_folder(feebly, fake_acceptance, tmp_path):
    done = feebly(*ASKED, "--ctau", "1:100:3", "--response", "none")
    folder = "feebly-runs/acceptance-dark-photon-eta-mumu"
    names = ("acceptance.csv", "resolution.csv", "maps.png")
    assert (done.code, done.out.split()) == (0, [f"{folder}/{name}" for name in names])
    rows = table(tmp_path / folder / "acceptance.csv")
    assert [float(row["acceptance"]) for row in rows] == [0.1, 0.2, 0.3, 0.2, 0.3, 0.4]
    assert float(rows[0]["reach_and_decay"]) == 0.01 * 0.1 / 0.1
    assert [float(row["sigma_mass_gev"]) for row in table(tmp_path / folder / "resolution.csv")] == [
        1e-3,
        2e-3,
    ]
    assert (tmp_path / folder / "maps.png").read_bytes().startswith(b"\x89PNG")
    options = fake_acceptance.options
    assert (options["masses"], tuple(options["ctau"]), options["response"]) == (
        (0.3, 0.4),
        (1, 100, 3),
        "none",
    )


def test_json_and_refusals(feebly, fake_acceptance):
    shown = json.loads(feebly(*ASKED, "--json").out)
    assert shown["header"]["final state"] == "mumu"
    assert len(shown["columns"]["yield"]) == 6
    assert feebly(*ASKED, "--ctau", "1:x").error == 'error: --ctau "x": expected a number'

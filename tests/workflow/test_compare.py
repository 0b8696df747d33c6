"""A comparison with the smallest real tables: bremsstrahlung to mu mu, a preset of two options."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import feebly
from feebly.core.errors import ConfigError, DomainError
from feebly.limits.contour import edges_at
from feebly.report.comparison_folder import write_comparison
from feebly.report.contour_table import read_contours
from feebly.report.effect_table import comparison_dict, effect_csv, effect_text
from feebly.workflow.compare import compare

SMALL = {"channels": ["mumu"], "production": ["brems"], "precision": 0.05, "jobs": 1}
MASSES = (0.25, 0.32, 0.9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("compare")


@pytest.fixture(scope="module")
def steps():
    return []


@pytest.fixture(scope="module")
def preset_file(folder):
    path = folder / "mine.toml"
    path.write_text('extends = "current"\nform_factor = "time-like"\nband = ["form_factor", "splitting"]\n')
    return str(path)


@pytest.fixture(scope="module")
def result(folder, preset_file, steps):
    return compare(
        "dark-photon", masses=MASSES, preset=preset_file, cache_dir=folder / "cache",
        progress=lambda *step: steps.append(step), **SMALL,
    )  # fmt: skip


def effect(result, name):
    (found,) = (each for each in result.effects if each.variation.name == name)
    return found


def test_base_edges_are_those_of_a_run(result, folder, preset_file):
    run = feebly.run("dark-photon", preset=preset_file, cache_dir=folder / "cache", **SMALL)
    for mass, edges in zip(MASSES, result.edges, strict=True):
        intervals = run.excluded_couplings(mass)
        expected = (intervals[0][0], intervals[-1][1]) if intervals else (np.nan, np.nan)
        assert_allclose(edges, expected, rtol=3e-3)
    assert np.isfinite(result.edges[:2]).all()


def test_an_effect_is_what_a_run_with_the_changed_preset_gives(result, folder):
    path = folder / "changed.toml"
    path.write_text('extends = "current"\nform_factor = "time-like"\nsigma_weight = "nsd"\n')
    run = feebly.run("dark-photon", preset=str(path), cache_dir=folder / "cache", **SMALL)
    changed = effect(result, "sigma_weight = nsd")
    assert_allclose(changed.edges[1], run.excluded_couplings(0.32)[0], rtol=3e-3)
    lower, upper = changed.shift(result.edges)[1]
    assert lower > 0 > upper  # fewer dark photons


def test_effects_are_sorted_and_those_of_other_production_are_zero(result):
    sizes = [each.size(result.edges) for each in result.effects]
    assert sizes == sorted(sizes, reverse=True)
    assert_allclose(effect(result, "meson_weight = 0.2").shift(result.edges)[:2], 0.0, atol=1e-12)
    assert effect(result, "splitting = fr21").valid.tolist() == [False, True, True]


def test_band_encloses_base_and_declared_variations(result):
    pieces = {kind: [p for p in result.band if p.kind == kind] for kind in ("band-low", "band-high")}
    ((low_in, up_in),), ((low_out, up_out),) = (edges_at(pieces[kind], 0.32) for kind in pieces)
    inside = [result.edges[1]] + [
        each.edges[1] for each in result.effects if each.variation.option in ("form_factor", "splitting")
    ]
    assert_allclose(low_out, min(edges[0] for edges in inside), rtol=3e-3)
    assert_allclose(up_out, max(edges[1] for edges in inside), rtol=3e-3)
    assert_allclose(low_in, max(edges[0] for edges in inside), rtol=3e-3)
    assert_allclose(up_in, min(edges[1] for edges in inside), rtol=3e-3)


def test_progress_only_rises(result, steps):
    done = [step[0] for step in steps]
    assert done == sorted(done)
    assert len({step[1] for step in steps}) == 1
    assert any(step[2].startswith("splitting = fr24: ") for step in steps)


def test_files(result, tmp_path):
    folder = write_comparison(result, tmp_path / "out")
    names = {path.name for path in folder.iterdir()}
    assert names == {"effects.csv", "contours.csv", "comparison.png", "comparison.json"}
    kinds = {piece.kind for piece in read_contours(folder / "contours.csv")}
    assert {"observed", "expected", "band-low", "band-high"} <= kinds
    assert (folder / "comparison.png").read_bytes()[:4] == b"\x89PNG"
    assert (folder / "comparison.png").stat().st_size < 150_000
    again = write_comparison(result, tmp_path / "again")
    assert all((folder / name).read_bytes() == (again / name).read_bytes() for name in names)


def test_table_and_rows_say_the_same(result):
    text = effect_text(result).splitlines()
    (line,) = (line for line in text if line.startswith("sigma_weight = nsd"))
    row = next(r for r in comparison_dict(result)["effects"] if r["value"] == "nsd" and r["mass_gev"] == 0.32)
    assert f"{100 * row['lower_shift']:+.1f}/{100 * row['upper_shift']:+.1f}" in line
    assert f"nsd,0.32,{row['lower']!r},{row['upper']!r}" in effect_csv(result)
    fr21 = next(
        r for r in comparison_dict(result)["effects"] if (r["value"], r["mass_gev"]) == ("fr21", 0.25)
    )
    assert fr21["lower"] is None
    assert fr21["lower_shift"] is None


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"masses": []}, ConfigError, "at least one mass"),
        ({"masses": [0.005]}, ConfigError, "mass 0.005 GeV: expected one of the scan, 0.01-2 GeV"),
        ({"masses": [5.0]}, DomainError, "5"),
        ({"preset": "curent"}, ConfigError, "did you mean 'current'"),
        ({"cl": 90}, ConfigError, "cl = 90"),
    ],
)
def test_refused_before_any_sampling(asked, error, message, tmp_path):
    with pytest.raises(error, match=message):
        compare("dark-photon", cache_dir=tmp_path, **(SMALL | asked))
    assert not list(tmp_path.iterdir())


def test_a_wider_production_gets_tables_of_its_own(folder):
    """Mixing with R_V begins at 0.28 GeV, with the mixing angle everywhere: the same sample, other masses."""
    found = compare(
        "dark-photon", masses=[0.25, 0.6], preset="na62-ff-mixing", channels=["mumu"],
        production=["mixing-rho"], response="none", pot=1e22, precision=0.4, jobs=1,
        cache_dir=folder / "cache",
    )  # fmt: skip
    # without mixing nothing that was asked for would be left
    assert "mixing = none" not in [each.variation.name for each in found.effects]
    theta = effect(found, "mixing = theta")
    assert np.isnan(found.edges[0]).all()
    assert np.isfinite(theta.edges).all()
    assert theta.size(found.edges) == float("inf")
    assert "new" in next(
        line for line in effect_text(found).splitlines() if line.startswith("mixing = theta")
    )

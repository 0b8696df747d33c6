"""The table and the figure that compare meson spectra."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.spectra.library import load_spectrum
from feebly.report.spectra_plot import spectra_figure, write_spectra_plot
from feebly.report.spectra_table import collect, row, spectra_text


def test_rows_are_the_numbers_of_the_spectra():
    spectra = collect(["pythia", "bmpt"], ["eta", "pi0"])
    assert [(each.parent, each.source) for each in spectra] == [
        ("pi0", "pythia"),
        ("pi0", "bmpt"),
        ("eta", "pythia"),
        ("eta", "bmpt"),
    ]
    found, expected = row(spectra[3]), load_spectrum("eta", "bmpt")
    assert found.per_pot == 0.4
    assert found.entries == math.inf
    assert found.sha256 == expected.digest
    assert found.fraction_within_10_mrad == expected.fraction_within(0.010)
    # E = √(p² + m²) lies between p and p + m
    assert 0 < found.mean_energy_gev - expected.mean_momentum_gev() < 0.548


def test_charm_of_another_convention_and_target():
    (copper,), (iron,) = (collect(["feynman-power"], ["D0"], "ship", a) for a in (63.546, 55.845))
    assert_allclose(row(copper).per_pot / row(iron).per_pot, (63.546 / 55.845) ** 0.29, rtol=1e-9)
    assert_allclose(row(copper).per_pot, 2 * 0.632 * 3.45013e-3, rtol=1e-5)


def test_text():
    rows = [row(each) for each in collect(["pythia", "bmpt"], ["pi0", "eta"])]
    lines = spectra_text(rows).splitlines()
    assert lines[0].split()[:3] == ["parent", "source", "per"]
    assert lines[2].split()[:4] == ["pi0", "bmpt", "4", "10.0%"]
    assert lines[2].endswith("formula")
    assert lines[3] == ""
    assert max(map(len, lines)) < 100


def test_refusals():
    with pytest.raises(ConfigError, match="none of bmpt has D0"):
        collect(["bmpt"], ["D0"])
    with pytest.raises(ConfigError, match="unknown meson spectrum 'kaon'"):
        collect(["bmpt"], ["kaon"])
    with pytest.raises(ConfigError, match="14 parents in one figure: expected 1 to 4"):
        spectra_figure(collect(["pythia"]))


def test_figure_holds_the_mesons():
    """Steps times widths are the mesons per POT; the ratio is to the first source."""
    spectra = collect(["pythia", "bmpt"], ["eta"])
    figure = spectra_figure(spectra)
    energy, energy_ratio, angle, _ = figure.axes
    for axes in (energy, angle):
        for patch, each in zip([p for p in axes.patches if not p.get_fill()], spectra, strict=True):
            values, edges, _ = patch.get_data()
            total = np.sum(values * np.diff(edges)) / each.spectrum.multiplicity
            low, high = (each.spectrum.fraction_within(1e-3 * theta) for theta in edges[[0, -1]])
            expected = each.spectrum.fraction_in_table if axes is energy else high - low
            assert_allclose(total, expected, rtol=1e-9)
    lines = [patch.get_data().values for patch in energy_ratio.patches if not patch.get_fill()]
    assert_allclose(lines[0], 1, rtol=1e-12)
    first, second = (p.get_data().values for p in energy.patches if not p.get_fill())
    assert_allclose(lines[1], second / first, rtol=1e-12)


def test_figure_with_empty_bins_warns_of_nothing(recwarn):
    figure = spectra_figure(collect(["pythia", "feynman-power"], ["B"]))
    assert not recwarn.list
    energy = figure.axes[0]
    bands = [patch.get_data() for patch in energy.patches if patch.get_fill()]
    # the counted spectrum has a band, largest where few were counted; a formula has none
    counted, formula = (np.nan_to_num((b.values - b.baseline) / (b.values + b.baseline)) for b in bands)
    assert 0.05 < counted.max() < 1.5
    assert formula.max() == 0


def test_files(tmp_path):
    spectra = collect(["pythia", "bmpt"], ["eta"])
    for name, magic in (("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")):
        write_spectra_plot(tmp_path / name, spectra)
        assert (tmp_path / name).read_bytes().startswith(magic)
    with pytest.raises(ConfigError, match=r"expected a file that ends in \.png or \.pdf"):
        write_spectra_plot(tmp_path / "a.gif", spectra)

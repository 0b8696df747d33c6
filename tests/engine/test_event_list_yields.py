"""Yields from an event list that was drawn from a known spectrum: the same, within the list's own error."""

from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose

from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from feebly.physics.spectra.library import load_spectrum
from twins.channels import channel, spectrum

MASS = 0.3
CTAU_M = np.array([0.029346, 0.88772, 1e6])
"""Short-lived (only mesons at the end of the spectrum count), at the lower edge of the contour, endless."""


def draw(folder, size):
    """η drawn from the BMPT table, as a CSV file with the same multiplicity."""
    original = spectrum("eta", "bmpt")
    rng = np.random.default_rng(101)
    cell = rng.choice(
        original.density.size, size, p=original.cell_fraction.ravel() / original.fraction_in_table
    )
    i, j = np.divmod(cell, original.density.shape[1])
    a, b, phi = rng.random((3, size))
    p = np.exp(original.ln_p_edges[i] + a * np.diff(original.ln_p_edges)[i])
    pt = np.sqrt(original.pt_edges_gev[j] ** 2 + b * np.diff(original.pt_edges_gev**2)[j])
    angle = 2 * np.pi * phi
    columns = [
        np.full(size, 221),
        pt * np.cos(angle),
        pt * np.sin(angle),
        np.sqrt(p**2 - pt**2),
        np.ones(size),
    ]
    pot = size / original.multiplicity / original.fraction_in_table
    head = f"# pot = {pot}\n# beam_momentum_gev = 400\npid,px,py,pz,weight"
    np.savetxt(folder / "eta.csv", np.transpose(columns), delimiter=",", header=head, comments="", fmt="%.8g")
    return load_spectrum("eta", folder / "eta.csv")


def events_per_pot(source):
    (sample,) = sample_masses(replace(channel("eta", "mumu"), spectrum=source), np.array([MASS]), 0.005)
    return source.multiplicity * laplace(sample.histogram[0], CTAU_M / MASS)[0]


def test_yields_of_a_list(tmp_path):
    ratio = events_per_pot(draw(tmp_path, 40_000)) / events_per_pot(spectrum("eta", "bmpt"))
    # lists of 20 000 scatter by 2%, and by 8% where the end of the spectrum decides
    assert_allclose(ratio[1:], 1, rtol=0.07)
    assert_allclose(ratio[0], 1, rtol=0.5)

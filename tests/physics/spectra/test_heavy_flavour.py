"""Charm and beauty: pairs per POT, mesons per pair, and the counted spectra."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.spectra.heavy_flavour import normalisation, normalisations
from feebly.physics.spectra.library import load_spectrum
from feebly.physics.spectra.species import SPECIES, species_of

HEAVY = (*species_of("charm"), *species_of("beauty"))


def test_pairs_per_pot_of_copper():
    # as the two tools have it: ALPINIST 2.00e-3 and SHiP 3.45e-3 charm, 2.63e-7 and 2.41e-7 beauty
    alpinist, ship = normalisation("alpinist"), normalisation("ship")
    assert_allclose(alpinist.charm.pairs_per_pot(63.546), 2.00277e-3, rtol=1e-5)
    assert_allclose(ship.charm.pairs_per_pot(63.546), 3.45013e-3, rtol=1e-5)
    assert_allclose(alpinist.beauty.pairs_per_pot(63.546), 2.63364e-7, rtol=1e-5)
    assert_allclose(ship.beauty.pairs_per_pot(63.546), 2.40843e-7, rtol=1e-5)


@pytest.mark.parametrize("name", normalisations())
@given(a=st.floats(1, 250))
def test_growth_with_the_nucleus_is_an_option(name, a):
    charm = normalisation(name).charm
    proton = charm.pairs_per_pot(1)
    assert_allclose(proton, charm.sigma_nb * 1e-6 / charm.sigma_pp_mb * charm.cascade, rtol=1e-12)
    linear = replace(charm, hard_exponent=1.0, inelastic_exponent=0.71)
    assert_allclose(linear.pairs_per_pot(a) / proton, a**0.29, rtol=1e-9)
    flat = replace(charm, hard_exponent=0.71, inelastic_exponent=0.71)
    assert_allclose(flat.pairs_per_pot(a), proton, rtol=1e-12)
    assert_allclose(
        replace(charm, cascade=2.3).pairs_per_pot(a) / charm.pairs_per_pot(a), 2.3 / charm.cascade
    )


def test_default_has_no_cascade():
    chosen = normalisation()
    assert (chosen.charm.cascade, chosen.beauty.cascade) == (1.0, 1.0)


def test_mesons_per_pair():
    # D0 + D0bar per cc event of ALPINIST: 0.482 + 0.571
    charm = normalisation("alpinist").charm
    assert_allclose(charm.mesons_per_pot("D0") / charm.pairs_per_pot(), 0.482 + 0.571, rtol=1e-12)
    beauty = normalisation("alpinist").beauty
    assert_allclose(
        beauty.mesons_per_pot("B"), beauty.mesons_per_pot("B+") + beauty.mesons_per_pot("B0"), rtol=1e-12
    )


def test_refusals():
    charm = normalisation().charm
    with pytest.raises(ConfigError, match="did you mean 'ship'"):
        normalisation("shipp")
    with pytest.raises(ConfigError, match=r"heavy meson 'K\+'"):
        charm.mesons_per_pot("K+")
    with pytest.raises(ConfigError, match=r"mass number = 0\.5"):
        charm.pairs_per_pot(0.5)
    with pytest.raises(ConfigError, match="together at most 1"):
        replace(charm, hadrons={"D0": 0.7, "D+": 0.4})
    with pytest.raises(ConfigError, match="sigma_nb = -1"):
        replace(charm, sigma_nb=-1.0)


# ALPINIST with Pythia 8, mesons and antimesons per cc event
PER_CHARM_PAIR = {"D0": 0.482 + 0.571, "D+": 0.257 + 0.299, "Ds": 0.077 + 0.090}


@pytest.mark.parametrize("parent", PER_CHARM_PAIR)
def test_charm_table_agrees_with_another_run_of_pythia(parent):
    from feebly.physics.spectra.library import embedded_table

    assert_allclose(embedded_table("charm").multiplicity(parent), PER_CHARM_PAIR[parent], rtol=0.04)
    assert_allclose(load_spectrum(parent).mean_pt_gev(), 1.26, rtol=0.04)  # GeV, HardQCD:hardccbar


def test_beauty_table_has_standard_fractions():
    from feebly.physics.spectra.library import embedded_table

    table = embedded_table("beauty")
    # PDG: 0.40, 0.40, 0.10 per quark, two quarks per event
    assert_allclose(table.multiplicity("B"), 1.6, rtol=0.05)
    assert_allclose(table.multiplicity("Bs"), 0.2, rtol=0.25)


@pytest.mark.parametrize("parent", HEAVY)
def test_counted_and_parametrised_spectra_are_of_one_kind(parent):
    """Central production: both say where the mesons go, to the spread between (n, b) fits."""
    counted, power = load_spectrum(parent), load_spectrum(parent, "feynman-power")
    assert counted.density.flags.c_contiguous
    assert counted.density.shape == power.density.shape
    assert counted.effective_entries > 1e5
    assert counted.multiplicity == power.multiplicity
    mass = SPECIES[parent].mass_gev
    assert_allclose(counted.mean_energy_gev(mass), power.mean_energy_gev(mass), rtol=0.15)
    # <E_lab> = γ <E*> >= γ m
    assert counted.mean_energy_gev(mass) > 14.6 * mass


def test_both_charges_of_the_b_share_a_table():
    together, charged, neutral = (load_spectrum(name) for name in ("B", "B+", "B0"))
    assert together.digest == charged.digest == neutral.digest
    np.testing.assert_array_equal(charged.density, neutral.density)


def test_convention_and_target_change_the_number_only():
    copper, iron = load_spectrum("Ds"), load_spectrum("Ds", target_mass_number=55.845)
    ship = load_spectrum("Ds", heavy="ship")
    assert copper.digest == iron.digest == ship.digest
    assert_allclose(iron.multiplicity / copper.multiplicity, (55.845 / 63.546) ** (1 / 3), rtol=1e-9)
    # Ds per POT with the SHiP numbers: 2 x 0.088 x 3.450e-3
    assert_allclose(ship.multiplicity, 2 * 0.088 * 3.45013e-3, rtol=1e-5)

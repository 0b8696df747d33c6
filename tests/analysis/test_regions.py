"""Search regions in (Z_TAX, CDA_TAX): edges, the observed event, counts by mass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from feebly.analysis.analysis import load_analysis
from feebly.analysis.background import GaussianBackground
from feebly.analysis.regions import Box, Ellipse, ObservedEvent, Region
from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin

STATES = load_analysis("na62-dump-2021").final_states
BOX = STATES["mumu"].signal_region.shape
ELLIPSE = STATES["ee"].signal_region.shape
CONTROL = STATES["ee"].control_region.shape
HERE = Origin("assumed", "this test")


@pytest.mark.parametrize(
    ("shape", "z_m", "cda_m", "inside"),
    [
        (BOX, 6.0, 0.0, False),
        (BOX, 6.001, 0.0199, True),
        (BOX, 39.999, 0.0, True),
        (BOX, 40.0, 0.0, False),
        (BOX, 23.0, 0.020, False),
        (ELLIPSE, 0.001, 0.0, True),
        (ELLIPSE, 0.0, 0.0, False),
        (ELLIPSE, 46.001, 0.0, False),
        (ELLIPSE, 23.0, 0.0399, True),
        (ELLIPSE, 23.0, 0.040, False),
        (ELLIPSE, 39.2, 0.0285, False),  # on the diagonal of the ellipse: 16.26 m, 28.28 mm
        (ELLIPSE, 39.2, 0.0282, True),
        (CONTROL, -7.0, 0.0, False),
        (CONTROL, -6.999, 0.149, True),
        (CONTROL, 52.999, 0.0, True),
        (CONTROL, 53.0, 0.0, False),
        (CONTROL, 23.0, 0.150, False),
    ],
)
def test_membership(shape, z_m, cda_m, inside):
    assert bool(shape.contains(z_m, cda_m)) is inside


def test_the_observed_event_of_2303_08666():
    p1, p2, angle_rad, m_mu = 99.5, 39.6, 5.38e-3, 0.1056583755
    energies = np.hypot(p1, m_mu) + np.hypot(p2, m_mu)
    momentum_squared = p1**2 + p2**2 + 2 * p1 * p2 * np.cos(angle_rad)
    event = STATES["mumu"].signal_region.events[0]
    assert_allclose(np.sqrt(energies**2 - momentum_squared), event.mass_gev, rtol=2e-3)
    z_tax, cda_tax = 38.2, 0.017
    assert BOX.contains(z_tax, cda_tax)
    assert ELLIPSE.contains(z_tax, cda_tax)
    assert_allclose(((z_tax - 23) / 23) ** 2 + (cda_tax / 0.040) ** 2, 0.617, rtol=1e-3)


@given(z=st.floats(-20, 70), cda=st.floats(0, 0.2))
def test_signal_region_wins_and_control_region_surrounds_it(z, cda):
    for state in STATES.values():
        signal, control = (bool(region.contains(z, cda)) for region in state.regions)
        assert control or not signal
        expected = "SR" if signal else "CR" if control else ""
        assert state.region_names(z, cda) == expected


def test_region_names_of_arrays():
    z = np.array([23.0, 23.0, 23.0])
    assert_array_equal(STATES["mumu"].region_names(z, [0.01, 0.03, 0.3]), ["SR", "CR", ""])


def test_event_counts_within_its_mass_window_only():
    n = STATES["mumu"].signal_region.observed_at([0.3, 0.4069, 0.4071, 0.411, 0.4149, 0.4151, 0.5])
    assert_array_equal(n, [0, 0, 1, 1, 1, 0, 0])
    assert STATES["ee"].signal_region.observed_at(0.411) == 0
    assert STATES["mumu"].control_region.observed_at(0.411) == 0


def test_events_without_a_mass_count_everywhere():
    background = GaussianBackground(0.1, 0.01, "68% interval", HERE)
    region = Region("SR", BOX, HERE, background, 3, (ObservedEvent(0.4, 0.01, HERE),))
    assert_array_equal(region.observed_at([0.3, 0.4]), [2, 3])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Box(40.0, 6.0, 0.02), "z_max_m"),
        (lambda: Box(6.0, 40.0, 0.0), "cda_max_m"),
        (lambda: Ellipse(23.0, 23.0, -0.04), "cda_half_axis_m"),
        (lambda: ObservedEvent(0.4, 0.0, HERE), "mass_window_gev"),
        (lambda: Region("SR", BOX, HERE, GaussianBackground(0.1, 0.0, "", HERE), -1), "observed"),
        (
            lambda: Region(
                "SR", BOX, HERE, GaussianBackground(0.1, 0.0, "", HERE), 0, (ObservedEvent(0.4, 0.1, HERE),)
            ),
            "observed",
        ),
    ],
)
def test_impossible_regions_are_refused(make, field):
    with pytest.raises(ConfigError, match=f"^{field} = "):
        make()

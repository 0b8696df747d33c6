"""Couplings that searches for K+ -> π+ X exclude: edges by the limit and by the lifetime, limit files."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.invisible_scan import load_invisible_scan
from feebly.kaon.peak_file import load_peak_search
from feebly.kaon.peaks import kaon_peak_search
from feebly.kaon.portals import KAON_PORTALS, caution, excluded_edges, excluded_intervals, visible_edges
from feebly.physics.models.dark_scalar import DarkScalar
from feebly.physics.models.registry import MODELS
from feebly.physics.production.alp_flavour import k_sd_per_gev
from feebly.physics.production.alp_meson_decay import br_kaon_to_alp
from feebly.physics.production.kaon_to_scalar import br_kplus_to_pion
from feebly.publish.kaon_limit import edges_as_limit
from feebly.publish.kaon_peak_limit import couplings_as_limit
from feebly.publish.limit_files import load_limit

SCAN = load_invisible_scan()
ALONE = load_invisible_scan(("pi-x-2016-22",))


def _edges(tag, points, couplings):
    return excluded_edges(tag, points, [point.expected_limit() for point in points], couplings)


def test_couplings_of_the_dark_scalar():
    """Lower edge: BR = limit for a stable S; the signal crosses the limit at the upper edge."""
    points = SCAN.points((0.2, 0.24))
    edges, model = _edges("dark-scalar", points, (1e-6, 1e-1)), DarkScalar()
    assert_allclose(edges.lower[0], np.sqrt(edges.limit[0] / br_kplus_to_pion(0.2)), rtol=0.01)
    assert edges.at_end  # 0.2 GeV: electrons alone, S lives long up to sin θ = 0.1
    for factor, sign in ((0.97, 1), (1.03, -1)):
        g = factor * edges.upper[1]
        signal = br_kplus_to_pion(0.24) * g**2 * points[1].escape(np.array([model.ctau_m(0.24, g)]))[0]
        assert np.sign(signal / edges.limit[1] - 1) == sign


def test_edges_of_intervals():
    x = np.geomspace(1e-3, 1.0, 61)
    (found,) = excluded_intervals(x**2, 1e-4, x)
    assert_allclose(found, (1e-2, 1.0), rtol=1e-3)
    assert excluded_intervals(x**2, 2.0, x) == ()
    (inner,) = excluded_intervals(x**2 * np.exp(-((x / 0.1) ** 4)), 1e-4, x)
    assert_allclose(inner[0], 1e-2, rtol=1e-3)
    assert 0.1 < inner[1] < 0.3


def test_limit_file_of_the_couplings():
    points = ALONE.points((0.05, 0.08, 0.2, 0.24))
    limit = edges_as_limit(ALONE, _edges("dark-scalar", points, (1e-6, 1e-1)), "dark-scalar", 0.9)
    assert limit.kind == "projection"
    assert limit.coupling == "sin-theta"
    assert len(limit.pieces) == 2  # one for each range of masses, not joined
    assert all(piece.is_closed for piece in limit.pieces)
    observed = edges_as_limit(
        ALONE, _edges("dark-scalar", points, (1e-6, 1e-1)), "dark-scalar", 0.9, is_data=True
    )
    assert (observed.kind, observed.label) == ("observed", "NA62 K⁺ → π⁺X")
    nothing = _edges("dark-scalar", points, (1e-9, 1e-8))
    assert edges_as_limit(ALONE, nothing, "dark-scalar", 0.9) is None


@pytest.mark.parametrize("tag", ["dark-scalar", "alp-fermion", "alp-gluon"])
def test_no_hole_at_the_mass_of_the_pi0(tag):
    """BC4, BC10, BC11: an area without a gap through 134.9768 MeV, its lower edge that of a long-lived X."""
    points = SCAN.points((0.1, 0.125, 0.1349768, 0.145, 0.17))
    edges = _edges(tag, points, (1e-10, 1.0))
    assert np.all(np.isfinite(edges.lower) & (edges.lower < edges.upper))
    per_square = [KAON_PORTALS[tag].per_square(p.mass_gev, MODELS[tag]()) for p in points]
    assert_allclose(edges.lower, np.sqrt(edges.limit / per_square), rtol=0.02)
    limit = edges_as_limit(SCAN, edges, tag, 0.9)
    assert len(limit.pieces) == 1


@pytest.mark.parametrize(
    ("tag", "mass"), [("alp-gluon", m) for m in (0.21, 0.25, 0.3, 0.345)] + [("alp-fermion", 0.21)]
)
def test_couplings_of_an_alp_that_is_seen(tag, mass):
    """BR(K -> π a) BR(a -> γγ) (1 - exp(-88 ps/τ)) is the limit at the lower edge; no upper one."""
    model, limit, visible = MODELS[tag](), 4e-9, load_peak_search("pi-a-gamma-gamma").visible
    edges = visible_edges(tag, np.array([mass]), np.array([limit]), visible, (1e-9, 1.0))
    (g,), (high,) = edges.lower, edges.upper
    tau_ps = float(model.ctau_m(mass, g)) / 2.99792458e-4
    c_gg, k_sd = model.couplings.c_gg, k_sd_per_gev(model.couplings, 1000.0)
    made = br_kaon_to_alp(mass, g * c_gg, g * k_sd)
    signal = made * model.branching_ratio("gammagamma", mass) * -np.expm1(-88 / tau_ps)
    assert_allclose(signal, limit, rtol=0.01)
    assert high == 1.0


@pytest.mark.parametrize("tag", ["dark-scalar", "alp-fermion", "alp-gluon"])
def test_shipped_limits_are_what_is_computed_today(tag):
    (piece,) = load_limit(f"na62-kplus-{tag}").pieces
    assert (piece.mass_gev.min(), piece.mass_gev.max()) == (0.005, 0.26)
    rows = [int(np.argmin(abs(piece.mass_gev[:65] - mass))) for mass in (0.05, 0.1325, 0.2)]
    points = SCAN.points(piece.mass_gev[rows].tolist())
    edges = _edges(tag, points, (1e-6, 1.0) if tag == "dark-scalar" else (1e-10, 1.0))
    assert_allclose(piece.coupling[rows], edges.lower, rtol=1e-3)
    assert_allclose(piece.coupling[[129 - row for row in rows]], edges.upper, rtol=1e-3)


def test_shipped_limit_of_an_alp_to_photons_is_what_is_computed_today():
    search = kaon_peak_search(load_peak_search("pi-a-gamma-gamma"))
    (piece,) = load_limit("na62-kplus-alp-gluon-photons").pieces
    assert_allclose(piece.mass_gev, search.mass_gev, rtol=1e-12)
    limits, visible = search.expected_limits(), search.file.visible
    few = [0, 100, 286]
    edges = visible_edges("alp-gluon", search.mass_gev[few], limits[few], visible, (1e-10, 1.0))
    assert_allclose(piece.coupling[few], edges.lower, rtol=1e-3)
    limit = couplings_as_limit(search, edges, "alp-gluon", 0.9, "counts", is_data=False)
    assert (limit.region, limit.kind, limit.coupling) == ("above", "projection", "C/Lambda")
    assert limit.label == "NA62 K⁺ → π⁺ a, a → γγ (expected)"
    assert couplings_as_limit(search, edges, "alp-gluon", 0.9, "profile", is_data=True).kind == "observed"


def test_lifetimes_of_a_visible_alp_are_the_published_ones():
    """UL(τ)/UL(0) at 0.1-2 ns, a calibration: one number fitted to digitised limits of 2311.01837."""
    visible = load_peak_search("pi-a-gamma-gamma").visible
    tau_ps = np.array([100.0, 200.0, 500.0, 1000.0, 2000.0])
    seen = visible.seen(tau_ps * 2.99792458e-4)
    assert_allclose(1 / seen, [1.72, 2.74, 6.2, 12.1, 24.2], rtol=0.041)
    assert_allclose(visible.seen(np.array([0.0, 1e12])), [1.0, 88 * 2.99792458e-4 / 1e12], rtol=1e-9)


def test_mixing_with_the_pi0_is_not_trusted_about_its_mass():
    masses = (0.1, 0.1325, 0.1375, 0.15)
    assert caution("alp-gluon", masses).startswith("alp-gluon, 132.5-137.5 MeV: mixes with the pi0")
    assert caution("alp-gluon", (0.1, 0.15)) is None
    assert caution("alp-fermion", masses) is None  # u and d alike: no mixing with an isovector
    assert caution("dark-scalar", masses) is None


def test_wrong_values():
    points = SCAN.points((0.2,))
    with pytest.raises(ConfigError, match="unknown model with K"):
        _edges("alp-photon", points, (1e-6, 1e-1))
    with pytest.raises(DomainError, match="two positive numbers in order"):
        _edges("dark-scalar", points, (1e-1, 1e-6))

"""Chains K+ -> π+ aa and K+ -> π+ S: phase space, kinematics, resolutions, acceptance, limits by counting."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import (
    ALPHA,
    ELECTRON_MASS_GEV,
    KAON_MASS_GEV,
    MUON_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.beam_decays import KPLUS, beam_decays, generator
from feebly.kaon.chain_decays import SPECIES, ChainDecay, Product, decay_products
from feebly.kaon.chain_file import load_chain_search
from feebly.kaon.chain_masses import (
    fixed_masses,
    phase_space_masses,
    photon_pair_masses,
    standard_masses,
    virtual_photon_masses,
)
from feebly.kaon.chains import chain_search, scan_chains
from feebly.kaon.experiment_file import load_kaon_experiment
from feebly.kaon.many_tracks import TracksSelection, _apart, _on_detectors, simulate_chain
from feebly.kaon.momenta import from_slopes, invariant_mass_gev
from feebly.kaon.resolution import core_sigma

NA62 = load_kaon_experiment("na62-kaon")
PAIRS = (("e+", "e-"), ("e+", "e-"))
SEARCH = chain_search(precision=0.15)
END = KAON_MASS_GEV - PION_MASS_GEV


def _random():
    return np.random.default_rng(11)


# --- masses ----------------------------------------------------------------------------------------------


def _dalitz(mass, n=400_000):
    """m_aa² of points that are uniform inside the boundary of the Dalitz plot (PDG, review of kinematics)."""
    random = _random()
    m12 = random.uniform(4 * mass**2, END**2, n)
    m23 = random.uniform((mass + PION_MASS_GEV) ** 2, (KAON_MASS_GEV - mass) ** 2, n)
    e2 = np.sqrt(m12) / 2
    e3 = (KAON_MASS_GEV**2 - m12 - PION_MASS_GEV**2) / (2 * np.sqrt(m12))
    p2, p3 = np.sqrt(np.maximum(e2**2 - mass**2, 0)), np.sqrt(np.maximum(e3**2 - PION_MASS_GEV**2, 0))
    inside = (m23 < (e2 + e3) ** 2 - (p2 - p3) ** 2) & (m23 > (e2 + e3) ** 2 - (p2 + p3) ** 2)
    return m12[inside]


@pytest.mark.parametrize("mass", [0.001022, 0.017, 0.12])
def test_phase_space_is_a_flat_dalitz_plot(mass):
    expected = _dalitz(mass)
    found = phase_space_masses((mass, mass))(_random(), 40_000).system ** 2
    for power in (1, 2):
        a, b = expected**power, found**power
        assert abs(a.mean() - b.mean()) < 4 * np.hypot(a.std() / np.sqrt(a.size), b.std() / np.sqrt(b.size))


def test_slope_of_the_matrix_element():
    """|M|² = 1 + slope (m² - m0²)/m_π²: points of the Dalitz plot weighted with it."""
    mass, slope = 0.05, 0.25
    expected = _dalitz(mass)
    weight = 1 + slope * (expected - (END**2 + 4 * mass**2) / 2) / PION_MASS_GEV**2
    found = phase_space_masses((mass, mass), slope)(_random(), 40_000).system ** 2
    assert_allclose(found.mean(), np.average(expected, weights=weight), rtol=0.01)
    assert abs(found.mean() / expected.mean() - 1) > 0.02
    with pytest.raises(DomainError, match=r"becomes negative; expected 0\.3"):
        phase_space_masses((mass, mass), 1.0)


def test_near_the_endpoint_the_system_has_its_whole_energy():
    found = phase_space_masses((END / 2 - 1e-6,) * 2)(_random(), 100).system
    assert_allclose(found, END, rtol=1e-4)


def _kroll_wada(q1, q2, mass):
    """dΓ(π0 -> 4e)/(dln q1² dln q2²) over Γ(γγ), Kroll and Wada 1955, without interference."""
    leptons = 1.0
    for q in (q1, q2):
        r = (ELECTRON_MASS_GEV / q) ** 2
        leptons = leptons * (1 + 2 * r) * np.sqrt(1 - 4 * r)
    x, y = (q1 / mass) ** 2, (q2 / mass) ** 2
    return (ALPHA / (3 * np.pi)) ** 2 * leptons * np.maximum((1 - x - y) ** 2 - 4 * x * y, 0) ** 1.5


def _photon_masses(mass):
    """q1, q2 on a grid, and the share of Γ(γγ) in each cell."""
    u = (np.arange(600) + 0.5) / 600
    low = 2 * ELECTRON_MASS_GEV
    q = low * np.exp(u * np.log(mass / low))
    q1, q2 = np.meshgrid(q, q, indexing="ij")
    density = np.where(q1 + q2 < mass, _kroll_wada(q1, q2, mass), 0.0)
    return q1, q2, density * (2 * np.log(mass / low) / 600) ** 2


def test_branching_ratio_of_the_neutral_pion():
    """The formula that the sampler is compared with gives that of π0 -> 4e: PDG 3.34e-5, 5%."""
    assert_allclose(_photon_masses(PION0_MASS_GEV)[2].sum() * 0.98823, 3.34e-5, rtol=0.05)


@pytest.mark.parametrize(
    ("mass", "edges"), [(PION0_MASS_GEV, (0.003, 0.015, 0.05)), (0.0035, (0.0013, 0.0016))]
)
def test_photons_off_shell(mass, edges):
    """Shares above some masses; close to threshold the term 2 m_e²/q² is half of the rate."""
    q1, q2, density = _photon_masses(mass)
    n = 40_000
    one, two = photon_pair_masses(np.full(n, mass), _random())
    for edge in edges:
        share = density[q1 > edge].sum() / density.sum()
        for sample in (one, two):
            assert abs((sample > edge).mean() - share) < 4 * np.sqrt(share * (1 - share) / n)
    both = density[(q1 > edges[1]) & (q2 > edges[1])].sum() / density.sum()
    assert abs(((one > edges[1]) & (two > edges[1])).mean() - both) < 4 * np.sqrt(both / n)
    assert np.all(one + two < mass)


# --- decays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("masses", "members", "pair"),
    [
        (phase_space_masses((0.017, 0.017)), PAIRS, (0.017, 0.017)),
        (fixed_masses(0.3, (0.1, 0.1)), PAIRS, (0.1, 0.1)),
        (phase_space_masses((0.25, 0.0)), (("mu+", "mu-"), "gamma"), (0.25,)),
    ],
)
def test_chains_keep_the_four_momentum(masses, members, pair):
    decay = ChainDecay("x", masses, members)
    random = generator(1, "x", 0)
    beam = beam_decays(NA62, KPLUS, 3000, random)
    products, chance = decay_products(decay, beam, random)
    assert len(products) == len(decay.final_state)
    assert np.all(chance == 1)
    everything = [(product.momenta, product.species.mass_gev) for product in products]
    assert_allclose(invariant_mass_gev(everything), KAON_MASS_GEV, rtol=1e-8)
    total = everything[0][0]
    for momenta, _ in everything[1:]:
        total = total + momenta
    for a, b in ((total.x, beam.momenta.x), (total.y, beam.momenta.y), (total.z, beam.momenta.z)):
        assert_allclose(a, b, atol=1e-10)
    for member, mass in enumerate(pair):
        places = decay.group(member)
        assert_allclose(invariant_mass_gev([everything[k] for k in places]), mass, rtol=1e-5)


def test_members_are_alike():
    """Both a of K+ -> π+ aa have the same energies, and an electron that of a positron on average."""
    found = simulate_chain(
        load_kaon_experiment(), ChainDecay("x", phase_space_masses((0.1, 0.1)), PAIRS), 60_000, 4, 0,
        TracksSelection((0.0, 1e3)),
    )  # fmt: skip
    energies = [np.sqrt(p.squared) for p in found.true]
    n = energies[0].size
    assert n > 200
    for a, b in ((1, 3), (2, 4)):
        spread = np.hypot(energies[a].std(), energies[b].std()) / np.sqrt(n)
        assert abs(energies[a].mean() - energies[b].mean()) < 4 * spread


def test_flights_of_members():
    """Chance to decay within L: (1 - exp(-L m/(p cτ)))² for both; ends exponential inside L."""
    length, ctau, mass = 2.0, 0.01, 0.05
    decay = ChainDecay("x", fixed_masses(0.3, (mass, mass)), PAIRS, ctau, length)
    random = generator(3, "x", 0)
    beam = beam_decays(NA62, KPLUS, 20_000, random)
    products, chance = decay_products(decay, beam, random)
    expected = np.ones(20_000)
    for place in (1, 3):
        momentum = (products[place].momenta + products[place + 1].momenta).z
        scale = momentum / mass * ctau
        expected *= 1 - np.exp(-length / scale)
        flown = products[place].vertex_m[2] - beam.vertex_m[2]
        uniform = (1 - np.exp(-flown / scale)) / (1 - np.exp(-length / scale))
        assert_allclose(uniform.mean(), 0.5, atol=4 * np.sqrt(1 / 12 / 20_000))
        assert flown.max() < length
        direction = (products[place].momenta + products[place + 1].momenta).x / momentum
        assert_allclose(products[place].vertex_m[0] - beam.vertex_m[0], flown * direction, atol=1e-9)
    assert_allclose(chance, expected, rtol=1e-9)


# --- tracks and photons ------------------------------------------------------------------------------------


def _shift(decay, places, events=40_000):
    found = simulate_chain(NA62, decay, events, 1, 0, TracksSelection())
    return found, found.mass_gev(places) - found.mass_gev(places, measured=False)


@pytest.mark.parametrize(
    ("tag", "lepton", "members", "remembered"),
    [
        ("pi-e-e", ELECTRON_MASS_GEV, ("e+", "e-"), 1.7e-3),
        ("pi-mu-mu", MUON_MASS_GEV, ("mu+", "mu-"), 1.1e-3),
        ("3pi", PION_MASS_GEV, ("pi+", "pi-"), 0.9e-3),
    ],
)
def test_resolution_of_three_tracks(tag, lepton, members, remembered):
    """NA62's resolutions as they are remembered from 2202.00331 and 1905.07770, not re-read: within 30%."""
    decay = ChainDecay(tag, standard_masses(tag, (lepton, lepton)), members)
    found, _ = _shift(decay, (0, 1, 2))
    total = found.mass_gev((0, 1, 2))
    assert_allclose(np.median(total), KAON_MASS_GEV, rtol=1e-4)
    assert_allclose(core_sigma(total), remembered, rtol=0.3)
    assert_allclose(found.mass_gev((0, 1, 2), measured=False), KAON_MASS_GEV, rtol=1e-8)
    missing = np.sqrt(np.maximum(found.missing_mass2_gev2((0,)), 0))
    shift = missing - found.mass_gev((1, 2), measured=False)
    assert abs(np.median(shift)) < 3e-4


def test_resolution_of_two_photons():
    """(σ_m/m)² = (σ1/E1)²/4 + (σ2/E2)²/4 + (σ_θ/θ)², by hand for each event: pulls of width one."""
    found, shift = _shift(
        ChainDecay("2g", fixed_masses(PION0_MASS_GEV, (0.0, 0.0)), ("gamma", "gamma")), (1, 2)
    )
    one, two = found.true[1], found.true[2]
    energies = [np.sqrt(p.squared) for p in (one, two)]
    relative = [np.sqrt(0.048**2 / e + (0.11 / e) ** 2 + 0.009**2) for e in energies]
    slope = np.hypot(one.x / one.z - two.x / two.z, one.y / one.z - two.y / two.z)
    assert np.all(energies[0] > 2)
    # impacts at 241.1 m from 105-165 m: take the lever out with the mean of its inverse square
    impact2 = sum(4.2e-3**2 / e + 0.6e-3**2 for e in energies)
    z = np.linspace(105, 165, 601)
    angle = np.sqrt(impact2 * np.mean(1 / (241.093 - z) ** 2)) / slope
    width = PION0_MASS_GEV * np.sqrt((relative[0] ** 2 + relative[1] ** 2) / 4 + angle**2)
    assert_allclose(core_sigma(shift / width), 1.0, atol=0.05)
    # the total energy window and the kaon: π+ and two photons have its mass
    assert_allclose(np.median(found.mass_gev((0, 1, 2))), KAON_MASS_GEV, rtol=2e-3)


def test_tracks_start_before_the_first_chamber():
    """A pair that starts behind it, at 183.5 m, is not seen; and the charge tells where a track goes."""
    track = from_slopes(np.array([20.0]), np.array([1e-2]), np.array([0.0]))
    for z, seen in ((170.0, True), (190.0, False)):
        vertex = (np.array([1e-2 * (z - 150)]), np.array([0.0]), np.array([z]))
        product = Product(SPECIES["e+"], track, vertex)
        assert _on_detectors(NA62, product, 0.0)[0] == seen
    outer = from_slopes(np.array([8.0]), np.array([1.3e-2]), np.array([0.0]))
    vertex = (np.array([0.0]), np.array([0.0]), np.array([150.0]))
    fates = [_on_detectors(NA62, Product(SPECIES[name], outer, vertex), 0.0)[0] for name in ("e+", "e-")]
    assert fates == [True, False]  # 34 mrad of the magnet bring it back, or out


def test_opposite_charges_part_in_the_magnet():
    """Two tracks of 20 GeV in one direction: 2 x 0.270/20 x 44 m = 1.19 m on the calorimeter, or none."""
    track = from_slopes(np.array([20.0]), np.array([1e-2]), np.array([0.0]))
    vertex = (np.array([0.0]), np.array([0.0]), np.array([150.0]))
    plus, minus = (Product(SPECIES[name], track, vertex) for name in ("e+", "e-"))
    for least, apart in ((1.18, True), (1.20, False)):
        assert _apart(NA62, [plus, minus], {"LKr": least})[0] == apart
    assert not _apart(NA62, [plus, plus], {"LKr": 1e-9})[0]
    assert not _apart(NA62, [plus, minus], {"STRAW2": 1e-9})[0]


def test_separation_and_momentum_of_tracks():
    decay = ChainDecay("pi-aa", phase_space_masses((0.03, 0.03)), PAIRS)
    names = {"STRAW1": 0.05, "LKr": 0.2}
    counts = [
        simulate_chain(NA62, decay, 40_000, 1, 0, selection).weight.size
        for selection in (
            TracksSelection(),
            TracksSelection(least_separation_m={"STRAW1": 0.05}),
            TracksSelection(least_separation_m=names),
            TracksSelection((10.0, 65.0)),
        )
    ]
    assert counts[0] > counts[1] > counts[2]
    assert counts[0] > counts[3]
    with pytest.raises(ConfigError, match="plane"):
        simulate_chain(NA62, decay, 100, 1, 0, TracksSelection(least_separation_m={"STRAW9": 1.0}))
    with pytest.raises(ConfigError, match="two momenta in order"):
        TracksSelection((10.0, 5.0))


# --- the search ------------------------------------------------------------------------------------------


def test_limit_by_hand():
    """n = 0: ln 10 events at 90% CL for any b, times the sensitivity of π 4e over the acceptances."""
    point = SEARCH.point(0.15)
    ses = 1.4e-8 / np.log(10) * SEARCH.reference.acceptance / point.acceptance
    assert_allclose(point.ses, ses, rtol=1e-9)
    assert_allclose(point.limit, np.log(10) * ses, rtol=1e-9)
    assert_allclose(SEARCH.point(0.15, cl=0.95).limit, np.log(20) * ses, rtol=1e-9)
    # the abstract of 2307.04579: limits "at the level of 1e-9"
    assert 1e-10 < point.limit < 1e-8


def test_masses_of_the_right_pairs_are_found():
    """Windows of three standard deviations keep nearly all of K+ -> π+ S with prompt members."""
    chain = SEARCH.decay(0.15, 0.32)
    blocks = SEARCH._simulate(chain, SEARCH.precision)
    all_of_it = SEARCH._count(blocks, SEARCH.in_search)
    point = SEARCH.point(0.15, 0.32)
    assert 0.85 < point.acceptance / all_of_it.acceptance <= 1
    assert_allclose(point.acceptance_error, all_of_it.error, rtol=0.2)
    wrong = SEARCH._count(blocks, lambda events: SEARCH._in_windows(events, (0.14, 1e-3), (0.32, 1e-3)))
    assert wrong.acceptance < 0.05 * all_of_it.acceptance


def test_cuts_of_the_search():
    """Masses and momenta of accepted decays by hand, with windows that cut on both sides."""
    file = replace(SEARCH.file, kaon_window_gev=1e-3, total_momentum_gev=(74.5, 75.5))
    events = SEARCH._simulate(SEARCH.decay(0.15), 0.1)[0]
    momentum = sum(np.array([p.x, p.y, p.z]) for p in events.measured)
    size = np.sqrt((momentum**2).sum(axis=0))
    energy = sum(np.sqrt(p.squared + m**2) for p, m in zip(events.measured, events.masses_gev, strict=True))
    mass = np.sqrt(energy**2 - size**2)
    cuts = [np.abs(mass - KAON_MASS_GEV) < 1e-3, size > 74.5, size < 75.5]
    assert all(0.1 < cut.mean() < 0.9 for cut in cuts)
    found = replace(SEARCH, file=file).in_search(events)
    assert np.array_equal(found, np.logical_and.reduce(cuts))


def test_electrons_are_paired_either_way():
    """The second electron in place of the first: the same windows."""
    events = SEARCH._simulate(SEARCH.decay(0.15), 0.1)[0]
    pion, *electrons = events.measured
    swapped = replace(events, measured=(pion, electrons[0], electrons[3], electrons[2], electrons[1]))
    windows = (0.15, 1e-3), (None, 1e-3)
    one, other = (SEARCH._in_windows(each, *windows) for each in (events, swapped))
    assert one.mean() > 0.8
    assert np.array_equal(one, other)


def test_monte_carlo_error():
    """k of N decays: error √k/N, so that A²/error² is k and A/error² a number of whole blocks."""
    point = SEARCH.point(0.15)
    kept = (point.acceptance / point.acceptance_error) ** 2
    simulated = kept / point.acceptance
    assert_allclose(kept, round(kept), rtol=1e-9)
    assert_allclose(simulated / 50_000, round(simulated / 50_000), rtol=1e-9)


def test_long_lifetimes_lose_with_the_square():
    """Both members must decay within a metre: acceptance ~ cτ^-2 where that is short."""
    points = [SEARCH.point(0.15, None, ctau) for ctau in (0.0, 1e-6, 10.0, 20.0)]
    assert_allclose(points[1].limit, points[0].limit, rtol=1e-6)
    assert_allclose(points[3].limit / points[2].limit, 4, rtol=1e-2)


def test_scan_keeps_masses_without_a_limit():
    """A mass of the pi0 has no limit and is named; the others do not change with the threads."""
    hypotheses = [(0.15, 0.32), (0.05, PION0_MASS_GEV), (0.16, None)]
    one, two = (scan_chains(SEARCH, hypotheses, jobs=jobs) for jobs in (1, 2))
    assert one.points == two.points
    assert [point.scalar_gev for point in one.points] == [0.32, None]
    assert len(one.problems) == 1
    assert "S of 135 MeV, A' of 50 MeV: 0 of" in one.problems[0]


@pytest.mark.parametrize(
    ("hypothesis", "line"),
    [
        ((0.178, None), "K+ -> pi+ and two members is closed: 354.107 MeV to 356 MeV"),
        ((0.001, None), "a -> e+ e- is closed"),
        ((0.1, 0.36), "K+ -> pi+ Y with Y of 360 MeV is closed"),
        ((0.1, 0.15), "the decay of Y to its members is closed"),
        ((0.0005, 0.2), "A' -> e+ e- is closed"),
        ((float("nan"), None), "closed"),
    ],
)
def test_closed_chains(hypothesis, line):
    with pytest.raises(DomainError, match=line.replace("+", r"\+")) as refusal:
        scan_chains(SEARCH, [hypothesis])
    assert "\n" not in str(refusal.value)


def test_other_wrong_values():
    with pytest.raises(DomainError, match=r"expected 0 \(prompt\) or a positive length"):
        SEARCH.point(0.15, None, -1.0)
    with pytest.raises(DomainError, match=r"precision 0: expected 0.005 to 0.5"):
        replace(SEARCH, precision=0.0)
    with pytest.raises(DomainError, match="0 of 250000 simulated decays are accepted"):
        scan_chains(SEARCH, [(0.002, None)])
    with pytest.raises(ConfigError, match="unknown chain search"):
        chain_search("pi-5e")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("momentum_gev = [5.0, 65.0]", "momentum_gev = [65.0, 5.0]", "two momenta in order"),
        ("kaon_window_gev = 0.010", "kaon_window_gev = 0", "positive"),
        ("neutral_pion_gev = [0.125, 0.145]", "neutral_pion_gev = [0.145, 0.125]", "neutral_pion_gev"),
        ("\nwindow_sigma = { kind", "\nwindow_sigmas = { kind", "window_sigma"),
        ("{ STRAW1 = 0.015 }", "{ STRAW1 = -1.0 }", "least_separation_m"),
    ],
)
def test_one_line_for_a_wrong_file(tmp_path, old, new, line):
    text = (files("feebly") / "data/kaon/chains/pi-4e.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=line) as refusal:
        load_chain_search(tmp_path / "mine.toml")
    assert "\n" not in str(refusal.value)


def test_more_of_the_standard_model():
    """The 4e of K+ -> π+ γ*γ* have the mass of the photons of K+ -> π+ γγ, above its least."""
    masses = virtual_photon_masses()(_random(), 4000)
    assert masses.system.min() > np.sqrt(0.1) * KAON_MASS_GEV
    assert masses.system.max() < END
    assert np.all(masses.one + masses.two < masses.system)
    pion = virtual_photon_masses(PION0_MASS_GEV)(_random(), 10)
    assert np.all(pion.system == PION0_MASS_GEV)

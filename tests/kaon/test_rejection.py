"""Rejection of standard kaon decays: closed forms, published numbers, limits, energy and momentum."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm, poisson

from feebly.apparatus.shapes import Annulus, Rectangle
from feebly.core.constants import KAON_MASS_GEV, MUON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.experiment_file import TrackVeto, load_kaon_experiment
from feebly.kaon.identification import MASSES
from feebly.kaon.kaon_decays import decay_probability, decay_rate_hz, decays_of_protons
from feebly.kaon.missing_bodies import missing_bodies
from feebly.kaon.momenta import Momenta, from_slopes
from feebly.kaon.one_track import TrackDecay, TrackSelection, simulate
from feebly.kaon.photon_veto import InefficiencyStep, PhotonVeto, VetoStation, step_value
from feebly.kaon.photons import photon_pair
from feebly.kaon.rejection import Rejection, survival, unseen_photon, unseen_track
from feebly.kaon.spectrum import missing_mass_spectrum
from feebly.physics.decays.kaon_standard import MISSING_MASSES_GEV, standard_decay, standard_decays

NA62 = load_kaon_experiment()
WIDE = TrackSelection((0.0, 1e3))


def _without(*groups):
    return {name: origin for name, origin in NA62.origins.items() if name.split(".")[0] not in groups}


def _events(tag, number=20_000, experiment=NA62, selection=WIDE, seed=1):
    decay = standard_decay(tag)
    track = TrackDecay(tag, decay.particle, decay.track_mass_gev, decay.energies_gev)
    return simulate(experiment, track, number, seed, 0, selection)


def _bodies(tag, events, seed=7):
    return missing_bodies(standard_decay(tag), events, np.random.default_rng(seed))


def _in_kaon_frame(events, body, mass):
    """Energy in the rest frame of the kaon: p_K.p/m_K."""
    kaon_energy = np.sqrt(events.kaon.squared + KAON_MASS_GEV**2)
    return (kaon_energy * np.sqrt(body.squared + mass**2) - events.kaon.dot(body)) / KAON_MASS_GEV


# --- what is missing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", list(standard_decays()))
def test_missing_bodies_carry_energy_and_momentum_of_the_decay(tag):
    events = _events(tag, 3000)
    found = _bodies(tag, events)
    total = sum((body for _, body in found[1:]), found[0][1])
    missing = events.kaon - events.track
    for axis in "xyz":
        assert_allclose(getattr(total, axis), getattr(missing, axis), rtol=1e-9, atol=1e-9)
    energy = sum(np.sqrt(body.squared + MISSING_MASSES_GEV[name] ** 2) for name, body in found)
    assert_allclose(energy, events.kaon_energy_gev - events.track_energy_gev, rtol=2e-6)


def test_photons_of_a_pi0_are_uniform_in_energy():
    """π0 -> γγ in flight: E_γ between E(1 - β)/2 and E(1 + β)/2, uniform, in the frame of the kaon."""
    events = _events("pi-pi0", 20_000)
    (_, photon), _ = _bodies("pi-pi0", events)
    pion = _in_kaon_frame(events, events.kaon - events.track, PION0_MASS_GEV)
    beta = np.sqrt(1 - (PION0_MASS_GEV / pion) ** 2)
    share = np.sort((2 * _in_kaon_frame(events, photon, 0.0) / pion - 1 + beta) / (2 * beta))
    assert np.max(np.abs(share - np.arange(1, share.size + 1) / share.size)) < 1.95 / np.sqrt(share.size)


def test_photons_of_radiative_decays_follow_inner_bremsstrahlung():
    """dΓ/dx of K+ -> μ+ ν γ: the photon's spectrum, though the track is what is sampled."""
    events = _events("mu-nu-gamma", 30_000)
    (name, photon), _ = _bodies("mu-nu-gamma", events)
    assert name == "gamma"
    x = 2 * _in_kaon_frame(events, photon, 0.0) / KAON_MASS_GEV
    r = (MUON_MASS_GEV / KAON_MASS_GEV) ** 2
    assert x.min() > 0.8 * 2 * 0.010 / KAON_MASS_GEV  # the cut of 10 MeV is between two angles of a grid

    def rate(at):  # Nucl. Phys. B 396 (1993) 81, integrated over the muon
        y = np.linspace(1 - at + r / (1 - at), 1 + r, 4001)[1:-1]
        gap = at + y - 1 - r
        bracket = at**2 + 2 * (1 - at) * (1 - r) - 2 * at * r * (1 - r) / gap
        return np.trapezoid((1 - y + r) / (at**2 * gap) * bracket, y)

    edges = np.array([0.06, 0.1, 0.2, 0.4, 0.6, 0.9])
    grids = [np.linspace(low, high, 60) for low, high in pairwise(edges)]
    expected = np.array([np.trapezoid([rate(at) for at in grid], grid) for grid in grids])
    counts = np.histogram(x, edges)[0]
    expected *= counts.sum() / expected.sum()
    assert np.sum((counts - expected) ** 2 / expected) < 25  # four degrees of freedom: p < 1e-4


def test_flat_phase_space_of_three_missing_bodies():
    """K+ -> ππeν flat in four bodies: both pions have one spectrum in the frame of the kaon."""
    events = _events("e4", 60_000)
    by_name = dict(_bodies("e4", events))
    other = _in_kaon_frame(events, by_name["pi-"], PION_MASS_GEV)
    track = _in_kaon_frame(events, events.track, PION_MASS_GEV)
    error = np.hypot(other.std(), track.std()) / np.sqrt(track.size)
    assert abs(other.mean() - track.mean()) < 4 * error
    assert_allclose(other.std(), track.std(), rtol=0.02)
    electron = _in_kaon_frame(events, by_name["e+"], MISSING_MASSES_GEV["e+"])
    neutrino = _in_kaon_frame(events, by_name["nu"], 0.0)
    assert_allclose(electron.mean(), neutrino.mean(), rtol=0.01)


# --- photons --------------------------------------------------------------------------------------------


def test_share_of_lost_photons_is_the_closed_form_of_two_photons():
    """A disc about the flight of the π0 sees both photons with the chance -c, and else one of them.

    c = (cos θ - β)/(1 - β cos θ) is the cosine in the frame of the π0 of a photon on the edge of the disc.
    """
    energy, theta, lever = 40.0, 5e-3, 100.0
    n, random = 100_000, np.random.default_rng(3)
    momentum = np.sqrt(energy**2 - PION0_MASS_GEV**2)
    zero = np.zeros(n)
    pair = photon_pair(Momenta(zero, zero, np.full(n, momentum)), np.full(n, PION0_MASS_GEV**2), random)
    disc = Annulus(0.0, lever * np.tan(theta))
    veto = PhotonVeto({"A": (InefficiencyStep(0.0, 0.0),)}, (VetoStation("A", "A", 200.0, disc),), 1.0)
    experiment, vertex = replace(NA62, photon_veto=veto), (zero, zero, np.full(n, 100.0))
    lost = [unseen_photon(experiment, photon, vertex) for photon in pair]
    beta = momentum / energy
    cut = (np.cos(theta) - beta) / (1 - beta * np.cos(theta))
    seen_both = max(-cut, 0.0)
    assert 0.05 < seen_both < 0.95
    error = np.sqrt(seen_both * (1 - seen_both) / n)
    assert_allclose(np.mean((lost[0] == 0) & (lost[1] == 0)), seen_both, atol=4 * error)
    assert np.mean(lost[0] * lost[1]) == 0  # never both


def test_the_first_station_counts_and_photons_may_miss_all():
    stations = (
        VetoStation("first", "A", 200.0, Rectangle(1.0, 1.0)),
        VetoStation("second", "B", 210.0, Rectangle(9.0, 9.0)),
    )
    steps = {"A": (InefficiencyStep(0.0, 0.5),), "B": (InefficiencyStep(0.0, 0.25),)}
    experiment = replace(NA62, photon_veto=PhotonVeto(steps, stations, 1.0))
    slopes = np.array([0.001, 0.03, 0.5, 0.001])
    photon = from_slopes(np.full(4, 10.0), slopes, np.zeros(4))
    vertex = (np.zeros(4), np.zeros(4), np.array([150.0, 150.0, 150.0, 205.0]))
    assert_allclose(unseen_photon(experiment, photon, vertex), [0.5, 0.25, 1.0, 0.25])
    backward = Momenta(photon.x, photon.y, -photon.z)
    assert_allclose(unseen_photon(experiment, backward, vertex), 1.0)


@given(st.floats(-4, 2).map(lambda u: 10.0**u), st.floats(-4, 2).map(lambda u: 10.0**u))
def test_more_energy_is_never_less_visible(one, two):
    assert NA62.photon_veto is not None
    low, high = sorted((one, two))
    for steps in NA62.photon_veto.inefficiency.values():
        value = step_value(steps, np.array([low, high]))
        assert value[0] >= value[1] > 0
    assert step_value(steps, np.array([steps[0].from_gev]))[0] == steps[0].value


def test_hermetic_to_50_mrad():
    """Photons up to 50 mrad hit a detector, one is lost in 0.2% of the decays (public pages of NA62)."""
    accepted = _events("pi-pi0", 60_000, selection=TrackSelection((15, 35))).only_accepted()
    perfect = replace(
        NA62, photon_veto=replace(NA62.photon_veto, inefficiency=dict.fromkeys(
            NA62.photon_veto.inefficiency, (InefficiencyStep(0.0, 0.0),)))
    )  # fmt: skip
    missed, small = 0.0, True
    for _, photon in _bodies("pi-pi0", accepted):
        lost = unseen_photon(perfect, photon, accepted.vertex_m)
        angle = np.hypot(photon.x, photon.y) / photon.z
        small &= bool(np.all(angle[(lost > 0) & (photon.z > 0)] > 0.042))
        missed += lost.mean()
    assert small
    assert 0.5e-3 < missed < 4e-3


def test_pi0_rejection_is_of_the_published_order():
    """Designed for less than 1e-8; tracks of 15-35 GeV, inefficiencies assumed."""
    events = _events("pi-pi0", 120_000, selection=TrackSelection((15, 35))).only_accepted()
    random = np.random.default_rng(2)
    chance = survival(NA62, standard_decay("pi-pi0"), events, Rejection(photons=True), random)
    assert 3e-9 < chance.mean() / NA62.photon_veto.accidental_efficiency < 2e-7


# --- identification -------------------------------------------------------------------------------------


def test_threshold_and_radius_of_the_ring():
    """Pions shine above 12.5 GeV (1706.08496); an electron's ring has 17 m x √(2(n - 1)) = 0.19 m."""
    rich = NA62.identification.rich
    assert rich.radius_m(PION_MASS_GEV, np.array([12.4, 12.6]))[0] == 0
    assert rich.radius_m(PION_MASS_GEV, np.array([12.4, 12.6]))[1] > 0
    assert_allclose(rich.radius_m(MASSES["electron"], np.array([30.0])), 0.1895, rtol=2e-3)
    p = np.array([15.0, 20.0, 35.0])
    small = np.sqrt(2 * rich.index_minus_one - (PION_MASS_GEV / p) ** 2)  # θ² = 2(n - 1) - m²/p²
    assert_allclose(rich.radius_m(PION_MASS_GEV, p), rich.focal_length_m * small, rtol=2e-3)
    ratio = (small**2) / (2 * rich.index_minus_one)
    assert_allclose(rich.mean_hits(PION_MASS_GEV, p), rich.hits * ratio, rtol=3e-3)


def test_ring_of_the_right_particle():
    """Rings found: P(Poisson >= 4); inside ±6 mm when the others are far away."""
    rich = NA62.identification.rich
    p = np.array([20.0])
    hits = float(rich.mean_hits(PION_MASS_GEV, p)[0])
    sigma = rich.hit_resolution_m / np.sqrt(hits - 3)
    share = 1 - 2 * norm.sf(rich.window_m / sigma)
    found = rich.ring_efficiency * poisson.sf(3, hits)
    assert_allclose(rich.probability("hadron", "hadron", p), found * share, rtol=1e-9)
    # half way to the muon's ring at 45 GeV
    p = np.array([45.0])
    half = (rich.radius_m(MUON_MASS_GEV, p) - rich.radius_m(PION_MASS_GEV, p)) / 2
    sigma = rich.hit_resolution_m / np.sqrt(rich.mean_hits(MUON_MASS_GEV, p) - 3)
    low = rich.radius_m(PION_MASS_GEV, p) - rich.window_m
    expected = norm.sf(half / sigma) - norm.sf((rich.radius_m(MUON_MASS_GEV, p) - low) / sigma)
    found = rich.ring_efficiency * poisson.sf(3, rich.mean_hits(MUON_MASS_GEV, p))
    assert_allclose(rich.probability("muon", "hadron", p), found * (expected + rich.confusion), rtol=1e-9)


def test_muon_suppression_of_the_rich():
    """A factor 100 between 15 and 35 GeV (1706.08496), on the mean."""
    p = np.linspace(15, 35, 81)
    rich = NA62.identification.rich
    muons, pions = (rich.probability(particle, "hadron", p) for particle in ("muon", "hadron"))
    assert muons.mean() < 0.01
    assert pions.mean() > 0.7
    above = p > 25  # rings of the two approach each other
    assert np.all(np.diff(muons[above] / pions[above]) > 0)


@given(st.floats(0.5, 200.0))
def test_a_ring_is_in_one_window(momentum):
    """Without confusion the three hypotheses exclude each other: their chances sum to less than one."""
    rich = replace(NA62.identification.rich, confusion=0.0)
    for particle in MASSES:
        total = sum(rich.probability(particle, other, np.array([momentum]))[0] for other in MASSES)
        assert 0 <= total <= rich.ring_efficiency * (1 + 1e-12)


def test_muons_taken_for_pions_by_the_calorimeters():
    """1.2e-5 at 75% of the pions, 15-40 GeV (2304.10580)."""
    row = NA62.identification.calorimeters["hadron"]
    assert (row["hadron"], row["muon"]) == (0.75, 1.2e-5)
    p = np.array([20.0, 30.0])
    chance = NA62.identification.probability("muon", "hadron", p)
    assert_allclose(chance, 1.2e-5 * NA62.identification.rich.probability("muon", "hadron", p), rtol=1e-12)


# --- all together ---------------------------------------------------------------------------------------


def test_nothing_asked_nothing_rejected():
    events = _events("pi-2pi0", 500)
    random = np.random.default_rng(1)
    assert np.all(survival(NA62, standard_decay("pi-2pi0"), events, Rejection(), random) == 1)


def test_each_veto_rejects_what_it_sees():
    """Photons are nothing to the veto of tracks, nor tracks to that of photons; more rejects more."""
    random = np.random.default_rng
    share = NA62.photon_veto.accidental_efficiency
    for tag, photons, tracks in (("pi-pi0", 1, 0), ("3pi", 0, 1), ("mu-nu", 0, 0)):
        events, decay = _events(tag, 2000), standard_decay(tag)
        by_photons = survival(NA62, decay, events, Rejection(photons=True), random(1))
        by_tracks = survival(NA62, decay, events, Rejection(tracks=True), random(1))
        both = survival(NA62, decay, events, Rejection(photons=True, tracks=True), random(1))
        assert np.all(by_photons == share) == (not photons)
        assert np.all(by_tracks == 1) == (not tracks)
        assert_allclose(both, by_photons * by_tracks, rtol=1e-12)
        named = survival(NA62, decay, events, Rejection("hadron", photons=True, tracks=True), random(1))
        assert np.all(named <= both)


def test_a_further_track_through_the_hole():
    """A particle with the momentum of the beam is in no detector; one at 5 mrad hits the chambers."""
    one = np.ones(1)
    vertex = (0.0 * one, 0.0 * one, 150.0 * one)
    at = NA62.beam.slope_x
    beam = from_slopes(75.0 * one, at * one, 0.0 * one)
    placed = (at * (150 - NA62.beam.bend_z_m) * one, 0.0 * one, 150.0 * one)
    assert unseen_track(NA62, beam, placed, 1)[0] == 1
    assert unseen_track(NA62, from_slopes(20.0 * one, 5e-3 * one, 0 * one), vertex, 1)[0] == (
        NA62.track_veto.inefficiency
    )
    large = from_slopes(2.0 * one, 40e-3 * one, 0 * one)  # beside the chambers
    assert unseen_track(NA62, large, vertex, -1)[0] == NA62.track_veto.inefficiency
    bare = replace(NA62, photon_veto=None, origins=_without("photon_veto"))
    assert unseen_track(bare, large, vertex, -1)[0] == 1
    assert unseen_track(NA62, from_slopes(2.0 * one, 0.2 * one, 0 * one), vertex, -1)[0] == 1
    # 60 GeV along the beam: bent as the beam if positive, onto the third chamber if negative
    fast = from_slopes(60.0 * one, at * one, 0.0 * one)
    assert unseen_track(NA62, fast, placed, 1)[0] == 1
    assert unseen_track(NA62, fast, placed, -1)[0] == NA62.track_veto.inefficiency


def test_further_tracks_bend_by_their_charge():
    events, decay = _events("3pi", 4000), standard_decay("3pi")
    kept = survival(NA62, decay, events, Rejection(tracks=True), np.random.default_rng(1))
    bodies = dict(missing_bodies(decay, events, np.random.default_rng(1)))
    signs = {"pi+": 1, "pi-": -1}
    right, wrong = (
        np.prod([unseen_track(NA62, bodies[n], events.vertex_m, c * signs[n]) for n in signs], axis=0)
        for c in (1, -1)
    )
    assert_allclose(kept, right, rtol=1e-12)
    assert np.any(right != wrong)


def test_wrong_kaons_widen_the_peak():
    """σ(m²) at the π0 with another kaon: 2 p_K p_π θ δθ, δθ = √2 110 µrad, p_K p_π θ² = 0.105 GeV²."""
    edges = np.linspace(0.0, 0.04, 401)
    middle = (edges[1:] + edges[:-1]) / 2
    always = replace(NA62, beam_spectrometer=replace(NA62.beam_spectrometer, wrong_match_probability=1.0))
    selection = TrackSelection((15, 35))
    wrong = missing_mass_spectrum(always, "pi-pi0", edges, 40_000, selection=selection).per_decay
    mean = np.average(middle, weights=wrong)
    assert_allclose(mean, PION0_MASS_GEV**2, atol=3e-4)
    expected = 2 * np.sqrt(75 * 25 * 0.105) * np.sqrt(2) * 110e-6
    assert_allclose(np.sqrt(np.average((middle - mean) ** 2, weights=wrong)), expected, rtol=0.12)
    mixed = missing_mass_spectrum(NA62, "pi-pi0", edges, 40_000, selection=selection).per_decay
    tail = (middle < 0.010) | (middle > 0.026)
    p = NA62.beam_spectrometer.wrong_match_probability
    assert_allclose(mixed[tail].sum(), p * wrong[tail].sum(), rtol=0.02)


def test_signal_over_background_in_both_regions():
    """K+ -> π+νν after all rejections, against 7.6 : 0.75 (ππ0) : 0.49 (μν) of 2018 within a factor ten.

    The rejections are assumed and remembered: order of magnitude, upstream decays left out.
    """
    edges, regions = np.linspace(-0.1, 0.14, 25), ((0.0, 0.010), (0.026, 0.068))
    everything = Rejection("hadron", photons=True, tracks=True)
    found = {
        tag: missing_mass_spectrum(
            NA62, tag, edges, 100_000, "pi", TrackSelection((15, 35)), everything, regions, jobs=2
        )
        for tag in ("pi-nu-nu", "pi-pi0", "mu-nu")
    }
    signal = found["pi-nu-nu"].in_regions.sum()
    assert 0.01 < found["pi-pi0"].in_regions.sum() / signal < 1
    assert 0.006 < found["mu-nu"].in_regions.sum() / signal < 0.65
    # 1.21e11 decays: 0.267 events of the Standard Model (1811.08508); matching and trigger not simulated
    assert 1 < 1.21e11 * signal / 0.267 < 5
    assert found["mu-nu"].in_regions[1] == 0


# --- numbers of decays ----------------------------------------------------------------------------------


def test_decays_in_the_region():
    """10.1% in 60 m; 13% in 80 m (2009.07581); 5 MHz of decays at 750 MHz with 6% K+ (NA62 talks)."""
    assert_allclose(decay_probability(NA62), 0.101, rtol=2e-3)
    longer = replace(NA62, decay_region_z_m=(102.4, 182.4))
    assert_allclose(decay_probability(longer), 0.13, atol=0.005)
    assert_allclose(decay_rate_hz(NA62), 5e6, rtol=0.12)


def test_decays_are_linear_in_fraction_rate_and_protons():
    double = replace(NA62, beam=replace(NA62.beam, kplus_fraction=0.12))
    assert_allclose(decay_rate_hz(double), 2 * decay_rate_hz(NA62), rtol=1e-12)
    assert_allclose(decays_of_protons(NA62, 3e18), 3 * decays_of_protons(NA62, 1e18), rtol=1e-12)
    assert decays_of_protons(NA62, 0) == 0
    # one second of the nominal beam
    assert_allclose(decays_of_protons(NA62, 1e12), decay_rate_hz(NA62), rtol=1e-12)
    with pytest.raises(DomainError, match="expected zero or more"):
        decays_of_protons(NA62, -1)


# --- wrong input ----------------------------------------------------------------------------------------


def test_an_experiment_without_rejection_says_so():
    bare = replace(
        NA62, photon_veto=None, track_veto=None, identification=None,
        origins=_without("photon_veto", "track_veto", "identification"),
    )  # fmt: skip
    events, decay = _events("mu-nu", 10), standard_decay("mu-nu")
    for asked, group in (
        (Rejection("hadron"), "identification"),
        (Rejection(photons=True), "photon_veto"),
        (Rejection(tracks=True), "track_veto"),
    ):
        with pytest.raises(ConfigError, match=f"no \\[{group}\\]"):
            survival(bare, decay, events, asked, np.random.default_rng(1))
    with pytest.raises(ConfigError, match="inefficiency"):
        TrackVeto(1.5)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("value = 1e-5", "value = 2.0", "values between 0 and 1"),
        ("from_gev = 7.5", "from_gev = 1.5", "steps in order of from_gev"),
        ('inefficiency = "LKr"', 'inefficiency = "LKR"', "unknown inefficiency 'LKR'"),
        ("z_m = 266.4", "z_m = 26.64", "in order of z_m"),
        ("accidental_efficiency = 0.66", "accidental_efficiency = 0.0", "above 0 and up to 1"),
        ("muon = 1.2e-5", "muon = 12", "chances between 0 and 1"),
        ("muon = 1.2e-5, ", "", "the chances of all three"),
        ("rate_hz = 750e6", "rate_hz = 0", "a positive number"),
        ("wrong_match_probability = 0.017", "wrong_match_probability = 1.7", "at most 1"),
        ("\nphoton_veto = {", "\nphoton_vetoes = {", "photon_veto"),
    ],
)
def test_one_line_for_a_wrong_file(tmp_path, old, new, line):
    from importlib.resources import files

    text = (files("feebly") / "data/kaon/experiments/na62-kaon.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=line) as refusal:
        load_kaon_experiment(tmp_path / "mine.toml")
    assert "\n" not in str(refusal.value)

"""The key of a table: what changes a sample changes the key, and nothing else does."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import CalorimeterCuts, PairSeparation
from feebly.analysis.fiducial import FiducialVolume
from feebly.analysis.regions import Box
from feebly.apparatus.experiment import MomentumResolution
from feebly.core.constants import ALPHA, MUON_MASS_GEV, PROTON_MASS_GEV
from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.core.tables import digest
from feebly.engine.setup import ChannelSetup
from twins.channels import channel, final_state, many_body_channel, na62, na62_analysis, spectrum

Change = Callable[[ChannelSetup], ChannelSetup]


def key(setup: ChannelSetup) -> str:
    return digest(setup.key())


def in_experiment(**changes: object) -> Change:
    return lambda s: replace(s, experiment=replace(s.experiment, **changes))


def in_part(part: str, **changes: object) -> Change:
    return lambda s: replace(
        s, experiment=replace(s.experiment, **{part: replace(getattr(s.experiment, part), **changes)})
    )


def in_state(**changes: object) -> Change:
    return lambda s: replace(s, final_state=replace(s.final_state, **changes))


def in_sampling(**changes: object) -> Change:
    return lambda s: replace(s, sampling=replace(s.sampling, **changes))


def moved_plane(s: ChannelSetup) -> ChannelSetup:
    planes = s.experiment.planes
    moved = tuple(replace(p, z_m=p.z_m + 0.1 * (p.name == "MUV3")) for p in planes)
    return replace(s, experiment=replace(s.experiment, planes=moved))


def wider_region(s: ChannelSetup) -> ChannelSetup:
    region = replace(s.final_state.signal_region, shape=Box(6.0, 41.0, 0.02))
    return replace(s, final_state=replace(s.final_state, signal_region=region))


EVENT_DEPENDENT: dict[str, Change] = {
    "beam spot": in_part("beam", spot_sigma_m=(0.006, 0.007)),
    "beam centre": in_part("beam", centre_m=(0.001, -0.022)),
    "interaction length": in_part("dump", interaction_length_m=0.16),
    "impact": in_part("dump", z_impact_m=23.08),
    "kick": in_part("magnet", kick_gev=0.271),
    "magnet": in_part("magnet", z_centre_m=197.1),
    "hits": in_part("tracking", hit_sigma_m=140e-6),
    "scattering": in_part("tracking", multiple_scattering_gev_rad=0.7e-3),
    "momentum": in_part("tracking", momentum_resolution=MomentumResolution(0.004, 5e-5)),
    "axis": in_experiment(axis_m=(0.0, -0.021)),
    "decay region": in_experiment(decay_region_z_m=(97.0, 183.0)),
    "plane": moved_plane,
    "momentum cut": in_state(momentum_min_gev=11.0),
    "track distance": in_state(track_cda_max_m=0.021),
    "fiducial volume": in_state(fiducial_volume=FiducialVolume(106.0, 180.0)),
    "calorimeter": in_state(calorimeter=CalorimeterCuts("LKr", 0.15, 0.1)),
    "daughters": in_state(daughters=("muon", "hadron")),
    "no control region": in_state(control_region=None),
    "signal region": wider_region,
    "separation": lambda s: replace(s, separation=PairSeparation("smooth", 0.03)),
    "separation kind": lambda s: replace(s, separation=PairSeparation("hard", 0.03)),
    "separation power": lambda s: replace(s, separation=PairSeparation("smooth", 0.03, power=3.0)),
    "seed": lambda s: replace(s, seed=2),
    "z range": in_sampling(z_max=0.95),
    "pT range": in_sampling(pt_max_gev=1.5),
    "validity": in_sampling(validity_max=0.2),
    "beam momentum": in_sampling(beam_momentum_gev=399.0),
    "final state": lambda s: replace(s, final_state=replace(final_state("ee"), tag="ee")),
}


def test_each_event_dependent_input_has_its_own_key() -> None:
    base = channel("brems", "mumu")
    keys = {"base": key(base)} | {name: key(change(base)) for name, change in EVENT_DEPENDENT.items()}
    assert len(set(keys.values())) == len(keys), sorted(keys.items(), key=lambda item: item[1])


def test_spectrum_and_production_are_in_the_key() -> None:
    base = channel("eta", "mumu")
    assert base.spectrum is not None
    other_table = replace(base, spectrum=replace(base.spectrum, digest="0" * 64))
    keys = [
        base,
        other_table,
        channel("etaprime", "mumu"),
        channel("mixing-rho", "mumu"),
        channel("rho0-pi0", "mumu"),
    ]
    assert len(set(map(key, keys))) == len(keys)


def other_counts(s: ChannelSetup) -> ChannelSetup:
    region = replace(
        s.final_state.signal_region, observed=None, events=(), shape_origin=Origin("assumed", "elsewhere"),
        background=replace(s.final_state.signal_region.background, mean=1.0),
    )  # fmt: skip
    return replace(s, final_state=replace(s.final_state, signal_region=region, validation_regions=()))


def other_names(s: ChannelSetup) -> ChannelSetup:
    origins = {name: Origin("assumed", "nobody knows") for name in s.experiment.origins}
    return replace(s, experiment=replace(s.experiment, name="b", title="B", origins=origins))


def other_yield(s: ChannelSetup) -> ChannelSetup:
    assert s.spectrum is not None
    return replace(s, spectrum=replace(s.spectrum, multiplicity=3.0, multiplicity_relative_error=0.5))


def projected(s: ChannelSetup) -> ChannelSetup:
    return replace(s, final_state=na62_analysis().projected(1e18).final_state("mumu"))


@pytest.mark.parametrize("change", [other_counts, other_names, other_yield, projected])
def test_counts_names_pot_and_multiplicities_share_a_table(change: Change) -> None:
    base = channel("eta", "mumu")
    assert key(change(base)) == key(base)


def test_numbers_of_production_and_decay() -> None:
    setup = channel("omega-pi0", "mumu")
    source, table = setup.source(0.3), spectrum("omega")
    assert setup.decay == (MUON_MASS_GEV, MUON_MASS_GEV)
    assert (source.parent_mass, source.recoil_mass) == (0.78266, 0.1349768)
    assert source.e_min == 20.0  # two tracks of 10 GeV
    assert_allclose(source.ln_p_min + table.density.shape[0] * source.dlnp, source.ln_p_max, rtol=1e-12)
    assert_allclose(table.density.shape[1] * source.dpt, table.pt_edges_gev[-1], rtol=1e-12)
    brems = channel("brems", "ee").source(0.3)
    assert brems.radiation[:8] == (400.0, PROTON_MASS_GEV, 0.1, 0.9, 1.0, 0.1, 0.0, ALPHA)


def test_cones_and_cuts_of_the_final_state() -> None:
    ee, mumu = channel("brems", "ee"), channel("brems", "mumu", PairSeparation("hard", 0.025))
    assert mumu.cones.shape == (0, 3)
    assert_allclose(ee.cones[:, 1] * (ee.cones[:, 2] - ee.cones[:, 0]), [0.5365, 0.763], rtol=2e-3)
    assert mumu.cuts.separation_z == na62().plane("STRAW1").z_m
    assert (len(ee.planes), len(mumu.planes)) == (8, 7)  # LKr cuts for ee, MUV3 for mumu
    assert np.array_equal(ee.regions[0], [1, 23.0, 23.0, 0.040])


def test_what_cannot_be_sampled_is_refused() -> None:
    with pytest.raises(ConfigError, match="spectrum of its parent is missing"):
        replace(channel("eta", "ee"), spectrum=None)
    behind = channel("brems", "ee", PairSeparation("hard", 0.02, plane="LKr"))
    with pytest.raises(ConfigError, match="expected a plane before the magnet"):
        _ = behind.cuts


def test_photons_may_have_another_distance_to_tracks() -> None:
    setup = many_body_channel("eta", "pipigamma")
    photons = setup.final_state.photons
    assert photons is not None
    assert setup.cuts.track_separation2 == setup.cuts.photon_separation2 == pytest.approx(0.01, rel=1e-12)
    further = replace(photons, track_separation_min_m=0.2)
    changed = replace(setup, final_state=replace(setup.final_state, photons=further))
    assert changed.cuts.track_separation2 == pytest.approx(0.04, rel=1e-12)
    assert changed.cuts.photon_separation2 == setup.cuts.photon_separation2
    assert key(changed) != key(setup)
    with pytest.raises(ConfigError, match=r"track_separation_min_m = -0\.1"):
        replace(photons, track_separation_min_m=-0.1)

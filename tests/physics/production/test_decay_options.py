"""Matrix elements of decays as an option of a preset: which ones, where, and that they reach the chain."""

from dataclasses import replace

import numpy as np
import pytest

from feebly.core.errors import ConfigError
from feebly.physics.models.registry import MODELS
from feebly.physics.production.alp_presets import ALP_PRESETS
from feebly.physics.production.alp_presets import SPIN_PARITY as OF_ALP
from feebly.physics.production.families import FAMILIES
from feebly.physics.production.presets import DARK_PHOTON
from feebly.physics.production.presets import SPIN_PARITY as OF_PHOTON
from feebly.physics.production.scalar_presets import DARK_SCALAR
from feebly.physics.production.scalar_presets import SPIN_PARITY as OF_SCALAR
from feebly.workflow.choices import choose
from feebly.workflow.compare import _matters
from feebly.workflow.sampling import channel_setup
from feebly.workflow.simulate import simulate
from twins.kinematics import invariant_mass_gev

PHOTON, SCALAR = DARK_PHOTON.load("current"), DARK_SCALAR.load("scalar-exclusive")
ALP = ALP_PRESETS["alp-gluon"].load("alp-gluon")


def of_decays(preset) -> set[str]:
    return {each.value for each in preset.variations() if each.option == "matrix_elements"}


def test_each_parent_has_its_own_options():
    # omega pi0 and a1 pi for the vector alone; a scalar has no named dynamics
    assert of_decays(PHOTON) == {"3pi: flat", "2pi2pi0: omega-pi0", "4pi: a1-pi"}
    assert of_decays(ALP) == {"3pi: slope", "pipigamma: flat"}
    assert of_decays(SCALAR) == set()
    changed = replace(PHOTON, matrix_elements={"3pi": "flat"})
    assert of_decays(changed) == {"3pi: vector-3pi", "2pi2pi0: omega-pi0", "4pi: a1-pi"}


def test_the_spin_is_that_of_the_model():
    for tag, spin_parity in (("dark-photon", OF_PHOTON), ("dark-scalar", OF_SCALAR), ("alp-gluon", OF_ALP)):
        assert MODELS[tag]().spin_parity == spin_parity
    for family in FAMILIES.values():
        assert all(family.load(name).matrix_elements == {} for name in family.names())


def test_a_variation_changes_one_decay():
    base = replace(PHOTON, matrix_elements={"3pi": "flat"})
    (four,) = [each for each in base.variations() if each.value == "4pi: a1-pi"]
    assert four.final_state == "4pi"
    assert four.of(base).matrix_elements == {"3pi": "flat", "4pi": "a1-pi"}
    assert base.matrix_elements == {"3pi": "flat"}
    choices = choose("dark-photon", analysis="na62-dump-all", preset_name="current", channels=["3pi"])
    told = {each.value for each in PHOTON.variations() if _matters(each, choices, None)}
    assert "3pi: flat" in told
    assert not told & {"4pi: a1-pi", "2pi2pi0: omega-pi0"}


@pytest.mark.parametrize(
    ("preset", "chosen", "message"),
    [
        (PHOTON, {"3pi": "slope"}, "unknown matrix element of 3pi 'slope'; known: vector-3pi, flat"),
        (ALP, {"3pi": "vector-3pi"}, "unknown matrix element of 3pi 'vector-3pi'; known: flat, slope"),
        (SCALAR, {"4pi": "a1-pi"}, "unknown matrix element of 4pi 'a1-pi'; known: flat"),
        (PHOTON, {"2pi2pi0": "omega-pi"}, "unknown matrix element of 2pi2pi0.*did you mean 'omega-pi0'"),
        (PHOTON, {"3pions": "flat"}, "unknown final state '3pions'"),
    ],
)
def test_what_a_parent_cannot_have_is_one_line(preset, chosen, message):
    with pytest.raises(ConfigError, match=message):
        replace(preset, matrix_elements=chosen)


def test_a_file_of_a_user_names_it_and_is_its_origin(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "current"\nband = ["matrix_elements"]\n[matrix_elements]\n3pi = "flat"\n')
    preset = DARK_PHOTON.load(path)
    assert preset.matrix_elements == {"3pi": "flat"}
    assert preset.origin["matrix_elements"].source == "mine.toml"
    assert preset.band == ("matrix_elements",)


def test_it_reaches_the_setup_and_the_key_of_the_tables(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "current"\n[matrix_elements]\n3pi = "flat"\n')
    usual, changed = (
        choose("dark-photon", channels=["3pi", "pipi"], production=["brems"], preset_name=name)
        for name in ("current", str(path))
    )
    setups = {
        tag: [channel_setup(c, c.production[0], tag, 1) for c in (usual, changed)] for tag in ("3pi", "pipi")
    }
    assert [setup.matrix_element for setup in setups["3pi"]] == ["vector-3pi", "flat"]
    assert setups["3pi"][0].key() != setups["3pi"][1].key()
    assert setups["pipi"][0].key() == setups["pipi"][1].key()


def test_omega_pi0_is_in_the_events(tmp_path):
    """pi+ pi- and the first pi0 have the mass of the omega: width 8.68 MeV, tails of a Breit-Wigner."""
    path = tmp_path / "mine.toml"
    path.write_text('extends = "current"\n[matrix_elements]\n2pi2pi0 = "omega-pi0"\n')
    shares = []
    for name in ("current", str(path)):
        events = simulate(
            "dark-photon", "2pi2pi0", mass_gev=1.2, coupling=3e-7, n=2000, weighted=True, region="all",
            production=["brems"], preset=name,
        )  # fmt: skip
        total = sum(
            np.column_stack([events.columns[f"d{k}_{part}_gev"] for part in ("e", "px", "py", "pz")])
            for k in (1, 2, 3)
        )
        near = np.abs(invariant_mass_gev(total) - 0.78266) < 0.03
        shares.append(events.weight[near].sum() / events.weight.sum())
    assert shares[0] < 0.2
    assert shares[1] > 0.75  # of a Breit-Wigner of this width: 2/pi atan(2 x 30/8.68) = 0.91, less the tails

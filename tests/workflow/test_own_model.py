"""A user's model file: the copy of a shipped model is that model, and what is wrong is told in one line."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import feebly
from feebly.core.errors import ConfigError, DomainError
from feebly.physics.production.meson_decay import MESON_MODES
from feebly.physics.production.user_file import OwnModel, load_user_model
from feebly.workflow.choices import choose
from feebly.workflow.inputs import input_records
from feebly.workflow.new_model import new_model_files
from feebly.workflow.sampling import modes_added_to


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Folder with copies of the dark photon and of the dark scalar."""
    folder = tmp_path_factory.mktemp("models")
    for like in ("dark-photon", "dark-scalar"):
        for name, content in new_model_files(f"my-{like}", like).items():
            (folder / name).write_text(content)
    return folder


@pytest.mark.parametrize(("like", "coupling"), [("dark-photon", 1e-6), ("dark-scalar", 1e-3)])
def test_a_copy_is_the_model(copies, like, coupling):
    mine = choose(copies / f"my-{like}.toml", channels=["mumu"], response="none")
    known = choose(like, channels=["mumu"], response="none", preset_name=_untuned(like))
    low, high = mine.model.mass_range_gev
    masses = np.random.default_rng(1).uniform(max(low, 0.02), min(high, 1.9), 200)
    assert_allclose(mine.model.ctau_m(masses, coupling), known.model.ctau_m(masses, coupling), rtol=5e-3)
    for tag in ("ee", "mumu", "pipi"):
        exact = known.model.branching_ratio(tag, masses)
        assert_allclose(mine.model.branching_ratio(tag, masses), exact, rtol=5e-3, atol=2e-5)
    assert [c.tag for c in mine.production] == [c.tag for c in known.production]
    for own, shipped in zip(mine.production, known.production, strict=True):
        assert own.sampling() == shipped.sampling()
        made = 0.5 if own.parent else None
        ends = own.mass_range_gev(mine.model.mass_range_gev)
        inside = np.geomspace(max(ends[0], low) * 1.001, ends[1] * 0.999, 5)
        assert_allclose(own.rate(inside, coupling, made), shipped.rate(inside, coupling, made), rtol=1e-12)


def _untuned(like):
    return "current" if like == "dark-photon" else None


def test_inputs_say_where_numbers_are_from(copies):
    choices = choose(copies / "my-dark-photon.toml", channels=["mumu"], response="none")
    records = {record.name: record for record in input_records(choices)}
    assert records["production brems"].value.startswith("1 x dark-photon/brems (")
    assert records["widths"].value.startswith("my-dark-photon-decays.csv (SHA-256 ")
    assert records["widths"].origin.source == "a copy of dark-photon"


def test_a_pair_of_objects_is_a_model(copies):
    own = load_user_model(copies / "my-dark-photon.toml")
    assert choose(OwnModel(own.particle, own.physics), response="none").model is own.particle
    assert feebly.OwnModel is OwnModel


def replaced(copies, tmp_path, old, new):
    text = (copies / "my-dark-photon.toml").read_text()
    assert old in text
    (tmp_path / "my-dark-photon-decays.csv").write_bytes((copies / "my-dark-photon-decays.csv").read_bytes())
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "my-dark-photon"', 'name = "BC1"', r"name = 'BC1' is a model of feebly"),
        ("power = 2.0", "power = 0", r"changed.toml:\d+ power = 0\.0: expected a positive number"),
        ("power = 2.0", "pwoer = 2.0", r"unknown key 'pwoer' in \[coupling\].*did you mean 'power'"),
        ('like = "dark-photon/brems"', 'like = "brems"', 'expected "MODEL/TAG" such as'),
        (
            'like = "dark-photon/brems"',
            'like = "dark-photon/brem"',
            "unknown production of preset current 'brem'",
        ),
        ('like = "dark-photon/brems"', 'like = "dark-foton/brems"', "unknown model 'dark-foton'"),
        ("factor = 1.0\n", "", "expected either factor or factor_table"),
        ("factor = 1.0\n", 'factor_table = "none.csv"\n', r"cannot read .*none\.csv"),
        ("factor = 1.0\n", "factor = -1.0\n", "factor = -1: expected zero or a positive number"),
        ('like = "dark-photon/pi0"', 'like = "dark-photon/brems"', "production 'brems' stands twice"),
        ('table = "my-dark', 'table = "his-dark', r"cannot read .*his-dark-photon-decays\.csv"),
        ("mass_gev = [0.01", "mass_gev = [0.001", "expected two rising masses inside the table"),
        ('spectrum = "pythia"', 'spectrum = "pithia"', "unknown source of spectra 'pithia'"),
    ],
)
def test_refusals_of_a_file(copies, tmp_path, old, new, message):
    path = replaced(copies, tmp_path, old, new)
    with pytest.raises((ConfigError, DomainError), match=message):
        choose(path, response="none")


def test_a_table_of_factors(copies, tmp_path):
    path = replaced(copies, tmp_path, "factor = 1.0\n", 'factor_table = "f.csv"\n')
    (tmp_path / "f.csv").write_text("mass_gev,factor\n0.1,2\n0.4,6\n")
    brems = choose(path, response="none").production[0]
    shipped = choose("dark-photon", response="none", preset_name="current").production[0]
    assert_allclose(brems.rate(0.2, 1e-6) / shipped.rate(0.2, 1e-6), 4.0, rtol=1e-12)
    assert brems.mass_range_gev((0.01, 2.0)) == (0.1, 0.4)
    (tmp_path / "f.csv").write_text("mass_gev,factors\n0.1,2\n0.4,6\n")
    with pytest.raises(
        ConfigError, match='names of the columns = "mass_gev,factors": expected mass_gev,factor'
    ):
        choose(path, response="none")


def test_shares_are_known_among_borrowed_modes_of_one_factor(copies, tmp_path):
    """Else a mode that the user made the largest one would be asked for a quarter of the precision."""

    def together(path):
        production = choose(path, response="none").production
        return {channel.tag: modes_added_to(channel, production) for channel in production}

    copy = together(copies / "my-dark-photon.toml")
    assert copy["pi0"] == tuple(sorted(MESON_MODES))
    assert copy["brems"] == ()
    mode = 'like = "dark-photon/eta"'
    text = (copies / "my-dark-photon.toml").read_text()
    after = text[text.index(mode) :]
    for old, new in (
        (after, after.replace("factor = 1.0", "factor = 9.0", 1)),
        (mode, f'{mode}\ntag = "another"'),
    ):
        assert new != old
        found = together(replaced(copies, tmp_path, old, new))
        assert found["pi0"] == tuple(sorted(set(MESON_MODES) - {"eta"}))
        assert found.get("eta", found.get("another")) == ()
    for mode, tag in (("pi0", "photon-pi0"), ("eta", "photon-eta")):  # names of another sum
        text = text.replace(f'like = "dark-photon/{mode}"', f'like = "dark-photon/{mode}"\ntag = "{tag}"', 1)
    named = together(replaced(copies, tmp_path, (copies / "my-dark-photon.toml").read_text(), text))
    assert named["photon-pi0"] == named["photon-eta"] == ()


def test_other_refusals(copies):
    with pytest.raises(ConfigError, match="preset 'current': my-dark-photon says itself how it is produced"):
        choose(copies / "my-dark-photon.toml", preset_name="current")
    with pytest.raises(ConfigError, match=r"cannot read none\.toml: No such file"):
        choose("none.toml")
    with pytest.raises(ConfigError, match="name 'dark-photon' is a model of feebly"):
        new_model_files("dark-photon", "dark-photon")
    with pytest.raises(ConfigError, match=r"name '\.\./x': expected letters, digits"):
        new_model_files("../x", "dark-photon")

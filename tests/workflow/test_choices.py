"""Names and numbers of a run: what is chosen when nothing is said, and one clear line for each refusal."""

from dataclasses import replace
from importlib.resources import files

import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import load_analysis
from feebly.core.errors import ConfigError, DomainError, FeeblyError
from feebly.workflow.choices import choose, choose_channels


def test_defaults_are_those_of_the_analysis():
    choices = choose("dark-photon")
    assert choices.analysis.name == choices.experiment.name == "na62-dump-2021"
    assert choices.preset.name == choices.analysis.default_preset
    assert choices.channels == choices.analysis.default_channels == ("mumu", "ee")
    assert choices.mass == choices.model.default_grid.mass_gev
    assert tuple(channel.tag for channel in choices.production) == choices.preset.production
    parents = {channel.parent for channel in choices.production if channel.parent}
    assert set(choices.spectra) == parents
    assert choices.multiplicities()["brems"] is None
    assert choices.multiplicities()["eta"] == choices.spectra["eta"].multiplicity


def test_names_asked_twice_count_once():
    choices = choose("dark-photon", channels=["mumu", "ee", "mumu"], production=["eta", "brems", "eta"])
    assert choices.channels == ("mumu", "ee")
    assert [channel.tag for channel in choices.production] == ["eta", "brems"]
    assert set(choices.spectra) == {"eta"}


def test_another_pot_is_a_projection_and_its_own_is_not():
    own = choose("dark-photon").analysis
    assert choose("dark-photon", pot=own.pot).analysis.projection_of is None
    projected = choose("dark-photon", pot=10 * own.pot).analysis
    assert projected.projection_of == own.name
    assert projected.pot == 10 * own.pot


@pytest.mark.parametrize(
    ("background", "factor"), [(None, 10), ("scale", 10), ("none", 0), ("suppress:4", 2.5)]
)
def test_background_of_a_projection(background, factor):
    own = choose("dark-photon").analysis
    choices = choose("dark-photon", pot=10 * own.pot, background=background)
    assert str(choices.assumption) == (background or "scale")
    for tag in ("mumu", "ee"):
        before, after = (a.final_state(tag).signal_region for a in (own, choices.analysis))
        assert after.observed is None
        assert_allclose(after.background.mean, factor * before.background.mean, rtol=1e-12)


def test_a_stated_background_is_a_projection_at_any_pot():
    assert choose("dark-photon").assumption is None
    same_pot = choose("dark-photon", background="none")
    assert same_pot.analysis.projection_of == "na62-dump-2021"
    # the background of the shipped projection is suppressed as it stands
    region = choose("dark-photon", "na62-dump-run2", background="suppress:10").analysis.final_state("mumu")
    assert_allclose(region.signal_region.background.mean, 0.016 * 1e18 / 1.4e17 / 10, rtol=1e-12)
    with pytest.raises(ConfigError, match="background 'half': expected scale, none, or suppress:FACTOR"):
        choose("dark-photon", background="half")


def test_responses_are_those_of_the_preset_unless_asked():
    both = {"channels": ["mumu", "ee"], "preset_name": "na62-conservative"}
    assert choose("dark-photon", **both).responses == {"mumu": "2303", "ee": "2312"}
    asked = choose("dark-photon", **both, response={"ee": "none"})
    assert asked.responses == {"mumu": "2303", "ee": "none"}
    assert asked.response("ee").efficiency == 1
    assert choose("dark-photon", **both, response="2502").responses == {"mumu": "2502", "ee": "2502"}


REFUSALS = {
    "unknown model": ({"model": "dark-foton"}, ConfigError, ["'dark-foton'", "did you mean 'dark-photon'?"]),
    "unknown channel": ({"channels": ["mumuu"]}, ConfigError, ["channel 'mumuu'", "did you mean 'mumu'?"]),
    "no channel": ({"channels": []}, ConfigError, ["at least one final state"]),
    "unknown production": ({"production": ["bremss"]}, ConfigError, ["'bremss'", "did you mean 'brems'?"]),
    "production of another preset": (
        {"production": ["mixing-rho"], "preset_name": "current"},
        ConfigError,
        ["production of preset current 'mixing-rho'"],
    ),
    "no production": ({"production": []}, ConfigError, ["production: expected at least one"]),
    "unknown preset": ({"preset_name": "curent"}, ConfigError, ["'curent'", "did you mean 'current'?"]),
    "unknown response set": ({"response": "2304"}, ConfigError, ["response set", "'2304'", "'2303'"]),
    "response set without the channel": (
        {"channels": ["ee"], "response": "2303"},
        ConfigError,
        ["response set '2303' of na62-dump-2021 has no 'ee'", "sets that have it: 2312"],
    ),
    "response of a channel not chosen": (
        {"channels": ["ee"], "response": {"mumu": "2303"}},
        ConfigError,
        ["channel in response 'mumu'"],
    ),
    "unknown experiment": ({"experiment": "na62-2021"}, ConfigError, ["experiment", "'na62-2021'"]),
    "unknown analysis": ({"analysis": "na62"}, ConfigError, ["analysis", "'na62'"]),
    "experiment file alone": ({"experiment": "mine.toml"}, ConfigError, ["mine.toml", "--analysis"]),
    "mass below the model": ({"mass": (1e-4, 0.5, 10)}, DomainError, ["0.0001"]),
    "mass above the model": ({"mass": (0.1, 50.0, 10)}, DomainError, ["50"]),
    "mass the wrong way": ({"mass": (0.5, 0.1, 10)}, ConfigError, ["mass 0.5:0.1:10", "MIN:MAX:N"]),
    "one mass": ({"mass": (0.1, 0.5, 1)}, ConfigError, ["N of at least 2"]),
    "infinite coupling": ({"coupling": (1e-8, float("inf"), 5)}, ConfigError, ["coupling", "MIN:MAX:N"]),
    "too many cells": (
        {"mass": (0.1, 0.5, 10_000), "coupling": (1e-8, 1e-3, 10_000)},
        ConfigError,
        ["10000 masses x 10000 couplings", "100 x 100"],
    ),
    "negative pot": ({"pot": -1e17}, ConfigError, ["pot = -1e+17", "positive number of protons"]),
    "no pot": ({"pot": 0.0}, ConfigError, ["pot = 0"]),
    "pot that is no number": ({"pot": float("nan")}, ConfigError, ["pot = nan"]),
    "infinite pot": ({"pot": float("inf")}, ConfigError, ["pot = inf"]),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_are_one_line(case):
    asked, error, words = REFUSALS[case]
    with pytest.raises(FeeblyError) as refusal:
        choose(**({"model": "dark-photon"} | asked))
    assert type(refusal.value) is error
    message = str(refusal.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def changed_experiment(folder, *replacements):
    """A file with the shipped experiment of 2021, some of its text replaced."""
    text = (files("feebly") / "data" / "experiments" / "na62-dump-2021.toml").read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_spectra_of_another_beam_are_refused(tmp_path):
    path = changed_experiment(tmp_path, ("momentum_gev = 400.0", "momentum_gev = 120.0"))
    setting = {"experiment": path, "analysis": "na62-dump-2021"}
    with pytest.raises(ConfigError, match=r"spectrum of eta is for 400 GeV protons.* 120 GeV.*brems"):
        choose("dark-photon", production=["brems", "eta"], **setting)
    (brems,) = choose("dark-photon", production=["brems"], **setting).production
    assert brems.sampling().beam_momentum_gev == 120


def test_a_beam_of_other_particles_is_refused(tmp_path):
    path = changed_experiment(tmp_path, ('particle = "proton"', 'particle = "electron"'))
    with pytest.raises(ConfigError, match=r'particle = "electron": expected one of proton'):
        choose("dark-photon", experiment=path, analysis="na62-dump-2021")


def test_an_analysis_without_a_final_state_of_the_model_is_refused():
    analysis, model = load_analysis("na62-dump-2021"), choose("dark-photon").model
    states = {"foo": replace(analysis.final_state("mumu"), tag="foo")}
    bare = {"response_sets": {}, "default_response": "none", "default_channels": ()}
    with pytest.raises(ConfigError, match=r"dark-photon has no final state of na62-dump-2021 \(foo\)"):
        choose_channels(replace(analysis, final_states=states, **bare), model, None)


def test_default_channels():
    analysis, model = load_analysis("na62-dump-2021"), choose("dark-photon").model
    every = replace(analysis, default_channels=())
    shared = ("mumu", "ee", "pipi", "3pi", "2pi2pi0", "pipieta", "kk", "kkpi0")
    assert choose_channels(every, model, None) == shared  # pipigamma is none of the dark photon
    assert choose_channels(analysis, model, ["kk", "ee"]) == ("kk", "ee")
    assert choose_channels(analysis, model, None, ("kk", "ee")) == ("kk", "ee")
    assert choose_channels(analysis, model, ["ee"], ("kk", "ee")) == ("ee",)
    with pytest.raises(ConfigError, match=r"na62-dump-2021 has no 4pi, .*choose: --channels kk$"):
        choose_channels(analysis, model, None, ("kk", "4pi"))
    foreign = replace(analysis, default_channels=("pipigamma",))
    with pytest.raises(ConfigError, match=r"no default final state .*\(pipigamma\).*--channels mumu,ee,pipi"):
        choose_channels(foreign, model, None)


def test_final_states_of_a_preset_win_over_the_default_ones():
    hadrons = choose("dark-photon", preset_name="na62-ff-mixing-hadrons")
    assert hadrons.channels == hadrons.preset.channels
    assert set(hadrons.channels) > set(hadrons.analysis.default_channels)
    asked = choose("dark-photon", channels=["ee"], preset_name="na62-ff-mixing-hadrons")
    assert asked.channels == ("ee",)


def test_hadrons_are_served_by_their_own_response_set():
    chosen = choose("dark-photon", channels=["ee", "pipi", "kk"], preset_name="na62-ff-mixing")
    assert chosen.responses == {"ee": "2502", "pipi": "hadrons", "kk": "hadrons"}
    assert chosen.response("kk").origin.kind == "assumed"
    current = choose("dark-photon", channels=["ee", "pipi"], preset_name="current")
    assert current.responses == {"ee": "2502", "pipi": "hadrons"}


def test_an_experiment_file_with_an_analysis_is_taken(tmp_path):
    path = changed_experiment(tmp_path)
    choices = choose("dark-photon", experiment=path, analysis="na62-dump-2021")
    assert choices.experiment == choose("dark-photon").experiment


LIST = "# pot = 1000\n# beam_momentum_gev = {beam}\npid,px,py,pz,weight\n221,0.1,0,30,1\n221,0.1,0.05,60,1\n"


def event_list(folder, beam=400):
    path = folder / "mine.csv"
    path.write_text(LIST.format(beam=beam))
    return path


def test_spectra_of_another_source(tmp_path):
    default, bmpt = choose("dark-photon"), choose("dark-photon", spectrum="bmpt")
    assert (default.preset.spectrum, bmpt.preset.spectrum) == ("pythia", "bmpt")
    assert bmpt.preset.name == f"{default.preset.name}+bmpt"
    assert choose("dark-photon", spectrum="pythia").preset == default.preset
    assert set(default.spectra) == set(bmpt.spectra)
    assert all(default.spectra[p].digest != bmpt.spectra[p].digest for p in bmpt.spectra)
    assert bmpt.multiplicities() == default.multiplicities()
    own = choose("dark-photon", production=["brems", "eta"], spectrum=event_list(tmp_path))
    assert own.multiplicities() == {"brems": None, "eta": 2 / 1000}


def test_a_preset_file_names_a_list_beside_it(tmp_path, monkeypatch):
    event_list(tmp_path)
    (tmp_path / "mine.toml").write_text('extends = "current"\nspectrum = "mine.csv"\nproduction = ["eta"]\n')
    monkeypatch.chdir(tmp_path.parent)
    choices = choose("dark-photon", preset_name=str(tmp_path / "mine.toml"))
    assert choices.multiplicities() == {"eta": 2 / 1000}
    assert choices.preset.origin["spectrum"].source == "mine.toml"


def test_refusals_of_spectra(tmp_path):
    with pytest.raises(ConfigError, match=r'spectrum = "bmtp": expected one of pythia, bmpt, or a \.csv'):
        choose("dark-photon", spectrum="bmtp")
    with pytest.raises(ConfigError, match=r"mine\.csv has no omega, pi0; ask for .*: --production eta$"):
        choose("dark-photon", production=["pi0", "eta", "omega-pi0"], spectrum=event_list(tmp_path))
    with pytest.raises(ConfigError, match=r"spectrum of eta is for 120 GeV protons"):
        choose("dark-photon", production=["eta"], spectrum=event_list(tmp_path, beam=120))


def test_sparse_spectra_are_noted(tmp_path):
    from feebly.workflow.notes import setting_notes, spectrum_notes

    choices = choose("dark-photon", production=["eta"], spectrum=event_list(tmp_path))
    (note,) = setting_notes(choices)
    assert note.startswith(
        "the spectrum of eta knows about 2 mesons within 10 mrad: a statistical error of 70.7%"
    )
    assert list(spectrum_notes(choices)) == [note]
    for source in ("pythia", "bmpt"):
        assert not [n for n in setting_notes(choose("dark-photon", spectrum=source)) if "spectrum" in n]


def test_an_analysis_of_everything_takes_what_the_particle_decays_to():
    """Also where the preset names final states, and not where the benchmark lacks the coupling."""
    scalar = choose("dark-scalar", analysis="na62-dump-all")
    assert scalar.preset.channels == ("mumu", "ee", "pipi", "kk")
    assert set(scalar.channels) == {"mumu", "ee", "pipi", "kk", "2pi2pi0", "4pi", "gammagamma"}
    assert choose("alp-photon", analysis="na62-dump-all").channels == ("gammagamma",)
    assert choose("dark-scalar", analysis="na62-dump-all", channels=["4pi"]).channels == ("4pi",)
    gluons = choose("alp-gluon", analysis="na62-dump-all").channels
    assert set(gluons) == {
        "gammagamma", "pipigamma", "3pi", "3pi0", "2pi2pi0", "4pi", "pipieta", "pi0pi0eta", "kkpi0"
    }  # fmt: skip

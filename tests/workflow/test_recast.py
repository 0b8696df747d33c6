"""Tables against a model: the run that they are from, another model, one point, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import feebly
from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import ConfigError, DataError, DomainError
from feebly.limits.width_table import TableReference, WidthTable
from feebly.physics.production.presets import preset
from feebly.physics.production.totals import particles_per_unit
from feebly.publish.width_files.alpinist import write_alpinist
from feebly.publish.width_files.read import read_width_tables
from feebly.report.run_folder import result_dict
from feebly.report.saved_run import read_run
from feebly.workflow.new_model import new_model_files
from feebly.workflow.recast import recast
from feebly.workflow.sampling import Sampling
from feebly.workflow.width_tables import MASSES, WIDTHS_GEV, refined, run_width_tables
from publish.bare_runs import bare_run

MASS, WIDTH = np.geomspace(0.22, 0.9, 40), np.geomspace(1e-25, 1e-10, 101)
ABOUT = TableReference(
    "dark-photon", "brems", "mumu", 1.0, 1.4e17, "na62-ff-mixing", "epsilon", "efficiency 1", "a closed form"
)


def brems(name="na62-ff-mixing"):
    """With a form factor: the rate depends on the mass."""
    channels = preset(name).production_channels(400.0)
    return next(channel for channel in channels if channel.tag == "brems")


def seen(mass, width):
    """Share of the particles that decays 80 to 160 m away with p = 80 GeV, times an acceptance."""
    length = 80 / mass * HBARC_GEV_M / width
    return 1e-2 * np.exp(-80 / length) * -np.expm1(-80 / length)


def closed_form(about=ABOUT, mass=MASS, width=WIDTH):
    """N(m, Γ) of bremsstrahlung times ``seen``, as a table."""
    rate = brems().rate(mass, about.coupling)
    return WidthTable(about, mass, width, 1.4e17 * rate[:, None] * seen(mass[:, None], width))


def exact(mass, coupling, model=None):
    model = model or feebly.DarkPhoton()
    width = HBARC_GEV_M / model.ctau_m(mass, coupling)
    ratio = model.branching_ratio("mumu", mass, coupling)
    return 1.4e17 * brems().rate(mass, coupling) * ratio * seen(mass, width)


def test_events_are_rates_times_branching_ratio_times_the_table():
    # at a knot of the masses and of the widths nothing is interpolated
    found = recast([closed_form()], "dark-photon")
    model = found.choices.model
    mass = MASS[17]
    for width in WIDTH[[40, 52, 60]]:
        coupling = float(np.sqrt(width * model.ctau_m(mass, 1.0) / HBARC_GEV_M))  # Γ grows with its square
        expected = exact(mass, coupling, model)
        assert_allclose(found.at(mass, coupling).events, expected, rtol=1e-9)


def test_reference_coupling_pot_and_efficiency_are_taken_out():
    one = recast([closed_form()], "dark-photon").at(0.3, 1e-6).events
    weaker = closed_form(replace(ABOUT, coupling=1e-3))
    assert_allclose(recast([weaker], "dark-photon").at(0.3, 1e-6).events, one, rtol=1e-9)
    scaled = WidthTable(replace(ABOUT, pot=1.4e18), MASS, WIDTH, 10 * closed_form().values)
    assert_allclose(recast([scaled], "dark-photon").at(0.3, 1e-6).events, one, rtol=1e-9)
    more = recast([closed_form()], "dark-photon", pot=1.4e18).at(0.3, 1e-6)
    assert_allclose(more.events, 10 * one, rtol=1e-9)
    assert more.expected


def test_a_table_per_produced_particle_needs_no_reference():
    about = TableReference("", "brems", "mumu", 1.0, None)
    unit = np.array([particles_per_unit(brems().sampling(), m) for m in MASS])
    table = WidthTable(about, MASS, WIDTH, seen(MASS[:, None], WIDTH) / unit[:, None])
    found = recast([table], "dark-photon", preset="na62-ff-mixing")
    for mass in MASS[[3, 20]]:
        expected = recast([closed_form()], "dark-photon").at(mass, 1e-6).events
        assert_allclose(found.at(mass, 1e-6).events, expected, rtol=1e-9)


def test_a_file_that_borrows_the_production_scales_it(tmp_path):
    for name, content in new_model_files("mine", "dark-photon").items():
        content = content.replace("factor = 1", "factor = 7") if name.endswith("toml") else content
        (tmp_path / name).write_text(content)
    assert "factor = 7" in (tmp_path / "mine.toml").read_text()
    mine = recast([closed_form()], tmp_path / "mine.toml")
    base = recast([closed_form()], "dark-photon", preset="current")  # what the file borrows from
    assert_allclose(mine.at(0.31, 1e-6).events, 7 * base.at(0.31, 1e-6).events, rtol=0.02)  # widths: a table
    of_table = recast([closed_form()], "dark-photon").at(0.31, 1e-6).events
    form_factor = brems().rate(0.31, 1.0) / brems("current").rate(0.31, 1.0)
    assert_allclose(base.at(0.31, 1e-6).events, of_table / form_factor, rtol=1e-9)
    assert form_factor > 1.2
    assert any("no table of the production pi0" in note for note in mine.notes)


def test_the_verdict_of_a_point_says_its_numbers():
    found = recast([closed_form()], "dark-photon")
    point = found.at(0.3, 1e-6)
    assert_allclose(point.cls, np.exp(-point.events), rtol=1e-9)
    assert str(point).startswith("excluded: CLs = ")
    with pytest.raises(DomainError, match=r"width 0.00139 GeV at m = 0.3 GeV and epsilon = 1 is outside"):
        found.at(0.3, 1.0)
    with pytest.raises(DomainError, match=r"mass 1 GeV: brems -> mumu is closed there"):
        found.at(1.0, 1e-6)


def test_the_contour_is_that_of_the_closed_form_within_the_stated_error():
    found = recast([closed_form()], "dark-photon", mass=(0.25, 0.6, 15), coupling=(1e-8, 1e-4, 40))
    result = found.run()
    stated = result.scan.grid.mc_error  # about a quarter of the change by half of the knots
    assert not result.scan.grid.unconverged.any()
    (line,) = (note for note in result.all_notes if note.startswith("interpolation:"))
    assert "every other knot" in line
    for mass in (0.27, 0.35, 0.5):
        ((low, high),) = result.excluded_couplings(mass)
        for edge in (low, high):
            off = np.log(exact(mass, edge) / np.log(10))
            slope = np.log(exact(mass, edge * 1.01) / exact(mass, edge / 1.01)) / (2 * np.log(1.01))
            in_coupling = abs(off / slope)
            near = np.unravel_index(
                np.argmin(np.abs(np.log(result.scan.grid.coupling / edge))[None, :]
                          + np.abs(np.log(result.scan.grid.mass_gev / mass))[:, None]),
                stated.shape,
            )  # fmt: skip
            assert in_coupling < 4 * stated[near] + 2e-3
            assert in_coupling < 0.02


def test_the_result_is_one_of_a_run():
    found = recast([closed_form()], "dark-photon", mass=(0.25, 0.6, 5), coupling=(1e-8, 1e-4, 10)).run()
    content = result_dict(found)
    assert list(content["tables"]) == ["brems/mumu"]
    assert content["inputs"][0]["name"] == "table dark-photon brems/mumu"
    assert content["repeat"]["arguments"] == {}
    assert found.exclude(0.3, 1e-6).excluded
    assert found.channels == ("mumu",)
    assert content["summary"].endswith("; preset na62-ff-mixing; yields from tables: a closed form")
    assert "Yields from tables, interpolated between their knots: a closed form." in content["caption"]
    assert "in the numbers of the tables: efficiency 1" in content["notes"]


def test_what_is_left_out_is_told():
    short = closed_form(mass=MASS[5:20])
    other = replace(short, reference=replace(ABOUT, production="kaon"))
    found = recast([short, other], "dark-photon", preset="current")
    text = "\n".join(found.notes)
    assert "no table of the production pi0, eta" in text
    assert "not used: dark-photon kaon/mumu" in text
    low, high = found.choices.mass[:2]
    assert (low, high) == (MASS[5], MASS[19])
    asked = recast([short], "dark-photon", mass=(0.22, 0.9, 10))
    assert "nothing is added outside" in "\n".join(asked.notes)


def test_a_contour_at_the_end_of_the_widths_is_open_and_told():
    # an island in mass: only the widths can cut it
    def island(width):
        table = closed_form(width=width)
        bump = np.exp(-(((MASS - 0.35) / 0.03) ** 2))[:, None]
        asked = {"mass": (0.23, 0.6, 12), "coupling": (1e-8, 1e-4, 30)}
        return recast([replace(table, values=table.values * bump)], "dark-photon", **asked).run()

    whole, cut = island(WIDTH), island(np.geomspace(1e-15, 1e-10, 50))
    assert [piece.open_edge for piece in whole.contour()] == [False]
    assert [piece.open_edge for piece in cut.contour()] == [True]
    told = "meets the end of the tables at a width of 1e-15 GeV"
    assert any(told in note for note in cut.all_notes)
    assert not any("meets the end" in note for note in whole.all_notes)


def test_each_production_takes_its_own_table():
    eta = replace(ABOUT, production="eta")
    mass = np.geomspace(0.22, 0.5, 20)
    other = WidthTable(eta, mass, WIDTH, 1e13 * seen(mass[:, None], WIDTH))
    both = recast([closed_form(), other], "dark-photon")
    parts = [recast([closed_form(), other], "dark-photon", production=[tag]) for tag in ("brems", "eta")]
    one, two = (part.at(0.3, 1e-6).events for part in parts)
    assert_allclose(both.at(0.3, 1e-6).events, one + two, rtol=1e-12)
    width = HBARC_GEV_M / float(feebly.DarkPhoton().ctau_m(0.3, 1e-6))
    ratio = float(feebly.DarkPhoton().branching_ratio("mumu", 0.3))
    assert_allclose(two, 1e-12 * ratio * other(0.3, width), rtol=1e-9)


def test_the_preset_is_that_of_the_tables():
    about = replace(ABOUT, preset="na62-conservative")
    assert recast([closed_form(about)], "dark-photon").choices.preset.name == "na62-conservative"


def test_masses_that_an_analysis_leaves_out_stay_out():
    about = replace(ABOUT, final_state="pipi")
    mass = np.geomspace(0.3, 0.9, 30)
    found = recast([closed_form(about, mass)], "dark-photon")
    assert found.at(0.45, 1e-6).events > 0
    with pytest.raises(DomainError, match=r"mass 0.4976 GeV: brems -> pipi is closed there"):
        found.at(0.4976, 1e-6)


REFUSED = {
    "other kinematics": ({"preset": "fr24"}, DataError, "has other kinematics than that of the table"),
    "no such production": (
        {"production": ["eta"]},
        ConfigError,
        "no table is of a production of dark-photon",
    ),
    "no such channel": ({"channels": ["ee"]}, ConfigError, "no table of ee; the tables have mumu"),
    "unknown model": ({"model": "dark-foton"}, ConfigError, "did you mean 'dark-photon'"),
    "masses apart": ({"mass": (1.0, 1.5, 5)}, DomainError, "is closed|are closed|nothing is left"),
    "confidence level": ({"cl": 90}, ConfigError, "cl = 90"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case):
    changed, kind, words = REFUSED[case]
    arguments = {"model": "dark-photon", "preset": "current"} | changed
    with pytest.raises(kind, match=words):
        recast([closed_form()], **arguments).run()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"model": "dark-foton"}, "unknown model 'dark-foton'"),
        ({"coupling_name": "alpha"}, "is for the coupling alpha, preset na62-ff-mixing has epsilon"),
        ({"production": "bremz"}, "no table is of a production"),
    ],
)
def test_tables_that_do_not_fit(changed, words):
    table = closed_form()
    with pytest.raises(ConfigError, match=words):
        recast([replace(table, reference=replace(ABOUT, **changed))], "dark-photon")


# --- a real run -----------------------------------------------------------------------------------------

SMALL = {
    "channels": ["mumu"],
    "production": ["brems"],
    "preset": "na62-ff-mixing",
    "mass": (0.25, 0.5, 6),
    "coupling": (1e-8, 1e-5, 12),
    "precision": 0.05,
    "jobs": 1,
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A small run and its tables, written in the layout of ALPINIST and read back."""
    folder = tmp_path_factory.mktemp("recast")
    result = feebly.run("dark-photon", cache_dir=folder / "cache", **SMALL)
    bare_run(result, folder / "run")
    steps = []
    sampling = Sampling(cache_dir=folder / "cache", jobs=1, progress=lambda *step: steps.append(step))
    made = run_width_tables(read_run(folder / "run"), sampling=sampling)
    assert steps == []  # nothing is sampled again
    write_alpinist(made.tables, folder / "tables", "NA62")
    return result, made, folder


def test_tables_have_the_numbers_of_the_run(exported):
    result, made, _ = exported
    (table,) = made.tables
    assert table.mass_range_gev == SMALL["mass"][:2]
    assert table.reference.contained == "efficiency 0.65 of response set 2502"
    assert (table.mass_gev.size, table.width_gev.size) == (MASSES, WIDTHS_GEV[2])
    for i, j in ((20, 55), (100, 62), (180, 66)):
        mass, width = table.mass_gev[i], table.width_gev[j]
        coupling = float(np.sqrt(width * result.particle.ctau_m(mass, 1.0) / HBARC_GEV_M))
        events = table.values[i, j] * coupling**2 * result.particle.branching_ratio("mumu", mass)
        assert_allclose(events, result.exclude(mass, coupling).events, rtol=1e-6)


def test_recast_of_our_own_tables_gives_the_contour_of_the_run(exported):
    result, _, folder = exported
    again = recast(
        read_width_tables([folder / "tables"]), "dark-photon", mass=SMALL["mass"], coupling=SMALL["coupling"]
    ).run()
    assert again.preset.name == "na62-ff-mixing"
    ratio = again.scan.grid.total / np.log(10)
    near = (ratio < 3) & (ratio > 1 / 3)
    stated = again.scan.grid.mc_error[near].max()
    shifts = []
    for mass in np.linspace(0.26, 0.49, 12):
        for one, other in zip(result.excluded_couplings(mass), again.excluded_couplings(mass), strict=True):
            shifts += [abs(np.log(x / y)) for x, y in zip(one, other, strict=True)]
    assert max(shifts) < min(stated, 0.015)


def test_recast_to_a_file_is_the_run_of_that_file(exported, tmp_path):
    _, _, folder = exported
    for name, content in new_model_files("mine", "dark-photon").items():
        content = content.replace("factor = 1", "factor = 3") if name.endswith("toml") else content
        (tmp_path / name).write_text(content)
    asked = SMALL | {"preset": None, "response": "2502"}  # the pair separation of the table
    own = feebly.run(tmp_path / "mine.toml", cache_dir=folder / "cache", **asked)
    again = recast(
        read_width_tables([folder / "tables"]),
        tmp_path / "mine.toml",
        mass=SMALL["mass"],
        coupling=SMALL["coupling"],
    ).run()
    for mass in (0.27, 0.38, 0.48):
        for one, other in zip(own.excluded_couplings(mass), again.excluded_couplings(mass), strict=True):
            assert_allclose(one, other, rtol=0.015)
    assert_allclose(again.exclude(0.3, 3e-7).events, own.exclude(0.3, 3e-7).events, rtol=0.02)


def test_masses_are_placed_where_the_logarithm_is_curved():
    def events(mass):
        peak = 1 / ((mass - 0.78) ** 2 + 0.004**2)
        return np.outer(peak, [1.0, 2.0])

    mass, values = refined(events, np.geomspace(0.3, 1.0, 20), 120)
    assert mass.size == 120
    assert_allclose(values, events(mass), rtol=1e-12)
    asked = np.linspace(0.31, 0.99, 4001)
    error = np.abs(np.interp(asked, mass, np.log(values[:, 0])) - np.log(events(asked)[:, 0]))
    assert error.max() < 0.02
    assert np.count_nonzero(np.abs(mass - 0.78) < 0.03) > 30


def test_numbers_of_the_export(exported):
    _, _, folder = exported
    with pytest.raises(ConfigError, match="masses = 2: expected at least 3"):
        run_width_tables(read_run(folder / "run"), masses=2, sampling=Sampling(cache_dir=folder / "cache"))
    with pytest.raises(ConfigError, match="width 1e-10:1e-20:5"):
        run_width_tables(
            read_run(folder / "run"), (1e-10, 1e-20, 5), sampling=Sampling(cache_dir=folder / "cache")
        )

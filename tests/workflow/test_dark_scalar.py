"""The dark scalar from B mesons to the contour, with small tables."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import feebly
from feebly.core.errors import ConfigError
from feebly.physics.models.dark_scalar import DarkScalar
from feebly.physics.production.b_to_scalar import br_b_to_kaon
from feebly.physics.spectra.heavy_flavour import normalisation
from feebly.workflow.choices import choose
from feebly.workflow.compare import compare
from feebly.workflow.inputs import input_records

POINT = {"masses": [0.3], "ctau": (50.0, 50.0, 1), "response": "none", "precision": 0.03, "jobs": 1}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_choices():
    choices = choose("BC4")
    assert (choices.model.tag, choices.preset.name, choices.channels) == (
        "dark-scalar",
        "scalar-exclusive",
        ("mumu", "ee", "pipi", "kk"),
    )
    assert set(choices.spectra) == {"B"}
    leptons = choices.analysis.default_response
    assert choices.responses == {"mumu": leptons, "ee": leptons, "pipi": "hadrons", "kk": "hadrons"}
    records = {record.name: record for record in input_records(choices)}
    assert records["widths"].origin.kind == "digitised"
    assert "2.63" in records["multiplicity of B"].origin.source


def test_refusals():
    with pytest.raises(ConfigError, match=r"unknown preset 'current'; known: scalar-exclusive, "):
        choose("dark-scalar", preset_name="current")
    with pytest.raises(ConfigError, match="unknown production of preset b-exclusive 'brems'"):
        choose("dark-scalar", preset_name="b-exclusive", production=["brems"])
    with pytest.raises(ConfigError, match=r"unknown channel 'pippi'; .*did you mean 'pipi'"):
        choose("dark-scalar", channels=["pippi"])
    with pytest.raises(ConfigError, match="spectrum bmpt has no B; ask for what it has: --production brems"):
        choose("dark-scalar", spectrum="bmpt")


def test_yield_is_linear_in_b_mesons_and_branching_ratio(cache):
    """N = POT × B per POT × BR × the table; the table of one decay, with the K or another recoil alike."""
    light, heavy = (
        feebly.yields("dark-scalar", f"b-{state}", "mumu", cache_dir=cache, **POINT)
        for state in ("k", "k0star1430")
    )
    per_decay = [
        rows.columns["yield"][0] / br_b_to_kaon(state, 0.3, "B")
        for rows, state in ((light, "k"), (heavy, "k0star1430"))
    ]
    # B per POT: 2 × 0.8 × 2.63 nb/39.85 mb × 63.546^(1/3). 75 m/(50 m × p/m ~ 200) = 7.5e-3 decay in there,
    # some per mille to per cent of them within 5 mrad with both muons in the spectrometer
    made = 1.4e17 * 1.6 * 2.63e-6 / 39.85 * 63.546 ** (1 / 3)
    assert 5e-6 < per_decay[0] / made < 7.5e-5
    # a heavy recoil takes some of the momentum
    assert_allclose(per_decay[1] / per_decay[0], 1.0, rtol=0.3)


def test_inclusive_takes_its_own_preset(cache):
    rows = feebly.yields("dark-scalar", "b-inclusive", "mumu", cache_dir=cache, **POINT)
    assert rows.header["preset"] == "scalar-inclusive"
    assert rows.columns["yield"][0] > 0


def test_run_with_many_protons(cache):
    """1e20 POT without background exclude a region whose edge follows N = ln 10 events at 90% CL."""
    run = feebly.run(
        "dark-scalar",
        channels=["mumu"],
        production=["b-k"],
        response="none",
        pot=1e20,
        background="none",
        mass=(0.25, 0.4, 6),
        coupling=(1e-5, 1e-2, 20),
        precision=0.05,
        jobs=1,
        cache_dir=cache,
    )
    assert run.coupling_name == "sin-theta"
    edge = next(piece for piece in run.scan.pieces if piece.kind == "expected")
    mass, coupling = edge.mass_gev[2:-2], edge.coupling[2:-2]
    inside = (mass > 0.26) & (mass < 0.39)
    point = int(np.flatnonzero(inside)[0])
    m, s = float(mass[point]), float(coupling[point])
    model = DarkScalar()
    ctau = float(model.ctau_m(m, s))
    settings = POINT | {"masses": [m], "ctau": (ctau, ctau, 1), "precision": 0.02}
    rows = feebly.yields("dark-scalar", "b-k", "mumu", pot=1e20, cache_dir=cache, **settings)
    events = rows.columns["yield"][0] * s**2 * float(model.branching_ratio("mumu", m))
    assert_allclose(events, np.log(10), rtol=0.12)


def test_compare_takes_the_options_of_the_scalar(cache):
    """1.7 nb, A^0.29 and a cascade of 1.7 are 0.95 of the B mesons per POT: N ~ sin^4 at the lower edge."""
    found = compare(
        "dark-scalar", masses=[0.3], preset="b-exclusive", channels=["mumu"], production=["b-k"],
        response="none", pot=1e20, precision=0.3, jobs=1, cache_dir=cache,
    )  # fmt: skip
    # without b-k nothing of what was asked for would be left
    assert {each.variation.option for each in found.effects} == {"beauty", "spectrum", "width_table"}
    (ship,) = (each for each in found.effects if each.variation.name == "beauty = ship")
    (pions,) = (each for each in found.effects if each.variation.name == "width_table = leading-order")
    made = normalisation("ship").beauty.mesons_per_pot("B"), normalisation().beauty.mesons_per_pot("B")
    assert_allclose(1 + ship.shift(found.edges)[0, 0], (made[1] / made[0]) ** 0.25, rtol=5e-3)
    # fewer pions: a longer life, more muons
    lower, upper = pions.shift(found.edges)[0]
    assert lower < 0 < upper

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.physics.formfactors.scalar_pairs import (
    dispersive_gev2,
    leading_order_gev2,
    pair_coupling,
    table_values,
)

REPOSITORY = Path(__file__).parents[3]
REFERENCE = Path(os.environ.get("FEEBLY_REFERENCE") or REPOSITORY / "tests" / "reference")


@pytest.mark.parametrize(
    ("meson", "m", "expected"),
    [  # 1809.01876 as tabulated, |2/9 θ + 7/9 (Γ + Δ)| by hand
        ("pi", 0.3, 0.0707),
        ("pi", 0.5, 0.1667),
        ("pi", 0.98, 1.244),
        ("pi", 1.3, 0.1706),
        ("k", 0.99, 1.512),
        ("k", 1.2, 0.5340),
    ],
)
def test_values_of_the_dispersive_analysis(meson, m, expected):
    assert_allclose(pair_coupling()(meson, m), expected, rtol=1e-3)


def test_low_energy_theorem_is_the_limit_of_its_parts():
    # m -> 0: Γ_π = m_π², Δ_π = 0, θ_π = m² + 2 m_π²; Γ_K = m_π²/2, Δ_K = m_K² - m_π²/2, θ_K = m² + 2 m_K²
    m, pion, kaon = 0.1, 0.13957039, 0.493677
    assert_allclose(leading_order_gev2("pi", m), 2 / 9 * (m**2 + 2 * pion**2) + 7 / 9 * pion**2, rtol=1e-12)
    assert_allclose(leading_order_gev2("k", m), 2 / 9 * (m**2 + 2 * kaon**2) + 7 / 9 * kaon**2, rtol=1e-12)


def test_phase_of_the_pion_coupling_follows_watson():
    # below two kaons the phase is that of elastic S-wave ππ scattering: 90° at 0.82-0.88 GeV (hep-ph/0103088)
    m = np.linspace(0.6, 0.95, 200)
    phase = np.unwrap(np.angle(dispersive_gev2("pi", m)))
    assert np.all(np.diff(phase) > 0)
    assert 0.80 < np.interp(np.pi / 2, phase, m) < 0.90


@pytest.mark.parametrize("meson", ["pi", "k"])
def test_smooth_between_the_knots(meson):
    m = np.arange(0.28, 1.99, 1e-3)
    steps = np.abs(np.diff(np.log(pair_coupling()(meson, m))))
    assert np.max(steps) < 0.03


def test_no_extrapolation():
    with pytest.raises(DomainError, match=r"mass 2\.1 GeV: scalar form factors end at 1\.99 GeV"):
        pair_coupling()("pi", [0.5, 2.1])
    assert_allclose(pair_coupling()("pi", 0.2792), pair_coupling()("pi", 0.28), rtol=1e-12)
    with pytest.raises(ConfigError, match=r"unknown width table 'dispersiv'.*did you mean 'dispersive'\?"):
        pair_coupling("dispersiv")


@pytest.mark.reference
def test_shipped_table_is_rebuilt_by_its_script():
    source = REFERENCE / "tables" / "dark_scalar_form_factors.json"
    if not source.exists():
        pytest.skip("the digitised form factors are not in the folder of references")
    script = REPOSITORY / "scripts" / "build_scalar_form_factors.py"
    spec = importlib.util.spec_from_file_location("build", script)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    rebuilt = np.array(build.rows(json.loads(source.read_text()))).T
    assert_allclose(list(table_values().values()), rebuilt, rtol=1e-5)
    for name, values in table_values().items():
        if name.endswith("phase_rad"):
            assert np.max(np.abs(np.diff(values))) < np.pi

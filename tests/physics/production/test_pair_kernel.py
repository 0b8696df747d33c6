"""Compiled production of pairs: beside the decay with one recoil mass, and in the parent's rest frame."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from feebly.core.block import BLOCK
from feebly.physics.production.b_to_scalar_pair import pair_energy_quantiles_gev
from feebly.physics.production.kernels import meson_decay
from feebly.physics.production.pair_kernel import PairDecay, pair_decay
from twins.channels import spectrum
from twins.scratch import row, scratch

E_MIN = 20.0


def numbers(parent: str) -> tuple[np.ndarray, dict[str, float]]:
    table = spectrum(parent)
    ln_p, pt = table.ln_p_edges, table.pt_edges_gev
    return np.ascontiguousarray(table.density), {
        "ln_p_min": float(ln_p[0]),
        "ln_p_max": float(ln_p[-1]),
        "dlnp": float(ln_p[-1] - ln_p[0]) / (ln_p.size - 1),
        "dpt": float(pt[-1] - pt[0]) / (pt.size - 1),
    }


def block(rng: np.random.Generator) -> dict[str, np.ndarray]:
    cos = np.cos(rng.uniform(1e-5, 7e-3, BLOCK))
    uniform = {f"U_MADE{k}": rng.uniform(size=BLOCK) for k in (1, 2, 3, 4)}
    return {"NZ": cos, "WEIGHT": rng.uniform(1, 2, BLOCK)} | uniform


def test_bs_to_a_pair_is_the_decay_with_a_recoil_of_the_same_mass():
    mass, m_parent = 1.0, 5.36693
    density, table = numbers("Bs")
    rows = block(np.random.default_rng(1))
    pair = scratch(**rows)
    energy = pair_energy_quantiles_gev(None, mass)
    pair_decay(pair, BLOCK, mass, PairDecay(m_parent, **table, e_min=E_MIN, energy=energy), density)
    one = scratch(**rows)
    meson_decay(one, BLOCK, mass, m_parent, mass, density, *table.values(), E_MIN)
    for name in ("P", "E", "WEIGHT", "MASK"):
        assert_allclose(row(pair, name), row(one, name), rtol=1e-9)
    assert row(pair, "MASK").any()


def test_energy_in_the_rest_frame_follows_the_fourth_number():
    mass, m_parent = 0.5, 5.27941
    density, table = numbers("B")
    energy = pair_energy_quantiles_gev("k", mass)
    rows = block(np.random.default_rng(2))
    s = scratch(**rows)
    pair_decay(s, BLOCK, mass, PairDecay(m_parent, **table, e_min=E_MIN, energy=energy), density)
    star = np.interp(rows["U_MADE4"], np.linspace(0, 1, energy.size), energy)
    parent_p = np.exp(table["ln_p_min"] + (table["ln_p_max"] - table["ln_p_min"]) * rows["U_MADE1"])
    along = np.sqrt(star**2 - mass**2) * (2 * rows["U_MADE2"] - 1)
    assert_allclose(
        row(s, "E"), (np.hypot(parent_p, m_parent) * star + parent_p * along) / m_parent, rtol=1e-9
    )
    assert_allclose(row(s, "E") ** 2, row(s, "P") ** 2 + mass**2, rtol=1e-12)

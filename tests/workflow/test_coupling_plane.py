"""A plane of two couplings: the yields are those of a model with this mixture, the contours closed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.report.plane_report import plane_csv, plane_png
from feebly.workflow.choices import choose, shipped_model
from feebly.workflow.coupling_plane import exclude_couplings
from feebly.workflow.run import signal_yields
from feebly.workflow.sampling import Sampling, table_requests

MASS = 0.35
ASKED = {"channels": ["mumu"], "production": ["b-k", "mixing-eta"], "response": "none"}
X, Y = (1e-9, 1e-2, 30), (1e-9, 1e1, 30)


@pytest.fixture(scope="module")
def sampling(tmp_path_factory):
    return Sampling(precision=0.2, jobs=1, cache_dir=tmp_path_factory.mktemp("cache"))


def of_mixture(couplings, coupling, sampling):
    """Events of a preset with this mixture."""
    base = choose("alp-fermion", **{"preset_name": None, **ASKED})
    physics = replace(base.preset, couplings=couplings)
    modes = tuple(c for c in physics.production_channels() if c.tag in ASKED["production"])
    own = replace(base, preset=physics, model=shipped_model("alp-fermion", physics), production=modes)
    tables = sampling.tables(table_requests(own, (MASS, MASS), sampling.precision, sampling.seed))
    return signal_yields(own, tables).at_points(MASS, coupling).total()[0]


@pytest.mark.parametrize("sign", [1, -1])
def test_events_are_those_of_the_mixture(sampling, sign):
    found = exclude_couplings("alp-fermion", ("c_gg", "c_ff"), MASS, X, Y, sign, sampling=sampling, **ASKED)
    for x, y in ((1e-7, 1e-5), (1e-6, 1e-6), (3e-8, 2e-4), (1e-5, 1e-9)):
        own = of_mixture(AlpCouplings(c_gg=1.0, c_ff=sign * y / x), x, sampling)
        assert_allclose(found.plane.events(np.array(x), np.array(y)), own, rtol=1e-6)


def test_share_of_decays_to_photons_is_in_the_plane(sampling):
    """BR(pi0 -> gamma gamma), as in a run; with an eta it would be a factor 2.5."""
    asked = ASKED | {"channels": ["3pi"], "production": ["mixing-eta"]}
    base = choose("alp-gluon", **asked)
    tables = sampling.tables(table_requests(base, (0.6, 0.6), sampling.precision, sampling.seed))
    own = signal_yields(base, tables).at_points(0.6, 1e-7).total()[0]
    found = exclude_couplings("alp-gluon", ("c_gg", "c_bb"), 0.6, X, Y, sampling=sampling, **asked)
    assert_allclose(found.plane.events(np.array(1e-7), np.array(0.0)), own, rtol=1e-6)


def test_contours_are_closed_and_on_the_limit(sampling):
    found = exclude_couplings("alp-fermion", ("c_gg", "c_ff"), MASS, X, Y, sampling=sampling, **ASKED)
    assert_allclose(found.s_up["observed"], np.log(10), rtol=1e-6)
    assert found.contour("observed")
    for piece in found.pieces:
        assert (piece.mass_gev[0], piece.coupling[0]) == (piece.mass_gev[-1], piece.coupling[-1])
        inside = (piece.mass_gev > X[0] * 1.01) & (piece.mass_gev < X[1] / 1.01)
        inside &= (piece.coupling > Y[0] * 1.01) & (piece.coupling < Y[1] / 1.01)
        events = found.plane.events(piece.mass_gev[inside], piece.coupling[inside])
        assert_allclose(events, found.s_up[piece.kind], rtol=1e-3)
    assert plane_csv(found).count("observed,0,") == found.contour("observed")[0].mass_gev.size
    assert plane_png(found).startswith(b"\x89PNG")


def test_refusals(sampling):
    def ask(model="alp-fermion", axes=("c_gg", "c_ff"), mass=MASS, sign=1):
        return exclude_couplings(model, axes, mass, X, Y, sign, sampling=sampling, **ASKED)

    with pytest.raises(ConfigError, match=r"unknown coupling 'c_g'.*did you mean 'c_gg'"):
        ask(axes=("c_g", "c_ff"))
    with pytest.raises(ConfigError, match="couplings c_gg and c_gg: expected two different ones"):
        ask(axes=("c_gg", "c_gg"))
    with pytest.raises(ConfigError, match="sign = 2: expected 1 or -1"):
        ask(sign=2)
    with pytest.raises(DomainError, match="mass 9 GeV is outside"):
        ask(mass=9.0)
    with pytest.raises(ConfigError, match="model 'dark-photon': expected an axion-like particle"):
        exclude_couplings("dark-photon", ("c_gg", "c_ff"), MASS, X, Y, channels=["mumu"], response="none")

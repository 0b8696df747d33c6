"""BC9 in photons alone: a sensitivity from an assumed analysis, through the chain."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

import feebly
from feebly.analysis.analysis import load_analysis
from feebly.workflow.choices import choose

POINT = {"masses": [0.3], "response": "none", "precision": 0.1, "jobs": 1, "analysis": "na62-dump-photons"}


def test_choices():
    choices = choose("BC9", analysis="na62-dump-photons")
    assert (choices.model.tag, choices.preset.name, choices.channels) == (
        "alp-photon", "alp-photon", ("gammagamma",)
    )  # fmt: skip
    assert choices.assumption is None or choices.assumption.kind == "scale"
    analysis = load_analysis("na62-dump-photons")
    for state in analysis.final_states.values():
        assert state.daughters == ()
        assert state.signal_region.observed is None
        assert state.signal_region.background.mean == 0.0


def test_yields_of_both_sources(tmp_path):
    """Photons of mesons dominate, those of protons are 7-18% of them (2 C_BB² each)."""
    photons, protons = (
        feebly.yields("alp-photon", tag, "gammagamma", ctau=(1.0, 1e5, 3), cache_dir=tmp_path, **POINT)
        for tag in ("photon-pi0", "primakoff")
    )
    share = np.array(protons.columns["yield"]) / np.array(photons.columns["yield"])
    assert np.all((share > 0.03) & (share < 0.3))
    n = np.array(photons.columns["yield"])
    assert n[0] > n[1] > n[2] > 0
    assert_allclose(n[1] / n[2], 10**2.5, rtol=0.05)  # 1/ctau for a long lifetime

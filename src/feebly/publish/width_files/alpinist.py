"""Tables N(m, Γ) in the layout of ALPINIST (J. Jerhot et al., JHEP 07 (2022) 094, 2201.05170).

As documented in the README of its module ALP_decay and as version 1.4 (zenodo 15526998) writes them: a text
file ``EXPERIMENT_PRODUCTION_DECAY.dat`` with the columns mass [GeV], total width [GeV], events, divided by
blanks, the width running fastest, below two comment lines that say production, decay and that events are per
coupling and branching ratio. More comment lines, which ALPINIST passes over, carry what our reader needs.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from feebly.core.tables import write_atomically
from feebly.limits.width_table import WidthTable

FINAL_STATES = {
    "ee": "2El",
    "mumu": "2Mu",
    "gammagamma": "2Gamma",
    "pipi": "2Pi",
    "3pi": "3Pi",
    "3pi0": "3Pi0",
    "pipigamma": "2PiGamma",
    "2pi2pi0": "2Pi2Pi0",
    "4pi": "4Pi",
    "pipieta": "2PiEta",
    "kk": "2K",
    "kkpi0": "2KPi0",
}
"""ALPINIST's name of each final state; others keep ours."""

PRODUCTION = {
    "brems": "Brems",
    "mixing-rho": "MixingRho",
    "mixing-omega": "MixingOmega",
    "mixing-phi": "MixingPhi",
    "mixing-pi0": "MixingPi0",
    "mixing-eta": "MixingEta",
    "mixing-etaprime": "MixingEtaPrim",
    "primakoff": "Primakoff",
}
"""ALPINIST's name of each production mode it has one by one; others keep ours.

All decays of light mesons are one table there (``MesonDecay``), here one each.
"""

MARK = "feebly width table"
VERSION = "1"


def write_alpinist(tables: Iterable[WidthTable], folder: str | Path, experiment: str) -> tuple[Path, ...]:
    """One file for each table in ``folder`` (made if need be); experiment: first part of their names."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for table in tables:
        path = folder / file_name(table, experiment)
        write_atomically(path, alpinist_text(table, experiment))
        paths.append(path)
    return tuple(paths)


def file_name(table: WidthTable, experiment: str) -> str:
    """``NA62_Brems_2Mu.dat``."""
    about = table.reference
    production = PRODUCTION.get(about.production, about.production)
    return f"{experiment}_{production}_{FINAL_STATES.get(about.final_state, about.final_state)}.dat"


def alpinist_text(table: WidthTable, experiment: str) -> str:
    """The file; numbers read back exactly, the same table gives the same bytes."""
    text = io.StringIO()
    text.writelines(f"# {' '.join(line.split())}\n" for line in _header(table, experiment))
    width = [repr(value) for value in table.width_gev.tolist()]
    for mass, events in zip(table.mass_gev.tolist(), table.values.tolist(), strict=True):
        text.writelines(f"{mass!r} {w} {n!r}\n" for w, n in zip(width, events, strict=True))
    return text.getvalue()


def _header(table: WidthTable, experiment: str) -> Iterator[str]:
    about = table.reference
    yield (
        f"Expected yield for {about.model} at {experiment} experiment produced in {about.production} and "
        f"decaying to {about.final_state}"
    )
    per = f"coupling = {about.coupling:g}, Br({about.model}->{about.final_state}) = 1"
    yield f"m_X[GeV] Gamma_X[GeV] Y[per({per})]"
    yield f"{MARK}: {VERSION}"
    yield f"model: {about.model}"
    yield f"production: {about.production}"
    yield f"final state: {about.final_state}"
    yield f"preset: {about.preset}"
    yield f"reference coupling: {about.coupling_name} = {about.coupling!r}"
    yield "branching ratio: 1"
    yield f"POT: {about.pot!r}"
    yield f"contained: {about.contained}"
    yield f"source: {about.source}"

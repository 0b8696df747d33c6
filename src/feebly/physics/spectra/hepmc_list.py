"""Hadrons of a HepMC3 file; needs the extra ``[generators]`` (pyhepmc)."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from feebly.core.errors import ConfigError
from feebly.physics.spectra.event_list import EventList
from feebly.physics.spectra.species import SPECIES

_WANTED = sorted({code for each in SPECIES.values() for code in each.pdg_codes})
_BEAM_STATUS = 4
_LAST_LINE = b"END_EVENT_LISTING"


def read_hepmc(path: Path, sha256: str) -> EventList:
    """The mesons of known species in a HepMC3 file (text), each once, with the weight of its event.

    POT: attribute ``pot`` of the run, else one proton per unit of event weight. The beam is the particle
    of status 4 with the largest momentum. A meson that a generator copies (same PDG code among its daughters)
    counts with its last copy. Raises ConfigError without pyhepmc and for a file that is cut, empty or
    without beam particles.
    """
    if importlib.util.find_spec("pyhepmc") is None:
        raise ConfigError(f"{path}: HepMC3 needs pyhepmc, not installed: pip install 'feebly[generators]'")
    _require_complete(path)
    blocks, weights, pot, beam = [], [], None, 0.0
    for number, event in enumerate(_events(path), start=1):
        if beam == 0.0:
            beam, pot = _beam_momentum_gev(event, path, number), _stated_pot(event, path)
        block = _mesons(event)
        weight = event.weight() if event.weights else 1.0
        if not 0 <= weight < np.inf:
            raise ConfigError(f"{path}: event {number}: weight = {weight:g}: expected a number >= 0")
        blocks.append(block)
        weights.append(weight)
    if not blocks or sum(weights) == 0:
        raise ConfigError(f"{path}: no events of HepMC3 with a weight above 0")
    table = np.concatenate(blocks)
    return EventList(
        path=str(path),
        pot=sum(weights) if pot is None else pot,
        beam_momentum_gev=beam,
        pid=table[:, 0].astype(np.int64),
        momentum_gev=table[:, 1:].T.copy(),
        weight=np.repeat(weights, [len(block) for block in blocks]),
        sha256=sha256,
    )


def _require_complete(path: Path) -> None:
    """The library reads what there is of a cut file: its last line tells."""
    with path.open("rb") as file:
        file.seek(max(0, os.path.getsize(path) - 200))
        if _LAST_LINE not in file.read():
            raise ConfigError(f"{path}: not a HepMC3 text file, or cut: its last line is missing")


def _events(path: Path) -> Iterator[Any]:
    import pyhepmc

    with pyhepmc.open(str(path)) as file:
        for event in file:
            event.set_units(pyhepmc.Units.GEV, pyhepmc.Units.MM)
            yield event


def _mesons(event: Any) -> np.ndarray:
    """Rows pid, px, py, pz of the mesons with a spectrum."""
    particles = event.numpy.particles
    chosen = [
        k for k in np.flatnonzero(np.isin(np.abs(particles.pid), _WANTED)) if _is_last(event.particles[k])
    ]
    columns = (particles.pid, particles.px, particles.py, particles.pz)
    return np.stack([np.asarray(column, float)[chosen] for column in columns], axis=1)


def _is_last(particle: Any) -> bool:
    return all(child.pid != particle.pid for child in particle.children)


def _beam_momentum_gev(event: Any, path: Path, number: int) -> float:
    beams = [p.momentum.length() for p in event.particles if p.status == _BEAM_STATUS]
    if not beams or not max(beams) > 0:
        raise ConfigError(f"{path}: event {number}: no beam particle (status {_BEAM_STATUS})")
    return float(max(beams))


def _stated_pot(event: Any, path: Path) -> float | None:
    attributes = event.run_info.attributes
    if "pot" not in attributes:
        return None
    pot = float(attributes["pot"].astype(float))
    if not 0 < pot < np.inf:
        raise ConfigError(f"{path}: attribute pot = {pot:g}: expected a positive number")
    return pot

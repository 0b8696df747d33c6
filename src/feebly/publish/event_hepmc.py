"""Events in HepMC3 (ASCII) by pyhepmc: GeV and mm, c times the time in mm as HepMC has it.

Per event: beam proton (status 4) -> particle at the point of production -> daughters at the decay vertex ->
two photons of each pi0 and eta at the same place. What else the proton makes is not simulated: four-momentum
is conserved in the decay, not in the production. The time is zero at the production. Weight ``weight``
[events]; the production tag, the region and the reconstructed quantities are attributes of the event in the
units of the schema (GeV, m).
"""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.constants import PROTON_MASS_GEV
from feebly.physics.decays.channels import channel_of
from feebly.publish.event_files import Progress
from feebly.publish.event_metadata import metadata, metadata_json
from feebly.workflow.event_schema import event_schema, photons_of

if TYPE_CHECKING:
    from feebly.workflow.event_sample import EventSample

_DIGITS = 16  # behind the point, with exponent: a vertex at 100 m is exact to 1e-14 m
_MM = 1e3
_FINAL, _DECAYED, _BEAM = 1, 2, 4
_PROTON, _PHOTON = 2212, 22
_REPORT_EVERY = 500


def write_hepmc(sample: EventSample, path: Path, progress: Progress) -> None:
    """Write the file; OSError when the disk is full."""
    import pyhepmc

    path.touch()  # an OSError where it cannot be written; HepMC would only print one
    run = _run_info(sample)
    columns = {name: values.tolist() for name, values in sample.columns.items()}
    labels = list(zip(sample.production_tags().tolist(), sample.region_names().tolist(), strict=True))
    with pyhepmc.io.WriterAscii(str(path), run) as writer:
        writer.precision = _DIGITS
        for k in range(len(sample)):
            row = {name: values[k] for name, values in columns.items()}
            writer.write(_event(run, sample, k, row, labels[k]))
            if writer.failed():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if k % _REPORT_EVERY == 0:
                progress(k, len(sample), "writing")


def _run_info(sample: EventSample) -> Any:
    import pyhepmc

    run = pyhepmc.GenRunInfo()
    run.weight_names = ["weight"]
    run.tools = [("feebly", str(metadata(sample)["feebly"]), "feebly simulate")]
    run.attributes["metadata"] = metadata_json(sample)
    return run


def _event(
    run: Any, sample: EventSample, number: int, row: Mapping[str, float], labels: tuple[str, str]
) -> Any:
    import pyhepmc

    event = pyhepmc.GenEvent(run, pyhepmc.Units.GEV, pyhepmc.Units.MM)
    event.event_number = number
    p = sample.beam_momentum_gev
    beam = pyhepmc.GenParticle((0.0, 0.0, p, math.hypot(p, PROTON_MASS_GEV)), _PROTON, _BEAM)
    beam.generated_mass = PROTON_MASS_GEV
    fip = _particle(row, "fip", sample.fip_pdg, _DECAYED, sample.mass_gev)
    origin, vertex = (np.array([row[f"{name}_{axis}_m"] for axis in "xyz"]) for name in ("origin", "vertex"))
    momentum = np.array([row[f"fip_p{axis}_gev"] for axis in "xyz"])
    ct = np.linalg.norm(vertex - origin) * row["fip_e_gev"] / np.linalg.norm(momentum)
    made = pyhepmc.GenVertex((*(_MM * origin), 0.0))
    made.add_particle_in(beam)
    made.add_particle_out(fip)
    decay = pyhepmc.GenVertex((*(_MM * vertex), _MM * ct))
    decay.add_particle_in(fip)
    event.add_vertex(made)
    event.add_vertex(decay)
    for vertex in _add_daughters(decay, sample.final_state, row):
        event.add_vertex(vertex)
    event.weights = [row["weight"]]
    event.attributes["production"], event.attributes["region"] = labels[0], labels[1] or "none"
    for field in event_schema(sample.final_state):
        if field.kind == "reco":
            event.attributes[field.name] = row[field.name]
    return event


def _add_daughters(decay: Any, final_state: str, row: Mapping[str, float]) -> Iterator[Any]:
    """Put the daughters at the vertex; a vertex at the same place for each that decays to photons."""
    import pyhepmc

    channel = channel_of(final_state)
    for k, (body, photons) in enumerate(zip(channel.bodies, photons_of(channel), strict=True), start=1):
        decays = body.kind == "meson"
        daughter = _particle(row, f"d{k}", body.pdg, _DECAYED if decays else _FINAL, body.mass_gev)
        decay.add_particle_out(daughter)
        if decays:
            place = decay.position
            vertex = pyhepmc.GenVertex((place.x, place.y, place.z, place.t))
            vertex.add_particle_in(daughter)
            for number in photons:
                vertex.add_particle_out(_particle(row, f"photon{number}", _PHOTON, _FINAL, 0.0))
            yield vertex


def _particle(row: Mapping[str, float], name: str, pdg: int, status: int, mass_gev: float) -> Any:
    import pyhepmc

    x, y, z, energy = (row[f"{name}_{part}_gev"] for part in ("px", "py", "pz", "e"))
    particle = pyhepmc.GenParticle((x, y, z, energy), pdg, status)
    particle.generated_mass = mass_gev  # not from E^2 - p^2, which has lost digits
    return particle

"""Meson spectra of 400 GeV proton-proton interactions, counted in Pythia 8 events.

Needs the extra ``[generators]``. Pythia 8.3: C. Bierlich et al., SciPost Phys. Codebases 8 (2022),
arXiv:2203.11601.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import ConfigError, DataError, unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.spectra.hadron_table import LN_P_EDGES, TABLES, HadronTable, pt_edges, write_table
from feebly.physics.spectra.species import BEAUTY, CHARM, LIGHT, SPECIES, counted_species

BEAM_MOMENTUM_GEV = 400.0
PROTON_MASS_GEV = 0.93827  # as in Pythia's particle data: used only for the frame of its own events

_BEAM = (
    "Beams:idA = 2212",
    "Beams:idB = 2212",
    "Beams:frameType = 3",
    f"Beams:pzA = {BEAM_MOMENTUM_GEV}",
    "Beams:pzB = 0.",
)

# In a thick dump strange hadrons are absorbed before they decay; their pi0 and eta are no source here.
ABSORBED = {
    "K_S": 310,
    "Lambda": 3122,
    "Sigma+": 3222,
    "Sigma-": 3112,
    "Xi-": 3312,
    "Xi0": 3322,
    "Omega-": 3334,
}

# Weakly decaying charm and beauty hadrons are the parents themselves.
UNDECAYED = (411, 421, 431, 4122, 4132, 4232, 4332, 511, 521, 531, 541, 5122, 5132, 5232, 5332)


def _stable(codes: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{code}:mayDecay = off" for code in codes)


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """How one shipped table was made: what is counted, the settings of the generator, events and seed."""

    flavour: str
    settings: tuple[str, ...]
    events: int
    seed: int

    @property
    def table(self) -> str:
        return TABLES[self.flavour]

    @property
    def species(self) -> tuple[str, ...]:
        return counted_species(self.flavour)

    @property
    def pt_edges_gev(self) -> FloatArray:
        return pt_edges(self.flavour)


RECIPES: dict[str, Recipe] = {
    LIGHT: Recipe(
        LIGHT,
        ("Print:quiet = on", "SoftQCD:inelastic = on", *_BEAM, *_stable(ABSORBED.values())),
        events=4_000_000,
        seed=4001,
    ),
    CHARM: Recipe(
        CHARM,
        ("Print:quiet = on", "HardQCD:hardccbar = on", *_BEAM, *_stable(UNDECAYED)),
        events=800_000,
        seed=5001,
    ),
    BEAUTY: Recipe(
        BEAUTY,
        ("Print:quiet = on", "HardQCD:hardbbbar = on", *_BEAM, *_stable(UNDECAYED)),
        events=800_000,
        seed=6001,
    ),
}
"""By flavour of the counted mesons."""

# Chunk k has the seed SEED + k: the table does not depend on the number of workers.
CHUNK_EVENTS = 100_000
_BATCH_EVENTS = 5_000  # memory: 14 kB per event

# Light-cone boost exp(2 y_cm) of the centre of mass: its square root maps lab to centre of mass.
_BEAM_PLUS = float(np.hypot(BEAM_MOMENTUM_GEV, PROTON_MASS_GEV)) + BEAM_MOMENTUM_GEV
_EXP_2Y_CM = (_BEAM_PLUS + PROTON_MASS_GEV) / (PROTON_MASS_GEV**2 / _BEAM_PLUS + PROTON_MASS_GEV)

Progress = Callable[[int, int], None]
"""Called with (events done, events in all) after each chunk."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A number of events generated with one seed after the recipe of one flavour."""

    seed: int
    events: int
    flavour: str = LIGHT


@dataclass(frozen=True, slots=True, eq=False)
class MesonCounts:
    """Events, mesons per species, and histogram entries (species, ln p, pT)."""

    events: int
    mesons: NDArray[np.int64]
    entries: NDArray[np.int64]

    def __add__(self, other: MesonCounts) -> MesonCounts:
        return MesonCounts(
            self.events + other.events, self.mesons + other.mesons, self.entries + other.entries
        )


def build_table(
    directory: Path,
    flavour: str = LIGHT,
    *,
    events: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> tuple[Path, Path]:
    """Generate the table of ``light``, ``charm`` or ``beauty`` mesons and write its two files; their paths.

    The defaults rebuild the table that is shipped (about 0.2 ms per event and core). The same events and
    seed give the same counts for any number of ``jobs``. Raises ConfigError when pythia8mc is not installed,
    the flavour is unknown or a number is out of range, DataError when Pythia refuses to start.
    """
    if flavour not in RECIPES:
        raise unknown("kind of spectrum", flavour, RECIPES)
    require_pythia()
    recipe = RECIPES[flavour]
    seed = recipe.seed if seed is None else seed
    chunks = plan_chunks(recipe.events if events is None else events, seed, flavour)
    return write_table(_table(recipe, count_mesons(chunks, jobs, progress), seed), directory)


def require_pythia() -> None:
    """Raise ConfigError unless the generator can be imported."""
    missing = [name for name in ("pythia8mc", "awkward") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"building spectra needs {' and '.join(missing)}, not installed: pip install 'feebly[generators]'"
        )


def plan_chunks(
    events: int, seed: int, flavour: str = LIGHT, chunk_events: int = CHUNK_EVENTS
) -> list[Chunk]:
    """Fixed chunks with seeds of their own; only the last one may be shorter."""
    starts = range(0, events, chunk_events)
    largest_seed = 900_000_000  # Pythia 8.3 manual, Random:seed
    if events < 1:
        raise ConfigError(f"events = {events}: expected at least 1")
    if not 1 <= seed <= largest_seed - len(starts):
        raise ConfigError(f"seed = {seed}: expected 1 to {largest_seed - len(starts)}")
    return [Chunk(seed + k, min(chunk_events, events - start), flavour) for k, start in enumerate(starts)]


def count_mesons(chunks: Sequence[Chunk], jobs: int = 1, progress: Progress | None = None) -> MesonCounts:
    """Sum of the counts of all chunks, generated by ``jobs`` processes."""
    if jobs < 1:
        raise ConfigError(f"jobs = {jobs}: expected at least 1")
    total = sum(chunk.events for chunk in chunks)
    results = []
    with _mapper(min(jobs, len(chunks))) as mapper:
        done = 0
        for chunk, counts in zip(chunks, mapper(count_chunk, chunks), strict=True):
            results.append(counts)
            done += chunk.events
            if progress is not None:
                progress(done, total)
    return reduce(MesonCounts.__add__, results)


@contextmanager
def _mapper(jobs: int) -> Iterator[Callable[..., Iterator[MesonCounts]]]:
    if jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield pool.map


def count_chunk(chunk: Chunk) -> MesonCounts:
    """Generate one chunk and count its mesons."""
    recipe = RECIPES[chunk.flavour]
    generator = start_pythia(chunk.seed, recipe)
    sizes = [min(_BATCH_EVENTS, chunk.events - start) for start in range(0, chunk.events, _BATCH_EVENTS)]
    return reduce(MesonCounts.__add__, (count_events(generator.nextBatch(size), recipe) for size in sizes))


def start_pythia(seed: int, recipe: Recipe) -> Any:
    """A Pythia object, ready to generate with the settings of the recipe and the given seed."""
    import pythia8mc

    generator = pythia8mc.Pythia("", False)
    for setting in (*recipe.settings, "Random:setSeed = on", f"Random:seed = {seed}"):
        if not generator.readString(setting):
            raise DataError(f"Pythia {version('pythia8mc')} does not know the setting {setting!r}")
    if not generator.init():
        raise DataError(f"Pythia {version('pythia8mc')} did not start with {', '.join(recipe.settings)}")
    return generator


def count_events(batch: Any, recipe: Recipe) -> MesonCounts:
    """Counts of an awkward array of whole events as ``Pythia.nextBatch`` returns it.

    Hadrons occur once in the record: Pythia copies them only in hadronic rescattering and Bose-Einstein
    shifts, both off by default.
    """
    import awkward as ak

    particles = ak.flatten(batch["prt"])
    code = np.abs(particles["id"].to_numpy())
    selections = [np.isin(code, SPECIES[parent].pdg_codes) for parent in recipe.species]
    momentum = np.stack([particles["p", component].to_numpy() for component in ("px", "py", "pz", "e")])
    return MesonCounts(
        events=len(batch),
        mesons=np.array([np.count_nonzero(chosen) for chosen in selections]),
        entries=np.stack([_histogram(momentum[:, chosen], recipe.pt_edges_gev) for chosen in selections]),
    )


def _histogram(momentum: FloatArray, pt_edges_gev: FloatArray) -> NDArray[np.int64]:
    """Entries in (ln p, pT) of mesons and of their mirror images; momentum: rows px, py, pz, E [GeV]."""
    px, py, pz, energy = momentum
    pt = np.hypot(px, py)
    both_pz = np.concatenate([pz, mirrored_pz(pz, energy)])
    both_pt = np.concatenate([pt, pt])
    ln_p = np.log(np.hypot(both_pz, both_pt))
    entries = np.histogram2d(ln_p, both_pt, bins=(LN_P_EDGES, pt_edges_gev))[0]
    return entries.astype(np.int64)


def mirrored_pz(pz: FloatArray, energy: FloatArray) -> FloatArray:
    """Laboratory p_z [GeV] after p_z -> -p_z in the proton-proton centre-of-mass frame.

    The initial state is symmetric, so the mirror image of each meson is as good as the meson: it doubles
    the statistics at high momentum. With light-cone components p± = E ± p_z the reflection exchanges them
    in the centre of mass; the boosts there and back multiply by exp(±2 y_cm).
    """
    return 0.5 * ((energy - pz) * _EXP_2Y_CM - (energy + pz) / _EXP_2Y_CM)


def _table(recipe: Recipe, counts: MesonCounts, seed: int) -> HadronTable:
    return HadronTable(
        name=recipe.table,
        beam_momentum_gev=BEAM_MOMENTUM_GEV,
        ln_p_edges=LN_P_EDGES,
        pt_edges_gev=recipe.pt_edges_gev,
        counts={
            parent: entries.astype(np.uint32)
            for parent, entries in zip(recipe.species, counts.entries, strict=True)
        },
        mesons={parent: int(number) for parent, number in zip(recipe.species, counts.mesons, strict=True)},
        entries_per_meson=2,
        build={
            "generator": f"Pythia 8 (pythia8mc {version('pythia8mc')})",
            "settings": list(recipe.settings),
            "seed": seed,
            "chunk_events": CHUNK_EVENTS,
            "events": counts.events,
        },
    )

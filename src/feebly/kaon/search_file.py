"""A counting search in kaon decays as a TOML file: counts, normalisation, and what was published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_not_negative, require_positive
from feebly.core.tables import load_document, shipped_names

FOLDER = "kaon/searches"


@dataclass(frozen=True, slots=True)
class Stated:
    """A positive number with its standard deviation (0: not stated) and where it is from."""

    value: float
    origin: Origin
    error: float = 0.0

    def __post_init__(self) -> None:
        require_positive(self, "value")
        require_not_negative(self, "error")

    @property
    def relative_error(self) -> float:
        return self.error / self.value


@dataclass(frozen=True, slots=True)
class ExpectedBackground:
    """Expected background [events], its standard deviation, and where they are from."""

    mean: float
    origin: Origin
    sigma: float = 0.0

    def __post_init__(self) -> None:
        require_not_negative(self, "mean", "sigma")


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Decays N_K = candidates/(BR A ε) that a channel with a known branching ratio counts.

    decay: of the channel. candidates: selected events, background subtracted. acceptance: A ε of the
    channel; or decays: N_K as stated, from which A ε follows.
    """

    decay: str
    candidates: float
    branching_ratio: Stated
    acceptance: Stated | None = None
    decays: Stated | None = None

    def __post_init__(self) -> None:
        require_positive(self, "candidates")
        require((self.acceptance is None) != (self.decays is None), self, "decays", "acceptance or decays")

    @property
    def number_of_decays(self) -> float:
        """N_K."""
        if self.decays is not None:
            return self.decays.value
        assert self.acceptance is not None  # one of the two is there
        return self.candidates / (self.branching_ratio.value * self.acceptance.value)

    @property
    def acceptance_efficiency(self) -> float:
        """A ε of the normalisation channel."""
        return self.candidates / (self.branching_ratio.value * self.number_of_decays)


@dataclass(frozen=True, slots=True)
class PublishedLimit:
    """A published upper limit on the branching ratio.

    cl: confidence level. remark: why counting on a known background is not expected to give it, if so.
    """

    value: float
    origin: Origin
    cl: float = 0.90
    remark: str = ""

    def __post_init__(self) -> None:
        require_positive(self, "value")


@dataclass(frozen=True, slots=True)
class PublishedRatio:
    """A published branching ratio with its 68% errors; method: what it was obtained with."""

    value: float
    plus: float
    minus: float
    method: str
    origin: Origin

    def __post_init__(self) -> None:
        require_positive(self, "value", "plus", "minus")


_SCALE_WITHOUT_N = "'ses' or 'acceptance' where there is no 'n'"


@dataclass(frozen=True, slots=True)
class CountingSearch:
    """A decay that is searched for, or measured, by counting.

    decay: e.g. ``K+ -> pi- mu+ mu+``. data: data set. parent: whose branching ratio it is. violates: what
    the decay violates, ``nothing`` of the Standard Model if so. n, background: observed and expected events;
    without n nothing was observed yet. blinded: what was observed is in another file, which is not read until
    it is unblinded.
    ses: single event sensitivity, the branching ratio of one expected event; or acceptance: A ε of the signal
    relative to the decays of ``normalisation``; with neither, only a published limit can tell it.
    """

    title: str
    decay: str
    data: str
    parent: Literal["K+", "pi0"]
    violates: Literal["lepton number", "lepton flavour", "lepton number or flavour", "nothing"]
    background: ExpectedBackground
    n: int | None = None
    n_origin: Origin | None = None
    ses: Stated | None = None
    normalisation: Normalisation | None = None
    acceptance: Stated | None = None
    published: PublishedLimit | None = None
    previous: PublishedLimit | None = None
    measured: PublishedRatio | None = None
    blinded: bool = False

    def __post_init__(self) -> None:
        if self.n is None:
            require(self.n_origin is None, self, "n_origin", "'n' beside it")
            require(self.ses is not None or self.acceptance is not None, self, "ses", _SCALE_WITHOUT_N)
            require(self.measured is None, self, "measured", "'n' beside it")
        else:
            require(not self.blinded, self, "n", "no 'n' where 'blinded = true': a file for --data holds it")
            require_not_negative(self, "n")
            require(self.n_origin is not None, self, "n_origin", "where 'n' is from")
        known = sum(part is not None for part in (self.ses, self.acceptance))
        require(known < 2, self, "acceptance", "no 'ses' beside it, which would say the same")
        has_scale = known or self.published is not None
        require(bool(has_scale), self, "ses", "'ses', 'acceptance' with 'normalisation', or 'published'")
        missing = self.acceptance is not None and self.normalisation is None
        require(not missing, self, "normalisation", "a table [normalisation], for 'acceptance' to be of it")


def search_names() -> tuple[str, ...]:
    """Names of the searches that come with the package."""
    return shipped_names(FOLDER)


def load_search(name_or_path: str | Path) -> CountingSearch:
    """A shipped search by name or a file (.toml) by path. Raises `ConfigError` with file and line."""
    return decode(CountingSearch, load_document("kaon search", FOLDER, name_or_path))


def load_searches(names: tuple[str, ...]) -> dict[str, CountingSearch]:
    """Searches by name, all that are shipped for no names; a name twice is refused."""
    if len(set(names)) < len(names):
        raise ConfigError(f"kaon searches {', '.join(names)}: expected each once")
    return {name: load_search(name) for name in names or search_names()}

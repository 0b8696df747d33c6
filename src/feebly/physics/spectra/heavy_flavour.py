"""How many charm and beauty mesons a proton makes in a target: cross section, nucleus, fragmentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from feebly.core.errors import ConfigError, unknown
from feebly.core.provenance import Origin, OriginKind
from feebly.core.records import decode, require_not_negative, require_positive
from feebly.core.tables import parse_toml
from feebly.physics.spectra.species import CHARM, SPECIES

_FILE = "heavy-flavour.toml"
COPPER_MASS_NUMBER = 63.546
DEFAULT_NORMALISATION = "alpinist"


@dataclass(frozen=True, slots=True)
class HeavyFlavour:
    """Production of one heavy quark pair at 400 GeV.

    sigma_nb: p p -> Q Qbar per nucleon, with its relative error; sigma_pp_mb: cross section it is compared
    with; hard_exponent, inelastic_exponent: growth of both with the mass number A; cascade: factor for
    secondary interactions in a thick target (1: none); hadrons: fraction of quarks that become each meson.
    """

    sigma_nb: float
    relative_error: float
    sigma_pp_mb: float
    hard_exponent: float
    inelastic_exponent: float
    cascade: float
    origin: OriginKind
    source: str
    hadrons: dict[str, float]

    def __post_init__(self) -> None:
        require_positive(self, "sigma_nb", "sigma_pp_mb", "cascade")
        require_not_negative(self, "relative_error")
        if sum(self.hadrons.values()) > 1 or min(self.hadrons.values(), default=0) < 0:
            raise ConfigError(
                f"hadrons = {self.hadrons}: expected fractions of one quark, together at most 1"
            )

    def pairs_per_pot(self, mass_number: float = COPPER_MASS_NUMBER) -> float:
        """Pairs per proton that interacts: σ/σ_pp × A^(hard - inelastic exponent) × cascade."""
        if not 1 <= mass_number < 300:
            raise ConfigError(
                f"target mass number = {mass_number:g}: expected 1 to 300, e.g. 63.546 for copper"
            )
        nucleus = mass_number ** (self.hard_exponent - self.inelastic_exponent)
        return self.sigma_nb * 1e-6 / self.sigma_pp_mb * nucleus * self.cascade

    def mesons_per_pot(self, parent: str, mass_number: float = COPPER_MASS_NUMBER) -> float:
        """Mesons and antimesons of the species ``parent`` per POT; ``B`` is B+ and B0 together."""
        members = ("B+", "B0") if parent == "B" else (parent,)
        for member in members:
            if member not in self.hadrons:
                raise unknown("heavy meson", member, self.hadrons)
        return 2 * sum(self.hadrons[member] for member in members) * self.pairs_per_pot(mass_number)

    def provenance(self) -> Origin:
        return Origin(self.origin, self.source)


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Charm and beauty of one convention."""

    charm: HeavyFlavour
    beauty: HeavyFlavour

    def flavour(self, parent: str) -> HeavyFlavour:
        """The quark that the meson ``parent`` holds."""
        return self.charm if SPECIES[parent].flavour == CHARM else self.beauty


@dataclass(frozen=True, slots=True)
class _File:
    alpinist: Normalisation
    ship: Normalisation


@cache
def normalisations() -> Mapping[str, Normalisation]:
    """Shipped conventions by name: ``alpinist`` (no cascade, the default) and ``ship`` (thick target)."""
    text = (files("feebly") / "data" / "spectra" / _FILE).read_text(encoding="utf-8")
    found = decode(_File, parse_toml(text, _FILE))
    return {"alpinist": found.alpinist, "ship": found.ship}


def normalisation(name: str = DEFAULT_NORMALISATION) -> Normalisation:
    """Convention by name; ConfigError with the nearest name otherwise."""
    if name not in normalisations():
        raise unknown("heavy-flavour normalisation", name, normalisations())
    return normalisations()[name]

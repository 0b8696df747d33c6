"""Productions that are added up, and about what share of their sum each has.

The asked precision is that of the sum: a mode with the share f is sampled to 1/√f of it. Errors in
quadrature, Σ (a p/√f)² with true shares a, then stay at p as long as Σ a²/f is at most one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from feebly.physics.production.b_to_scalar import EXCLUSIVE, width_b_to_kaon_gev
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay
from feebly.physics.spectra.library import recommended_multiplicity

LEAST_SHARE = 1 / 16
"""No mode is asked for less than a quarter of the precision, whatever its share."""

# Shares of the yield at 400 GeV, any mass and lifetime: primakoff 0.01-0.43, photon-pi0 0.57-0.89, photon-eta
# at most 0.14 (measured with coarse tables of ee and gammagamma). With these numbers Σ a²/f is at most 1.1.
_PHOTON_SHARES = {"primakoff": 1 / 4, "photon-pi0": 1.0, "photon-eta": 1 / 8}
_MESON_MARGIN = 1.1  # shares by rate are those of the yield to 20% where they are large: Σ a²/f up to 1.1


def _kaon_share(tag: str, tags: Sequence[str], mass_gev: float) -> float:
    """Γ(B -> X S) over its sum: for an axion-like particle the same to 6%."""
    widths = {each: float(width_b_to_kaon_gev(each.removeprefix("b-"), mass_gev)) for each in tags}
    total = sum(widths.values())
    return widths[tag] / total if total > 0.0 else 0.0


def _photon_share(tag: str, tags: Sequence[str], _mass_gev: float) -> float:
    """Constants where the photons of π0 are among the modes; else it is not known which is the largest."""
    return _PHOTON_SHARES[tag] if "photon-pi0" in tags else 1.0


def _meson_share(tag: str, tags: Sequence[str], mass_gev: float) -> float:
    """Share by rate, BR/ε² × recommended multiplicity, with a margin; no preset enters."""
    rates = {
        each: recommended_multiplicity(MESON_MODES[each].parent)
        * float(MesonDecay(each).branching_ratio(mass_gev))
        for each in tags
    }
    total = sum(rates.values())
    return min(_MESON_MARGIN * rates[tag] / total, 1.0) if total > 0.0 else 0.0


_SUMS: Mapping[frozenset[str], Callable[[str, Sequence[str], float], float]] = MappingProxyType(
    {
        frozenset(f"b-{state}" for state in EXCLUSIVE): _kaon_share,
        frozenset(_PHOTON_SHARES): _photon_share,
        frozenset(MESON_MODES): _meson_share,
    }
)


def added_to(tag: str, tags: Sequence[str]) -> tuple[str, ...]:
    """Productions that are added up with ``tag``, itself among them, sorted; () where it is alone."""
    together = next((sorted(modes.intersection(tags)) for modes in _SUMS if tag in modes), [])
    return tuple(together) if len(together) > 1 else ()


def share_of(tag: str, together: Sequence[str], mass_gev: float) -> float:
    """About what share of the sum of ``together``, as `added_to` gives it, one production has.

    At least `LEAST_SHARE`; one where it is alone. With a margin: shares sum to one or a little more.
    """
    share = next((share for modes, share in _SUMS.items() if tag in modes), None)
    if share is None or not together:
        return 1.0
    return max(share(tag, together, mass_gev), LEAST_SHARE)

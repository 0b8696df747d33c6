"""Unit and meaning of the columns of a kaon result, for its page and for records of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from feebly.core.errors import ConfigError

COLUMNS: Mapping[str, tuple[str, str]] = {
    "name": ("", "name of the search"),
    "decay": ("", "decay"),
    "mass_gev": ("GeV", "mass of X"),
    "sigma_mass_gev": ("GeV", "resolution of the mass of X"),
    "sigma_mass2_gev2": ("GeV^2", "resolution of the missing mass squared"),
    "n": ("1", "observed events"),
    "b": ("1", "expected background events"),
    "sigma_b": ("1", "error of the background"),
    "p_value": ("1", "local p-value"),
    "local_z": ("1", "local significance"),
    "single_event_sensitivity": ("1", "single event sensitivity"),
    "acceptance": ("1", "acceptance and efficiency of the signal"),
    "search": ("", "search"),
    "relative_acceptance": ("1", "acceptance over that of the normalisation"),
    "window_share": ("1", "share of the signal in the window"),
    "signal_limit": ("1", "upper limit on signal events"),
    "branching_ratio_limit": ("1", "upper limit on the branching ratio"),
    "expected_branching_ratio_limit": ("1", "expected upper limit on the branching ratio"),
    "mixing_squared_limit": ("1", "upper limit on the mixing squared"),
    "expected_mixing_squared_limit": ("1", "expected upper limit on the mixing squared"),
    "published_limit": ("1", "published upper limit on the branching ratio"),
    "previous_limit": ("1", "upper limit before this search"),
}
"""Unit ("1" of a pure number, "" of a text) and meaning by name."""


def column_facts(
    names: Iterable[str], words: Mapping[str, tuple[str, str]] | None = None
) -> dict[str, dict[str, str]]:
    """Unit and meaning of each column; words: of those that are not in `COLUMNS`."""
    known = dict(COLUMNS) | dict(words or {})
    facts = {}
    for name in names:
        if name not in known:
            raise ConfigError(f"column {name!r}: expected one of {', '.join(known)}")
        unit, meaning = known[name]
        facts[name] = {"unit": unit, "meaning": meaning}
    return facts

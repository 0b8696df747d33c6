"""The kinds of searches in kaon decays: where their files are, and which kinds a name or file is of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feebly.core.errors import ConfigError, unknown
from feebly.core.records import record_fields
from feebly.core.tables import load_document, read_toml, shipped_names
from feebly.kaon import chain_file, invisible_file, muon_invisible_file, peak_file, search_file

KINDS: Mapping[str, tuple[str, type[Any]]] = {
    "limit": (search_file.FOLDER, search_file.CountingSearch),
    "peaks": (peak_file.FOLDER, peak_file.PeakSearchFile),
    "invisible": (invisible_file.FOLDER, invisible_file.InvisibleSearchFile),
    "mu-nu-x": (muon_invisible_file.FOLDER, muon_invisible_file.MuonInvisibleFile),
    "chains": (chain_file.FOLDER, chain_file.ChainSearchFile),
}
"""Folder of the shipped files, and class of their content, by command."""


def kinds_of_search(name_or_path: str) -> tuple[str, ...]:
    """The commands that a shipped search, or a .toml file with the keys of their kind, is for.

    Raises ConfigError for a name that none has, and for a file without the keys that a kind needs.
    """
    if name_or_path.endswith(".toml"):
        read_toml(name_or_path)  # unreadable: said as such
        found = [kind for kind, each in KINDS.items() if _fits(*each, Path(name_or_path))]
        expected = "; ".join(
            f"{kind}: {', '.join(record_fields(each)[1])}" for kind, (_, each) in KINDS.items()
        )
        refusal = ConfigError(f"{name_or_path}: expected the keys of a search ({expected})")
    else:
        found = [kind for kind, (folder, _) in KINDS.items() if name_or_path in shipped_names(folder)]
        names = sorted({name for folder, _ in KINDS.values() for name in shipped_names(folder)})
        refusal = ConfigError(f"{unknown('kaon search', name_or_path, names)}; or give a .toml file")
    if not found:
        raise refusal
    return tuple(found)


def _fits(folder: str, record: type[Any], path: Path) -> bool:
    """Whether the file has every key that the kind needs; one that it extends may be of another kind."""
    try:
        data = load_document("kaon search", folder, path).data
    except ConfigError:
        return False
    return set(record_fields(record)[1]) <= set(data)

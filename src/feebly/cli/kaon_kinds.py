"""The commands of ``feebly kaon`` that write a folder, by what ``result.json`` calls them."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING

from feebly.cli.commands import kaon, kaon_chains, kaon_invisible, kaon_muon, kaon_peaks
from feebly.core.errors import DataError

if TYPE_CHECKING:
    from feebly.report.kaon_folder import KaonResult
    from feebly.report.kaon_saved import SavedKaon

MAKERS: dict[str, Callable[..., KaonResult]] = {
    "kaon limit": kaon.made,
    "kaon peaks": kaon_peaks.made,
    "kaon invisible": kaon_invisible.made,
    "kaon mu-nu-x": kaon_muon.made,
    "kaon chains": kaon_chains.made,
}
"""Functions that give the result of a command from its arguments, as typed."""


def made_again(saved: SavedKaon) -> KaonResult:
    """The result that the same arguments give today. DataError where they cannot be used."""
    from feebly.report.kaon_saved import given_arguments

    make = MAKERS.get(saved.kind)
    if make is None:
        raise DataError(f"{saved.name}: feebly {saved.kind} is not known to this feebly; take a newer one")
    given = given_arguments(saved)
    if unknown := sorted(set(given) - set(signature(make).parameters)):
        raise DataError(
            f"{saved.name}: arguments {', '.join(unknown)} are not known to this feebly; take the one that "
            "wrote it, or a newer one"
        )
    return make(**given)

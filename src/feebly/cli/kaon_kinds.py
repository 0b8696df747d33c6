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

MAKERS: dict[str, tuple[Callable[..., KaonResult], Callable[..., None]]] = {
    "kaon limit": (kaon.made, kaon.limit),
    "kaon peaks": (kaon_peaks.made, kaon_peaks.peaks),
    "kaon invisible": (kaon_invisible.made, kaon_invisible.invisible),
    "kaon mu-nu-x": (kaon_muon.made, kaon_muon.mu_nu_x),
    "kaon chains": (kaon_chains.made, kaon_chains.chains),
}
"""Functions that give the result of a command from its arguments, as typed; the commands, for defaults."""


def made_again(saved: SavedKaon) -> KaonResult:
    """The result that the same arguments give today. DataError where they cannot be used."""
    from feebly.report.kaon_saved import given_arguments

    if saved.kind not in MAKERS:
        raise DataError(f"{saved.name}: feebly {saved.kind} is not known to this feebly; take a newer one")
    make, command = MAKERS[saved.kind]
    known, given = signature(make).parameters, given_arguments(saved)
    if unknown := sorted(set(given) - set(known)):
        raise DataError(
            f"{saved.name}: arguments {', '.join(unknown)} are not known to this feebly; take the one that "
            "wrote it, or a newer one"
        )
    defaults = {name: each.default for name, each in signature(command).parameters.items() if name in known}
    return make(**(defaults | given))  # options that are no part of the result, or younger than it

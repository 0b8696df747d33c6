"""Matrix elements of decays as an option of a preset: by final state, in the place of the usual ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from feebly.core.errors import unknown
from feebly.physics.decays.channels import CHANNELS, channel_of
from feebly.physics.production.preset_files import Variation

MATRIX_ELEMENT = "matrix_elements"
"""The field of a preset: name of the matrix element by final state."""


def check_matrix_elements(chosen: Mapping[str, str], spin_parity: str) -> None:
    """ConfigError for a final state that is none, and for a name that a parent of this spin does not have."""
    for tag, name in chosen.items():
        known = channel_of(tag).matrix_elements(spin_parity)
        if name not in known:
            raise unknown(f"matrix element of {tag}", name, known)


def matrix_element_of(chosen: Mapping[str, str], final_state: str, spin_parity: str) -> str:
    """The chosen one, else the usual one of the final state."""
    return chosen.get(final_state) or channel_of(final_state).matrix_element(spin_parity)


def matrix_element_variations(chosen: Mapping[str, str], spin_parity: str) -> Iterator[Variation]:
    """The other matrix elements of each final state, one at a time."""
    for tag, channel in CHANNELS.items():
        for name in channel.matrix_elements(spin_parity):
            if name != matrix_element_of(chosen, tag, spin_parity):
                changes = {MATRIX_ELEMENT: {**chosen, tag: name}}
                yield Variation(MATRIX_ELEMENT, f"{tag}: {name}", changes, final_state=tag)

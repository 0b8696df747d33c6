"""Events in ROOT by uproot: trees ``events`` (one branch per column) and ``schema``, a text ``metadata``.

ROOT keeps no unit with a branch; the tree ``schema`` has name, unit, kind and meaning of each. A ROOT file
holds the time of its writing: the same events give the same trees, not the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from feebly.publish.event_metadata import metadata_json, schema_columns
from feebly.workflow.event_schema import event_schema

if TYPE_CHECKING:
    from feebly.workflow.event_sample import EventSample

TREE, SCHEMA, METADATA = "events", "schema", "metadata"


def write_root(sample: EventSample, path: Path) -> None:
    """Write the file."""
    import awkward
    import uproot

    path.touch()  # an OSError where it cannot be written; uproot would make the folder
    title = f"{sample.model}, {sample.final_state}, {sample.kind}; units: tree {SCHEMA}"
    types = {column.name: np.dtype(column.dtype) for column in event_schema(sample.final_state)}
    # the default identifier of a file contains the network address of the machine
    with uproot.recreate(path, uuid_function=uuid4) as file:
        file.mktree(TREE, types, title).extend(sample.columns)
        texts = {name: awkward.Array(texts) for name, texts in schema_columns(sample).items()}
        file.mktree(SCHEMA, texts, f"columns of {TREE}")
        file[METADATA] = metadata_json(sample)

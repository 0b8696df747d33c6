"""Events in HDF5: one dataset per column in the group ``events``, with unit and meaning as attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from feebly.publish.event_metadata import metadata, metadata_json
from feebly.workflow.event_schema import event_schema

if TYPE_CHECKING:
    import h5py

    from feebly.workflow.event_sample import EventSample


def fill_hdf5(sample: EventSample, file: h5py.File) -> None:
    """Put the events into an open file.

    Attributes of the file: every setting that is a number or text, and ``metadata``, all of them as JSON.
    """
    file.attrs["metadata"] = metadata_json(sample)
    for name, value in metadata(sample).items():
        if isinstance(value, (str, int, float)):
            file.attrs[name] = value
    group = file.create_group("events")
    for column in event_schema(sample.final_state):
        values = np.asarray(sample.columns[column.name])
        dataset = group.create_dataset(column.name, data=values, compression="gzip", shuffle=True)
        dataset.attrs.update({"unit": column.unit, "kind": column.kind, "meaning": column.meaning})

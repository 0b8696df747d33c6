"""What every event file tells about itself: version, settings, cut-flow, and the schema of its columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from feebly.workflow.event_schema import SCHEMA_VERSION, event_schema

if TYPE_CHECKING:
    from feebly.workflow.event_sample import EventSample


def metadata(sample: EventSample) -> dict[str, Any]:
    """Settings of the sample with the versions; no date, so that the same events give the same file."""
    from feebly import __version__

    return {"feebly": __version__, "schema_version": SCHEMA_VERSION} | sample.metadata()


def metadata_json(sample: EventSample) -> str:
    return json.dumps(metadata(sample), indent=1, ensure_ascii=True, allow_nan=False)


def schema_columns(sample: EventSample) -> dict[str, list[str]]:
    """Names, units, kinds and meanings of all columns, as columns themselves."""
    fields = event_schema(sample.final_state)
    return {key: [getattr(field, key) for field in fields] for key in ("name", "unit", "kind", "meaning")}

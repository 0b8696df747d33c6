"""Columns of simulated events, from their schema."""

from __future__ import annotations

from markdown import code, page, table


def events() -> str:
    """Every column with unit and meaning."""
    from feebly.workflow import event_schema as module

    kinds = {"true": "of the simulation", "reco": "measured", "label": "label"}
    rows = [
        (code(column.name), column.unit, column.meaning, kinds[column.kind]) for column in module.EVENT_SCHEMA
    ]
    intro = (
        f"`feebly simulate` writes these columns (schema {module.SCHEMA_VERSION}). z is along the beam, "
        "with the origin of the experiment's file. Daughter and track 1 is positive, 2 negative."
    )
    return page("Simulated events", intro, table(("column", "unit", "meaning", "what"), rows))

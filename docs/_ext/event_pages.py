"""Columns of simulated events, from their schema."""

from __future__ import annotations

from markdown import code, page, table


def events() -> str:
    """Every column with unit and meaning."""
    from feebly.workflow import event_schema as module

    kinds = {"true": "of the simulation", "reco": "measured", "label": "label"}
    intro = (
        f"`feebly simulate` writes these columns (schema {module.SCHEMA_VERSION}). z is along the beam, "
        "with the origin of the experiment's file. Daughters are numbered: tracks first, positive and "
        "negative in turn, then photons, then π⁰ and η. Photons are numbered in the same order, those of a "
        "meson one after the other; cluster k is that of photon k. Photons alone have no pointing."
    )
    parts, known = [], set()
    for title, tag in _EXAMPLES.items():
        fields = [column for column in module.event_schema(tag) if (column.name, column.meaning) not in known]
        known |= {(column.name, column.meaning) for column in fields}
        rows = [(code(column.name), column.unit, column.meaning, kinds[column.kind]) for column in fields]
        parts += [f"\n## {title}\n", table(("column", "unit", "meaning", "what"), rows)]
    return page("Simulated events", intro, *parts)


_EXAMPLES = {
    "Two tracks": "mumu",
    "In addition, with a photon and two tracks": "pipigamma",
    "In addition, with a π⁰ or η and two tracks": "3pi",
    "In addition, with four photons and two tracks": "2pi2pi0",
    "In addition, or in another meaning, with four tracks": "4pi",
    "In addition, or in another meaning, with two photons alone": "gammagamma",
    "In addition, or in another meaning, with six photons alone": "3pi0",
}

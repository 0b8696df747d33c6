"""Rules about a record as a whole: its files, what is said about each table."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator

from feebly.publish.hepdata.lint.findings import Fault
from feebly.publish.hepdata.record_reader import SUBMISSION
from feebly.publish.hepdata.record_writer import LARGEST_ARCHIVE, LARGEST_TABLE
from feebly.publish.hepdata.tables import Submission, Table

_LONGEST_NAME = 64
_PNG = b"\x89PNG\r\n\x1a\n"
_IMAGES = (".png", ".jpg", ".jpeg", ".svg", ".gif")


def missing_description(record: Submission) -> Iterator[Fault]:
    """A table without description, or with a word for one."""
    for table in _of_record(record):
        if len(table.description.split()) < 2:
            yield _named(table), "no description; say what the numbers are and under which assumptions"


def missing_keywords(record: Submission) -> Iterator[Fault]:
    """A table without keywords, or a keyword without values."""
    for table in _of_record(record):
        if not table.keywords:
            yield _named(table), "no keywords; expected cmenergies, observables, reactions or phrases"
        for name, values in table.keywords.items():
            if not values:
                yield _named(table), f"keyword {name!r} has no values"


def long_name(record: Submission) -> Iterator[Fault]:
    """A name that HEPData does not take."""
    for table in _of_record(record):
        if len(table.name) > _LONGEST_NAME:
            yield _named(table), f"name of {len(table.name)} characters; expected at most {_LONGEST_NAME}"
        if not table.name.strip():
            yield _named(table), "no name"


def repeated_name(record: Submission) -> Iterator[Fault]:
    """Two tables of one name or one file."""
    for what, names in (
        ("name", [table.name for table in record.tables]),
        ("data_file", [table.data_file for table in record.tables if table.data_file]),
    ):
        for name, times in Counter(names).items():
            if times > 1:
                yield repr(name), f"{times} tables have this {what}; expected different ones"


def unknown_file(record: Submission) -> Iterator[Fault]:
    """A file that ``submission.yaml`` does not name."""
    if not record.is_record:
        return
    named = {SUBMISSION} | {table.data_file for table in record.tables}
    named |= {location for table in record.tables for location, _ in table.resources}
    named |= {resource.location for resource in record.resources}
    for name in record.files:
        if name not in named:
            yield repr(name), "not named in submission.yaml; name it as a resource or leave it out"


def missing_file(record: Submission) -> Iterator[Fault]:
    """A resource that is named but is not there."""
    if not record.is_record:
        return
    named = [(_named(table), location) for table in record.tables for location, _ in table.resources]
    named += [("record", resource.location) for resource in record.resources]
    for place, location in named:
        if not location.startswith(("http://", "https://")) and location not in record.files:
            yield place, f"the file {location!r} is not there"


def missing_thumbnail(record: Submission) -> Iterator[Fault]:
    """A table without picture, or a picture without its ``thumb_`` beside it."""
    for table in _of_record(record):
        images = [name for name, _ in table.resources if name.lower().endswith(_IMAGES)]
        pictures = [name for name in images if not name.startswith("thumb_")]
        if not pictures:
            yield _named(table), "no picture; expected a PNG and its thumb_ PNG"
        for name in pictures:
            if f"thumb_{name}" not in images:
                yield _named(table), f"picture {name!r} has no thumbnail {f'thumb_{name}'!r}"


def bad_picture(record: Submission) -> Iterator[Fault]:
    """A PNG that is none, or a thumbnail that is not smaller than its picture."""
    widths = {}
    for name, head in record.images.items():
        if len(head) < 24 or not head.startswith(_PNG):
            yield repr(name), "not a PNG"
        else:
            widths[name] = struct.unpack(">I", head[16:20])[0]
    for name, width in widths.items():
        if f"thumb_{name}" in widths and widths[f"thumb_{name}"] >= width:
            yield repr(f"thumb_{name}"), f"{widths[f'thumb_{name}']} pixels wide, its picture {width}"


def too_large(record: Submission) -> Iterator[Fault]:
    """More than HEPData takes: 10 MB of a table, 50 MB in all."""
    for table in record.tables:
        size = record.files.get(table.data_file, 0)
        if size > LARGEST_TABLE:
            yield _named(table), f"{size / 1e6:.1f} MB; expected at most 10 MB: make it a resource"
    total = sum(record.files.values())
    if total > LARGEST_ARCHIVE:
        yield record.source, f"{total / 1e6:.0f} MB in all; expected at most 50 MB"


def unlike_masses(record: Submission) -> Iterator[Fault]:
    """Tables of one record whose masses are a factor thousand apart: a wrong unit in one of them."""
    from feebly.publish.hepdata.lint.scales import mass_range_gev

    found = [(table, mass_range_gev(table)) for table in record.tables]
    ranges = [(table, span) for table, span in found if span is not None]
    for number, (table, (low, high)) in enumerate(ranges):
        others = [span for k, (_, span) in enumerate(ranges) if k != number]
        shifted = [s for s in others if any(_same(low * f, high * f, *s) for f in (1e3, 1e-3))]
        if len(others) >= 2 and len(shifted) > len(others) / 2:
            yield (
                _named(table),
                f"masses of {low:.3g}-{high:.3g} GeV, a factor 1000 from those of other tables; "
                "GeV labelled MeV, or the reverse?",
            )


def _same(low: float, high: float, other_low: float, other_high: float) -> bool:
    """Whether two ranges overlap by more than half of the shorter one, in the logarithm."""
    from math import log

    overlap = log(min(high, other_high)) - log(max(low, other_low))
    return overlap > 0.5 * min(log(high / low), log(other_high / other_low))


def _of_record(record: Submission) -> tuple[Table, ...]:
    """The tables, where something is said about them at all: a lone data file has no description."""
    return record.tables if record.is_record or any(t.description for t in record.tables) else ()


def _named(table: Table) -> str:
    return repr(table.name or table.data_file)

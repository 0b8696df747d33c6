"""``python -m benchmarks``: measure, and print what was reached beside what was to be reached.

CPU time, median of 7, ratios within one process; times that a user waits for are wall times and say so.
Figures are only worth noting on a machine that does nothing else. Without yield tables in the user's cache an
untimed run makes them first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks import chain, combinations, limits, tables, user
from benchmarks.figures import Figure, as_json, machine, table

Topic = Callable[[bool], Iterator[Figure]]
TOPICS: Mapping[str, Topic] = {
    "chain": lambda cold: chain.figures(),
    "tables": lambda cold: tables.figures(),
    "user": user.figures,
    "limits": lambda cold: limits.figures(),
}
LONG_TOPICS: Mapping[str, Topic] = {"combinations": lambda cold: combinations.figures()}
"""Minutes each: measured where they are asked for by name."""


_HELP = f"{', '.join(TOPICS)}; default: all of these; on request, minutes: {', '.join(LONG_TOPICS)}"


def measure(topics: Sequence[str], cold: bool) -> Iterator[Figure]:
    """Figures of the topics, one line on stderr as each is there."""
    for topic in topics:
        for figure in {**TOPICS, **LONG_TOPICS}[topic](cold):
            print(f"{topic}: {figure.name}", file=sys.stderr)
            yield figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; arguments: those of the command line when not given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed and memory of feebly.")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=_HELP)
    parser.add_argument("--cold", action="store_true", help="also the first run in fresh caches (minutes)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args(arguments)
    for topic in asked.topics:
        if topic not in (*TOPICS, *LONG_TOPICS):
            parser.error(f"topic {topic!r} is unknown; choose from {', '.join((*TOPICS, *LONG_TOPICS))}")
    figures = list(measure(asked.topics or list(TOPICS), asked.cold))
    if asked.json:
        print(as_json(figures))
    else:
        print("; ".join(f"{name} {value}" for name, value in machine().items()))
        print(table(figures))


if __name__ == "__main__":
    main()

"""``python -m benchmarks``: measure, and print what was reached beside what was to be reached.

CPU time, median of 7, ratios within one process; times that a user waits for are wall times and say so.
Figures are only worth noting on a machine that does nothing else. Without yield tables in the user's cache an
untimed run makes them first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks import chain, limits, tables, user
from benchmarks.figures import Figure, as_json, machine, table

Topic = Callable[[bool], Iterator[Figure]]
TOPICS: Mapping[str, Topic] = {
    "chain": lambda cold: chain.figures(),
    "tables": lambda cold: tables.figures(),
    "user": user.figures,
    "limits": lambda cold: limits.figures(),
}


def measure(topics: Sequence[str], cold: bool) -> Iterator[Figure]:
    """Figures of the topics, one line on stderr as each is there."""
    for topic in topics:
        for figure in TOPICS[topic](cold):
            print(f"{topic}: {figure.name}", file=sys.stderr)
            yield figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; arguments: those of the command line when not given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed and memory of feebly.")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"{', '.join(TOPICS)}; default: all")
    parser.add_argument("--cold", action="store_true", help="also the first run in fresh caches (minutes)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args(arguments)
    for topic in asked.topics:
        if topic not in TOPICS:
            parser.error(f"topic {topic!r} is unknown; choose from {', '.join(TOPICS)}")
    figures = list(measure(asked.topics or list(TOPICS), asked.cold))
    if asked.json:
        print(as_json(figures))
    else:
        print("; ".join(f"{name} {value}" for name, value in machine().items()))
        print(table(figures))


if __name__ == "__main__":
    main()

"""Commands with their options and exit codes, from the command line itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from markdown import code, page, prose, table


def commands() -> str:
    """Every command: usage, help, options."""
    from typer.main import get_command

    from feebly.cli.app import app

    intro = (
        "This is what `feebly COMMAND --help` prints. `--json` puts one JSON object on stdout and nothing "
        "else; notes and progress go to stderr. See [](exit-codes.md) for how a command ends."
    )
    return page("Commands", intro, *_entries(get_command(app), "feebly"))


def _entries(command: Any, path: str) -> Iterator[str]:
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield f"## {path}"
        yield f"```text\n{_usage(command, path)}\n```"
        yield from _help(command.help)
        yield table(("option", "meaning", "default"), map(_option, command.params))
        return
    for name, subcommand in subcommands.items():
        yield from _entries(subcommand, f"{path} {name}")


def _usage(command: Any, path: str) -> str:
    names = [p.metavar or p.name.upper() for p in command.params if p.param_type_name == "argument"]
    return " ".join([path, *names, "[OPTIONS]"])


def _help(text: str) -> Iterator[str]:
    """Paragraphs, and the examples behind a line with a backspace as they stand."""
    explained, _, examples = inspect.cleandoc(text).partition("\b\n")
    yield prose(explained).strip()
    if examples:
        lines = [f"$ {line.strip()}" for line in examples.splitlines()[1:] if line.strip()]
        yield "```text\n" + "\n".join(lines) + "\n```"


def _option(option: Any) -> tuple[str, str, str]:
    name = option.metavar if option.param_type_name == "argument" else _names(option)
    return code(name), prose(option.help), "required" if option.required else _default(option)


def _names(option: Any) -> str:
    """``-n, --events N``, or ``--weighted / --unweighted`` for a flag with two sides."""
    sides = [", ".join(side) for side in (option.opts, option.secondary_opts) if side]
    return " / ".join(sides) + ("" if option.is_flag else f" {option.metavar or ''}")


def _default(option: Any) -> str:
    if option.secondary_opts:
        return code((option.opts if option.default else option.secondary_opts)[0])
    return "" if option.default in (None, False) else code(option.default)


MEANINGS = {
    "FAILED_CHECK": "a comparison or proof that the command makes failed",
    "WRONG_VALUE": "a value is wrong: model, channel, preset, mass, file, disk; one line says which",
    "BLINDED": "what was asked for needs data that are blinded",
    "NOT_CONVERGED": "a cell within a factor 3 of the limit missed the precision; the run is written",
    "INTERRUPTED": "Ctrl-C; finished tables are kept, the same command goes on",
    "READER_LEFT": "the program that read the output ended first (a closed pipe)",
}


def exit_codes() -> str:
    """Exit codes by number, from the constants of the command line."""
    from feebly.cli import exits

    found = {name: value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    if found.keys() != MEANINGS.keys():
        raise ValueError(
            f"docs/_ext/cli_pages.py explains {set(MEANINGS)}, feebly.cli.exits has {set(found)}"
        )
    rows = {0: "done; closed masses are a note", 2: "the command line cannot be parsed"}
    rows |= {value: MEANINGS[name] for name, value in found.items()}
    intro = "An error is one line on stderr: place, value, what was expected, the mend."
    bug = "A traceback is a bug (also exit code 1): please report it with the command."
    ordered = [(code(number), rows[number]) for number in sorted(rows)]
    return page("Exit codes", intro, table(("code", "meaning"), ordered), bug)

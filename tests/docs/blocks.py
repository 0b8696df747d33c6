"""Code blocks of a Markdown page, executed: Python by Sybil, ``console`` in a shell, TOML parsed.

Comments on the line before a block say what cannot be seen from the block:

``<!-- not executed: REASON -->`` for what cannot run in a test (it is counted and listed),
``<!-- in tests with: OPTIONS -->`` options that make `_SLOW` commands small,
``<!-- exit code: N -->`` for a command that is meant to fail; its stderr belongs to the output then,
``<!-- saved as: FILE -->`` a TOML file that the commands after it use.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from feebly.cli import main

ROOT = Path(__file__).parents[2]
OUTPUT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
EXECUTED = ("python", "console", "toml")
SHOWN = ("text",)
"""Languages of blocks that are no code: tables and drawings in letters."""

_FENCE = re.compile(r"^(`{3,}|~{3,})(.*)$")
_MARK = re.compile(r"<!-- (not executed|in tests with|exit code|saved as): (.+) -->\n\Z")
_SHELL = re.compile(r"[|&;<>$`*?#~{}\\\n\[\]()]")
"""What a shell does not take as it stands."""
_SLOW = re.compile(r"feebly (?:run|presets compare|kaon invisible)\b(?:[^;|&\n\\]|\\\n)*")


@dataclass
class Tally:
    """What became of the blocks of a page."""

    executed: int = 0
    smaller: int = 0
    left_out: list[str] = field(default_factory=list)


def pages() -> list[Path]:
    """README and all pages of the documentation that are written by hand."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    made = [page for page in found if {"_build", "generated"} & set(page.relative_to(ROOT).parts)]
    return [ROOT / "README.md", *(page for page in found if page not in made)]


PARTS = ("readme", "how-to a-h", "how-to i-z", "others")
"""Groups of pages that are executed side by side, one file of tests each."""


def part_of(page: Path) -> str:
    """The group of a page."""
    if page.name == "README.md":
        return "readme"
    if page.parent.name != "how-to":
        return "others"
    return "how-to a-h" if page.name < "i" else "how-to i-z"


def pages_of(part: str) -> list[Path]:
    """The pages of one of `PARTS`."""
    return [page for page in pages() if part_of(page) == part]


def page_id(page: Path) -> str:
    """The page as the name of its test."""
    return str(page.relative_to(ROOT))


def fences(text: str) -> list[tuple[int, str]]:
    """(line, language) of every fenced block."""
    found, closing = [], None
    for number, line in enumerate(text.splitlines(), 1):
        match = _FENCE.match(line)
        if match is None:
            continue
        if closing is None:
            closing = match[1]
            found.append((number, match[2].strip()))
        elif match[1].startswith(closing) and not match[2].strip():
            closing = None
    return found


def mark_of(document: Document, region: Region) -> tuple[str, str]:
    """Kind and text of the comment before a block; ("", "") without one."""
    match = _MARK.search(document.text[: region.start])
    return (match[1], match[2]) if match else ("", "")


def run_page(path: Path, folder: Path, tally: Tally) -> None:
    """Execute all blocks of a page in this folder; raises for the first that fails."""
    sybil = Sybil([PythonCodeBlockParser(doctest_optionflags=OUTPUT), *_other_parsers(folder)])
    document = sybil.parse(path)
    for example in document.examples():
        kind, text = mark_of(document, example.region)
        if kind == "not executed":
            tally.left_out.append(f"{path.relative_to(ROOT)}:{example.line}: {text}")
            continue
        example.evaluate()
        tally.executed += 1
        tally.smaller += kind == "in tests with"


def _other_parsers(folder: Path) -> list[CodeBlockParser]:
    return [
        CodeBlockParser("console", lambda example: _console(example, folder)),
        CodeBlockParser("toml", lambda example: _toml(example, folder)),
    ]


def _toml(example: Example, folder: Path) -> None:
    tomllib.loads(str(example.parsed))
    kind, name = mark_of(example.document, example.region)
    if kind == "saved as":
        (folder / name).write_text(str(example.parsed), encoding="utf-8")


def commands(block: str) -> list[tuple[str, str]]:
    """(command, output) of a console block: a line with ``$ `` and its ``\\`` continuations, then output."""
    found: list[tuple[list[str], list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found and not found[-1][1] and found[-1][0][-1].endswith("\\"):
            found[-1][0].append(line)
        elif found:
            found[-1][1].append(line)
        else:
            raise AssertionError(f"a console block begins with '$ ', not with {line!r}")
    return [("\n".join(command), "\n".join(output).strip()) for command, output in found]


def _console(example: Example, folder: Path) -> None:
    kind, text = mark_of(example.document, example.region)
    wanted_code = int(text) if kind == "exit code" else 0
    for command, output in commands(str(example.parsed)):
        line = re.sub("  #.*", "", command)
        small = (
            _SLOW.sub(lambda slow: f"{slow[0].rstrip()} {text} ", line) if kind == "in tests with" else line
        )
        code, out, err = shell(small, folder)
        shown = out if wanted_code == 0 else out + err
        place = f"{example.path}:{example.line}: $ {command}"
        assert code == wanted_code, f"{place}\nexit code {code}\n{out}{err}"
        good = not output or doctest.OutputChecker().check_output(output + "\n", shown, OUTPUT)
        assert good, f"{place}\nexpected:\n{output}\ngot:\n{shown}\n{err}"


def shell(command: str, folder: Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command in a folder, with this interpreter's programs first.

    A line that is nothing but one call of ``feebly`` runs in this process: the libraries are loaded once for
    all pages. Whatever needs a shell (pipes, loops, variables) gets one, with processes of its own.
    """
    environment = {"COLUMNS": "120", "NO_COLOR": "1"}
    if is_plain(command):
        arguments = shlex.split(_one_line(command))[1:]
        with mock.patch.dict(os.environ, environment), contextlib.chdir(folder):
            return _call(arguments)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | environment | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout, done.stderr


def is_plain(command: str) -> bool:
    """Whether a shell would do nothing with a command but to split it and to call ``feebly``."""
    return command.startswith("feebly ") and not _SHELL.search(_one_line(command))


def _one_line(command: str) -> str:
    return command.replace("\\\n", " ")


def _call(arguments: list[str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code
    return int(code or 0), out.getvalue(), err.getvalue()

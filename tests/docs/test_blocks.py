"""How the code blocks of README and docs are executed; the pages themselves are in test_pages_*."""

from pathlib import Path

import pytest

from docs.blocks import (
    EXECUTED,
    PARTS,
    ROOT,
    SHOWN,
    Tally,
    commands,
    fences,
    is_plain,
    page_id,
    pages,
    pages_of,
    run_page,
    shell,
)


def test_every_page_is_in_one_part() -> None:
    assert sorted(page for part in PARTS for page in pages_of(part)) == sorted(pages())
    folder = Path(__file__).parent
    executed = {part: folder / f"test_pages_{part.replace(' ', '_').replace('-', '_')}.py" for part in PARTS}
    assert all(f'"{part}"' in file.read_text(encoding="utf-8") for part, file in executed.items())


@pytest.mark.parametrize("page", pages(), ids=page_id)
def test_every_block_says_what_it_is(page: Path) -> None:
    """A block without language would neither be executed nor counted."""
    for line, language in fences(page.read_text(encoding="utf-8")):
        directive = language.startswith("{") and not language.startswith("{code")
        assert directive or language in (*EXECUTED, *SHOWN), f"{page}:{line}: language {language!r}"


FAILING = {
    "exit code": "```console\n$ feebly limit --n -1 --b 1\n```\n",
    "output": "```console\n$ feebly limit --n 0 --b 1\ns < 2.4 events...\n```\n",
    "python": "```python\nassert 1 + 1 == 3, 'expected'\n```\n",
    "doctest": "```python\n>>> 1 + 1\n3\n```\n",
    "toml": "```toml\na = \n```\n",
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_wrong_block_fails(kind: str, checkout: Path) -> None:
    page = checkout / "wrong.md"
    page.write_text(FAILING[kind], encoding="utf-8")
    with pytest.raises(Exception, match=r"exit code 3|expected|assert|Expected|Invalid value") as failure:
        run_page(page, checkout, Tally())
    assert not isinstance(failure.value, (FileNotFoundError, NotImplementedError))


def test_marks(checkout: Path) -> None:
    page = ROOT / "tests" / "docs" / "marks.md"
    tally = Tally()
    run_page(page, checkout, tally)
    assert (tally.executed, tally.smaller) == (2, 1)
    assert tally.left_out == ["tests/docs/marks.md:4: it would take a year"]


def test_commands_of_a_console_block() -> None:
    block = "$ a \\\n  b\nout 1\n\nout 2\n$ c\n"
    assert commands(block) == [("a \\\n  b", "out 1\n\nout 2"), ("c", "")]


PLAIN = {
    "feebly limit --n 1 --b 0.016": True,
    "feebly run mine.toml \\\n      --mass 0.2:0.3": True,
    "feebly kaon peaks pi-a --inject 250=2e-8": True,
    "feebly yields dark-photon > table.csv": False,
    "feebly limit --n $N --b 1": False,
    "feebly plot run-*": False,
    "XDG_CACHE_HOME=here feebly channels": False,
    "feebly channels; feebly channels": False,
    "cat mine.toml": False,
}


@pytest.mark.parametrize("command", PLAIN)
def test_a_shell_is_left_out_where_it_would_do_nothing(command: str) -> None:
    assert is_plain(command) == PLAIN[command]


@pytest.mark.parametrize(
    "arguments", ["limit --n 0 \\\n   --b 1 --json", "limit --n -1 --b 1", "experiment shwo", "--version"]
)
def test_the_same_answer_with_and_without_a_shell(arguments: str, checkout: Path) -> None:
    here, there = (
        shell(command, checkout) for command in (f"feebly {arguments}", f"true; feebly {arguments}")
    )
    assert here == there
    assert here[1] + here[2]


def test_fences() -> None:
    assert fences("a\n```python\n```\n~~~~\n```\n~~~~\n```{note}\n```\n") == [
        (2, "python"),
        (4, ""),
        (7, "{note}"),
    ]

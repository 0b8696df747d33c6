"""What only a process of its own can show: start-up, signals, closed pipes, full disks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import feebly

FEEBLY = [sys.executable, "-c", "from feebly.cli import main; main()"]
HEAVY = ("numpy", "scipy", "numba", "matplotlib", "h5py", "rich", "typer", "importlib.metadata")
FULL = Path("/dev/full")
# a buffer that could not be written is written once more when the interpreter ends: keep the buffer
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}

SOURCES = os.environ | {"PYTHONPATH": str(Path(feebly.__file__).parents[1])}


def run_into(stdout, command):
    return subprocess.run([*FEEBLY, *command], stdout=stdout, stderr=subprocess.PIPE, text=True, env=BUFFERED)


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_import_feebly_loads_nothing_heavy():
    code = f"import sys, feebly\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    assert python(code).split() == []


def test_nothing_is_loaded_before_ctrl_c_is_caught():
    code = (
        "import sys\nbefore = set(sys.modules)\nimport feebly.cli\nprint(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, env=SOURCES)
    assert done.stdout.split() == ["__future__", "feebly", "feebly.cli"]


def test_help_loads_no_numerics():
    code = (
        "import sys\nfrom feebly.cli import main\n"
        "try: main(['run', '--help'])\n"
        f"except SystemExit: print('loaded:', *(n for n in {HEAVY[:5]!r} if n in sys.modules))"
    )
    assert python(code).splitlines()[-1] == "loaded:"


def test_full_disk_behind_stdout_is_one_line():
    if not FULL.exists():
        pytest.skip("no /dev/full")
    with FULL.open("w") as full:
        done = run_into(full, ["presets", "show"])
    assert done.returncode == 3
    assert done.stderr == "error: standard output: No space left on device\n"


@pytest.mark.parametrize("command", [["presets", "show"], ["limit", "--n", "0", "--b", "1"]])
def test_reader_that_left_is_no_error(command):
    read, write = os.pipe()
    os.close(read)
    done = run_into(write, command)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def interrupted(code):
    """(exit code, stderr) of a process that gets Ctrl-C once it has said that it started."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{HEEDED}\n{SLOW}\n{code}\nfrom feebly.cli import main\nmain()", *RUN],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=50)
    return process.returncode, errors


RUN = ("run", "dark-photon")
# tests that run in the background of a shell inherit that Ctrl-C is ignored
HEEDED = "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
SLOW = """
def slow(*_, **__):
    import time
    print('started', flush=True)
    time.sleep(60)
"""


def test_ctrl_c_is_one_line():
    code = (
        "import types\n"
        "sys.modules['feebly.workflow.run'] = types.SimpleNamespace(run=slow)\n"
        "sys.modules['feebly.report.run_folder'] = types.SimpleNamespace(write_run=None)"
    )
    assert interrupted(code) == (6, "interrupted: finished tables are kept, the same command resumes\n")


@pytest.mark.parametrize("module", ["feebly.cli.app", "typer", "feebly.cli.exits"])
def test_ctrl_c_while_modules_are_loaded_is_one_line(module):
    code = (
        "class Slow:\n"
        f"    def find_spec(self, name, *_): return slow() if name == {module!r} else None\n"
        "sys.meta_path.insert(0, Slow())"
    )
    assert interrupted(code) == (6, "interrupted\n")


def test_ctrl_c_that_became_another_error_is_one_line():
    # Python 3.11 does so in __set_name__: RuntimeError from KeyboardInterrupt
    code = (
        "class Slow:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer':\n"
        "            try: slow()\n"
        "            except KeyboardInterrupt as error: raise RuntimeError('__set_name__') from error\n"
        "sys.meta_path.insert(0, Slow())"
    )
    assert interrupted(code) == (6, "interrupted\n")


def test_ctrl_c_while_the_command_line_is_parsed_is_one_line():
    code = "import typer.core\ntyper.core.TyperGroup.parse_args = slow"
    assert interrupted(code) == (6, "interrupted\n")

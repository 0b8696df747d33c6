"""The version of the kernels: every compiled function of the package is part of it."""

import sys
from pathlib import Path

from numba.core.dispatcher import Dispatcher

import feebly
from feebly.engine import batch, chain
from feebly.engine.groups import KINDS
from feebly.engine.in_flight import InFlight
from feebly.engine.many_bodies import FourTracks
from feebly.engine.two_tracks import TwoTracks


def test_digest_covers_every_compiled_function() -> None:
    """A stage that is missing here would change without a new key of tables and of compiled code."""
    root = Path(feebly.__file__).parent
    listed = {
        root.joinpath(*package.split(".")[1:], name)
        for kind in KINDS
        for decay in (TwoTracks, FourTracks, InFlight)
        for package, name in chain.kernel_files(kind, decay)
    }
    functions = [
        item
        for name, module in list(sys.modules.items())
        if name.startswith("feebly.")
        for item in vars(module).values()
        if isinstance(item, Dispatcher)
    ]
    assert len(functions) > 20
    reads_tables = {Path(batch.__file__)}  # makes none: its functions are no part of their key
    assert {Path(item.py_func.__code__.co_filename) for item in functions} - reads_tables <= listed
    assert {path for path in listed if not path.exists()} == set()


def test_kinds_of_one_group_share_the_machine_code() -> None:
    assert chain.compiled_chain("mixing", TwoTracks) is chain.compiled_chain("bremsstrahlung", TwoTracks)
    assert len(chain.kernel_digest("mixing", TwoTracks)) == 64

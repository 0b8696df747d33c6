"""Counter-based random numbers: Philox4x32-10 (Salmon et al., SC'11, doi:10.1145/2063384.2063405).

The key names the stream (seed, production and decay), the counter names the event and the draw. The same
event therefore gets the same numbers on any number of workers and at every mass.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from feebly.core.block import BODY_ROWS, G0, INDEX, N0, NORMAL_ROWS, RANDOM_ROWS, STRIDE, U0, U_BODY, U_FREE
from feebly.core.compiled import inlined, stage
from feebly.core.vecmath import normal_pair

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_UNIT = 2.0**-32

# Draw numbers: first of the groups of four that each set of rows takes.
BODY_GROUP, FREE_GROUP, NORMAL_GROUP, MORE_NORMAL_GROUP = 3, 4, 16, 19


def stream_key(seed: int, *names: str) -> tuple[np.uint64, np.uint64]:
    """Two 32-bit key words from the seed and the names of a stream (its production and decay)."""
    text = "\x1f".join((str(int(seed)), *names)).encode()
    words = np.frombuffer(hashlib.sha256(text).digest()[:8], dtype="<u4")
    return np.uint64(words[0]), np.uint64(words[1])


@inlined
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32: four 32-bit words (in uint64) from a 128-bit counter and a 64-bit key."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _LOW, (p0 >> _32) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@inlined
def _to_unit(word):
    """A number in (0, 1) from a 32-bit word."""
    return (np.float64(np.int64(word)) + 0.5) * _UNIT


def _uniform_filler(first_row: int, rows: int, first_draw: int) -> Any:
    @stage
    def fill(s, n, key0, key1, first_event):
        """Fill rows with uniform numbers in (0, 1) for the n events from first_event on."""
        zero, key0, key1 = np.uint64(0), key0 & _LOW, key1 & _LOW  # lets the compiler see 32-bit words
        for group in range(rows // 4):
            row = first_row + 4 * group * STRIDE
            draw = np.uint64(first_draw + group)
            for i in range(n):
                event = np.uint64(first_event + i)
                a, b, c, d = philox(event & _LOW, event >> _32, draw, zero, key0, key1)
                s[row + i] = _to_unit(a)
                s[row + STRIDE + i] = _to_unit(b)
                s[row + 2 * STRIDE + i] = _to_unit(c)
                s[row + 3 * STRIDE + i] = _to_unit(d)

    return fill


fill_uniform = _uniform_filler(U0, RANDOM_ROWS, 0)
fill_body = _uniform_filler(U_BODY, BODY_ROWS, BODY_GROUP)


def free_filler(first: int, last: int) -> Any:
    """A stage that fills the rows U_FREE of the groups of four from first to last - 1 with uniform numbers.

    For events first_event + s[INDEX + i].
    """

    @stage
    def fill(s, n, key0, key1, first_event):
        zero, key0, key1 = np.uint64(0), key0 & _LOW, key1 & _LOW
        for group in range(first, last):
            row = U_FREE + 4 * group * STRIDE
            draw = np.uint64(FREE_GROUP + group)
            for i in range(n):
                event = np.uint64(first_event + np.int64(s[INDEX + i]))
                a, b, c, d = philox(event & _LOW, event >> _32, draw, zero, key0, key1)
                s[row + i] = _to_unit(a)
                s[row + STRIDE + i] = _to_unit(b)
                s[row + 2 * STRIDE + i] = _to_unit(c)
                s[row + 3 * STRIDE + i] = _to_unit(d)

    return fill


def _normal_filler(first_row: int, rows: int, first_draw: int) -> Any:
    @stage
    def fill(s, n, key0, key1, first_event):
        """Fill rows with normal deviates for events first_event + s[INDEX + i] (Box-Muller)."""
        zero, key0, key1 = np.uint64(0), key0 & _LOW, key1 & _LOW
        for group in range((rows + 2) // 4):
            row = first_row + 4 * group * STRIDE
            draw = np.uint64(first_draw + group)
            second_pair = 4 * group + 4 <= rows
            for i in range(n):
                event = np.uint64(first_event + np.int64(s[INDEX + i]))
                a, b, c, d = philox(event & _LOW, event >> _32, draw, zero, key0, key1)
                s[row + i], s[row + STRIDE + i] = normal_pair(_to_unit(a), _to_unit(b))
                if second_pair:
                    s[row + 2 * STRIDE + i], s[row + 3 * STRIDE + i] = normal_pair(_to_unit(c), _to_unit(d))

    return fill


fill_normal = _normal_filler(G0, NORMAL_ROWS, NORMAL_GROUP)


def more_normals(rows: int) -> Any:
    """A stage that fills the first N rows, at least so many, with normal deviates, as ``fill_normal``."""
    return _normal_filler(N0, 2 * ((rows + 1) // 2), MORE_NORMAL_GROUP)

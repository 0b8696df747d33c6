"""Philox4x32-10 in Python's whole numbers (Salmon et al., SC'11), as printed in the paper."""

from __future__ import annotations

_WORD = 2**32


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Four 32-bit words from a counter of four and a key of two."""
    c0, c1, c2, c3 = counter
    for step in range(10):
        k0 = (key[0] + step * 0x9E3779B9) % _WORD
        k1 = (key[1] + step * 0xBB67AE85) % _WORD
        high0, low0 = divmod(0xD2511F53 * c0, _WORD)
        high1, low1 = divmod(0xCD9E8D57 * c2, _WORD)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
    return c0, c1, c2, c3

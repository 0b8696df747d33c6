"""Rebuild src/feebly/data/formfactors/scalar_form_factors.csv from the digitised matrix elements.

    python scripts/build_scalar_form_factors.py dark_scalar_form_factors.json > scalar_form_factors.csv

Input: {"m": [GeV], "gamma2Pi": [[modulus, phase], ...], ...}, the form factors Γ, Δ, θ of pion and kaon pairs
in GeV², phases in radians. Output: the same numbers, one row per mass; phases made continuous in the mass.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from pathlib import Path

COLUMNS = ("gamma2Pi", "delta2Pi", "theta2Pi", "gamma2K", "delta2K", "theta2K")


def continuous(phases: list[float]) -> list[float]:
    """The phases with full turns added where they jump by more than half a turn."""
    result = phases[:1]
    for phase in phases[1:]:
        turns = round((result[-1] - phase) / (2 * math.pi))
        result.append(phase + 2 * math.pi * turns)
    return result


def rows(table: dict[str, list]) -> list[list[float]]:
    """Mass, then modulus and phase of each form factor."""
    columns = [table["m"]]
    for name in COLUMNS:
        moduli, phases = map(list, zip(*table[name], strict=True))
        columns += [moduli, continuous(phases)]
    return [list(row) for row in zip(*columns, strict=True)]


def main(path: str) -> None:
    content = Path(path).read_bytes()
    names = [f"{name}_{part}" for name in COLUMNS for part in ("abs_gev2", "phase_rad")]
    print("# matrix elements <P P|...|0> of a light scalar, dispersive analysis of 1809.01876; see README.md")
    print(f"# input sha256 {hashlib.sha256(content).hexdigest()}")
    print(",".join(["mass_gev", *names]).lower())
    for row in rows(json.loads(content)):
        print(",".join(f"{value:.6g}" for value in row))


if __name__ == "__main__":
    main(sys.argv[1])

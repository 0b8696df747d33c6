"""Rebuild src/feebly/data/formfactors/alp_widths_{gluons,quarks}.csv from the resampled ALP widths.

    python scripts/build_alp_widths.py alp_widths.json gluons > alp_widths_gluons.csv
    python scripts/build_alp_widths.py alp_widths.json quarks > alp_widths_quarks.csv

Input: {"m": [GeV], "BC11": {column: [eV]}, "BC10": {column: [GeV³]}}. Output: the same numbers with the
package's names of the final states, one row per mass: Γ [eV] at C_GG = 1, Λ = 1 TeV of gluons (a row without
a total is left out), Γ f² [GeV³] of quarks.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

GLUONS = {  # column of the package -> column of the input
    "total": "total",
    "gammagamma": "2Gamma",
    "3pi": "3Pi",
    "3pi0": "3Pi0",
    "pipigamma": "2PiGamma",
    "etapipi": "2PiEta",  # charged and neutral pions together, as the columns below
    "etaprimepipi": "2PiEtaPrim",
    "kkpi": "2KPi",
    "rhorho": "2Rho",
    "omegaomega": "2Omega",
    "kstarkstar": "2Kstar",
    "phiphi": "2Phi",
}
QUARKS = {
    "hadrons": "TotalHad",
    "3pi": "3Pi",
    "3pi0": "3Pi0",
    "pipigamma": "2PiGamma",
    "2pi2pi0": "2Pi2Pi0",
    "4pi": "4Pi",
    "pipieta": "2PiEta",
    "pi0pi0eta": "2Pi0Eta",
    "kkpi0": "2KPi0",
    "k0k0pi0": "2K0Pi0",
    "k0kpi": "KK0Pi",
    "pipietaprime": "2PiEtaPrim",
    "pi0pi0etaprime": "2Pi0EtaPrim",
    "kstarkstar": "2Kstar",
    "k0stark0star": "2Kstar0",
    "omegaomega": "2Omega",
    "phiphi": "2Phi",
    "pipiomega": "2PiOmega",
    "3eta": "3Eta",
}
TABLES = {"gluons": ("BC11", GLUONS, "1811.03474"), "quarks": ("BC10", QUARKS, "2310.03524")}


def rows(table: dict, part: str) -> list[list[float]]:
    """Mass and the columns of one table; without the last row of gluons, which has no total."""
    section, columns, _ = TABLES[part]
    values = [table["m"], *(table[section][name] for name in columns.values())]
    every = [list(row) for row in zip(*values, strict=True)]
    return every[:-1] if part == "gluons" else every


def main(path: str, part: str) -> None:
    content = Path(path).read_bytes()
    _, columns, source = TABLES[part]
    print(f"# widths of an axion-like particle that couples to {part}, {source}; see README.md")
    print(f"# input sha256 {hashlib.sha256(content).hexdigest()}")
    print(",".join(["mass_gev", *columns]))
    for row in rows(json.loads(content), part):
        print(",".join(f"{value:.6g}" for value in row))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

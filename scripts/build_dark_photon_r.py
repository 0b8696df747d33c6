"""Rebuild src/feebly/data/formfactors/dark_photon_r_deliver.csv from the resampled DeLiVeR tables.

    python scripts/build_dark_photon_r.py dark_photon_R.json > dark_photon_r_deliver.csv

Input: {"m": [GeV], "R": {column: [...]}}, R = σ(e+e- -> X)/(4πα²/3s), resampled from the branching-ratio
tables of DeLiVeR (2201.01788) that are shipped with FORESEE. The input has nested columns: `4pi`, `KK`,
`KKpi`, `6pi`, ... are the sums of their `single_*` parts, and `qcd` (the total) is the sum of the exclusive
columns to 1.70 GeV and `quarks` (inclusive R of u, d, s) above. The output columns are disjoint: their sum is
`qcd`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

SWITCH_GEV = 1.70  # DeLiVeR: inclusive quarks above, where the curves cross

CHANNELS = {  # column of the package -> column of the input
    "pipi": "2pi",
    "3pi": "3pi",
    "4pi": "single_4pi_c",  # pi+pi-pi+pi-
    "2pi2pi0": "single_4pi_n",
    "kk": "single_KK_c",
    "k0k0": "single_KK_n",
    "k0k0pi0": "single_KKpi_0",  # K_L K_S pi0
    "kkpi0": "single_KKpi_1",  # K+ K- pi0
    "k0kpi": "single_KKpi_2",  # K0 K- pi+ and charge conjugate
    "pi0gamma": "PiGamma",
    "etagamma": "EtaGamma",
    "pipieta": "EtaPiPi",
    "omegapi0": "OmegaPion",  # omega -> pi0 gamma only: omega -> 3 pi is in 2pi2pi0
}
OTHER = (
    *("6pi", "EtaOmega", "EtaPhi", "EtaPrimePiPi", "KKpipi"),
    *("OmPiPi", "PhiPi", "PhiPiPi", "nnbar", "ppbar"),
)


def rows(masses: list[float], r: dict[str, list[float]]) -> list[list[float]]:
    """Rows of the package's table; ValueError when the exclusive columns exceed the total."""
    result = []
    for i, mass in enumerate(masses):
        named = [r[column][i] for column in CHANNELS.values()]
        other = sum(r[column][i] for column in OTHER)
        excess = r["qcd"][i] - sum(named) - other if mass > SWITCH_GEV else 0.0
        if excess < 0:
            raise ValueError(f"exclusive columns exceed the total at {mass} GeV")
        result.append([mass, *named, other, excess])
    return result


def main(path: str) -> None:
    content = Path(path).read_bytes()
    print("# R = sigma(e+e- -> X) / (4 pi alpha^2 / 3s), massless point cross section; columns are disjoint")
    print("# DeLiVeR (2201.01788) as shipped with FORESEE, resampled; see README.md")
    print(f"# input sha256 {hashlib.sha256(content).hexdigest()}")
    print(",".join(["mass_gev", *CHANNELS, "other-exclusive", "inclusive-excess"]))
    table = json.loads(content)
    for row in rows(table["m"], table["R"]):
        print(",".join(f"{value:.4g}" for value in row))


if __name__ == "__main__":
    main(sys.argv[1])

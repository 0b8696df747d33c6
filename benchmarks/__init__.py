"""Speed and memory of feebly beside what was promised: ``python -m benchmarks`` (``make bench``).

The NumPy versions of the physics that serve as oracles of the tests live under ``tests/``; this package puts
that folder on the path.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

for _folder in (ROOT, ROOT / "tests"):
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))

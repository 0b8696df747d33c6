"""Every entry of check_values.json that the package can compute, against its expected value."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_allclose

from check_value_functions import check_function

FOLDER = Path(os.environ.get("FEEBLY_REFERENCE") or Path(__file__).parent / "reference")
ENTRIES: list[dict[str, Any]] = json.loads((FOLDER / "check_values.json").read_text(encoding="utf-8"))


@pytest.mark.reference
@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["id"] for entry in ENTRIES])
def test_check_value(entry: dict[str, Any]) -> None:
    function = check_function(entry["id"])
    if function is None:
        prefix = ".".join(entry["id"].split(".")[:2])
        pytest.skip(f"no function for prefix {prefix} yet")
    # an expected zero has no relative tolerance: closed channels, to 1e-12
    assert_allclose(
        function(entry["inputs"]), entry["expected"], rtol=entry["rel_tol"], atol=1e-12 * _has_zero(entry)
    )


def _has_zero(entry: dict[str, Any]) -> bool:
    expected = entry["expected"]
    return 0 in (expected if isinstance(expected, list) else [expected])

"""Numbers and names in figures."""

import pytest

from feebly.report.symbols import with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (32.98, 0.17, "33.0 ± 0.2"),
        (33.1, 0.096, "33.1 ± 0.1"),
        (412.6, 3.1, "413 ± 3"),
        (15423, 183, "15400 ± 200"),
        (1.0567e-4, 8e-8, r"(1.0567 ± 0.0008) $\times 10^{-4}$"),
        (2e7, 1e5, r"(2.00 ± 0.01) $\times 10^{7}$"),
    ],
)
def test_value_with_error(value, error, text):
    assert with_error(value, error) == text

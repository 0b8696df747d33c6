"""JSON as other programs can read it."""

import json

import numpy as np

from feebly.cli.output import answer_json


def test_json_has_no_nan_and_no_infinity(capsys):
    answer_json({"a": np.array([1.5, np.nan]), "b": [float("inf"), {"c": -np.inf}], "d": "nan", "e": None})
    found = json.loads(capsys.readouterr().out)
    assert found == {"a": [1.5, None], "b": [None, {"c": None}], "d": "nan", "e": None}

"""The folder of a comparison: effects.csv, contours.csv with the theory band, the figure, comparison.json."""

from __future__ import annotations

import json
from pathlib import Path

from feebly.core.errors import DataError
from feebly.core.tables import plain, write_atomically
from feebly.report.contour_table import contours_csv
from feebly.report.effect_plot import comparison_png
from feebly.report.effect_table import comparison_dict, effect_csv
from feebly.workflow.compare import Comparison


def write_comparison(result: Comparison, folder: str | Path) -> Path:
    """Write the files into ``folder`` (made if need be) and return it; DataError when the disk does not."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot write {folder}: {error.strerror}") from error
    write_atomically(folder / "effects.csv", effect_csv(result))
    write_atomically(folder / "contours.csv", contours_csv(result.run_with_band))
    write_atomically(folder / "comparison.png", comparison_png(result))
    text = json.dumps(plain(comparison_dict(result)), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / "comparison.json", text + "\n")
    return folder

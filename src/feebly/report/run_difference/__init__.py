"""Two runs compared: what moved, by how much, and which of their inputs, options or versions moved it."""

from feebly.report.run_difference.comparison import RunDifference, compare_runs
from feebly.report.run_difference.kept import KeptRun, read_kept

__all__ = ["KeptRun", "RunDifference", "compare_runs", "read_kept"]

"""A small result of ``feebly kaon``, as its commands make them."""

from feebly.core.provenance import Origin
from feebly.report.figure_style import figure_file, own_style
from feebly.report.kaon_folder import KaonResult
from feebly.workflow.result import InputRecord


def small_result(**changes):
    """Three masses, the last without a limit."""
    given = {
        "command": "peaks",
        "title": "K+ -> pi+ a, made up",
        "summary": "BR(K+ -> pi+ a) < 2e-9 to 3e-9 at 90% CL (counts)",
        "setting": {
            "search": "made-up",
            "decay": "K+ -> pi+ a",
            "experiment": "na62-kaon",
            "data": "masses.csv",
            "seed": 1,
            "cl": 0.9,
            "convention": "cls-counting",
            "method": "counts",
            "blinded": False,
        },
        "found": {
            "events": 7,
            "largest_local_z": 0.8,
            "branching_ratio_limits": [2e-9, 3e-9],
            "global": None,
        },
        "inputs": (
            InputRecord("search: ses", "1e-10", Origin("published", "2311.01837"), "ab" * 32),
            InputRecord("data", "7 events", Origin("assumed", "given by the user: masses.csv"), "cd" * 32),
        ),
        "rows": {
            "mass_gev": [0.21, 0.22, 0.23],
            "n": [2.0, 5.0, 0.0],
            "b": [1.5, 4.25, float("nan")],
            "sigma_b": [0.2, 0.3, float("nan")],
            "branching_ratio_limit": [2e-9, 3e-9, float("nan")],
            "expected_branching_ratio_limit": [1.8e-9, 2.6e-9, 2.7e-9],
        },
        "figures": {"plot.png": _figure("png"), "plot.pdf": _figure("pdf")},
        "arguments": {"search": "made-up", "data": {"file": "/here/masses.csv", "sha256": "cd" * 32}},
        "notes": ("230 MeV: no background from the sidebands",),
    }
    return KaonResult(**given | changes)


def _figure(file_format):
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(1, 1))
        figure.subplots().plot([1, 2])
    return figure_file(figure, file_format, "made up", dpi=40)

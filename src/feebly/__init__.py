"""Feebly interacting particles: from the proton on target to the exclusion contour.

The names below are loaded on first use, so that ``import feebly`` costs next to nothing.

>>> import feebly
>>> round(feebly.upper_limit(n=0, b=0.016, cl=0.90).s_up, 4)
2.3026
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of typing, without loading it: Ctrl-C is caught from `cli.main` on
if TYPE_CHECKING:
    from typing import Any

    from feebly.analysis.analysis import Analysis, analysis_names, load_analysis
    from feebly.apparatus.experiment import Experiment, experiment_names, load_experiment
    from feebly.core.errors import FeeblyError
    from feebly.core.interfaces import Model
    from feebly.physics.models.dark_photon import DarkPhoton
    from feebly.physics.models.dark_scalar import DarkScalar
    from feebly.physics.models.registry import MODELS
    from feebly.physics.production.presets import Preset, preset, presets
    from feebly.physics.production.user_file import OwnModel
    from feebly.publish.event_files import write_events
    from feebly.report.run_folder import write_run
    from feebly.report.saved_run import read_run
    from feebly.report.validation import validate
    from feebly.statistics import Limit, cls_value, combined_upper_limit, expected_limit, upper_limit
    from feebly.workflow.closure import model_closure
    from feebly.workflow.closure_result import ModelClosure
    from feebly.workflow.event_sample import EventSample
    from feebly.workflow.projection import project
    from feebly.workflow.repeat import SavedRun
    from feebly.workflow.replay import Replay, replay
    from feebly.workflow.result import RunResult
    from feebly.workflow.run import run
    from feebly.workflow.simulate import simulate
    from feebly.workflow.yields import YieldRows, yields

_HOME = {
    "Analysis": "feebly.analysis.analysis",
    "DarkPhoton": "feebly.physics.models.dark_photon",
    "DarkScalar": "feebly.physics.models.dark_scalar",
    "EventSample": "feebly.workflow.event_sample",
    "Experiment": "feebly.apparatus.experiment",
    "FeeblyError": "feebly.core.errors",
    "Limit": "feebly.statistics",
    "MODELS": "feebly.physics.models.registry",
    "Model": "feebly.core.interfaces",
    "ModelClosure": "feebly.workflow.closure_result",
    "OwnModel": "feebly.physics.production.user_file",
    "Preset": "feebly.physics.production.presets",
    "Replay": "feebly.workflow.replay",
    "RunResult": "feebly.workflow.result",
    "SavedRun": "feebly.workflow.repeat",
    "YieldRows": "feebly.workflow.yields",
    "analysis_names": "feebly.analysis.analysis",
    "cls_value": "feebly.statistics",
    "combined_upper_limit": "feebly.statistics",
    "expected_limit": "feebly.statistics",
    "experiment_names": "feebly.apparatus.experiment",
    "load_analysis": "feebly.analysis.analysis",
    "load_experiment": "feebly.apparatus.experiment",
    "model_closure": "feebly.workflow.closure",
    "preset": "feebly.physics.production.presets",
    "presets": "feebly.physics.production.presets",
    "project": "feebly.workflow.projection",
    "read_run": "feebly.report.saved_run",
    "replay": "feebly.workflow.replay",
    "run": "feebly.workflow.run",
    "simulate": "feebly.workflow.simulate",
    "upper_limit": "feebly.statistics",
    "validate": "feebly.report.validation",
    "write_events": "feebly.publish.event_files",
    "write_run": "feebly.report.run_folder",
    "yields": "feebly.workflow.yields",
}
"""Module in which each public name lives."""

__all__ = [
    "MODELS",
    "Analysis",
    "DarkPhoton",
    "DarkScalar",
    "EventSample",
    "Experiment",
    "FeeblyError",
    "Limit",
    "Model",
    "ModelClosure",
    "OwnModel",
    "Preset",
    "Replay",
    "RunResult",
    "SavedRun",
    "YieldRows",
    "__version__",
    "analysis_names",
    "cls_value",
    "combined_upper_limit",
    "expected_limit",
    "experiment_names",
    "load_analysis",
    "load_experiment",
    "model_closure",
    "preset",
    "presets",
    "project",
    "read_run",
    "replay",
    "run",
    "simulate",
    "upper_limit",
    "validate",
    "write_events",
    "write_run",
    "yields",
]

__version__: str


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOME:
        raise AttributeError(f"module 'feebly' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("feebly")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+unknown"

"""The files of a new model to start from: those of a shipped one, as a user would write them."""

from __future__ import annotations

import re

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray, Model
from feebly.physics.models.registry import MODELS
from feebly.physics.production.families import FAMILIES
from feebly.physics.production.preset_files import AnyPreset

_TOLERANCE = 2e-3  # of width and branching ratios between the masses of the table
_SMALLEST = 1e-3  # branching ratios below it are not resolved
_CLOSEST = 1e-5  # of neighbouring masses, relative
_FIRST, _ROUNDS = 120, 14


def new_model_files(name: str, like: str) -> dict[str, str]:
    """Content by file name of ``NAME.toml`` and ``NAME-decays.csv``: a copy of ``like``, to be changed.

    ConfigError for a name that is no file name, or is a model already.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ConfigError(f"name {name!r}: expected letters, digits, '.', '_' and '-'")
    if name in MODELS:
        raise ConfigError(f"name {name!r} is a model of feebly; choose another name")
    tag = MODELS.tag(like)
    family = FAMILIES[tag]
    preset = family.load("current" if "current" in family.names() else family.names()[0])
    model = MODELS[tag](**preset.model_options)
    table = f"{name}-decays.csv"
    return {f"{name}.toml": _toml(name, table, model, preset), table: _csv(model)}


def _csv(model: Model) -> str:
    masses = _masses(model)
    channels = [tag for tag in model.channels if np.any(model.branching_ratio(tag, masses) > 0)]
    ratios = [model.branching_ratio(tag, masses) for tag in channels]
    total = np.sum(ratios, axis=0)  # one but for rounding
    columns = [masses, model.ctau_m(masses, 1.0), *(ratio / total for ratio in ratios)]
    lines = [
        f"# {model.tag} at {model.coupling_name} = 1; between masses ln(ctau) and BR are straight in ln(m)",
        ",".join(["mass_gev", "ctau_m", *(f"br_{tag}" for tag in channels)]),
        *(",".join(f"{value:.9g}" for value in row) for row in np.column_stack(columns)),
    ]
    return "\n".join(lines) + "\n"


def _masses(model: Model) -> FloatArray:
    """Masses between which the table is good to ``_TOLERANCE``, thresholds among them."""
    low, high = model.default_grid.mass_gev[:2]
    thresholds = [model.threshold_gev(tag) for tag in model.channels]
    edges = [edge * step for edge in thresholds for step in (1.0, 1 + 1e-6) if low < edge < high / 1.001]
    masses = np.unique([*np.geomspace(low, high, _FIRST), high, *edges])
    for _ in range(_ROUNDS):
        middle = np.sqrt(masses[:-1] * masses[1:])
        missed = (_distance(model, masses, middle) > _TOLERANCE) & (np.diff(np.log(masses)) > _CLOSEST)
        if not missed.any():
            break
        masses = np.sort(np.append(masses, middle[missed]))
    return masses


def _distance(model: Model, masses: FloatArray, middle: FloatArray) -> FloatArray:
    """Largest relative error of a straight line half way between neighbouring masses."""

    def error(values: FloatArray, exact: FloatArray) -> FloatArray:
        straight = 0.5 * (values[:-1] + values[1:])
        return np.asarray(np.abs(straight - exact))

    worst = error(np.log(model.ctau_m(masses, 1.0)), np.log(model.ctau_m(middle, 1.0)))
    for tag in model.channels:
        exact = model.branching_ratio(tag, middle)
        distance = error(model.branching_ratio(tag, masses), exact)
        worst = np.maximum(worst, distance / np.maximum(exact, _SMALLEST / _TOLERANCE * 1e-2))
    return worst


def _toml(name: str, table: str, model: Model, preset: AnyPreset) -> str:
    low, high, _ = model.default_grid.mass_gev
    least, most, _ = model.default_grid.coupling
    head = _TOML_HEAD.format(
        name=name, tag=model.tag, coupling=model.coupling_name, least=least, most=most,
        low=low, high=high, table=table,
    )  # fmt: skip
    modes = (_TOML_MODE.format(like=f"{model.tag}/{tag}", physics=preset.name) for tag in preset.production)
    return head + "".join(modes)


_TOML_HEAD = """\
# A model of your own. This file starts as {tag}: change what differs, then
#     feebly run {name}.toml
name = "{name}"
title = "what it is"

# Masses [GeV] of a run; the table must cover them.
mass_gev = [{low:g}, {high:g}]

# Final states of a run that names none (--channels); without the line: the default ones of the analysis.
# channels = ["ee", "mumu"]

# Source of the meson spectra: pythia, bmpt, or the path of an event list.
spectrum = "pythia"

# The coupling: its name, the range of a scan, and the power with which widths and rates grow.
# reference: the value that the table and the production below are for.
[coupling]
name = "{coupling}"
minimum = {least:g}
maximum = {most:g}
power = 2.0
reference = 1.0

# Lifetime and branching ratios at the reference coupling. Columns: mass_gev, ctau_m, br_TAG for each final
# state; or mass_gev, width_TAG_gev. What the ratios lack to one is not seen.
# origin: published, digitised, calibrated, assumed or derived, and where from.
[decays]
table = "{table}"
origin = {{ kind = "assumed", source = "a copy of {tag}" }}

# Response set of the analysis by final state; "default" is its own.
[response]
all = "default"

# Production: each mode is that of a shipped model at coupling 1, times factor (or factor_table = "FILE.csv"
# with the columns mass_gev, factor). physics: preset of that model.
"""

_TOML_MODE = """
[[production]]
like = "{like}"
physics = "{physics}"
factor = 1.0
origin = {{ kind = "assumed", source = "as {like}" }}
"""

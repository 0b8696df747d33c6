"""``feebly presets``: named choices of production physics."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options
from feebly.cli.output import answer, answer_json

if TYPE_CHECKING:
    from feebly.physics.production.presets import Preset

WIDTH = 100
_INDENT = " " * 18


def show(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One preset; default: all.")] = None,
    as_json: options.Json = False,
) -> None:
    """Production physics of one preset or of all.

    Each tuned or assumed number with its origin.

    \b
    Examples:
        feebly presets show
        feebly presets show na62-ff-mixing
    """
    from feebly.core.tables import plain
    from feebly.physics.production.presets import preset, presets

    shown = [preset(each) for each in ([name] if name else presets())]
    if as_json:
        answer_json({"presets": plain(shown)})
    else:
        answer("\n\n".join("\n".join(_lines(each)) for each in shown))


def _lines(preset: Preset) -> Iterator[str]:
    yield f"{preset.name}: {preset.title}"
    for label, (value, field) in _entries(preset).items():
        yield _entry(label, value)
        if field in preset.origin:
            yield _entry("", f"[{preset.origin[field]}]")


def _entries(preset: Preset) -> dict[str, tuple[str, str]]:
    """Value and name of the field by label."""
    mixing = preset.mixing
    if mixing != "none":
        weight = {"R": "epsilon^2 R_V", "theta": "|theta_V|^2"}[mixing]
        mixing = f"{weight} x {preset.mixing_scale:g}; A' takes the {preset.mixing_kinematics} of the meson"
    cuts = f"{preset.z_min:g} < z < {preset.z_max:g}, pT < {preset.pt_max_gev:g} GeV"
    off_shell = "none" if preset.lambda_p_gev is None else f"Lambda_p = {preset.lambda_p_gev:g} GeV"
    return {
        "production": (", ".join(preset.production), "production"),
        "form factor": (preset.form_factor, "form_factor"),
        "splitting": (preset.splitting, "splitting"),
        "off-shell": (off_shell, "lambda_p_gev"),
        "sigma weight": (preset.sigma_weight, "sigma_weight"),
        "brems cuts": (f"{cuts}, H/(4 E^2 z (1-z)^2) <= {preset.validity_max:g}", "pt_max_gev"),
        "meson spectra": (preset.spectrum, "spectrum"),
        "meson weight": (f"{preset.meson_weight:g}", "meson_weight"),
        "mixing": (mixing, "mixing_scale"),
        "polarisation": (preset.polarisation, "polarisation"),
        "widths": (preset.width_table, "width_table"),
        "response sets": (", ".join(f"{tag}={name}" for tag, name in preset.response.items()), "response"),
        "theory band": (", ".join(preset.band) or "none", "band"),
    }


def _entry(label: str, text: str) -> str:
    return fill(
        text,
        WIDTH,
        initial_indent=f"  {label:<{len(_INDENT) - 2}}",
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
    )

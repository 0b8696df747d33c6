"""``feebly presets``: named choices of production physics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from feebly.physics.production.preset_files import AnyPreset

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
    from feebly.physics.production.families import any_preset, every_preset

    shown = [any_preset(name)] if name else every_preset()
    if as_json:
        answer_json({"presets": plain(shown)})
    else:
        answer("\n\n".join("\n".join(_lines(each)) for each in shown))


def compare(
    context: typer.Context,
    model: options.Model,
    mass: Annotated[
        str | None,
        typer.Option("--mass", metavar="A,B", help="Masses [GeV]; default: 0.05,0.1,0.3,0.5,0.7."),
    ] = None,
    preset: options.Preset = None,
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    channels: options.Channels = None,
    production: options.Production = None,
    response: options.Response = None,
    pot: options.Pot = None,
    spectrum: options.Spectrum = None,
    cl: options.Cl = "0.90",
    convention: options.Convention = "cls-counting",
    precision: options.Precision = "0.01",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="DIR", help="Write effects.csv, contours.csv and the figure there."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """What each choice of physics does to the contour.

    Every option of the preset is changed alone; the table gives the shift of the lower and the upper edge,
    the largest first. --out writes the contours with the theory band, the envelope of the options that the
    preset names, and a figure. The first time takes minutes: each choice that changes the events is sampled.

    \b
    Examples:
        feebly presets compare dark-photon
        feebly presets compare dark-photon --preset current --mass 0.1,0.3 --out comparison
    """
    from feebly.report.effect_table import comparison_dict, effect_text
    from feebly.workflow.compare import compare as compare_options

    if out:
        require_writable(Path(out))
    arguments = {name: text for name, text in context.params.items() if name in _OF_COMPARE}
    parsers = options.PARSERS | {"mass": values.points}
    given = {
        name: parsers[name](text, f"--{name.replace('_', '-')}") if name in parsers else text
        for name, text in arguments.items()
        if text is not None
    }
    if "mass" in given:
        given["masses"] = given.pop("mass")
    with progress(f"{model}: options") as update:
        result = compare_options(model, **given, progress=update, report=note)
    for text in result.run.all_notes:
        note(text)
    if out:
        from feebly.report.comparison_folder import write_comparison

        write_comparison(result, out)
    if as_json:
        answer_json(comparison_dict(result) | ({"folder": out} if out else {}))
    else:
        answer(effect_text(result) + (f"figure: {Path(out) / 'comparison.png'}" if out else ""))


_OF_COMPARE = (
    *("mass", "preset", "experiment", "analysis", "channels", "production", "response", "pot", "cl"),
    *("spectrum", "convention", "precision", "seed", "jobs"),
)


def _lines(preset: AnyPreset) -> Iterator[str]:
    yield f"{preset.name}: {preset.title}"
    for label, (value, field) in _entries(preset).items():
        yield _entry(label, value)
        if field in preset.origin:
            yield _entry("", f"[{preset.origin[field]}]")


def _entries(preset: AnyPreset) -> dict[str, tuple[str, str]]:
    """Value and name of the field by label."""
    return {
        "production": (", ".join(preset.production), "production"),
        **preset.described(),
        "meson spectra": (preset.spectrum, "spectrum"),
        "widths": (preset.width_table, "width_table"),
        "matrix elements": (
            ", ".join(f"{tag}={name}" for tag, name in preset.matrix_elements.items()) or "the usual ones",
            "matrix_elements",
        ),
        "final states": (", ".join(preset.channels) or "as the analysis says", "channels"),
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

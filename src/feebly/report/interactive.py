"""The exclusion figure for a page: a drawing with named curves, and a script of our own that reads them out.

Nothing is fetched. Without the script, and on paper, the fragment is the plain figure with its caption.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.publish.limit_files import COUPLINGS
from feebly.report.figure_style import own_style
from feebly.report.overlay_plot import Range, overlay_caption, overlay_figure
from feebly.report.overlay_plot_layers import DrawnCurve, Layer, Overlay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH_IN = 5.0  # letters of 10 points are 10 px on a phone
_HINT = (
    "Point at a curve to read it; drag, or click and turn the wheel, to zoom; arrow keys, + − and 0 work too."
)
_REACH = 28.0  # points of the drawing within which a curve is the nearest
_PLAIN_SYMBOLS = {
    "epsilon": "ε", "epsilon^2": "ε²", "sin-theta": "sin θ", "sin2-theta": "sin² θ", "U": "|U|", "U2": "|U|²",
    "C/Lambda": "C/Λ", "1/f": "1/f", "g_agamma": "g_aγγ", "branching-ratio": "BR", "ctau-m": "cτ",
}  # fmt: skip
_PLAIN_UNITS = {"1": "", "1/GeV": " GeV⁻¹", "m": " m"}


def interactive_figure(
    overlay: Overlay,
    mass: Range | None = None,
    coupling: Range | None = None,
    prefix: str = "figure-",
    with_assets: bool = True,
) -> str:
    """The overlay as an HTML fragment: drawing, caption, read-out, buttons, style and script.

    mass, coupling: what is shown, as for `overlay_figure`. prefix: of the ids of this figure, another one for
    each figure of a page. with_assets: with style and script, which a page needs once.
    """
    with own_style(), _whole_paths():
        figure = overlay_figure(overlay, mass, coupling, width_in=_WIDTH_IN, with_caption=False)
        drawing = _drawing(figure, prefix, overlay)
    content = json.dumps(_facts(figure, overlay, prefix), ensure_ascii=False, separators=(",", ":"))
    parts = [
        f'<figure class="feebly-figure">\n{drawing}',
        f'<output>{escape(_HINT)}</output>\n<div class="feebly-controls">{"".join(_zoom_buttons())}</div>',
        f'<div class="feebly-legend" role="group" aria-label="Curves">{"".join(_legend(overlay))}</div>',
        f"<figcaption>{escape(overlay_caption(overlay))}</figcaption>",
        f'<script type="application/json">{_safe(content)}</script>\n</figure>',
    ]
    if with_assets:
        parts.insert(0, f"<style>\n{_asset('interactive.css')}</style>")
        parts.append(f"<script>\n{_asset('interactive.js')}</script>")
    return "\n".join(parts) + "\n"


def interactive_page(overlay: Overlay, mass: Range | None = None, coupling: Range | None = None) -> str:
    """A page of its own with nothing but the figure."""
    title = escape(f"feebly: {', '.join(run.name for run in overlay.runs) or 'published limits'}")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>body {{ font-family: sans-serif; margin: 1rem; }}</style>\n"
        f"</head>\n<body>\n{interactive_figure(overlay, mass, coupling)}</body>\n</html>\n"
    )


@cache
def _asset(name: str) -> str:
    return files("feebly.report").joinpath(name).read_text(encoding="utf-8")


def _safe(text: str) -> str:
    """JSON that cannot end the element it is in."""
    return text.replace("<", "\\u003c")


# --- the drawing --------------------------------------------------------------------------------------


def _whole_paths() -> Any:
    """Every point of a curve is in the drawing, and equal figures give equal bytes."""
    from matplotlib import rc_context

    return rc_context({"path.simplify": False, "svg.hashsalt": "feebly", "svg.fonttype": "path"})


def _drawing(figure: Figure, prefix: str, overlay: Overlay) -> str:
    memory = io.StringIO()
    for line in figure.axes[0].get_lines():
        line.recache(always=True)  # its path was made when the style of the figure held
    # without metadata: no date, and no addresses of vocabularies
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(memory, format="svg", metadata=nothing)
    text = memory.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'\bid="([^"]*)"', rf'id="{prefix}\1"', text)
    text = re.sub(r'href="#([^"]*)"', rf'href="#{prefix}\1"', text)
    text = re.sub(r"url\(#([^)]*)\)", rf"url(#{prefix}\1)", text)
    opening, rest = text.split(">", 1)
    opening = re.sub(r'\s(?:width|height)="[^"]*"', "", opening)
    label = escape(f"Exclusion figure: {'; '.join(layer.name for layer in overlay.layers)}", quote=True)
    return f'{opening} tabindex="0" role="img" aria-label="{label}">{rest}'


def _facts(figure: Figure, overlay: Overlay, prefix: str) -> dict[str, Any]:
    """What the script must know: the frame in units of the drawing, the ranges, and the curves."""
    (axes,) = figure.axes
    height = 72 * figure.get_figheight()
    box = axes.get_position()
    width = 72 * figure.get_figwidth()
    frame = {"left": box.x0 * width, "right": box.x1 * width, "top": height * (1 - box.y1)}
    frame["bottom"] = height * (1 - box.y0)
    unit = COUPLINGS[overlay.coupling].unit if overlay.coupling in COUPLINGS else "1"
    symbol = _PLAIN_SYMBOLS.get(overlay.coupling, overlay.coupling)
    drawn = {artist.get_gid() for artist in axes.get_children()}
    return {
        "prefix": prefix,
        "hint": _HINT,
        "reach": _REACH,
        "axes": {side: round(value, 4) for side, value in frame.items()},
        "x": {"range": list(axes.get_xlim()), "symbol": "m", "unit": f" {overlay.mass_unit}"},
        "y": {"range": list(axes.get_ylim()), "symbol": symbol, "unit": _PLAIN_UNITS[unit]},
        "layers": [_layer_facts(layer, overlay, drawn) for layer in overlay.layers],
    }


def _layer_facts(layer: Layer, overlay: Overlay, drawn: set[str | None]) -> dict[str, Any]:
    lines = [f"{layer.key}-{i}{end}" for i in range(len(layer.curves)) for end in ("", "-edge")]
    words = [f"{layer.key}-label", f"{layer.key}-label-lead"]
    is_line = layer.style.colour != "none"
    return {
        "key": layer.key,
        "name": layer.name,
        "parts": [part for part in (f"{layer.key}-fill", *lines, *words) if part in drawn],
        "words": [part for part in words if part in drawn],
        "joined": layer.shape != "points",
        "closed": layer.shape == "inside" and is_line,
        "curves": [_points(curve, overlay.mass_factor) for curve in layer.curves] if is_line else [],
    }


def _points(curve: DrawnCurve, factor: float) -> list[list[float]]:
    """log10 of mass and coupling, to a millionth; a mass of zero is not on the axis."""
    on_axis = curve.mass_gev > 0
    logs = np.log10(np.column_stack([factor * curve.mass_gev[on_axis], curve.coupling[on_axis]]))
    return [[round(float(value), 6) for value in point] for point in logs]


# --- buttons ------------------------------------------------------------------------------------------


def _zoom_buttons() -> Iterator[str]:
    for action, sign, words in (
        ("in", "+", "Zoom in"),
        ("out", "−", "Zoom out"),
        ("reset", "Reset", "Reset zoom"),
    ):
        yield f'<button type="button" data-zoom="{action}" aria-label="{words}">{sign}</button>'


def _legend(overlay: Overlay) -> Iterator[str]:
    for layer in overlay.layers:
        if layer.curves:
            yield (
                f'<button type="button" data-layer="{layer.key}" aria-pressed="true">{_swatch(layer)}'
                f"{escape(layer.name)}</button>"
            )


def _swatch(layer: Layer) -> str:
    """A short piece of the line, or of the filled area, as it is drawn."""
    style, parts = layer.style, []
    if style.fill is not None:
        parts.append(f'<rect width="28" height="12" fill="{_css(style.fill)}"/>')
    if layer.shape == "points":
        parts.append(f'<circle cx="14" cy="6" r="3" fill="white" stroke="{_css(style.colour)}"/>')
    elif style.colour != "none":
        dash = (
            f' stroke-dasharray="{" ".join(map(str, style.dash[1]))}"'
            if isinstance(style.dash, tuple)
            else ""
        )
        parts.append(
            f'<path d="M0 6H28" stroke="{_css(style.colour)}" stroke-width="{style.width + 0.3:g}"{dash}/>'
        )
    return f'<svg viewBox="0 0 28 12" aria-hidden="true">{"".join(parts)}</svg>'


def _css(colour: str) -> str:
    """A colour of matplotlib (``0.8``, ``black``, ``#0072B2``) as #rrggbb."""
    from matplotlib.colors import to_hex

    return to_hex(colour)

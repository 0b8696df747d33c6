"""The figure for a page: the curves in the drawing are those of the run, and nothing is fetched."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from html import unescape
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.limits.contour import edges_at
from feebly.publish.limit_files import LimitPiece
from feebly.report.interactive import interactive_figure, interactive_page
from feebly.report.overlay_plot_layers import make_overlay
from report.synthetic import synthetic_result
from report.test_overlay_plot import limit, overlay, run_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@cache
def page():
    """Two observed limits, a projection and a published limit."""
    return interactive_figure(overlay(limit()), prefix="a-")


def facts_of(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[1])


def drawing_of(html):
    return ElementTree.fromstring(re.search(r"<svg xmlns.*?</svg>(?=\s*<output)", html, re.DOTALL)[0])


def path_points(drawing, key, facts):
    """Vertices of a drawn curve in mass and coupling, through the inverse of the axes."""
    (group,) = [element for element in drawing.iter() if element.get("id") == f"{facts['prefix']}{key}"]
    (path,) = [element for element in group.iter() if element.tag.endswith("path")]
    steps = re.findall(r"([A-Za-z])([^A-Za-z]*)", path.get("d"))
    points = np.array([[float(x) for x in numbers.split()] for command, numbers in steps if numbers.strip()])
    frame = facts["axes"]
    relative = np.column_stack(
        [
            (points[:, 0] - frame["left"]) / (frame["right"] - frame["left"]),
            (frame["bottom"] - points[:, 1]) / (frame["bottom"] - frame["top"]),
        ]
    )
    low, high = np.log10([facts["x"]["range"], facts["y"]["range"]]).T
    return 10 ** (low + relative * (high - low)), [command for command, _ in steps]


def test_drawn_curves_are_those_of_the_run():
    html = page()
    facts, drawing = facts_of(html), drawing_of(html)
    (piece,) = synthetic_result("mumu_2303").contour()
    points, commands = path_points(drawing, "run1-observed-0", facts)
    assert_allclose(points, np.column_stack([piece.mass_gev, piece.coupling]), rtol=1e-5)
    assert commands == ["M"] + ["L"] * (len(piece.mass_gev) - 1)
    for island in synthetic_result(projection=True, islands=True).contour("expected"):
        points, commands = path_points(drawing, f"run2-expected-{island.piece}", facts)
        assert commands.count("M") == (2 if island.open_edge else 1)  # a gap along the edge of the grid
        assert_allclose(points[:, 1].min(), island.coupling.min(), rtol=1e-5)


def test_no_point_of_a_smooth_curve_is_left_out():
    angle = np.linspace(0, 2 * np.pi, 2001)
    mass, coupling = np.exp(0.1 * np.cos(angle)), 1e-6 * np.exp(0.1 * np.sin(angle))
    mass[-1], coupling[-1] = mass[0], coupling[0]
    smooth = replace(limit(), pieces=(LimitPiece(mass, coupling),))
    html = interactive_figure(make_overlay([], [smooth]))
    points, _ = path_points(drawing_of(html), "limit0-0", facts_of(html))
    assert_allclose(points[: len(mass)], np.column_stack([mass, coupling]), rtol=1e-5)


def test_data_of_the_read_out_are_those_of_the_run():
    facts = facts_of(interactive_figure(overlay(limit(region="points"))))
    layers = {layer["key"]: layer for layer in facts["layers"]}
    (piece,) = synthetic_result("mumu_2303").contour()
    points = 10 ** np.array(layers["run1-observed"]["curves"][0])
    assert_allclose(points, np.column_stack([piece.mass_gev, piece.coupling]), rtol=2e-6)
    assert len(layers["run2-expected"]["curves"]) == 2
    assert layers["run1-observed"]["closed"]
    assert not layers["limit0"]["closed"]
    assert not layers["limit0"]["joined"]
    assert facts["y"]["symbol"] == "ε"
    in_mev = facts_of(interactive_figure(overlay(in_mev=True)))
    assert in_mev["x"]["unit"] == " MeV"
    first = np.array(in_mev["layers"][0]["curves"][0][0])
    assert_allclose(first - layers["run0-observed"]["curves"][0][0], [3, 0], atol=2e-6)


def test_the_page_fetches_nothing_and_is_well_formed():
    html = interactive_page(overlay(limit("<b>&\"'</script>")))
    assert html.count("</script>") == 2  # of the data and of the script
    assert "<b>" not in html
    sources = re.findall(r'(?:src|href|xlink:href|action|data)="([^"]*)"', html)
    assert all(source.startswith("#") for source in sources)
    assert not re.findall(r"url\((?!#)", html)
    assert not re.findall(r"fetch\(|XMLHttpRequest|import\s*\(|@import|WebSocket|sendBeacon", html)
    assert (
        not re.sub(r'xmlns(?::\w+)?="[^"]*"', "", html)
        .replace("http://www.w3.org/2000/svg", "")
        .count("http")
    )
    assert len(html) < 600_000


def test_ids_are_unique_and_used():
    two = page() + interactive_figure(overlay(), prefix="b-", with_assets=False)
    ids = re.findall(r'\bid="([^"]*)"', two)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"|url\(#([^)$]*)\)', two)) - {("", "")}
    for one, other in re.findall(r'href="#([^"]*)"|url\(#([ab]-[^)$]*)\)', two):
        assert (one or other) in ids
    assert two.count("<style>") == 1
    for layer in facts_of(two)["layers"]:
        assert all(f"a-{part}" in ids for part in layer["parts"])


def test_caption_legend_and_controls_are_words():
    html = page()
    text = unescape(re.sub(r"<[^>]*>", " ", html))
    assert "90% CL, cls-counting" in text
    assert html.count('aria-pressed="true"') == 4
    assert 'tabindex="0"' in html
    assert "aria-label" in html


def test_same_overlay_same_bytes():
    assert interactive_figure(overlay(limit()), prefix="a-") == page()


# --- in a browser -------------------------------------------------------------------------------------

_PROBE = """
<script>
const root = document.querySelector(".feebly-figure"), svg = root.querySelector("svg");
const facts = JSON.parse(root.querySelector("script[type='application/json']").textContent);
svg.setPointerCapture = () => {};
const view = (m, c) => [[m, facts.x.range, facts.axes.left, facts.axes.right],
  [c, facts.y.range, facts.axes.bottom, facts.axes.top]].map(([value, [low, high], from, to]) =>
  from + Math.log(value / low) / Math.log(high / low) * (to - from));
const send = (type, [x, y]) => {
  const at = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
  svg.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, pointerType: "mouse",
    clientX: at.x, clientY: at.y }));
};
const text = () => root.querySelector("output").textContent;
const press = (key, more) => svg.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
const told = {};
send("pointermove", view(0.3, LOW));
told.near = text();
told.marked = [...svg.querySelectorAll(".feebly-near")].map((element) => element.id);
send("pointermove", view(0.05, 2e-4));
told.free = text();
root.querySelectorAll("button[data-layer]")[1].click();
send("pointermove", view(0.3, LOW));
told.hidden = text();
root.querySelectorAll("button[data-layer]")[1].click();
const corner = view(0.4, 2e-7);
send("pointerdown", view(0.25, 2e-6)); send("pointermove", corner); send("pointerup", corner);
told.zoomed = root.classList.contains("feebly-zoomed");
told.ticks = [...svg.querySelectorAll(".feebly-ticks text")].map((element) => element.textContent);
press("Escape"); told.reset = root.classList.contains("feebly-zoomed");
press("+");
told.plus = svg.querySelector("[clip-path*=window] > g").getAttribute("transform");
press("ArrowLeft"); told.keys = [root.classList.contains("feebly-zoomed"), text()];
press("0");
told.transform = svg.querySelector("[clip-path*=window] > g").getAttribute("transform");
document.body.insertAdjacentHTML("beforeend", "<pre id=told></pre>");
document.querySelector("#told").textContent = JSON.stringify(told);
</script></body>"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the page says in a browser while a pointer and keys go over it."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    folder = tmp_path_factory.mktemp("page")
    ((low, _),) = synthetic_result("mumu_2303").excluded_couplings(0.3)
    shown = make_overlay([run_of(synthetic_result(), "both"), run_of(synthetic_result("mumu_2303"), "muons")],
                         labels=["both", "muons"])  # fmt: skip
    file = folder / "page.html"
    html = interactive_page(shown).replace("</body>", _PROBE.replace("LOW", repr(low)))
    file.write_text(html, encoding="utf-8")
    options = (
        *(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
        ),
        *("--disable-background-networking", "--disable-component-update", "--window-size=900,1200"),
        *(f"--user-data-dir={folder / 'profile'}", "--dump-dom"),
    )
    done = subprocess.run(
        [CHROMIUM, *options, file.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:]
    return json.loads(unescape(found[1]))


def test_read_out_names_the_nearest_curve_with_its_numbers(told):
    name, mass, low, up = re.fullmatch(
        r"(.*): m = (\S+) GeV, ε = (\S+) \(excluded at this mass: \2?.*?(?:to) (\S+)\)", told["near"]
    ).groups()
    ((low_true, up_true),) = edges_at(synthetic_result("mumu_2303").contour(), 0.3)
    assert name == "muons: observed"
    assert_allclose(float(mass), 0.3, rtol=5e-3)
    assert_allclose(_number(low), low_true, rtol=5e-3)
    assert_allclose(_number(up), up_true, rtol=1e-2)
    assert "figure-run1-observed-0" in told["marked"]
    assert told["free"] == "m = 0.05 GeV, ε = 2×10⁻⁴"


def _number(text):
    factor, power = text.split("×10")
    return float(factor) * 10 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def test_curves_switched_off_are_not_read(told):
    assert not told["hidden"].startswith("muons")


def test_zoom_by_a_box_has_its_own_ticks_and_resets(told):
    assert told["zoomed"]
    assert {"0.25", "0.3", "0.35", "0.4"} & set(told["ticks"])
    assert "10⁻⁶" in told["ticks"]
    assert told["reset"] is False
    assert told["keys"][0] is True
    assert told["keys"][1].startswith(("m =", "both", "muons"))
    assert_allclose(_matrix(told["transform"]), [1, 0, 0, 1, 0, 0], atol=1e-9)
    assert_allclose(_matrix(told["plus"])[:4], [1.6, 0, 0, 1.6], rtol=1e-9, atol=1e-9)


def _matrix(text):
    return [float(x) for x in re.fullmatch(r"matrix\((.*)\)", text)[1].split()]

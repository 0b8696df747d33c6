"""report.html: each number is the one in result.json, nothing is fetched, nothing else has digits."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

import feebly
from feebly.cli import main
from feebly.core.errors import DataError
from feebly.limits.point_yields import LOWEST
from feebly.report.html.numbers import resolve
from feebly.report.html.page import read_citations, render_report, write_report
from feebly.report.run_folder import write_run
from feebly.workflow.cut_flow import CutFlows
from report.html.page_reader import read_page
from report.html.test_numbers import value_and_step
from report.synthetic import synthetic_result

SMALL = {
    "production": ["brems", "eta", "mixing-rho"],
    "mass": (0.25, 0.5, 8),
    "coupling": (1e-7, 1e-5, 24),
    "precision": 0.3,
    "seed": 3,
}
LARGEST_BYTES = 600_000
COMPARISON = {
    "model": "dark-photon", "analysis": "na62-dump-2021", "preset": "na62-ff-mixing",
    "base": [{"mass_gev": 0.05, "lower": 4e-7, "upper": 3e-5}, {"mass_gev": 0.3, "lower": 2e-7}],
    "effects": [
        {"option": "z_max", "value": "0.95", "mass_gev": 0.05, "lower_shift": -0.0213, "upper_shift": 0.004},
        {"option": "z_max", "value": "0.95", "mass_gev": 0.3, "lower_shift": 0.11, "upper_shift": None},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A small run of the real chain, and results with islands, of a projection, and without exclusion."""
    root = tmp_path_factory.mktemp("runs")
    real = feebly.run("dark-photon", cache_dir=root / "cache", cut_flow=True, **SMALL)
    projected = feebly.run("dark-photon", cache_dir=root / "cache", pot=1e18, bands="full", **SMALL)
    command = ["feebly", "run", "dark-photon", "--seed", "3"]
    return {
        "real": write_run(real, root / "real", command),
        "projection": write_run(projected, root / "projection", command),
        "islands": write_run(synthetic_result(islands=True), root / "islands"),
        "empty": write_run(synthetic_result(empty=True), root / "empty"),
    }


KINDS = ("real", "projection", "islands", "empty")


@pytest.fixture(params=KINDS)
def folder(request, folders):
    return folders[request.param]


@pytest.fixture
def copy(folders, tmp_path):
    return shutil.copytree(folders["real"], tmp_path / "run")


def content_of(folder, file="result.json"):
    return json.loads((folder / file).read_text(encoding="utf-8"))


def page_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def numbers_in(value):
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers_in(item)]
    if isinstance(value, list):
        return [n for item in value for n in numbers_in(item)]
    return [value] if isinstance(value, float) else []


def check_values(page, documents):
    """Each element holds the value at its place, whole, and shows it, rounded."""
    for element in page.values:
        value = resolve(documents[element.file], element.path)
        whole = element.attributes.get("data-value")
        if whole is None:
            assert element.text == value, element.path
            continue
        assert whole == json.dumps(value, ensure_ascii=False), element.path
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            check_rounding(element.text, value)
        elif value is None:
            assert element.text == "–", element.path


def check_rounding(text, value):
    if text == "< 0.01%":
        assert 0 < value < 1e-4
        return
    if text.endswith("%"):
        text, value = text.removesuffix("%").removeprefix("+"), 100 * value
    shown, step = value_and_step(text)
    assert abs(shown - value) <= 0.5001 * step or abs(shown / value - 1) <= 0.005, (text, value)


def test_each_number_is_that_of_the_result(folder):
    page = read_page(page_of(folder))
    check_values(page, {"result.json": content_of(folder)})
    assert len(page.values) > 300
    for element in page.keys:
        resolve(content_of(folder), element.attributes["data-key"])


def test_no_other_digits(folder):
    """Outside of values, keys, citations and drawings the page has no number at all."""
    other = [words for words in read_page(page_of(folder)).other if re.search(r"\d", words)]
    assert other == []


def test_the_title_names_model_and_analysis(folder):
    title = re.search("<title>(.*)</title>", page_of(folder))[1]
    content = content_of(folder)
    ending = "projection" if content["setting"]["projection"] else "limit"
    assert title == f"{content['model']}, {content['setting']['analysis']}: {ending}"


def test_what_a_reader_needs_is_there(folder):
    """Whatever the result: summary, counts, limits, inputs with origins, notes, versions, files, seed."""
    content, page = content_of(folder), read_page(page_of(folder))
    shown = {element.path for element in page.values}
    wanted = {"/summary", "/caption", "/setting/pot", "/setting/cl", "/setting/seed", "/setting/convention"}
    wanted |= {f"/inputs/{i}/{key}" for i in range(len(content["inputs"])) for key in ("name", "value")}
    wanted |= {f"/inputs/{i}/origin/source" for i in range(len(content["inputs"]))}
    wanted |= {f"/notes/{i}" for i in range(len(content["notes"]))}
    wanted |= {f"/limits/{i}/s_up_expected" for i in range(len(content["limits"]))}
    wanted |= {f"/counting/{tag}/background/mean" for tag in content["setting"]["channels"]}
    wanted |= {f"/provenance/libraries/{name}" for name in content["provenance"]["libraries"]}
    wanted |= {f"/files/{name}" for name in content["files"]}
    wanted |= {f"/contours/edges/{i}/mass_gev" for i in range(len(content["contours"]["edges"]))}
    for p in range(len(content["yields"])):
        wanted |= {f"/yields/{p}/{key}" for key in ("mass_gev", "coupling", "ctau_m", "events")}
    assert wanted <= shown, wanted - shown


def test_every_limit_of_the_result_is_on_the_page(folder):
    content, page = content_of(folder), read_page(page_of(folder))
    shown = {json.loads(e.attributes["data-value"]) for e in page.values if e.path.startswith("/limits/")}
    if content["setting"]["discovery"] is None:
        content["limits"] = [{**row, "s_discovery": {}} for row in content["limits"]]
    assert set(numbers_in(content["limits"])) <= shown


def test_the_yields_are_those_of_the_chain(folders):
    """At the edges N is the limit; the factors make the events; shares sum to one."""
    points = {point["place"]: point for point in content_of(folders["real"])["yields"]}
    assert len(points) == 4
    assert points[LOWEST]["events"] == pytest.approx(2.302585093, rel=1e-6, abs=0)
    for point in points.values():
        assert sum(row["share"] for row in point["by_production"]) == pytest.approx(1, rel=1e-12, abs=0)
        assert {row["tag"] for row in point["by_final_state"]} <= {"ee", "mumu"}
        for row in point["channels"]:
            product = row["particles"] * row["branching_ratio"] * row["selected"] * row["efficiency"]
            assert product == pytest.approx(row["events"], rel=1e-12, abs=0)
        events = sum(row["events"] for row in point["channels"])
        assert events == pytest.approx(point["events"], rel=1e-12, abs=0)


def test_nothing_is_fetched(folder):
    """No address but those of papers, which a reader may follow; no style or script from elsewhere."""
    text, page = page_of(folder), read_page(page_of(folder))
    for element in page.tags:
        for name in ("src", "srcset", "poster", "data", "action", "formaction", "background"):
            assert name not in element.attributes, element
        assert element.tag not in ("link", "iframe", "object", "embed", "base", "img", "image", "form"), (
            element
        )
        for name in ("href", "xlink:href"):
            target = element.attributes.get(name, "#")
            is_paper = element.tag == "a" and target.startswith(
                ("https://doi.org/", "https://arxiv.org/abs/")
            )
            assert target.startswith("#") or is_paper, target
        assert "http-equiv" not in element.attributes
    assert not re.search(r"@import|@font-face|url\((?!#)", text)
    scripts = "".join(re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL))
    words = r"fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\s*\(|new Image|\.src|https?://(?!www\.w3\.org)"
    assert not re.search(words, scripts)


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(folder):
    tags = read_page(page_of(folder)).tags
    names = [element.attributes["id"] for element in tags if "id" in element.attributes]
    assert len(names) == len(set(names))
    targets = {e.attributes["href"][1:] for e in tags if e.attributes.get("href", "").startswith("#")}
    assert targets <= set(names)


def test_size(folder):
    assert (folder / "report.html").stat().st_size < LARGEST_BYTES


def test_a_projection_has_nothing_observed(folders):
    page = read_page(page_of(folders["projection"]))
    assert not [e for e in page.values if e.path.endswith("s_up_observed")]
    assert "Masses that would be excluded [GeV]" in "".join(page.other)
    kinds = {
        e.text for e in page.values if e.path.startswith("/contours/pieces/") and e.path.endswith("kind")
    }
    assert "observed" not in kinds


def test_a_result_without_yield_tables_says_so(folders):
    assert "made without yield tables" in page_of(folders["islands"])
    assert "made without yield tables" not in page_of(folders["real"])


def test_the_cut_flow_is_told_line_by_line(folders):
    content, page = content_of(folders["real"])["cut_flow"], read_page(page_of(folders["real"]))
    shown = {e.path: e.text for e in page.values if e.path.startswith("/cut_flow/")}
    assert set(content["flows"]) == {"ee", "mumu"}
    for tag, flow in content["flows"].items():
        at = f"/cut_flow/flows/{tag}"
        for part in ("steps", "beside"):
            for i, step in enumerate(flow[part]):
                told = [key for key, value in step.items() if value not in (None, 0.0)]
                assert {f"{at}/{part}/{i}/{key}" for key in told} <= set(shown)
        assert shown[f"{at}/steps/0/events"] == "–"
        assert shown[f"{at}/point/place"] == "largest yield of the grid"
        assert {f"{at}/point/{key}" for key in ("mass_gev", "coupling", "table_events")} <= set(shown)
    assert "has no cut-flow" not in page_of(folders["real"])


@pytest.mark.parametrize("kind", ["projection", "islands", "empty"])
def test_without_a_cut_flow_the_page_says_how_to_get_it(folders, kind):
    assert "This run has no cut-flow; <code>feebly run ... --cut-flow</code> puts one here" in page_of(
        folders[kind]
    )
    assert "cut_flow" not in content_of(folders[kind])


def test_why_a_final_state_has_no_cut_flow(tmp_path):
    result = replace(synthetic_result(), cut_flow=CutFlows({}, {"ee": "no signal at any point of the grid"}))
    page = read_page(page_of(write_run(result, tmp_path)))
    (reason,) = (e.text for e in page.values if e.path == "/cut_flow/left_out/ee")
    assert reason == "no signal at any point of the grid"
    assert "/cut_flow/left_out/ee" in {e.attributes["data-key"] for e in page.keys}


def test_the_page_is_made_again_from_the_folder(folder, tmp_path):
    moved = shutil.copytree(folder, tmp_path / "another-name")
    (moved / "report.html").unlink()
    assert write_report(moved) == moved / "report.html"
    assert page_of(moved) == page_of(folder)
    write_report(moved, tmp_path / "elsewhere.html")
    assert (tmp_path / "elsewhere.html").read_text(encoding="utf-8") == page_of(folder)


def test_words_of_others_are_words(tmp_path):
    """A name from somebody's file is no markup."""
    result = replace(synthetic_result(), notes=("<img src=x onerror=alert(1)>", "</script>"))
    text = page_of(write_run(result, tmp_path, ["feebly", "run", "<b>.toml"]))
    assert "<img" not in text
    assert "<b>" not in text
    check_values(read_page(text), {"result.json": content_of(tmp_path)})


# --- other choices of physics -------------------------------------------------------------------------


def with_comparison(folder, **changes):
    (folder / "comparison").mkdir()
    (folder / "comparison" / "comparison.json").write_text(json.dumps(COMPARISON | changes))
    return folder


def test_effects_of_other_choices_are_told_where_they_were_asked_for(copy):
    assert "feebly presets compare" in page_of(copy)
    text = render_report(with_comparison(copy))
    page = read_page(text)
    check_values(page, {"result.json": content_of(copy), "comparison/comparison.json": COMPARISON})
    shown = [e.text for e in page.values if e.file != "result.json"]
    assert shown == ["0.05", "0.3", "z_max", "0.95", "-2.1%", "+0.4%", "+11%", "–"]
    assert "feebly presets compare" not in text


def test_effects_on_another_preset_are_not_told(copy):
    page = read_page(render_report(with_comparison(copy, preset="current")))
    assert {e.file for e in page.values} == {"result.json"}
    assert "of another model, analysis or preset" in "".join(page.other)


def test_a_damaged_comparison_is_one_line(copy):
    (with_comparison(copy) / "comparison" / "comparison.json").write_text('{"base": 3}')
    with pytest.raises(DataError, match=r"comparison\.json: not what feebly presets compare writes; [^\n]+$"):
        render_report(copy)


# --- folders that are none ----------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["yields", "provenance", "inputs", "setting"])
def test_a_result_without_a_part_is_one_line(copy, missing):
    content = content_of(copy)
    del content[missing]
    (copy / "result.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"result\.json: [^\n]+; make the run again$"):
        render_report(copy)


def test_citations_of_a_damaged_result_are_one_line(copy):
    content = content_of(copy) | {"inputs": [{"name": "x"}]}
    (copy / "result.json").write_text(json.dumps(content))
    with pytest.raises(
        DataError, match=r"result\.json: not as feebly wrote it \('origin'\); make the run again"
    ):
        read_citations(copy)


def test_no_run_is_one_line(tmp_path):
    with pytest.raises(DataError, match="not a run folder"):
        render_report(tmp_path)


# --- the commands -------------------------------------------------------------------------------------


def run_command(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main([str(each) for each in arguments])
    return end.value.code or 0, capsys.readouterr()


def test_report_command(copy, tmp_path, capsys):
    (copy / "report.html").unlink()
    code, said = run_command(capsys, "report", copy)
    assert (code, said.out) == (0, f"report: {copy / 'report.html'}\n")
    code, said = run_command(capsys, "report", copy, "--out", tmp_path / "x.html", "--json")
    assert (code, json.loads(said.out)["report"]) == (0, str(tmp_path / "x.html"))
    assert (tmp_path / "x.html").read_text(encoding="utf-8") == page_of(copy)
    code, said = run_command(capsys, "report", tmp_path)
    assert (code, said.out) == (3, "")
    assert len(said.err.splitlines()) == 1


def test_cite_command(copy, capsys):
    code, said = run_command(capsys, "cite", copy)
    assert (code, said.out.rstrip("\n")) == (0, (copy / "refs.bib").read_text(encoding="utf-8").rstrip("\n"))
    code, said = run_command(capsys, "cite", copy, "--json")
    records = {record["key"]: record for record in json.loads(said.out)["references"]}
    assert records["NA62:2502.04241"]["link"] == "https://doi.org/10.1140/epjc/s10052-025-14133-w"
    assert all("named" not in record["fields"] and record["used_for"] for record in records.values())


# --- a browser ----------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OFFLINE = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=2000",
)  # fmt: skip
PHONE = """<!DOCTYPE html><body><iframe width="390" height="844"></iframe><p></p><script>
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument.documentElement;
  document.querySelector("p").textContent = `${page.scrollWidth} of ${page.clientWidth}`;
};
frame.srcdoc = %s;
</script>"""


def dom_of(path, profile, *options):
    command = [CHROMIUM, *OFFLINE, f"--user-data-dir={profile}", *options, "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_numbers_in_a_browser_after_all_scripts(folders, tmp_path):
    page = read_page(dom_of(folders["real"] / "report.html", tmp_path / "profile"))
    check_values(page, {"result.json": content_of(folders["real"])})
    assert len(page.values) == len(read_page(page_of(folders["real"])).values)
    assert any("feebly-live" in e.attributes.get("class", "") for e in page.tags)  # the scripts ran


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_phone_does_not_scroll_sideways(folders, tmp_path):
    text = json.dumps(page_of(folders["real"])).replace("<", "\\u003c")
    (tmp_path / "phone.html").write_text(PHONE % text, encoding="utf-8")
    width = re.search(r"<p>(\d+) of (\d+)</p>", dom_of(tmp_path / "phone.html", tmp_path / "profile"))
    assert width[1] == width[2]

"""Run the command line in this process, with the slow library calls replaced."""

import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from feebly.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def error(self):
        """The only line on stderr; nothing is on stdout."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        return line


@pytest.fixture
def feebly(capsys, tmp_path, monkeypatch):
    """``feebly("limit", "--n", "0", ...)`` in an empty folder; without a terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def call(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(end.value.code or 0, captured.out, captured.err)

    return call


def fake_module(monkeypatch, name, **functions):
    """Let ``import name`` find these functions, so that nothing heavy is loaded."""
    module = ModuleType(name)
    vars(module).update(functions)
    monkeypatch.setitem(sys.modules, name, module)


class Recorder:
    """A library call: keeps its arguments, reports progress, raises or returns what it was told."""

    def __init__(self, result=None):
        self.result, self.raises, self.arguments, self.options = result, None, None, None

    def __call__(self, *arguments, **options):
        self.arguments, self.options = arguments, options
        if options.get("progress"):
            options["progress"](1, 2, "tables")
        if self.raises is not None:
            raise self.raises
        return self.result


def run_result():
    return SimpleNamespace(
        model="dark-photon",
        analysis=SimpleNamespace(name="na62-dump-2021"),
        preset=SimpleNamespace(name="na62-ff-mixing"),
        channels=("mumu",),
        pot=1e18,
        precision=0.01,
        all_notes=("14 of 60 masses skipped",),
        scan=SimpleNamespace(grid=SimpleNamespace(unconverged=None)),
        summary=lambda: "dark-photon is excluded for 0.2-0.5 GeV",
    )


@pytest.fixture
def fake_run(monkeypatch):
    """Recorder in place of ``feebly.workflow.run.run``; write_run writes a result.json."""

    def write_run(result, folder, command):
        recorder.command = command
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").write_text('{"schema": 1, "pot": 1e18}', encoding="utf-8")

    recorder = Recorder(run_result())
    fake_module(monkeypatch, "feebly.workflow.run", run=recorder)
    fake_module(monkeypatch, "feebly.report.run_folder", write_run=write_run)
    return recorder


@pytest.fixture
def fake_project(monkeypatch, fake_run):
    """Recorder in place of ``feebly.workflow.projection.project``; ``read_run`` returns the folder."""
    recorder = Recorder(run_result())
    fake_module(monkeypatch, "feebly.workflow.projection", project=recorder)
    fake_module(monkeypatch, "feebly.report.saved_run", read_run=lambda folder: f"saved {folder}")
    return recorder


@pytest.fixture
def fake_yields(monkeypatch):
    """Recorder in place of ``feebly.workflow.yields.yields``."""
    columns = {
        "mass_gev": np.array([0.3, 0.3]),
        "ctau_m": np.array([1.0, 10.0]),
        "region": np.array(["SR", "SR"]),
        "yield": np.array([1.5e-3, 2.5]),
        "mc_error": np.array([1e-5, 0.01]),
    }
    header = {"reference coupling": "epsilon = 1", "BR": 1, "POT": 1.4e17, "response set": "2303"}
    recorder = Recorder(SimpleNamespace(columns=columns, header=header))
    fake_module(monkeypatch, "feebly.workflow.yields", yields=recorder)
    return recorder


@pytest.fixture
def fake_plane(monkeypatch):
    """Recorder in place of ``feebly.workflow.coupling_plane.exclude_couplings``: one square of a plane."""
    from feebly.limits.coupling_plane import CouplingPlane
    from feebly.limits.results import ContourPiece
    from feebly.workflow import coupling_plane as module
    from feebly.workflow.choices import choose

    choices = choose("alp-fermion", channels=["mumu"], production=["b-k"], response="none")
    grid = np.geomspace(1e-8, 1e-2, 5)
    corners = np.array([[1e-6, 1e-6], [1e-4, 1e-6], [1e-4, 1e-4], [1e-6, 1e-4], [1e-6, 1e-6]]).T
    piece = ContourPiece("observed", 0, *corners, open_edge=False)
    plane = CouplingPlane(0.3, {}, {}, {}, (), None, 1e17)
    recorder = Recorder(
        module.PlaneResult(
            choices, ("c_gg", "c_ff"), 1, 0.3, 0.9, grid, grid, plane, {"observed": 2.3}, (piece,)
        )
    )
    monkeypatch.setattr(module, "exclude_couplings", recorder)
    return recorder


@pytest.fixture
def fake_acceptance(monkeypatch):
    """Recorder in place of ``feebly.workflow.acceptance.acceptance``: a grid of two by three."""
    from feebly.workflow import acceptance as module
    from feebly.workflow.choices import choose

    grid = np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4]])
    choices = choose(
        "dark-photon", channels=["mumu"], production=["eta"], preset_name="current", response="none"
    )
    sigmas = dict.fromkeys(("mass_gev", "z_tax_m", "cda_tax_m"), np.array([1e-3, 2e-3]))
    result = module.Acceptance(
        choices, "eta", "mumu", 1.0, np.array([0.3, 0.4]), np.array([1.0, 10.0, 100.0]), np.array([0.1, 0.2]),
        0.01 * grid, 1e9 * grid, grid, 0.01 * grid, sigmas,
    )  # fmt: skip
    recorder = Recorder(result)
    monkeypatch.setattr(module, "acceptance", recorder)
    return recorder


@pytest.fixture
def fake_lifetime(monkeypatch):
    """Recorders in place of both functions of ``feebly.workflow.lifetime``; the files are written."""
    from feebly.workflow import lifetime

    def limits(question, mass_gev, ctau, sampling):
        ctau_m = np.geomspace(*(ctau or lifetime.CTAU_RANGE_M))
        upper = 1e-9 * (ctau_m + 1 / ctau_m)
        return lifetime.BranchingLimits(
            question,
            question.choices(None, ctau),
            mass_gev,
            ctau_m,
            upper,
            upper,
            np.full(ctau_m.shape, 0.01),
        )

    def write_run(result, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").write_text('{"coupling": "ctau-m"}', encoding="utf-8")

    recorder = Recorder(run_result())
    monkeypatch.setattr(lifetime, "exclude_lifetime", recorder)
    monkeypatch.setattr(lifetime, "branching_limits", limits)
    fake_module(monkeypatch, "feebly.report.run_folder", write_run=write_run)
    return recorder


@pytest.fixture
def fake_validate(monkeypatch):
    """Recorder in place of ``feebly.report.validation.validate``."""
    report = SimpleNamespace(
        text=lambda full: "row 1\n" + full * "row 2\n", as_dict=lambda: {"rows": [1.0]}, passed=True
    )
    recorder = Recorder(report)
    fake_module(monkeypatch, "feebly.report.validation", validate=recorder)
    return recorder


@pytest.fixture
def fake_simulate(monkeypatch):
    """Recorder in place of ``feebly.workflow.simulate.simulate``; files and figures are not written."""
    share = SimpleNamespace(production="brems", events=3, expected=2.5, efficiency=0.13)
    steps = (
        SimpleNamespace(name="generated", simulated=1000, expected=None),
        SimpleNamespace(name="SR", simulated=400, expected=2.5),
    )

    class Sample(SimpleNamespace):
        def __len__(self):
            return 3

    sample = Sample(
        kind="unweighted", region="SR", expected=2.5, mc_error=0.01, pot=1.4e17, coupling_name="epsilon",
        coupling=1e-6, mass_gev=0.3, ctau_m=0.142, cut_flow=steps, shares=(share,),
        metadata=lambda: {"expected": 2.5, "events": 3},
    )  # fmt: skip
    recorder = Recorder(sample)
    recorder.written = []
    fake_module(monkeypatch, "feebly.workflow.simulate", simulate=recorder)
    monkeypatch.setattr(
        "feebly.publish.event_files.write_events",
        lambda events, path, progress: recorder.written.append((events, str(path))),
    )
    fake_module(
        monkeypatch,
        "feebly.report.event_plots",
        write_plots=lambda events, folder: [folder / "z-tax.png", folder / "mass.png"],
    )
    return recorder


@pytest.fixture
def fake_drawing(monkeypatch, fake_simulate):
    """Arguments of the drawing: file, experiment, final state, events."""
    drawn = []
    monkeypatch.setattr(
        "feebly.report.experiment_drawing.write_drawing", lambda *arguments: drawn.append(arguments)
    )
    return drawn


@pytest.fixture
def fake_compare(monkeypatch):
    """Recorder in place of ``feebly.workflow.compare.compare``; ``written`` lists the folders."""
    recorder = Recorder(SimpleNamespace(run=run_result()))
    recorder.written = []
    fake_module(monkeypatch, "feebly.workflow.compare", compare=recorder)
    fake_module(
        monkeypatch,
        "feebly.report.effect_table",
        effect_text=lambda result: "splitting = fr24   +1.0/-2.0\n",
        comparison_dict=lambda result: {"effects": [{"option": "splitting", "lower": float("nan")}]},
    )
    fake_module(
        monkeypatch,
        "feebly.report.comparison_folder",
        write_comparison=lambda result, folder: recorder.written.append(folder),
    )
    return recorder


@pytest.fixture
def fake_closure(monkeypatch):
    """Recorder in place of ``feebly.workflow.closure.model_closure``; its result passes."""
    from report.synthetic_closure import synthetic_closure

    recorder = Recorder(synthetic_closure())
    fake_module(monkeypatch, "feebly.workflow.closure", model_closure=recorder)
    return recorder


@pytest.fixture
def fake_record(monkeypatch):
    """Recorder in place of ``feebly.publish.hepdata.export.export_run``: a record without tables."""
    from feebly.publish.hepdata import check, export

    recorder = Recorder(export.Record((), ("T1 observed contour: a projection observes nothing",), {}))
    monkeypatch.setattr(export, "export_run", recorder)
    monkeypatch.setattr("feebly.report.kaon_saved.is_kaon_result", lambda folder: False)
    monkeypatch.setattr(check, "check_record", lambda files, name: ())
    return recorder

"""Workspaces of counting searches: pyhf finds in them what the limits are made of."""

import pytest
from numpy.testing import assert_allclose
from tests.report.kaon_results import small_result

from feebly.cli.commands.kaon import made
from feebly.core.errors import DataError
from feebly.publish.pyhf_files.constraints import MODIFIER_SETTINGS
from feebly.publish.pyhf_files.kaon import export_kaon_pyhf
from feebly.report.kaon_folder import write_kaon_result
from feebly.report.kaon_saved import read_kaon_result

NAMES = ["pi-mumu", "pi-mue"]


@pytest.fixture(scope="module", params=[False, True])
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kaon")
    given = {"data": None, "unblind": False, "cl": "0.9", "convention": "cls-counting"}
    errors = {"background_error": request.param, "ses_error": request.param}
    write_kaon_result(made(searches=NAMES, **given, **errors), folder)
    return read_kaon_result(folder)


def test_pyhf_reads_what_the_limits_are_made_of(saved):
    pyhf = pytest.importorskip("pyhf")
    found = export_kaon_pyhf(saved)
    for search, (name, spec) in zip(
        saved.content["found"]["searches"], found.workspaces.items(), strict=True
    ):
        workspace = pyhf.Workspace(spec)
        model = workspace.model(modifier_settings=MODIFIER_SETTINGS)
        assert name == search["name"]
        assert list(workspace.data(model, include_auxdata=False)) == [search["n"]]
        rates = []
        for mu in (0.0, 1.0, 2.0):
            parameters = model.config.suggested_init()
            parameters[model.config.poi_index] = mu
            rates.append(float(model.expected_actualdata(parameters)[0]))
        assert_allclose(rates[0], search["b"], rtol=1e-6)
        assert_allclose(rates[2] - rates[0], 2 * (rates[1] - rates[0]), rtol=1e-9)
        if not saved.content["setting"][
            "ses_error"
        ]:  # with it, the median of the log-normal is below its mean
            assert_allclose(rates[1] - rates[0], search["events"], rtol=1e-9)
        if saved.content["setting"]["ses_error"] and search["sensitivity"]["relative_error"]:
            assert "sensitivity" in model.config.par_names
        constrained = len(model.config.suggested_init()) > 1
        assert constrained == saved.content["setting"]["background_error"]


def test_scans_are_refused(tmp_path):
    write_kaon_result(small_result(), tmp_path)
    with pytest.raises(DataError, match="feebly kaon peaks has many that share events"):
        export_kaon_pyhf(read_kaon_result(tmp_path))

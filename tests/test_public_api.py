"""The public names of the package exist and are what they are called."""

import importlib
from importlib.metadata import PackageNotFoundError

import pytest
from numpy.testing import assert_allclose

import feebly


@pytest.mark.parametrize("name", [name for name in feebly.__all__ if name != "__version__"])
def test_public_name(name):
    home = importlib.import_module(feebly._HOME[name])
    assert getattr(feebly, name) is getattr(home, name)


def test_all_is_complete():
    assert set(feebly.__all__) == {*feebly._HOME, "__version__"}
    assert set(feebly.__all__) <= set(dir(feebly))


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'feebly' has no attribute 'upper_limits'"):
        _ = feebly.upper_limits


def test_version_of_a_tree_that_was_never_installed(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    assert feebly.__version__ == "0+unknown"
    monkeypatch.setattr("importlib.metadata.version", lambda name: "1.2.3")
    assert feebly.__version__ == "1.2.3"


def test_upper_limit_is_a_number_too():
    assert_allclose(float(feebly.upper_limit(0, 0.016)), 2.302585092994046, rtol=1e-9)

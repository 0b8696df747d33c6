from __future__ import annotations

import pytest

from feebly.core.errors import ConfigError
from feebly.core.registry import Registry


@pytest.fixture
def models() -> Registry[int]:
    registry: Registry[int] = Registry("model")
    registry.add("dark-photon", 1, aliases=["BC1"])
    registry.add("dark-scalar", 4, aliases=["BC4"])
    return registry


def test_tag_and_alias_name_the_same_object(models):
    assert models["dark-photon"] == models["BC1"] == 1
    assert models.tag("BC4") == "dark-scalar"


def test_iteration_gives_tags_in_order_without_aliases(models):
    assert list(models) == ["dark-photon", "dark-scalar"]
    assert len(models) == 2
    assert "BC1" in models
    assert "BC2" not in models


def test_unknown_name_is_an_error_that_names_the_nearest(models):
    with pytest.raises(ConfigError, match=r"unknown model 'dark-foton'.*did you mean 'dark-photon'\?"):
        models["dark-foton"]


def test_a_name_is_given_once(models):
    with pytest.raises(ValueError, match="registered twice"):
        models.add("BC1", 9)

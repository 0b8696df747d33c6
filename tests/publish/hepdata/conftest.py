"""Exports without drawing: what the pictures show is the business of one test."""

import pytest

from feebly.publish.hepdata import export
from publish.hepdata.good_tables import PNG, THUMB


@pytest.fixture(scope="module")
def plain_pictures():
    """Tiny pictures in the place of drawn ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "pictures", lambda table, model: (PNG, THUMB))
        yield

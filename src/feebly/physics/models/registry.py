"""All models by public tag and alias. A new model is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from feebly.core.interfaces import Model
from feebly.core.registry import Registry
from feebly.physics.models.alp import Alp
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.models.dark_scalar import DarkScalar, DarkScalarQuartic

MODELS: Registry[Callable[..., Model]] = Registry("model")
MODELS.add("dark-photon", DarkPhoton, aliases=("BC1",))
MODELS.add("dark-scalar", DarkScalar, aliases=("BC4",))
MODELS.add("dark-scalar-quartic", DarkScalarQuartic, aliases=("BC5",))
MODELS.add("alp-photon", partial(Alp.benchmark, "alp-photon"), aliases=("BC9",))
MODELS.add("alp-fermion", partial(Alp.benchmark, "alp-fermion"), aliases=("BC10",))
MODELS.add("alp-gluon", partial(Alp.benchmark, "alp-gluon"), aliases=("BC11",))

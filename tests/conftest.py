"""Settings of the whole test suite."""

from hypothesis import settings

# machines that run tests are shared: a slow example is no fault of the code
settings.register_profile("feebly", deadline=None)
settings.load_profile("feebly")

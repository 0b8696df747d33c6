"""Plain NumPy versions of the compiled stages, written from the physics: oracles of the tests, never fast."""

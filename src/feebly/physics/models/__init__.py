"""Models: couplings to partial widths and lifetime. They know no production."""

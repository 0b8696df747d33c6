"""Spectra of the mesons that a beam proton makes in the target."""

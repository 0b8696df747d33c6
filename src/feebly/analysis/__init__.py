"""Analyses as data: fiducial volumes, cuts, regions, counts, backgrounds, response sets."""

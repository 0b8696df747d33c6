"""Significance of an excess, local and over a scan of masses."""

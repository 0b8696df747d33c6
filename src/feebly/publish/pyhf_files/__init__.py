"""Counting regions as HistFactory models of pyhf: workspace and patch set."""

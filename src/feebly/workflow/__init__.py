"""Runs: from names and files to results, tables kept and reused."""

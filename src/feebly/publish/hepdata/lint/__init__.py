"""Checks of HEPData records that know what a limit is: what the schema cannot see."""

from feebly.publish.hepdata.lint.findings import Finding
from feebly.publish.hepdata.lint.rules import RULES, lint

__all__ = ["RULES", "Finding", "lint"]

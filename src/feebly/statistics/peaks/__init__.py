"""Peaks on a background that is fitted beside them: local tests and limits of many hypotheses at once."""

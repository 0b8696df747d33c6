"""Searches in kaon and pion decays: beam, missing mass, counting, peaks."""

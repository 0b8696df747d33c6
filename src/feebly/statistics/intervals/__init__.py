"""Limits and intervals on the signal of one region, by convention, and their expected bands."""

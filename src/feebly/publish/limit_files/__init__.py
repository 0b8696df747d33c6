"""Limits that others published: one documented file format, its reader and writer, and converters into it."""

from feebly.publish.limit_files.couplings import COUPLINGS, convert_coupling
from feebly.publish.limit_files.published_limit import LimitPiece, PublishedLimit

__all__ = ["COUPLINGS", "LimitPiece", "PublishedLimit", "convert_coupling"]

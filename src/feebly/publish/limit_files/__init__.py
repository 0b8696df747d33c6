"""Limits that others published: one documented file format, its reader and writer, and converters into it."""

from feebly.publish.limit_files.convert import convert_text, limit_warnings
from feebly.publish.limit_files.couplings import COUPLINGS, MIXING_BENCHMARKS, convert_coupling, symbol_for
from feebly.publish.limit_files.limit_text import limit_text, parse_limit, read_limit, write_limit
from feebly.publish.limit_files.published_limit import LimitPiece, PublishedLimit
from feebly.publish.limit_files.shipped import load_limit, shipped_limits

__all__ = [
    "COUPLINGS",
    "MIXING_BENCHMARKS",
    "LimitPiece",
    "PublishedLimit",
    "convert_coupling",
    "convert_text",
    "limit_text",
    "limit_warnings",
    "load_limit",
    "parse_limit",
    "read_limit",
    "shipped_limits",
    "symbol_for",
    "write_limit",
]

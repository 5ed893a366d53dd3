"""A run's results in the formats that other programs read: a module for each, values in, documents out."""

from harness.report.formats.registry import FORMATS, Format, find

__all__ = ["FORMATS", "Format", "find"]

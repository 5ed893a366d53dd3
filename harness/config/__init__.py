"""Reads `matrix.toml` into a `MatrixSpec`: `load`; `schema` is its published description."""

from harness.config.published import schema
from harness.config.reader import load

__all__ = ["load", "schema"]

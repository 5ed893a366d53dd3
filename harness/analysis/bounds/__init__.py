"""Finds the lowest release of a dependency that works."""

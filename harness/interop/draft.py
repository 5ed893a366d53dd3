"""A draft of a `matrix.toml`: what was found out about a project, and how it is known."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.spec import CanarySpec, DatabaseSpec, Rule, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAxis:
    """One axis: requested values in order, and where they were read."""

    name: str
    values: tuple[str, ...]
    because: str = ""  # "classifiers of pyproject.toml"; becomes a comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything that goes into the file, in its order."""

    axes: tuple[DraftAxis, ...]  # the built-in ones included
    databases: tuple[DatabaseSpec, ...] = ()  # those that need a table
    canaries: tuple[CanarySpec, ...] = ()  # `path` relative to the file
    excludes: tuple[Rule, ...] = ()
    strength: Strength = Strength.PAIRS
    because: tuple[tuple[str, str], ...] = ()  # dotted key ("canary.shop.command") → comment
    allow_build: tuple[str, ...] = ()  # packages that may be built from source
    test_s: int = 0  # how long one run may take, in seconds; 0: the harness's own bound
    left: tuple[str, ...] = ()  # a line each: what could not be carried over, or is worth a look

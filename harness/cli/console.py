"""The two consoles: data goes to stdout, everything else to stderr."""

from __future__ import annotations

import sys

from rich.console import Console


def out(*, width: int | None = None) -> Console:
    """Return the console for answers. Colour follows the terminal and NO_COLOR.

    Lines are left to the terminal to wrap, so that a path or command copied from several of its lines is whole.
    """
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, width=width)


def err() -> Console:
    """Return the console for progress and errors."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=not sys.stderr.isatty())

"""What lowest versions take for granted."""

from __future__ import annotations

import pytest

from harness.model.package import Interpreter
from harness.workflow.lowest import unbounded

PYTHON = Interpreter(
    path="/python", version="3.12.1", implementation="CPython", build="b", platform="linux-x86_64", sqlite_version="3"
)


@pytest.mark.parametrize(
    ("wanted", "open_ones"),
    [
        (["django==6.0.1", "toolz>=1", "attrs~=24.1", "six>1", "x===1"], ()),
        (["toolz", "attrs<25", "six!=1.2"], ("attrs", "six", "toolz")),
        (["toolz", "-c toolz>=1"], ()),
        (["-c toolz<2"], ()),
        (["toolz<2", "Toolz>=1"], ()),
        (["tomli; python_version < '3.11'", "toolz; python_version > '3.11'"], ("toolz",)),
    ],
)
def test_what_nothing_bounds_from_below(wanted, open_ones) -> None:
    """A specifier or a constraint that leaves no room downwards is a bound; what does not apply is not asked for."""
    assert unbounded(wanted, PYTHON) == open_ones

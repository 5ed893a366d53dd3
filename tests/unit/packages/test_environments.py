"""Parts of an environment that need no uv; the whole is tested in tests/cells."""

from __future__ import annotations

import pytest

from harness.packages.environments import _with_python

PYTHON = "/e/bin/python"


@pytest.mark.parametrize(
    "script",
    [b"#!/old/bin/python3.12\nbody\n", b"#!/bin/sh\n'''exec' \"/o ld/python\" \"$0\" \"$@\"\n' '''\nbody\n"],
)
def test_scripts_get_the_environment_s_python(script: bytes) -> None:
    """Whether they name one or go through a shell."""
    assert _with_python(script, PYTHON) == b"#!/e/bin/python\nbody\n"


def test_long_paths_go_through_a_shell() -> None:
    """A kernel reads only so much of a first line, and no spaces."""
    for python in ("/" + "long/" * 30 + "python", "/a b/python"):
        script = _with_python(b"#!/old/python\nbody\n", python)
        assert script == f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\nbody\n".encode()
        assert _with_python(script, PYTHON) == b"#!/e/bin/python\nbody\n"


def test_other_scripts_are_left_alone() -> None:
    """A shell script is not Python."""
    assert _with_python(b"#!/bin/sh\nbody\n", PYTHON) == b"#!/bin/sh\nbody\n"

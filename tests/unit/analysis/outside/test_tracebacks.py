"""What is read back from a traceback's text is what the exception was."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from harness.analysis.outside.tracebacks import Whereabouts, last_failure

WHERE = Whereabouts(scratch="/tmp/x", name="shop")


class Odd(Exception):
    """An exception whose name is dotted."""


def chained() -> None:
    """Raise one exception because of another."""
    try:
        {}["first"]
    except KeyError as error:
        raise ValueError("second") from error


def raised(error: BaseException) -> Callable[[], None]:
    """Return a function that raises *error*."""

    def inner() -> None:
        raise error

    return inner


def syntax() -> None:
    """Compile what is no Python."""
    compile("x = (1,\n", "/tmp/x/abc/shop/models.py", "exec")


@pytest.mark.parametrize(
    "act",
    [
        raised(ValueError("plain")),
        raised(KeyError("a key")),
        raised(Odd("dotted")),
        raised(RuntimeError("")),
        raised(ValueError("several\n  indented\nlines: of it")),
        raised(OSError(2, "No such file")),
        raised(SystemExit(3)),
        chained,
        syntax,
        raised(AssertionError("assert 1 == 2\n +  where 1 = f()")),
    ],
)
def test_type_message_and_frames_come_back(act: Callable[[], None]) -> None:
    """As Python prints it; of a chain, the one that propagated."""
    try:
        act()
    except BaseException as error:  # noqa: BLE001  (SystemExit, too)
        text, kind = traceback.format_exc(), type(error)
        names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        message = str(error)
    found = last_failure(text, WHERE.place)
    assert found is not None
    dotted = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    assert (found.type, found.message) == (dotted, message)
    assert [frame.function for frame in found.frames] == names


def test_a_group_is_the_exception_not_its_members() -> None:
    """Python draws a tree: the group's own type and message are what propagated."""
    try:
        raised(ExceptionGroup("two went wrong", [ValueError("a"), KeyError("b")]))()
    except ExceptionGroup:
        found = last_failure(traceback.format_exc(), WHERE.place)
    assert found is not None
    assert (found.type, found.message) == ("ExceptionGroup", "two went wrong (2 sub-exceptions)")


def test_pytest_s_short_style_is_read() -> None:
    """A module that cannot be imported is reported so, whatever style was asked for."""
    text = """ImportError while importing test module '/tmp/x/abc/shop/tests/test_a.py'.
Hint: make sure your test modules/packages have valid Python names.
Traceback:
/usr/lib/python3.11/importlib/__init__.py:126: in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
tests/test_a.py:3: in <module>
    import nowhere
E   ModuleNotFoundError: No module named 'nowhere'
"""
    found = last_failure(text, WHERE.place)
    assert found is not None
    assert (found.type, found.message) == ("ModuleNotFoundError", "No module named 'nowhere'")
    assert [(frame.file, frame.origin) for frame in found.frames][-1] == ("tests/test_a.py", "project")


def test_an_internal_error_of_pytest_is_read() -> None:
    """Its lines have a mark in front."""
    text = (
        "INTERNALERROR> Traceback (most recent call last):\n"
        'INTERNALERROR>   File "/v/lib/python3.12/site-packages/plugin/core.py", line 5, in hook\n'
        "INTERNALERROR>     boom()\n"
        "INTERNALERROR> TypeError: no\n"
    )
    found = last_failure(text, WHERE.place)
    assert found is not None
    assert (found.type, found.message, found.frames[0].origin) == ("TypeError", "no", "plugin")


@pytest.mark.parametrize("text", ["", "no traceback here", "Traceback (most recent call last):", "E"])
def test_no_exception_is_none(text: str) -> None:
    """Text without one, or cut short."""
    assert last_failure(text, WHERE.place) is None


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/tmp/x/tmp.abc/shop/app/models.py", ("app/models.py", "project")),
        ("/tmp/x/tmp.abc/venv/lib/python3.12/site-packages/django/db/utils.py", ("django/db/utils.py", "django")),
        ("/tmp/x/tmp.abc/venv/lib/python3.12/site-packages/six.py", ("six.py", "six")),
        ("/usr/lib/python3.12/importlib/__init__.py", ("/usr/lib/python3.12/importlib/__init__.py", "python")),
        ("<frozen importlib._bootstrap>", ("<frozen importlib._bootstrap>", "python")),
        ("tests/test_a.py", ("tests/test_a.py", "project")),
        ("/tmp/x/tmp.abc/shopping/a.py", ("/tmp/x/tmp.abc/shopping/a.py", "python")),
    ],
)
def test_files_are_named_as_the_probe_names_them(path: str, place: tuple[str, str]) -> None:
    """Relative to site-packages or the working copy, with the top-level package as origin."""
    assert WHERE.place(path) == place


def test_files_are_told_from_where_the_commands_are_run() -> None:
    """As the probe does: relative to that folder where they lie in it, else to the project's root."""
    place = Whereabouts(scratch="/tmp/x", name="shop", cwd="src/app").place
    assert place("/tmp/x/y/shop/src/app/models.py") == ("models.py", "project")
    assert place("/tmp/x/y/shop/src/other.py") == ("src/other.py", "project")

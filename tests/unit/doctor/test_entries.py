"""Items of DATABASES are found as they are written, and edited in place."""

from __future__ import annotations

import pytest

from harness.doctor import entries, pytest_config
from harness.doctor.case import Case, Chooser, Chosen, Command, Kind


@pytest.fixture
def case(project):
    """Return a project of one settings file."""

    def make(settings: str) -> Case:
        tree = project({"settings.py": settings})
        return Case(
            tree=tree,
            command=Command(kind=Kind.PYTEST, words=("pytest",), args=()),
            environ={},
            pytest=pytest_config.find(tree, (), {}),
            chosen=Chosen(module="settings", by=Chooser.ENVIRONMENT),
            declared=(),
            manage="",
            roots=("",),
        )

    return make


LITERAL = 'DATABASES = {"default": {"NAME": "x", "TEST": {"NAME": "y", "MIGRATE": False}}}\n'
SUBSCRIPT = 'DATABASES = {}\nDATABASES["default"] = dict(NAME="x", TEST={"MIGRATE": False})\n'
VARIABLE = 'MAIN = {"NAME": "x", "TEST": {"MIGRATE": False}}\nDATABASES = {"default": MAIN}\n'


@pytest.mark.parametrize(("text", "line"), [(LITERAL, 1), (SUBSCRIPT, 2), (VARIABLE, 1)])
def test_an_item_is_found_however_it_is_written(case, text, line):
    """As a literal, as an item of its own, as a variable."""
    found = entries.find(case(text), "default", "TEST", "MIGRATE")
    assert found is not None
    assert (found.path, found.line) == ("settings.py", line)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (LITERAL, 'DATABASES = {"default": {"NAME": "x", "TEST": {"NAME": "y"}}}\n'),
        (SUBSCRIPT, 'DATABASES = {}\nDATABASES["default"] = dict(NAME="x", TEST={})\n'),
        ('DATABASES["a"]["TEST"]["MIGRATE"] = False\nX = 1\n', "X = 1\n"),
    ],
)
def test_an_item_goes_with_its_key(case, text, after):
    """And nothing else moves."""
    made = case(text)
    alias = "a" if text.startswith('DATABASES["a"]') else "default"
    found = entries.find(made, alias, "TEST", "MIGRATE")
    assert found is not None
    assert entries.without(made, found).after == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            'DATABASES = {"b": {"NAME": "x"}}\n',
            'DATABASES = {"b": {"NAME": "x", "TEST": {"MIRROR": "default"}}}\n',
        ),
        (
            'DATABASES = {"b": {"NAME": "x", "TEST": {"CHARSET": "u"}}}\n',
            'DATABASES = {"b": {"NAME": "x", "TEST": {"CHARSET": "u", "MIRROR": "default"}}}\n',
        ),
        (
            'DATABASES = {"b": dict(NAME="x")}\n',
            'DATABASES = {"b": dict(NAME="x", TEST={"MIRROR": "default"})}\n',
        ),
        (
            "DATABASES = load()\n",
            'DATABASES = load()\nDATABASES["b"].setdefault("TEST", {})["MIRROR"] = "default"\n',
        ),
    ],
)
def test_an_item_is_set_where_it_belongs(case, text, after):
    """In the dictionary that is there, else by a statement of its own."""
    path, _, change = entries.with_item(case(text), ("b", "TEST", "MIRROR"), '"default"')
    assert path == "settings.py"
    assert change is not None
    assert change.after == after

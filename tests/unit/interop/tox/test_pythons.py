"""Which Python an environment gets whose name says none."""

from __future__ import annotations

TOX = """
    [tox]
    env_list = dj52, dj60%s
    [testenv]
    deps =
        dj52: Django>=5.2,<6
        dj60: Django>=6.0,<6.1
    commands = pytest
%s
"""


def cells(made) -> set[tuple[str, str]]:
    """Return the pairs of Python and Django that no exclusion rules out."""
    axes = {axis.name: axis.values for axis in made.axes}
    pairs = {(python, django) for python in axes["python"] for django in axes["django"]}
    boxes = [dict(rule.when.terms) for rule in made.excludes]
    return {
        (python, django)
        for python, django in pairs
        if not any(python in box.get("python", (python,)) and django in box.get("django", (django,)) for box in boxes)
    }


def test_sections_for_ci_say_which(read):
    """The newest that they give to the environment."""
    gh = "    [gh]\n    python =\n        3.11 = dj{52}\n        3.12 = dj{52,60}\n        3.13 = lint, dj{52}\n"
    made = read(**{"tox.ini": TOX % ("", gh)})
    assert cells(made) == {("3.13", "5.2"), ("3.12", "6.0")}
    assert "tox.ini: dj60: names no Python; taken as 3.12" in made.left


def test_gh_actions_names_factors_of_pythons(read):
    """They are there, whatever the environment is called."""
    made = read(**{"tox.ini": TOX % ("", "    [gh-actions]\n    python =\n        3.12: py312\n        3.10: py310\n")})
    assert cells(made) == {("3.12", "5.2"), ("3.12", "6.0")}


def test_other_environments_and_classifiers_say_which_there_are(read):
    """The newest on which there is such a Django."""
    made = read(**{"tox.ini": TOX % (", py312-dj52", "")})
    assert cells(made) == {("3.12", "5.2"), ("3.12", "6.0")}
    classified = "[metadata]\nname = shop\nclassifiers =\n  Programming Language :: Python :: 3.13\n"
    made = read(**{"setup.cfg": classified, "tox.ini": TOX % ("", "")})
    assert cells(made) == {("3.13", "5.2"), ("3.13", "6.0")}


def test_the_project_bounds_it(read):
    """It is installed there."""
    bounded = "[metadata]\nname = shop\n[options]\npython_requires = <3.13\n"
    made = read(**{"setup.cfg": bounded, "tox.ini": TOX % (", py312-dj60, py313-dj60", "")})
    assert {python for python, django in cells(made) if django == "5.2"} == {"3.12"}


def test_else_it_is_toxs_own_or_one_of_today(read):
    """Django 6.0 needs 3.12, whatever runs tox."""
    made = read(**{"tox.ini": TOX % ("", "")})
    assert {django for _, django in cells(made)} == {"5.2", "6.0"}
    assert all(tuple(map(int, python.split("."))) >= (3, 12) for python, django in cells(made) if django == "6.0")

"""Command lines of projects: where the probe comes in, and what stays as it was written."""

from __future__ import annotations

import shlex

import pytest

from harness.model.command_line import Watch, is_pytest, watched

PROBE = "PROBE"


@pytest.mark.parametrize(
    ("line", "becomes", "watch"),
    [
        ("pytest -q tests", "pytest -p harness_probe --opt -q tests", Watch.PYTEST),
        ("py.test", "py.test -p harness_probe --opt", Watch.PYTEST),
        ("python -m pytest -x", "python -m pytest -p harness_probe --opt -x", Watch.PYTEST),
        ("python3.12 -Wd -m pytest", "python3.12 -Wd -m pytest -p harness_probe --opt", Watch.PYTEST),
        ("python -W error -m pytest", "python -W error -m pytest -p harness_probe --opt", Watch.PYTEST),
        (
            "coverage run --source shop -m pytest a",
            "coverage run --source shop -m pytest -p harness_probe --opt a",
            Watch.PYTEST,
        ),
        (
            "python -m coverage run -m pytest",
            "python -m coverage run -m pytest -p harness_probe --opt",
            Watch.PYTEST,
        ),
        ("python manage.py test -v 2", "python PROBE manage.py test -v 2", Watch.DJANGO),
        ("./manage.py test", "python PROBE ./manage.py test", Watch.DJANGO),
        ("python -Wd -m django test", "python -Wd PROBE -m django test", Watch.DJANGO),
        ("django-admin test --settings=a", "python PROBE -m django test --settings=a", Watch.DJANGO),
        ("coverage run --branch manage.py test", "coverage run --branch PROBE manage.py test", Watch.DJANGO),
        (
            "python -W error::DeprecationWarning -m coverage run -p --source=x runtests.py --fast",
            "python -W error::DeprecationWarning -m coverage run -p --source=x PROBE runtests.py --fast",
            Watch.SCRIPT,
        ),
        ("python runtests.py", "python PROBE runtests.py", Watch.SCRIPT),
        ("python manage.py check", "python manage.py check", Watch.ASIDE),
        ("python -c pass", "python -c pass", Watch.ASIDE),
        ("python setup.py test", "python setup.py test", Watch.ASIDE),
        ("python -m unittest", "python -m unittest", Watch.ASIDE),
        ("django-admin check", "django-admin check", Watch.ASIDE),
        ("make test", "make test", Watch.ASIDE),
        ("sh -c 'pytest && true'", "sh -c 'pytest && true'", Watch.ASIDE),
        ("coverage report", "coverage report", Watch.ASIDE),
        ("python", "python", Watch.ASIDE),
    ],
)
def test_the_probe_comes_in_where_tests_are_run(line: str, becomes: str, watch: Watch) -> None:
    """Nothing but the probe, and pytest's own options, is added; what runs no tests is left alone."""
    found = watched(shlex.split(line), ("--opt",), probe=PROBE)
    assert (shlex.join(found.words), found.watch) == (becomes, watch)


@pytest.mark.parametrize("line", ["pytest", "coverage run -m pytest", "python manage.py test", "python runtests.py"])
def test_without_a_probe_a_line_is_what_was_written(line: str) -> None:
    """What a person types is shown without what observes it."""
    assert shlex.join(watched(shlex.split(line), (), probe="").words).removeprefix("python ") in line


@pytest.mark.parametrize(("line", "is_it"), [("pytest", True), ("coverage run -m pytest", True), ("tox", False)])
def test_what_is_pytests_can_have_modes(line: str, is_it: bool) -> None:
    """Only pytest takes the options that make a mode."""
    assert is_pytest(shlex.split(line)) is is_it


def test_only_what_surely_shows_its_tests_is_certain() -> None:
    """A pass without evidence is one where the command might well run no tests that the probe could see."""
    assert {watch for watch in Watch if watch.is_certain} == {Watch.PYTEST, Watch.DJANGO}

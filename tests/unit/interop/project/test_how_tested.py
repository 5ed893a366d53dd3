"""How the tests are run, as far as files tell."""

from __future__ import annotations

import pytest

from harness.interop.project import hints
from harness.interop.project.how_tested import Asked, HowTested, Runner, find, has_tests

TOX = "[testenv]\ndeps = pytest\ncommands =\n    {}\n"


@pytest.fixture
def found(tree):
    """Returns a function from files to how the tests are run."""

    def run(files: dict[str, str], section: str = "", manage: str = "", requirements: str = "") -> HowTested:
        asked = Asked(pytest_section=section, manage=manage, requirements=frozenset(requirements.split()))
        return find(tree(files), asked)

    return run


def test_pytest_where_it_is_configured(found) -> None:
    """Whatever else lies there."""
    run = found({"runtests.py": "", "tox.ini": TOX.format("python runtests.py")}, section="pytest.ini")
    assert (run.runner, run.line) == (Runner.PYTEST, "")


@pytest.mark.parametrize(
    ("line", "runner", "command"),
    [
        ("python runtests.py {posargs}", Runner.SCRIPT, "python runtests.py"),
        ("coverage run --source shop runtests.py -v2", Runner.SCRIPT, "python runtests.py -v2"),
        ("python -W error -m coverage run ./runtests.py", Runner.SCRIPT, "python runtests.py"),
        ("python manage.py test shop --settings=x.y", Runner.MANAGE, "python manage.py test shop --settings=x.y"),
        ("django-admin test --settings tests.settings", Runner.DJANGO, "django-admin test --settings tests.settings"),
        ("python -m django test {posargs:-v 2} --parallel", Runner.DJANGO, "python -m django test --parallel"),
        ("python runtests.py --testrunner xml.Runner", Runner.SCRIPT, "python runtests.py"),
        ("python -m pytest {posargs}", Runner.PYTEST, "python -m pytest"),
        ("python runtests.py $ARGS", Runner.SCRIPT, ""),
    ],
)
def test_what_tox_runs(found, line: str, runner: Runner, command: str) -> None:
    """Without what is tox's; a line that needs a shell tells the kind alone."""
    run = found({"tox.ini": TOX.format(line), "runtests.py": ""}, manage="manage.py", requirements="pytest")
    assert (run.runner, run.line, run.because) == (runner, command, "tox.ini runs it")


def test_what_ci_runs(found) -> None:
    """An installation of pytest is no run of it."""
    text = "steps:\n  - run: pip install pytest\n  - run: python manage.py test --parallel | tee log\n"
    run = found({".github/workflows/test.yml": text}, manage="manage.py")
    assert (run.runner, run.line) == (Runner.MANAGE, "python manage.py test --parallel")


def test_what_lies_there(found) -> None:
    """Where nothing says how: a requirement, a script, manage.py, else Django's own command."""
    assert found({"runtests.py": ""}, requirements="pytest", manage="manage.py").runner is Runner.PYTEST
    assert found({"tests/runtests.py": ""}, manage="manage.py").line == "python tests/runtests.py"
    assert found({}, manage="manage.py").runner is Runner.MANAGE
    assert found({}).runner is Runner.DJANGO
    gone = found({"tox.ini": TOX.format("python runtests.py")}, manage="manage.py")
    assert gone.runner is Runner.MANAGE


def test_tests_are_known_by_their_names(tree) -> None:
    """As pytest and Django find them."""
    assert has_tests(tree({"shop/tests.py": ""}))
    assert has_tests(tree({"tests/test_a.py": ""}))
    assert not has_tests(tree({"shop/models.py": "", "tests/__init__.py": "", "test.txt": ""}))


def test_pythons_of_other_files(tree) -> None:
    """A version file before CI, CI before an image."""
    workflow = 'matrix:\n  python-version: ["3.10", "3.12"]\n'
    listed = "matrix:\n  python-version:\n    - '3.9'\n    - '3.11'\n"
    assert hints.pythons(tree({".python-version": "3.12.4\n"})) == (("3.12",), ".python-version")
    assert hints.pythons(tree({"runtime.txt": "python-3.11.2\n"}))[0] == ("3.11",)
    for text, expected in ((workflow, ("3.10", "3.12")), (listed, ("3.9", "3.11"))):
        assert hints.pythons(tree({".github/workflows/t.yml": text}))[0] == expected
    assert hints.pythons(tree({"Dockerfile": "FROM python:3.13-slim\n"})) == (("3.13",), "Dockerfile")
    assert hints.pythons(tree({})) == ((), "")


def test_values_of_variables(tree) -> None:
    """An example of a .env before CI; what is made of other variables is no value."""
    files = tree({".env.example": "export A='x y'\nB=${A}\n", ".gitlab-ci.yml": "variables:\n  B: 7\n  C: $A\n"})
    assert hints.variable(files, "A") == ("x y", ".env.example")
    assert hints.variable(files, "B") == ("7", ".gitlab-ci.yml")
    assert hints.variable(files, "C") == ("", "")


def test_requirements_of_every_tox_environment(tree) -> None:
    """Those of a factor are not."""
    text = "[testenv]\ndeps =\n    time-machine\n    -rrequirements.txt\n    dj52: Django==5.2.*\n    {[x]deps}\n"
    assert hints.tox_requirements(tree({"tox.ini": text})) == ("time-machine",)

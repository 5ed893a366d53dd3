"""What commands in a tox file are there for."""

from __future__ import annotations

import pytest

from harness.interop.tox.commands import Kind, parse

TESTS = """
pytest
- pytest -q
python -m pytest tests
coverage run -m pytest
python -W error -m coverage run -m django test -v2 tests
coverage run --parallel-mode --source shop ./runtests.py --x
./runtests.py
python runtests.py
coverage run -a runtests.py --database=postgres
python manage.py test
coverage run manage.py test
python tests/manage.py test core
django-admin test --settings tests.settings
python -m unittest discover
python -m tests
python -m shop.tests
python quicktest.py
coverage run testmanage.py test --deprecation all
python setup.py test
poetry run pytest
uv run pytest -x
xvfb-run -a pytest
env A=b pytest
make test
bash ./run_tests.sh
bash -c 'cd tests && pytest'
"""
COVERAGE = """
coverage erase
coverage report --fail-under=90
python -m coverage xml
! coverage html
codecov -e TOXENV
"""
OTHERS = """
flake8 tests
mypy tests
black --check tests/test.py
python -m isort tests
python -m mypy tests
pre-commit run --all-files
python -m build
twine check dist/*
sphinx-build -b html docs out
make -C docs spelling
python manage.py makemigrations --check
python -m django makemigrations --check --dry-run
python -c 'print(1)'
python docs/build.py
python testmanage.py runserver 0.0.0.0:8020
"""


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (kind, line)
        for kind, lines in ((Kind.TEST, TESTS), (Kind.COVERAGE, COVERAGE), (Kind.OTHER, OTHERS))
        for line in lines.strip().splitlines()
    ],
)
def test_a_command_is_told_by_what_it_runs(kind, line):
    """By its program, module or script; never by the words that it is given."""
    assert parse(line).kind is kind


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("- python prepare.py 'a b'", ("sh", "-c", "python prepare.py 'a b' || true")),
        ("! python broken.py", ("sh", "-c", "! python broken.py")),
        ("- pytest -q", ("pytest", "-q")),
        ("python manage.py migrate", ("python", "manage.py", "migrate")),
    ],
)
def test_what_tox_makes_of_an_exit_code_stays_so(line, words):
    """Except of tests: what fails there is what is looked for."""
    assert parse(line).carried() == words

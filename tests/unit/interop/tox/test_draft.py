"""A tox file becomes a matrix whose cells are its environments."""

from __future__ import annotations

import datetime as dt
import itertools
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import config
from harness.doctor.tree import Tree
from harness.errors import UsageError
from harness.interop.draft import Draft
from harness.interop.matrix_toml import written
from harness.interop.tox.draft import draft
from harness.interop.tox.environment import ToxEnvironment, ToxFile
from harness.interop.tox.reaches import LOST
from harness.model.cell import is_package_axis
from harness.model.plan import Axis, Value
from harness.packages.versions import expand
from harness.plan.planning import plan_run
from harness.plan.rules import check_rules, matrix_nogoods
from harness.plan.select import Selection

DJANGO = {"32": "Django>=3.2,<4", "42": "Django~=4.2.0", "51": "Django==5.1.*", "52": "Django>=5.2,<6.0"}
ENVIRONMENTS = list(itertools.product(("310", "311", "312"), DJANGO, ("sqlite", "postgres", "mysql"), ("", "-fast")))


def cells(made: Draft, releases) -> set[tuple[str, ...]]:
    """Return the values of the cells that the written file plans, its axes in their order, mode left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "matrix.toml")
        path.write_text(written(made), encoding="utf-8")
        spec = config.load(path, today=dt.date(2026, 11, 22))
    axes = tuple(
        Axis(name=axis.name, values=expand(axis, releases(axis.name)))
        if is_package_axis(axis.name)
        else Axis(name=axis.name, values=tuple(Value(requested=str(value)) for value in axis.values))
        for axis in spec.axes
    )
    check_rules(spec, axes)
    plan = plan_run(spec, axes, matrix_nogoods(spec, axes), Selection())
    return {tuple(cell[axis.name] for axis in axes[:-1]) for cell in plan.cells}


def environment(python: str, django: str, database: str, special: str) -> ToxEnvironment:
    """Return an environment as tox would tell of it."""
    return ToxEnvironment(
        name=f"py{python}-dj{django}-{database}{special}",
        base_python=(f"py{python}",),
        deps=(DJANGO[django], *(("psycopg[binary]",) if database == "postgres" else ())),
        set_env=(("DB", database), ("DB_URL", ""), ("FAST", "1" if special else "0")),
        commands=("pytest",),
    )


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(ENVIRONMENTS), min_size=1))
def test_the_plan_holds_the_environments_and_no_other(releases, chosen):
    """Whatever combinations a list has: read, written, loaded and planned it is that list again."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        found = ToxFile(
            path=root / "tox.ini",
            root=root,
            work_dir=root / ".tox",
            host_python="3.11",
            environments=tuple(environment(*one) for one in sorted(chosen)),
        )
        made = draft(found, Tree(root=root, paths=()), releases, project="shop")
    planned = cells(made, releases)
    series = {"32": "3.2", "42": "4.2", "51": "5.1", "52": "5.2"}
    names = {"sqlite": "sqlite-memory", "postgres": "postgres-17", "mysql": "mysql-8.4"}
    wanted = {(f"3.{python[1:]}", series[django], names[database]) for python, django, database, _ in chosen}
    assert len(planned) == len(chosen)
    assert {cell[:3] for cell in planned} == wanted
    variables = {canary.name: dict(canary.project.env) for canary in made.canaries}
    for python, django, database, special in chosen:
        here = [c for c in planned if c[:3] == (f"3.{python[1:]}", series[django], names[database])]
        assert ("1" if special else "0") in {variables[cell[3]]["FAST"] for cell in here}


def test_a_plain_list_is_a_plain_matrix(read):
    """Pythons, series of Django, one canary; what a person would have written."""
    made = read(
        **{
            "requirements/test.txt": "pytest\npytest-django\n",
            "tox.ini": """
                [tox]
                env_list = py{310,311}-dj{42,52}, py312-dj{52,60}, lint
                [testenv]
                deps =
                    dj42: Django~=4.2.0
                    dj52: Django>=5.2,<6.0
                    dj60: Django==6.0.*
                    -r requirements/test.txt
                extras = rest
                usedevelop = true
                set_env = DJANGO_SETTINGS_MODULE = tests.settings
                commands =
                    pytest {posargs:tests}
                    coverage report
                [testenv:lint]
                skip_install = true
                deps = ruff
                commands = ruff check {toxinidir}
            """,
        }
    )
    axes = {axis.name: axis.values for axis in made.axes}
    assert axes == {
        "python": ("3.10", "3.11", "3.12"),
        "django": ("4.2", "5.2", "6.0"),
        "database": ("sqlite-memory",),
        "canary": ("shop",),
        "mode": ("plain",),
    }
    (canary,) = made.canaries
    assert (canary.settings, canary.requires) == ("tests.settings", ())
    assert canary.project.install == ("-e .[rest]", "-r requirements/test.txt")
    assert canary.project.commands == (("pytest", "tests"),)
    assert [dict(rule.when.terms) for rule in made.excludes] == [
        {"django": ("6.0",), "python": ("3.10", "3.11")},
        {"django": ("4.2",), "python": ("3.12",)},
    ]
    assert made.left == (
        "tox.ini: environments that do not test: lint",
        "tox.ini: commands that report on coverage: left out",
    )


def test_what_no_axis_says_is_a_canary_each(read, releases):
    """Databases, commands, folders and variables by factor; each canary is named after what only it has."""
    made = read(
        **{
            "tox.ini": """
                [tox]
                env_list = py312-{sqlite,postgres}, py312-demo
                [testenv]
                package = wheel
                deps =
                    Django>=5.2,<6
                    postgres: psycopg2-binary
                pass_env =
                    postgres: DB_*
                    API_TOKEN
                set_env =
                    postgres: DB_HOST = localhost
                    PYTHONPATH = {tox_root}/lib
                commands =
                    sqlite: python manage.py test
                    postgres: python manage.py test --settings=settings.postgres
                    demo: {envpython} manage.py test
                change_dir =
                    demo: {tox_root}/demo
            """,
        }
    )
    sqlite, postgres, demo = made.canaries
    assert [canary.name for canary in made.canaries] == ["sqlite", "postgres", "demo"]
    assert postgres.databases == ("postgres-17",)
    assert dict(postgres.project.env) == {
        "DB_DB": "${HARNESS_DB_NAME}",
        "DB_HOST": "${HARNESS_DB_HOST}",
        "DB_NAME": "${HARNESS_DB_NAME}",
        "DB_PASSWORD": "${HARNESS_DB_PASSWORD}",
        "DB_PORT": "${HARNESS_DB_PORT}",
        "DB_USER": "${HARNESS_DB_USER}",
        "PYTHONPATH": "${PYTHONPATH}:lib",
    }
    assert made.databases[0].driver == ("psycopg2-binary",)
    assert (demo.project.cwd, demo.project.commands) == ("demo", (("python", "manage.py", "test"),))
    assert dict(demo.project.env)["PYTHONPATH"] == "${PYTHONPATH}:../lib"
    assert sqlite.project.pass_env == ("API_TOKEN",)
    assert cells(made, releases) == {
        ("3.12", "5.2", "sqlite-memory", "sqlite"),
        ("3.12", "5.2", "postgres-17", "postgres"),
        ("3.12", "5.2", "sqlite-memory", "demo"),
    }


def test_what_cannot_be_carried_over_is_said(read):
    """Each reason once, with the environments that it concerns."""
    made = read(
        **{
            "requirements.txt": "pytest\ngit+https://github.com/someone/crispy-bootstrap4\nhttps://example.org/x.whl\n",
            "tox.ini": """
                [tox]
                requires = tox-nowhere
                env_list = py312-dj{52,main}, py27-dj52, pypy3-dj52, py312-dj52-oracle, docs
                [testenv]
                pip_pre = true
                ignore_outcome = true
                deps =
                    dj52: Django>=5.2,<6
                    djmain: https://github.com/django/django/archive/main.tar.gz
                    -rrequirements.txt
                set_env = LEVEL = {env:LEVEL:3}
                commands = - pytest --junitxml=out/{envname}.xml
                commands_post = python upload.py
                [testenv:docs]
                commands = sphinx-build docs out
            """,
        }
    )
    archive = "https://github.com/django/django/archive/main.tar.gz"
    repository = "git+https://github.com/someone/crispy-bootstrap4"
    assert made.canaries[0].requires == ("pytest", "crispy-bootstrap4")
    assert made.canaries[0].project.commands == (("pytest", "--junitxml=out/tox.xml"),)
    assert set(made.left) == {
        "tox.ini: environments that do not test: docs",
        f"tox.ini: left out: py312-djmain: {archive}: packages come from the index",
        "tox.ini: left out: py27-dj52: Python 2.7: 3.8 is the oldest that can be tested",
        "tox.ini: left out: pypy3-dj52: Python 'pypy3': only CPython with the interpreter lock can be tested",
        "tox.ini: left out: py312-dj52-oracle: oracle: no such database is to be had",
        "tox.ini: pip_pre: pre-releases are not taken",
        "tox.ini: ignore_outcome: what fails there counts here",
        "tox.ini: a test whose failure tox forgives (-): what fails there counts here",
        "tox.ini: commands_post: left out",
        f"tox.ini: requirements.txt: {repository}: crispy-bootstrap4 is taken from the index instead",
        "tox.ini: requirements.txt: https://example.org/x.whl: left out; packages come from the index",
        "tox.ini: variables that are taken as if they were not set: LEVEL; see `env`",
        "tox.ini: read without the plugins that it requires: tox-nowhere",
    }


def test_groups_and_files_by_factor_are_read(read):
    """A dependency group, or a short requirement file, that only some environments have holds what an axis is of."""
    made = read(
        "pyproject.toml",
        **{
            "requirements-drf15.txt": "djangorestframework<3.16\n",
            "requirements-drf16.txt": "djangorestframework>=3.16\n",
            "pyproject.toml": """
                [project]
                name = "shop"
                version = "1"
                [dependency-groups]
                test = ["pytest"]
                django42 = [{include-group = "test"}, "django>=4.2a1,<5"]
                django52 = [{include-group = "test"}, "django>=5.2a1,<6"]
                [tool.tox]
                env_list = ["py312-django42-drf15", "py312-django52-drf16"]
                [tool.tox.env."py312-django42-drf15"]
                dependency_groups = ["django42"]
                deps = ["-r requirements-drf15.txt"]
                [tool.tox.env."py312-django52-drf16"]
                dependency_groups = ["django52"]
                deps = ["-r requirements-drf16.txt"]
                [tool.tox.env_run_base]
                runner = "uv-venv-lock-runner"
                commands = [["pytest", { replace = "posargs", default = ["tests"], extend = true }]]
            """,
        },
    )
    axes = {axis.name: axis.values for axis in made.axes}
    assert axes["django"] == ("4.2", "5.2")
    assert axes["djangorestframework"] == ("3.15", "3.16")
    assert made.canaries[0].requires == ("pytest",)
    assert made.canaries[0].project.install == (".",)
    assert made.left == ("pyproject.toml: uv.lock is not gone by: what the environments ask for is resolved anew",)


def test_what_pip_installs_in_commands_is_installed(read):
    """In setup.cfg, in an environment of its own Python."""
    made = read(
        "setup.cfg",
        **{
            "requirements.txt": "pytest\n",
            "setup.cfg": """
                [tox:tox]
                envlist = tests
                requires = tox-nowhere
                [testenv]
                basepython = python3.12
                skip_install = true
                commands_pre =
                    python -m pip install --upgrade pip
                    {envbindir}/pip install -e .[all] -r requirements.txt requests>=2
                    python manage.py collectstatic
                commands = python -m unittest
            """,
        },
    )
    (canary,) = made.canaries
    assert canary.project.install == ("-e .[all]", "-r requirements.txt")
    assert canary.requires == ("requests>=2",)
    assert canary.project.commands == (("python", "manage.py", "collectstatic"), ("python", "-m", "unittest"))
    assert {axis.name: axis.values for axis in made.axes}["python"] == ("3.12",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tox]\nenv_list = lint\n[testenv:lint]\ncommands = ruff check\n", "no environment of its list tests: lint"),
        ("[tox\n", "File contains no section headers"),
        ("[tox]\nmin_version = 99\n", "it is missing tox>=99"),
        (
            "[testenv]\ncommands = pytest\nset_env =\n  A = {env:B}\n  B = {env:A}\n",
            "circular chain between set env A, B",
        ),
        (
            "[testenv]\ncommands = pytest\ndeps = {[testenv:a]deps}\n[testenv:a]\ndeps = {[testenv]deps}\n",
            "a reference that leads nowhere or round in a circle",
        ),
        ("[tox]\nenv_list = a{\n[testenv]\ncommands = pytest\n", "failed to load core.env_list"),
        ("[testenv]\ncommands = pytest\ndeps = Django~=99.0\n", "no release of django fits 'django~=99.0'"),
    ],
)
def test_a_file_that_cannot_be_gone_by_is_refused_with_the_reason(read, text, words):
    """In tox's words where they are tox's."""
    with pytest.raises(UsageError) as caught:
        read(**{"tox.ini": text})
    assert words in str(caught.value)


def test_a_list_of_five_hundred_is_read(read, releases):
    """In a few seconds, nothing left out."""
    started = time.monotonic()
    made = read(
        **{
            "tox.ini": """
                [tox]
                env_list = py3{8-14}-dj{32,42,50,51,52}-drf{15,16}-{a,b,c,d,e,f,g}
                [testenv]
                deps =
                    dj32: Django~=3.2.0
                    dj42: Django~=4.2.0
                    dj50: Django~=5.0.0
                    dj51: Django~=5.1.0
                    dj52: Django~=5.2.0
                    drf15: djangorestframework~=3.15.0
                    drf16: djangorestframework~=3.16.0
                set_env =
                    a: LEVEL = 1
                    b: LEVEL = 2
                    c: LEVEL = 3
                    d: LEVEL = 4
                    e: LEVEL = 5
                    f: LEVEL = 6
                    g: LEVEL = 7
                commands = pytest
            """,
        }
    )
    kept = 7 * 5 * 2 * 7 - 7 * (3 * 2 * 2 + 2 * 1)  # Django 5 needs 3.10, DRF 3.16 needs 3.9
    assert len(cells(made, releases)) == kept
    assert time.monotonic() - started < 30


def test_nothing_is_written_into_the_project(read, tmp_path):
    """Neither by tox nor by us."""
    read(**{"tox.ini": "[tox]\nenv_list = py312\n[testenv]\ncommands = pytest\n"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["setup.py", "tox.ini"]


def test_a_server_whose_address_reaches_nobody_is_left_out(read):
    """Its tests could go to a server of the user's; what else the file tests stays."""
    made = read(
        **{
            "tox.ini": """
                [tox]
                env_list = py312-{sqlite,postgres}
                [testenv]
                deps = Django>=5.2,<6
                set_env = postgres: DB_USER = me
                commands = pytest
            """,
        }
    )
    assert {axis.name: axis.values for axis in made.axes}["database"] == ("sqlite-memory",)
    assert (made.databases, len(made.canaries)) == ((), 1)
    assert made.left == (f"tox.ini: left out: py312-postgres: {LOST}",)


def test_a_command_of_pips_gets_pip(read):
    """An environment of tox's has it."""
    (canary,) = read(
        **{"tox.ini": "[testenv]\nbase_python = py312\ncommands =\n  python -m pip list\n  pytest\n"}
    ).canaries
    assert canary.requires == ("pip",)
    assert canary.project.commands == (("python", "-m", "pip", "list"), ("pytest",))


def test_a_requirement_file_that_is_not_there_is_said(read):
    """It is not asked for; nor is what a cell has of its own."""
    made = read(
        **{
            "there.txt": "pytest\n",
            "tox.ini": """
                [testenv]
                base_python = py312
                commands_pre = pip install -r absent.txt -r there.txt
                commands = pytest
                set_env = COVERAGE_FILE = {tox_work_dir}/.coverage
            """,
        }
    )
    assert made.canaries[0].project.install == (".", "-r there.txt")
    assert "tox.ini: -r absent.txt: left out; there is no such file" in made.left
    assert "tox.ini: set_env COVERAGE_FILE: left out, nothing of coverage is kept beside a cell" in made.left
    assert dict(made.canaries[0].project.env) == {}

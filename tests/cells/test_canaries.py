"""The canaries in real environments: they pass where all is well, and what they check turns red where it is not."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from harness.process import capture

ROOT = Path(__file__).resolve().parents[2]
CANARIES = ROOT / "harness" / "canaries"
SETTINGS = {"seed": "config.settings.test"}
ON_SQLITE = ("minimal", "seed", "multi_db", "data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What an environment is made of; the first of *pythons* that is there is taken."""

    pythons: tuple[str, ...]
    requirements: tuple[str, ...]


OLD = Versions(pythons=("3.11", "3.12"), requirements=("django==4.2.*", "pytest==8.*", "pytest-django==4.12.0"))
NEW = Versions(pythons=("3.13", "3.12"), requirements=("django==6.1.*", "pytest==9.*", "pytest-django==4.14.0"))
both_versions = pytest.mark.parametrize("versions", [OLD, NEW], ids=["django-4.2", "django-6.1"])
every_canary = pytest.mark.parametrize("name", ON_SQLITE)


def interpreter(minors: tuple[str, ...]) -> str:
    """Return an interpreter of pyenv's or on PATH; skip the test if there is none."""
    folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in minors:
        found = [*map(str, sorted(folder.glob(f"{minor}.*/bin/python"))), shutil.which(f"python{minor}")]
        if found[0]:
            return found[0]
    pytest.skip(f"none of Python {', '.join(minors)} in {folder} or on PATH")


@pytest.fixture(scope="session")
def environments(shared_folder: Path) -> Callable[[Versions], str]:
    """Return a function that makes an environment with uv, once for all workers, and returns its interpreter."""

    def make(versions: Versions) -> str:
        folder = shared_folder / "canaries-{}".format(versions.requirements[0].strip("*.").replace("==", "-"))
        python, uv = str(folder / "bin" / "python"), [sys.executable, "-m", "uv"]
        install = [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        with FileLock(f"{folder}.lock", timeout=300):
            if not (folder / "ready").exists():
                for command in (
                    [*uv, "venv", "--quiet", "--clear", "--python", interpreter(versions.pythons), str(folder)],
                    [*install, *versions.requirements],
                ):
                    done = capture(command, timeout_s=300)
                    assert done.code == 0, done.stderr
                (folder / "ready").touch()
        return python

    return make


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A working copy of a canary, with an interpreter to run it."""

    name: str
    folder: Path
    python: str

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run Python in the copy; return its exit status and all that it said."""
        environ = {
            "DJANGO_SETTINGS_MODULE": SETTINGS.get(self.name, "settings"),
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = capture([self.python, *arguments], cwd=self.folder, env=environ, timeout_s=60)
        return done.code, done.stdout + done.stderr

    def pytest(self, *arguments: str) -> tuple[int, str]:
        """Run pytest, with a line for each test."""
        return self.run("-m", "pytest", "-v", "-p", "no:cacheprovider", *arguments)

    def replace(self, file: str, old: str, new: str) -> None:
        """Change one place of a file."""
        text = (self.folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
        (self.folder / file).write_text(text.replace(old, new), encoding="utf-8")

    def files(self) -> set[str]:
        """Return the names of its files."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def copy(tmp_path: Path, environments: Callable[[Versions], str]) -> Callable[[str, Versions], Copy]:
    """Return a function that copies a canary."""

    def make(name: str, versions: Versions = NEW) -> Copy:
        ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache")
        folder = shutil.copytree(CANARIES / name, tmp_path / name, ignore=ignored)
        return Copy(name=name, folder=folder, python=environments(versions))

    return make


def ids(output: str, outcome: str) -> set[str]:
    """Return the ids of the tests that ended in *outcome*."""
    return set(re.findall(rf"^(tests/\S+) {outcome}\b", output, flags=re.MULTILINE))


@both_versions
@every_canary
def test_a_canary_passes(name: str, versions: Versions, copy: Callable[[str, Versions], Copy]) -> None:
    """On SQLite every test passes under pytest and under Django's own runner; none is skipped, no file is left."""
    canary = copy(name, versions)
    files = canary.files()
    code, output = canary.pytest()
    assert (code, ids(output, "(?:FAILED|ERROR|SKIPPED|XFAIL|XPASS)")) == (0, set()), output
    assert ids(output, "PASSED")
    code, output = canary.run("manage.py", "test", "--noinput")
    assert code == 0, output
    assert re.search(r"^Ran [1-9]\d* tests? in .*\n\nOK$", output, flags=re.MULTILINE), output
    assert canary.files() == files


@every_canary
def test_what_is_skipped_without_migrations_is_declared(name: str, copy: Callable[[str, Versions], Copy]) -> None:
    """What ``nomigrations`` cannot give is skipped, and all that is skipped is what the matrix declares."""
    table = tomllib.loads((ROOT / "matrix.toml").read_text(encoding="utf-8"))["canary"][name]
    patterns = [
        pattern for lack in table["lacks"] if lack["when"] == {"mode": "nomigrations"} for pattern in lack["tests"]
    ]
    code, output = copy(name, NEW).pytest("--no-migrations")
    assert code == 0, output
    skipped, ran = ids(output, "SKIPPED"), ids(output, "PASSED")
    assert {test for test in skipped | ran if any(fnmatch.fnmatchcase(test, p) for p in patterns)} == skipped
    assert [pattern for pattern in patterns if not fnmatch.filter(skipped, pattern)] == []


SABOTAGES = [
    ("minimal", "notes/migrations/0001_initial.py", "'notes_by_date'", "'notes_by_another'", "indexes"),
    ("minimal", "notes/migrations/0001_initial.py", "DateTimeField(null=True)", "DateTimeField()", "columns"),
    ("minimal", "notes/migrations/0001_initial.py", "max_length=80, unique=True", "max_length=80", "constraints"),
    ("minimal", "notes/models.py", "    class Meta:", "    color = models.TextField()\n\n    class Meta:", "columns"),
    (
        "minimal",
        "notes/migrations/0001_initial.py",
        "name='Note',",
        "name='Note', options={'db_table': 'x'},",
        "tables",
    ),
    (
        "multi_db",
        "shop/migrations/0001_initial.py",
        "operations = [",
        "operations = [migrations.RunSQL('CREATE TABLE tracking_event (id integer)'),",
        "tables",
    ),
    ("data", "catalog/migrations/0006_rules.py", "for c in CONSTRAINTS", "for c in CONSTRAINTS[1:]", "constraints"),
    ("data", "catalog/migrations/0006_rules.py", "for index in INDEXES", "for index in INDEXES[:-1]", "indexes"),
]


@pytest.mark.parametrize(("name", "file", "old", "new", "check"), SABOTAGES)
def test_a_schema_that_is_not_the_models_turns_red(
    name: str, file: str, old: str, new: str, check: str, copy: Callable[[str, Versions], Copy]
) -> None:
    """Where a table, column, index or constraint is not what the models say, the check of that kind fails."""
    canary = copy(name, NEW)
    canary.replace(file, old, new)
    code, output = canary.pytest("tests/test_schema.py")
    assert code == 1, output
    assert f"tests/test_schema.py::SchemaTests::test_{check}" in ids(output, "FAILED"), output


def test_rows_that_no_migration_made_turn_red(copy: Callable[[str, Versions], Copy]) -> None:
    """A data migration that does nothing is found out."""
    canary = copy("data", NEW)
    canary.replace("catalog/migrations/0002_categories.py", "categories.create(name=name)", "pass")
    code, output = canary.pytest("tests/test_migrated.py")
    assert code == 1, output
    assert ids(output, "PASSED") == {
        "tests/test_migrated.py::RowTests::test_rows_may_be_deleted",
        "tests/test_migrated.py::ViewTests::test_the_view_is_there",
        "tests/test_migrated.py::ViewTests::test_the_view_selects",
    }


def test_an_incomplete_django_migrations_turns_red(copy: Callable[[str, Versions], Copy]) -> None:
    """A migration that is not recorded, and one that is recorded but not on disk, are both found."""
    canary = copy("minimal", NEW)
    (canary.folder / "tests" / "test_schema.py").write_text(
        "from django.db import connection\n"
        "from django.db.migrations.recorder import MigrationRecorder\n"
        "from django.test import TestCase\n"
        "from checks import SchemaChecks\n"
        "class SchemaTests(SchemaChecks, TestCase):\n"
        "    def setUp(self):\n"
        "        MigrationRecorder(connection).record_unapplied('notes', '0001_initial')\n"
        "        MigrationRecorder(connection).record_applied('notes', '0000_gone')\n",
        encoding="utf-8",
    )
    code, output = canary.pytest("tests/test_schema.py")
    assert code == 1, output
    assert ids(output, "FAILED") == {"tests/test_schema.py::SchemaTests::test_migrations_are_complete"}
    for problem in ("not recorded: notes.0001_initial", "not applied: notes.0001_initial", "recorded, but not on disk"):
        assert problem in output

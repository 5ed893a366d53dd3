"""The probe in real cells: what it reports of each ending, with the oldest, a broken and the newest set of versions."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from harness.model.evidence import Evidence, Level, Outcome, ProcessEvidence, TestResult
from harness.model.protocol import parse
from harness.process import capture

ROOT = Path(__file__).resolve().parents[2]
PROBE = ROOT / "harness" / "probe" / "harness_probe.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What an environment is made of."""

    python: str
    django: str
    pytest: str
    pytest_django: str


OLDEST = Versions(python="3.8", django="3.2.25", pytest="6.2.5", pytest_django="4.1.0")
BROKEN = Versions(python="3.12", django="5.1.15", pytest="8.4.2", pytest_django="4.13.0")
NEWEST = Versions(python="3.13", django="6.1.3", pytest="9.2.0", pytest_django="4.14.0")
every_version = pytest.mark.parametrize("versions", [OLDEST, BROKEN, NEWEST], ids=["oldest", "broken", "newest"])


def interpreter(minor: str) -> str:
    """Return an interpreter of pyenv's or on PATH; skip the test if there is none."""
    folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [*sorted(folder.glob(f"{minor}.*/bin/python")), shutil.which(f"python{minor}")]
    if found[0] is None:
        pytest.skip(f"no Python {minor} in {folder} or on PATH")
    return str(found[0])


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Versions], Path]:
    """Return a function that makes an environment with uv, once for all workers, and returns its interpreter."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(versions: Versions) -> Path:
        folder = base / f"environment-{versions.python}-{versions.django}"
        python, uv = folder / "bin" / "python", [sys.executable, "-m", "uv"]
        requirements = [
            f"django=={versions.django}",
            f"pytest=={versions.pytest}",
            f"pytest-django=={versions.pytest_django}",
            "pytest-xdist",
        ]
        with FileLock(f"{folder}.lock", timeout=300):
            if not (folder / "ready").exists():
                for command in (
                    [*uv, "venv", "--quiet", "--clear", "--python", interpreter(versions.python), str(folder)],
                    [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *requirements],
                ):
                    done = capture(command, timeout_s=300)
                    assert done.code == 0, done.stderr
                (folder / "ready").touch()
        return python

    return make


SETTINGS = """
import json, os
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "library"]
AUTH_USER_MODEL = "auth.User"
DATABASES = json.loads(os.environ.get("HARNESS_DATABASES", "null")) or {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
"""
MODELS = """
from django.db import models

class Book(models.Model):
    title = models.CharField(max_length=20)
    readers = models.ManyToManyField("auth.User")
    class Meta:
        db_table = "books"

class View(models.Model):
    class Meta:
        managed = False
        db_table = "nowhere"

class Proxy(Book):
    class Meta:
        proxy = True
"""
MIGRATION = """
from django.conf import settings
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            "Book",
            [
                ("id", models.AutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                ("title", models.CharField(max_length=20)),
                ("readers", models.ManyToManyField(to=settings.AUTH_USER_MODEL)),
            ],
            options={"db_table": "books"},
        ),
        migrations.CreateModel(
            "View",
            [("id", models.AutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID"))],
            options={"db_table": "nowhere", "managed": False},
        ),
        migrations.CreateModel("Proxy", [], options={"proxy": True}, bases=("library.book",)),
    ]
"""
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config")
if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""
HEALTHY = """
from django.test import TestCase
from library.models import Book

class BookTests(TestCase):
    def test_create(self):
        Book.objects.create(title="x")
        self.assertEqual(Book.objects.count(), 1)

    def test_rolled_back(self):
        self.assertEqual(Book.objects.count(), 0)
"""
FILES = {
    "config.py": SETTINGS,
    "library/__init__.py": "",
    "library/models.py": MODELS,
    "library/migrations/__init__.py": "",
    "library/migrations/0001_initial.py": MIGRATION,
    "manage.py": MANAGE,
    "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = config\npython_files = test_*.py\n",
    "tests/__init__.py": "",
    "tests/test_books.py": HEALTHY,
}
TABLES = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "auth_user",
    "auth_user_groups",
    "auth_user_user_permissions",
    "books",
    "books_readers",
    "django_content_type",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A cell that was run."""

    code: int
    output: str
    files: dict[str, list[str]]

    @property
    def evidence(self) -> Evidence:
        """What the probe left, all of it read without a problem."""
        return parse(self.files.values())

    @property
    def process(self) -> ProcessEvidence:
        """The one process that there was."""
        (process,) = self.evidence.processes
        assert process.notes == (), self.output
        return process

    def test(self, end: str) -> TestResult:
        """Return the one test whose id ends with *end*."""
        (found,) = [test for test in self.evidence.tests() if test.id.endswith(end)]
        return found


class Cell:
    """A project in a folder of its own, and an environment to run it in."""

    def __init__(self, folder: Path, environments: Callable[[Versions], Path]) -> None:
        self.folder, self.environments = folder, environments
        self.runs = 0
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Put a file into the project."""
        path = self.folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, versions: Versions, command: list[str], env: Mapping[str, str]) -> Ran:
        """Run a command of the environment's interpreter in the project, with the probe's folder on its path."""
        self.runs += 1
        evidence = self.folder / f"evidence-{self.runs}"
        evidence.mkdir()
        done = capture(
            [self.environments(versions), *command],
            timeout_s=60,
            cwd=self.folder / "project",
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(PROBE.parent),
                "HARNESS_EVIDENCE": str(evidence),
                "HARNESS_PACKAGES": "django,pytest,pytest-django,sqlparse",
                **env,
            },
        )
        files = {path.name: path.read_text("ascii").splitlines() for path in sorted(evidence.iterdir())}
        return Ran(code=done.code, output=done.stdout + done.stderr, files=files)

    def pytest(self, versions: Versions, *arguments: str, **env: str) -> Ran:
        """Run the cell under pytest-django."""
        return self.run(versions, ["-m", "pytest", "-p", "harness_probe", "-p", "no:cacheprovider", *arguments], env)

    def control(self, versions: Versions, *arguments: str, **env: str) -> Ran:
        """Run the cell under Django's own runner."""
        return self.run(versions, [str(PROBE), "manage.py", "test", "--noinput", *arguments], env)


@pytest.fixture
def cell(tmp_path: Path, environments: Callable[[Versions], Path]) -> Cell:
    """A healthy project."""
    return Cell(tmp_path, environments)


def ids(ran: Ran) -> dict[str, str]:
    """Return the outcome of each test."""
    return {test.id: test.outcome.value for test in ran.evidence.tests()}


# ---------------------------------------------------------------- what a healthy cell says


@every_version
def test_a_healthy_cell_reports_what_it_is_made_of(cell: Cell, versions: Versions) -> None:
    """Versions really imported, settings, who set up, the tables, the migrations: all of it, and complete."""
    ran = cell.pytest(versions)
    assert ran.code == 0, ran.output
    process = ran.process
    assert ran.evidence.is_complete
    assert ran.evidence.problems == ()
    assert process.python.startswith(f"{versions.python}.")
    assert (process.runner, process.worker, process.exit_status) == ("pytest-django", "", 0)
    packages = {item.name: item for item in process.imported}
    assert packages["django"].version == versions.django
    assert packages["pytest"].version == versions.pytest
    assert packages["pytest-django"].version == versions.pytest_django
    assert packages["sqlparse"].version
    assert re.fullmatch(r"lib/python3\.\d+/site-packages/django/__init__\.py", packages["django"].path)
    assert process.settings is not None
    assert (process.settings.module, process.settings.chosen_by) == ("config", "ini")
    assert (process.ini_file, process.root_dir) == ("pytest.ini", ".")
    assert len(process.set_up_by) == 1
    assert re.fullmatch(r"django_db_setup at pytest_django/fixtures\.py:\d+", process.set_up_by[0])
    (database,) = process.databases
    assert set(database.expected) == TABLES
    assert set(database.real) == TABLES | {"django_migrations"}
    assert database.missing == ()
    assert (database.alias, database.vendor, database.version) == ("default", "sqlite", process.sqlite)
    assert "memorydb_default" in database.name
    assert {"library.0001_initial", "auth.0001_initial"} <= set(database.applied)
    assert database.unapplied == ()
    assert database.created >= len(TABLES)
    assert process.collected == 2
    assert ids(ran) == {
        "tests/test_books.py::BookTests::test_create": "passed",
        "tests/test_books.py::BookTests::test_rolled_back": "passed",
    }
    assert process.running == ()


@every_version
def test_the_control_runs_the_same_tests_by_the_same_ids(cell: Cell, versions: Versions) -> None:
    """Django's own runner is observed alike, so that two runs can be compared test by test."""
    cell.write(
        "tests/test_more.py",
        """
import unittest
from django.db import connection
from django.test import SimpleTestCase, TestCase

class Mixed(TestCase):
    def test_fails(self):
        self.assertEqual(1, 2)
    def test_raises(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nowhere")
    @unittest.skip("not today")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.expectedFailure
    def test_unexpected(self): pass
    def test_sub(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

class Before(SimpleTestCase):
    def setUp(self): raise LookupError("no")
    def test_a(self): pass

class After(TestCase):
    def tearDown(self): raise LookupError("no")
    def test_a(self): pass
""",
    )
    by_pytest, control = cell.pytest(versions), cell.control(versions)
    assert ids(control) == ids(by_pytest)
    assert len(ids(control)) == 10
    assert control.process.runner == "django"
    assert control.process.collected == by_pytest.process.collected == 10
    assert control.process.databases[0].real == by_pytest.process.databases[0].real
    assert control.process.databases[0].expected == by_pytest.process.databases[0].expected
    assert control.process.set_up_by[0].startswith("DiscoverRunner.setup_databases at django/test/runner.py:")
    assert {item.name: item.is_imported for item in control.process.imported} == {
        "django": True,
        "pytest": False,
        "pytest-django": False,
        "sqlparse": True,
    }
    for ran in (control, by_pytest):
        assert (ran.code, ran.process.exit_status) == (1, 1)
        raised, skipped = ran.test("::test_raises"), ran.test("::test_skipped")
        assert raised.failure is not None
        assert raised.failure.type == "django.db.utils.OperationalError"
        assert raised.failure.message == "no such table: nowhere"
        assert raised.failure.frames[-1].origin == "django"
        assert "tests/test_more.py" in [frame.file for frame in raised.failure.frames if frame.origin == "project"]
        assert "nowhere" in raised.failure.trace
        assert skipped.reason == "not today"
        assert "harness_probe" not in str(ran.evidence)


def test_a_real_regression_shows_its_exception_and_origin(cell: Cell) -> None:
    """pytest-django 4.13.0 with Django 5.1 (pytest-django#1303): an error in set-up, raised in pytest-django."""
    cell.write(
        "tests/test_function.py",
        "import pytest\nfrom library.models import Book\n\n"
        "@pytest.mark.django_db\ndef test_count():\n    assert Book.objects.count() == 0\n",
    )
    ran = cell.pytest(BROKEN)
    test = ran.test("tests/test_function.py::test_count")
    assert (test.outcome, test.phase) == (Outcome.ERROR, "setup")
    assert test.failure is not None
    assert test.failure.type == "builtins.AttributeError"
    assert "PytestDjangoTestCase" in test.failure.message
    assert (test.failure.frames[-1].origin, test.failure.frames[-1].file) == (
        "pytest_django",
        "pytest_django/fixtures.py",
    )
    assert ran.process.databases[0].missing == ()


def test_every_key_that_is_written_is_documented(cell: Cell) -> None:
    """What the probe puts together at run time is on the page, too: each event, each key, at each depth."""
    text = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8").partition("## Events")[2]
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    known = {part.splitlines()[0]: set(re.findall(r"^\| `([^`]+)` \|", part, flags=re.MULTILINE)) for part in sections}
    cell.write("tests/test_fails.py", "import pytest\ndef test_a(): assert 0\ndef test_b(): pytest.skip('x')\n")
    written: dict[str, set[str]] = {}
    own_file = json.dumps({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}})
    healthy = (
        cell.pytest(NEWEST),
        cell.control(NEWEST, HARNESS_DATABASES=own_file),
        cell.pytest(NEWEST, HARNESS_EVIDENCE_LIMIT="2000"),
    )
    cell.write(
        "library/migrations/0002_bad.py",
        "from django.db import migrations\n\nclass Migration(migrations.Migration):\n"
        "    dependencies = [('library', '0001_initial')]\n"
        "    operations = [migrations.RunSQL('SELECT 1 FROM absent')]\n",
    )
    for ran in (*healthy, cell.pytest(NEWEST)):
        for line in (line for lines in ran.files.values() for line in lines):
            event = json.loads(line)
            keys_of(event, "", written.setdefault(event.pop("e"), set()))
    assert set(written) == set(known) - {"note"}
    assert {kind: keys - known[kind] for kind, keys in written.items() if keys - known[kind]} == {}
    assert {kind: known[kind] - keys for kind, keys in written.items() if known[kind] - keys} == {}


def keys_of(value: object, prefix: str, found: set[str]) -> None:
    """Collect the keys of *value* as the page writes them: `packages[].name`, `failure.type`."""
    prefix = prefix.replace(".causes[]", "")  # each is a failure again
    if isinstance(value, dict):
        for key, inner in value.items():
            found.add(prefix + key)
            keys_of(inner, f"{prefix}{key}.", found)
    elif isinstance(value, list):
        for inner in value:
            keys_of(inner, f"{prefix[:-1]}[].", found)


# ---------------------------------------------------------------- who chose the settings


@pytest.mark.parametrize("versions", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_the_settings_and_who_chose_them(cell: Cell, versions: Versions) -> None:
    """pytest-django's own account is reported; it kept it in different places over the years."""

    def chosen(*arguments: str, **env: str) -> tuple[str, str]:
        settings = cell.pytest(versions, "--collect-only", *arguments, **env).process.settings
        assert settings is not None
        return settings.module, settings.chosen_by

    cell.write("other.py", "from config import *\n")
    assert chosen(DJANGO_SETTINGS_MODULE="other") == ("other", "env")
    assert chosen("--ds=other", DJANGO_SETTINGS_MODULE="config") == ("other", "--ds option")
    assert chosen("--ds", "other") == ("other", "--ds option")
    cell.write("pytest.ini", "[pytest]\naddopts = --ds=other\n")
    assert chosen() == ("other", "--ds option (addopts)")
    cell.write("pytest.ini", "[pytest]\n")
    cell.write(
        "conftest.py", "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'other'\nimport django\ndjango.setup()\n"
    )
    assert chosen() == ("other", "conftest")
    cell.write("conftest.py", "from django.conf import settings\ndef pytest_configure(): settings.configure()\n")
    cell.write("tests/test_books.py", "def test_a(): pass\n")
    assert chosen() == ("", "settings.configure")
    cell.write("conftest.py", "")
    assert chosen() == ("", "none")


def test_the_settings_of_the_control(cell: Cell) -> None:
    """Django's runner knows three ways to name the settings."""

    def chosen(*arguments: str, **env: str) -> tuple[str, str]:
        settings = cell.control(NEWEST, "tests", *arguments, **env).process.settings
        assert settings is not None
        return settings.module, settings.chosen_by

    cell.write("other.py", "from config import *\n")
    assert chosen() == ("config", "manage.py")
    assert chosen(DJANGO_SETTINGS_MODULE="other") == ("other", "env")
    assert chosen("--settings=other", DJANGO_SETTINGS_MODULE="config") == ("other", "--settings option")


# ---------------------------------------------------------------- who set the databases up, and how


def test_an_overriding_fixture_is_named_with_its_place(cell: Cell) -> None:
    """The most frequent cause of an empty test database, in one line; and no database is said to be set up."""
    cell.write(
        "conftest.py",
        "import pytest\n\n\n@pytest.fixture(scope='session')\ndef django_db_setup():\n    pass\n",
    )
    databases = json.dumps({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "real.sqlite3"}})
    ran = cell.pytest(NEWEST, HARNESS_DATABASES=databases, HARNESS_PLANT="planted")
    assert ran.process.set_up_by == ("django_db_setup at conftest.py:4",)
    assert ran.process.databases == ()
    failure = ran.test("::test_create").failure
    assert failure is not None
    assert failure.message == "no such table: books"


@pytest.mark.parametrize("versions", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_an_override_that_builds_on_the_original_shows_both(cell: Cell, versions: Versions) -> None:
    """Both fixtures are named, and the database is seen as the last of them left it."""
    cell.write(
        "conftest.py",
        "import pytest\n@pytest.fixture(scope='session')\ndef django_db_setup(django_db_setup, django_db_blocker):\n"
        "    from django.db import connection\n"
        "    with django_db_blocker.unblock(), connection.cursor() as cursor:\n"
        "        cursor.execute('DROP TABLE books_readers')\n",
    )
    process = cell.pytest(versions).process
    assert sorted(by.partition(" at ")[2].partition(":")[0] for by in process.set_up_by) == [
        "conftest.py",
        "pytest_django/fixtures.py",
    ]
    assert process.databases[0].missing == ("books_readers",)


def test_without_migrations_there_is_nothing_unapplied(cell: Cell) -> None:
    """Where migrations are off, by option or by TEST.MIGRATE, tables are expected and migrations are not."""
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "TEST": {"MIGRATE": False}}}
    for ran in (
        cell.pytest(NEWEST, "--no-migrations"),
        cell.control(NEWEST, HARNESS_DATABASES=json.dumps(databases)),
    ):
        (database,) = ran.process.databases
        assert set(database.expected) == TABLES
        assert (database.missing, database.applied, database.unapplied) == ((), (), ())
        assert database.created >= len(TABLES)


def test_a_planted_table_is_seen_to_come_and_go(cell: Cell) -> None:
    """--reuse-db creates nothing and keeps the stale table, --create-db makes it vanish."""
    names = {"NAME": str(cell.folder / "data.sqlite3"), "TEST": {"NAME": str(cell.folder / "test.sqlite3")}}
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", **names}}
    given = {"HARNESS_DATABASES": json.dumps(databases)}
    first = cell.pytest(NEWEST, "--reuse-db", HARNESS_PLANT="stale", **given).process.databases[0]
    again = cell.pytest(NEWEST, "--reuse-db", HARNESS_RUN="2", **given).process.databases[0]
    anew = cell.pytest(NEWEST, "--reuse-db", "--create-db", HARNESS_RUN="2", **given).process.databases[0]
    assert [("stale" in seen.real, seen.created > 0) for seen in (first, again, anew)] == [
        (True, True),
        (True, False),
        (False, True),
    ]
    assert first.missing == again.missing == anew.missing == ()
    assert Path(first.name).name == "test.sqlite3"
    assert not (cell.folder / "data.sqlite3").exists()


def test_each_alias_has_the_tables_that_its_router_gives_it(cell: Cell) -> None:
    """Two databases and a router; an alias that no test asks for is not touched; a mirror is its primary."""
    memory = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    databases = {
        "default": memory,
        "shelf": memory,
        "copy": {**memory, "TEST": {"MIRROR": "default"}},
        "unused": {**memory, "NAME": str(cell.folder / "unused.sqlite3")},
    }
    cell.write("config.py", SETTINGS + "DATABASE_ROUTERS = ['routers.Router']\n")
    cell.write(
        "routers.py",
        "class Router:\n"
        "    def allow_migrate(self, db, app_label, **hints):\n"
        "        return (db == 'shelf') == (app_label == 'library')\n"
        "    def db_for_read(self, model, **hints):\n"
        "        return 'shelf' if model._meta.app_label == 'library' else 'default'\n"
        "    db_for_write = db_for_read\n",
    )
    cell.write(
        "tests/test_books.py",
        HEALTHY.replace("(TestCase):", "(TestCase):\n    databases = ['default', 'shelf', 'copy']"),
    )
    for run in (cell.pytest, cell.control):
        ran = run(NEWEST, HARNESS_DATABASES=json.dumps(databases))
        assert ran.code == 0, ran.output
        seen = {database.alias: database for database in ran.process.databases}
        assert set(seen) == {"copy", "default", "shelf"}
        assert set(seen["shelf"].expected) == {"books", "books_readers"}
        assert set(seen["default"].expected) == TABLES - {"books", "books_readers"}
        assert seen["copy"].name == seen["default"].name
        assert [database.missing for database in seen.values()] == [(), (), ()]
        assert (seen["default"].created > 0, seen["shelf"].created > 0, seen["copy"].created) == (True, True, 0)
        assert not (cell.folder / "unused.sqlite3").exists()


def test_a_missing_migration_shows_in_the_evidence(cell: Cell) -> None:
    """A model whose migration was never written: expected, not real."""
    text = (cell.folder / "project" / "library" / "models.py").read_text()
    cell.write("library/models.py", text + "\nclass Forgotten(models.Model):\n    pass\n")
    assert cell.pytest(NEWEST).process.databases[0].missing == ("library_forgotten",)


def test_a_failed_set_up_still_shows_how_far_it_came(cell: Cell) -> None:
    """A migration that raises: the tables made before it are there, and what is left is unapplied."""
    cell.write(
        "library/migrations/0002_breaks.py",
        "from django.db import migrations\n\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('library', '0001_initial')]\n"
        "    operations = [migrations.RunSQL('INSERT INTO missing_table VALUES (1)')]\n",
    )
    for run in (cell.pytest, cell.control):
        ran = run(NEWEST)
        (database,) = ran.process.databases
        assert database.unapplied == ("library.0002_breaks",)
        assert database.missing == ()
        first = ran.evidence.tests()[0]
        assert first.outcome is Outcome.ERROR
        assert first.failure is not None
        assert first.failure.message == "no such table: missing_table"
        assert "harness_probe" not in str(first.failure)


# ---------------------------------------------------------------- endings


CRASH = """
import ctypes, os
from django.test import TestCase

class Crashing(TestCase):
    def test_a_passes(self): pass
    def test_b_crashes(self):
        ctypes.string_at(0)
    def test_c_never_runs(self): pass
"""


@pytest.mark.parametrize("runner", ["pytest", "control"])
def test_a_crash_leaves_the_facts_up_to_it(cell: Cell, runner: str) -> None:
    """After a segmentation fault everything said before is there, the test that crashed is known, and no bye."""
    cell.write("tests/test_books.py", CRASH)
    ran = (cell.pytest if runner == "pytest" else cell.control)(NEWEST)
    assert ran.code == -11, ran.output
    process = ran.process
    assert not ran.evidence.is_complete
    assert process.databases[0].missing == ()
    assert ids(ran) == {"tests/test_books.py::Crashing::test_a_passes": "passed"}
    assert process.running == ("tests/test_books.py::Crashing::test_b_crashes",)
    assert process.imported


def test_leaving_with_a_green_exit_code_is_not_complete(cell: Cell) -> None:
    """A test that calls os._exit(0) makes the process look successful: there is no bye."""
    cell.write("tests/test_books.py", CRASH.replace("ctypes.string_at(0)", "os._exit(0)"))
    ran = cell.pytest(NEWEST)
    assert ran.code == 0
    assert not ran.evidence.is_complete


def test_a_capped_file_does_not_look_complete(cell: Cell) -> None:
    """At the limit the file ends with `cut`."""
    cell.write("tests/test_books.py", "import pytest\n@pytest.mark.parametrize('n', range(200))\ndef test_a(n): pass\n")
    ran = cell.pytest(NEWEST, HARNESS_EVIDENCE_LIMIT="5000")
    assert ran.code == 0
    assert sum(len(line) + 1 for lines in ran.files.values() for line in lines) <= 5000
    assert ran.process.is_cut
    assert not ran.evidence.is_complete
    assert "limit of 5000 bytes" in ran.evidence.problems[0]


@pytest.mark.parametrize("versions", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_a_test_that_is_run_again_is_one_result(cell: Cell, versions: Versions) -> None:
    """With a plugin that repeats failing tests, the last run counts, and the first one is not hidden."""
    cell.write(
        "conftest.py",
        "from _pytest.runner import runtestprotocol\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    for attempt in range(2):\n"
        "        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)\n"
        "        item._initrequest()\n"
        "        runtestprotocol(item, nextitem=nextitem)\n"
        "        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)\n"
        "    return True\n",
    )
    cell.write("tests/test_books.py", "runs = []\ndef test_a():\n    runs.append(1)\n    assert len(runs) > 1\n")
    ran = cell.pytest(versions, "-p", "no:django")
    (process,) = ran.evidence.processes
    assert ids(ran) == {"tests/test_books.py::test_a": "passed"}
    assert len(process.tests) == 1
    assert process.notes == ("tests/test_books.py::test_a ran again, having failed",)


def test_a_forked_child_does_not_speak_for_its_parent(cell: Cell) -> None:
    """A child that leaves the test by SystemExit runs the rest of the session, too: nothing of it is in the file."""
    cell.write(
        "tests/test_books.py",
        "import os, sys\n"
        "def test_forks():\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        sys.exit(1)\n"
        "    os.waitpid(pid, 0)\n"
        "def test_after(): pass\n",
    )
    ran = cell.pytest(NEWEST)
    assert ran.code == 0, ran.output
    assert ids(ran) == {"tests/test_books.py::test_forks": "passed", "tests/test_books.py::test_after": "passed"}
    assert [json.loads(line)["e"] for line in next(iter(ran.files.values()))].count("bye") == 1


def test_parallel_control_reports_its_tests_once(cell: Cell) -> None:
    """Under --parallel tests run in forked children, and the parent reports them."""
    cell.write("tests/test_more.py", HEALTHY.replace("BookTests", "MoreTests"))
    ran = cell.control(NEWEST, "--parallel=2")
    assert ran.code == 0, ran.output
    assert len(ran.files) == 1
    assert ran.evidence.is_complete
    assert set(ids(ran).values()) == {"passed"}
    assert len(ran.evidence.tests()) == ran.process.collected == 4
    assert ran.process.databases[0].missing == ()


OWN_RUNNER = """
import unittest
from django.test.runner import DiscoverRunner

class Result(unittest.TextTestResult):
    def addSuccess(self, test): pass
    def addFailure(self, test, err): self.failures.append((test, "kept from everybody else"))

class Runner(DiscoverRunner):
    def run_suite(self, suite, **kwargs):
        result = Result(unittest.runner._WritelnDecorator(__import__("sys").stderr), True, 1)
        suite(result)
        return result
"""


@pytest.mark.parametrize("versions", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_a_runner_of_somebody_elses_is_observed(cell: Cell, versions: Versions) -> None:
    """One that runs the suite in its own way, with results that pass nothing on, as those that write XML do."""
    cell.write("own.py", OWN_RUNNER)
    failing = HEALTHY.replace("BookTests", "BadTests").replace("count(), 0", "count(), 1")
    cell.write("tests/test_bad.py", failing)
    ran = cell.control(versions, "--testrunner", "own.Runner")
    assert ran.process.is_complete
    assert ran.process.collected == len(ran.evidence.tests()) == 4
    assert {name.rpartition("tests/")[2]: outcome for name, outcome in ids(ran).items()} == {
        "test_bad.py::BadTests::test_create": "passed",
        "test_bad.py::BadTests::test_rolled_back": "failed",
        "test_books.py::BookTests::test_create": "passed",
        "test_books.py::BookTests::test_rolled_back": "passed",
    }
    failure = ran.test("BadTests::test_rolled_back").failure
    assert failure is not None
    assert failure.type.endswith("AssertionError")


def test_a_script_that_calls_pytest_is_observed_by_both(cell: Cell) -> None:
    """Run by the wrapper, it uses no runner of Django's: what it told pytest to run is in a file of pytest's own."""
    cell.write("runtests.py", "import sys, pytest\nsys.exit(pytest.main(['-p', 'no:cacheprovider']))\n")
    ran = cell.run(NEWEST, [str(PROBE), "runtests.py"], {"PYTEST_ADDOPTS": "-p harness_probe"})
    assert ran.code == 0, ran.output
    assert sorted(name.count("-") for name in ran.files) == [2, 3]
    assert (ran.evidence.level, len(ran.evidence.tests())) == (Level.OBSERVED, 2)
    assert [process.is_blind for process in ran.evidence.processes].count(True) == 1


@pytest.mark.parametrize("versions", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_each_xdist_worker_has_evidence_of_its_own(cell: Cell, versions: Versions) -> None:
    """The controller says that it distributes and reports no test; each worker reports its tests and its database."""
    cell.write("tests/test_more.py", HEALTHY.replace("BookTests", "MoreTests"))
    ran = cell.pytest(versions, "-n", "2")
    assert ran.code == 0, ran.output
    controller, first, second = ran.evidence.processes
    assert [process.worker for process in (controller, first, second)] == ["", "gw0", "gw1"]
    assert sorted(name.rpartition("-")[0] for name in ran.files) == ["1-gw0", "1-gw1", "1-main"]
    assert ran.evidence.is_complete
    assert controller.is_distributing
    assert (controller.tests, controller.databases, controller.collected) == ((), (), None)
    assert controller.settings is not None
    assert controller.settings.chosen_by == "ini"
    assert not first.is_distributing
    assert len(first.tests) + len(second.tests) == first.collected == second.collected == 4
    assert len(ids(ran)) == 4
    for worker in (first, second):
        assert worker.databases[0].missing == () if worker.tests else True


def test_a_worker_that_crashes_is_reported_by_the_controller(cell: Cell) -> None:
    """A crashed worker cannot report its test: the controller does, and the worker's file has no bye."""
    cell.write("tests/test_books.py", CRASH)
    ran = cell.pytest(NEWEST, "-n", "1", "--max-worker-restart=0")
    controller = ran.evidence.processes[0]
    (test,) = controller.tests
    assert (test.id, test.phase, test.outcome) == (
        "tests/test_books.py::Crashing::test_b_crashes",
        "crash",
        Outcome.ERROR,
    )
    assert test.failure is not None
    assert "crashed while running" in test.failure.message
    assert not ran.evidence.is_complete


@pytest.mark.parametrize("versions", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_settings_that_do_not_import_are_reported(cell: Cell, versions: Versions) -> None:
    """Nothing was collected, and still the cause is known, under either runner; the process ended in order."""
    cell.write("config.py", "import not_installed\n")
    by_pytest, control = cell.pytest(versions), cell.control(versions)
    for ran in (by_pytest, control):
        test = ran.test("(load)")
        assert (test.outcome, test.phase) == (Outcome.ERROR, "load")
        assert test.failure is not None
        assert "No module named 'not_installed'" in test.failure.message
        assert ran.evidence.is_complete
        assert ran.process.exit_status == ran.code != 0
        assert ran.process.settings is not None
        assert ran.process.settings.module == "config"


def test_a_broken_conftest_is_reported(cell: Cell) -> None:
    """pytest ends with a usage error before any hook that observers usually have."""
    cell.write("conftest.py", "raise LookupError('conftest')\n")
    ran = cell.pytest(NEWEST)
    assert ran.code == ran.process.exit_status == 4
    test = ran.test("(load)")
    assert test.failure is not None
    assert "LookupError" in test.failure.message + test.failure.type
    assert ran.evidence.is_complete


@pytest.mark.parametrize("versions", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_a_module_that_cannot_be_collected_is_a_result(cell: Cell, versions: Versions) -> None:
    """Both runners name the module, and the exception that was raised in it."""
    cell.write("tests/test_broken.py", "import not_installed\n")
    by_pytest = cell.pytest(versions).test("tests/test_broken.py")
    control = cell.control(versions).test("tests/test_broken.py")
    for test in (by_pytest, control):
        assert (test.outcome, test.phase) == (Outcome.ERROR, "collect")
        assert test.failure is not None
        assert "not_installed" in test.failure.message
    assert by_pytest.failure is not None
    assert by_pytest.failure.type == "builtins.ModuleNotFoundError"
    cell.write("tests/test_broken.py", "import pytest\npytest.skip('not here', allow_module_level=True)\n")
    skipped = cell.pytest(versions).test("tests/test_broken.py")
    assert (skipped.outcome, skipped.reason) == (Outcome.SKIPPED, "not here")


def test_a_class_that_cannot_be_set_up_is_a_result_of_the_control(cell: Cell) -> None:
    """Under Django's runner no test of the class runs; the class is named."""
    cell.write(
        "tests/test_books.py",
        "from django.test import TestCase\nclass Broken(TestCase):\n    @classmethod\n"
        "    def setUpTestData(cls): raise LookupError('data')\n    def test_a(self): pass\n",
    )
    test = cell.control(NEWEST).test("tests/test_books.py::Broken")
    assert (test.outcome, test.phase) == (Outcome.ERROR, "setup")
    by_pytest = cell.pytest(NEWEST).test("tests/test_books.py::Broken::test_a")
    assert (by_pytest.outcome, by_pytest.phase) == (Outcome.ERROR, "setup")


# ---------------------------------------------------------------- it does not change what it observes


INSPECTING = """
import logging, sys, unittest
from django.db import connection
from django.db.backends.base import schema
from django.test import TestCase

class Inspecting(TestCase):
    def test_nothing_is_left_behind(self):
        self.assertIs(type(schema.logger), logging.Logger)
        self.assertEqual(list(connection.queries_log), [])
        self.assertEqual(connection.execute_wrappers, [])
        self.assertNotIn("__main__", [type(finder).__module__ for finder in sys.meta_path])
        self.assertNotIn("harness", sys.modules)
"""


def test_it_leaves_nothing_behind(cell: Cell) -> None:
    """When tests run, Django's logger, query log and wrappers are as without it."""
    cell.write("tests/test_books.py", INSPECTING)
    for run in (cell.pytest, cell.control):
        ran = run(NEWEST)
        assert ran.code == 0, ran.output


def test_without_its_variable_it_does_nothing(cell: Cell) -> None:
    """A run that is not wanted is not observed, and ends alike."""
    for run in (cell.pytest, cell.control):
        ran = run(NEWEST, HARNESS_EVIDENCE="")
        assert ran.code == 0, ran.output
        assert ran.files == {}


def test_it_does_not_import_django(cell: Cell) -> None:
    """Without pytest-django nothing imports Django, and the probe does not either."""
    cell.write("pytest.ini", "[pytest]\n")
    cell.write("tests/test_books.py", "import sys\ndef test_a(): assert 'django' not in sys.modules\n")
    ran = cell.pytest(NEWEST, "-p", "no:django")
    assert ran.code == 0, ran.output
    assert ran.process.settings is not None
    assert (ran.process.settings.module, ran.process.settings.chosen_by) == ("", "none")
    assert {item.name: item.is_imported for item in ran.process.imported}["django"] is False


def test_nothing_is_added_to_what_django_imports(cell: Cell) -> None:
    """The modules of Django and of the project that a run imports are the same with the probe and without it."""
    cell.write(
        "conftest.py",
        "import json, sys\n"
        "def pytest_unconfigure(config):\n"
        "    roots = ('django', 'pytest_django', 'library', 'config', 'sqlite3')\n"
        "    print('MODULES', json.dumps(sorted(n for n in sys.modules if n.split('.')[0] in roots)))\n",
    )
    observed, bare = cell.pytest(NEWEST, "-s"), cell.pytest(NEWEST, "-s", HARNESS_EVIDENCE="")
    modules = [[line for line in ran.output.splitlines() if line.startswith("MODULES")] for ran in (observed, bare)]
    assert modules[0] == modules[1]
    assert len(modules[0][0]) > 1000

"""`harness doctor` on what it cannot work with, on what it must not touch, and on the ways it is asked."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest

cases = importlib.import_module("benchmarks.cases")

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs" / "doctor.schema.json"
LIMIT_S = 170
BIG = 10_000
BIG_LIMIT_S = 60
HANGING_S = 600

SETTINGS = """
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "not-secret"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shelf"]
DATABASES = {databases}
"""
MEMORY = '{"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}'
POSTGRES = """{
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "appdb",
        "USER": "caseuser",
        "HOST": "127.0.0.1",
        "PORT": "{port}",
    }
}"""
MANAGE = """
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""
MODELS = """
from django.db import models


class Book(models.Model):
    title = models.CharField(max_length=50)
"""
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Book",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=50)),
            ],
        ),
    ]
"""
TEST = """
import pytest

from shelf.models import Book


@pytest.mark.django_db
def test_keep():
    Book.objects.create(title="a")
    assert Book.objects.count() == 1
"""
DJANGO_TEST = """
from django.test import TestCase

from shelf.models import Book


class BookTest(TestCase):
    def test_keep(self):
        Book.objects.create(title="a")
        self.assertEqual(Book.objects.count(), 1)
"""
INI = """
[pytest]
DJANGO_SETTINGS_MODULE = config.settings
"""
HEALTHY: Mapping[str, str] = {
    "manage.py": MANAGE,
    "pytest.ini": INI,
    "config/__init__.py": "",
    "config/settings.py": SETTINGS.replace("{databases}", MEMORY),
    "shelf/__init__.py": "",
    "shelf/models.py": MODELS,
    "shelf/migrations/__init__.py": "",
    "shelf/migrations/0001_initial.py": MIGRATION,
    "shelf/tests/__init__.py": "",
    "shelf/tests/test_books.py": TEST,
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a doctor's visit ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """What it printed with --json, which holds to its schema."""
        document: dict[str, Any] = json.loads(self.out)
        jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
        return document

    @property
    def causes(self) -> list[str]:
        """The causes found, the first one first."""
        return [finding["cause"] for finding in self.document["findings"]]

    def words(self) -> str:
        """All that a person reads, in which there is no traceback; line ends do not count."""
        assert "Traceback" not in self.err + self.out, self.err + self.out
        assert "bug of the harness" not in self.err, self.err
        return " ".join((self.out + self.err).split())


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """A Django project of a test's own, with the doctor who looks at it."""

    project: Path
    python: Path
    environ: Mapping[str, str] = field(repr=False)

    def write(self, files: Mapping[str, str | None]) -> Clinic:
        """Write files into the project; None removes one."""
        for name, text in files.items():
            path = self.project / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text if name == "Makefile" else textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return self

    def databases(self, text: str) -> Clinic:
        """Replace DATABASES."""
        return self.write({"config/settings.py": SETTINGS.replace("{databases}", text)})

    def doctor(
        self,
        *arguments: str,
        command: str = "",
        at: str = ".",
        env: Mapping[str, str] | None = None,
        answer: str | None = None,
        python: Path | None = None,
    ) -> Said:
        """Ask in the folder *at* about *command*; *answer* is typed at what it asks."""
        words = ["--", *command.split()] if command else []
        options = ["--python", str(python or self.python), *arguments]
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "harness", "doctor", ".", *options, *words],
            cwd=self.project / at,
            env={**self.environ, **(env or {})},
            input=answer,
            stdin=subprocess.DEVNULL if answer is None else None,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr, seconds=time.monotonic() - begun)

    def untouched(self) -> contextlib.AbstractContextManager[None]:
        """Hold that nothing in the project is changed, made or removed."""
        return unchanged(self.project)

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the project itself, as its owner would."""
        return subprocess.run(
            [str(self.python), *words],
            cwd=self.project,
            env={**self.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )


def digest(folder: Path) -> dict[str, str]:
    """Return what lies in a folder, empty folders too."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "a folder"
        for path in sorted(folder.rglob("*"))
    }


@contextlib.contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Hold that a folder is the same afterwards."""
    before = digest(folder)
    yield
    assert digest(folder) == before


@pytest.fixture
def clinic(tmp_path: Path, pythons: Callable[[str], Any], environ: Mapping[str, str]) -> Clinic:
    """A healthy project on Django 6.1."""
    stack = pythons("django61")
    env = cases.environment(stack, {}) | {"HARNESS_CACHE_DIR": environ["HARNESS_CACHE_DIR"], "COLUMNS": "300"}
    project = tmp_path / "project"
    project.mkdir()
    return Clinic(project=project, python=stack.python, environ=env).write(HEALTHY)


@dataclass(frozen=True, kw_only=True)
class Own:
    """A PostgreSQL of the user's own."""

    host: str
    port: str
    password: str

    @property
    def environ(self) -> dict[str, str]:
        """What leads a project there."""
        return {"PGPASSWORD": self.password}

    @property
    def settings(self) -> str:
        """The project's DATABASES."""
        return POSTGRES.replace("{port}", self.port)

    def ask(self, sql: str, *, database: str = "appdb") -> list[Any]:
        """Return the first column."""
        with psycopg.connect(
            host=self.host, port=self.port, user="caseuser", password=self.password, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(sql)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []

    def databases(self) -> list[str]:
        """Return the names of its databases."""
        return sorted(self.ask("SELECT datname FROM pg_database"))

    def written(self) -> list[int]:
        """Return how many rows each of its databases has taken, and how many databases were made."""
        self.ask("SELECT pg_stat_force_next_flush()")
        return [
            *self.ask("SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = 'appdb'"),
            *self.ask("SELECT max(oid::int) FROM pg_database"),
        ]


@pytest.fixture
def own(server: Callable[[], Mapping[str, str]]) -> Iterator[Own]:
    """A running server with the role caseuser and its database appdb; test databases are removed afterwards."""
    variables = server()
    found = Own(host=variables["CASES_PGHOST"], port=variables["CASES_PGPORT"], password=variables["PGPASSWORD"])
    yield found
    for name in found.databases():
        if name.startswith(("test_", "harness_doctor_")):
            found.ask(f'DROP DATABASE "{name}"')


# ---------------------------------------------------------------- what cannot be worked with


def test_a_folder_without_django_is_said_to_be_none(clinic: Clinic, tmp_path: Path) -> None:
    """With what was looked for; so is one that is not there."""
    other = Clinic(project=tmp_path / "other", python=clinic.python, environ=clinic.environ)
    other.write({"main.py": "print(1)\n", "pyproject.toml": '[project]\nname = "x"\n'})
    said = other.doctor()
    assert said.code == 4
    assert "is no Django project: looked for manage.py" in said.words()
    missing = subprocess.run(
        [sys.executable, "-m", "harness", "doctor", "nowhere"],
        cwd=tmp_path,
        env=dict(clinic.environ),
        capture_output=True,
        text=True,
    )
    assert missing.returncode == 4
    assert "there is no folder nowhere" in missing.stderr


def test_an_interpreter_without_django_is_named(clinic: Clinic, tmp_path: Path) -> None:
    """Given, or found where one looks: each place is told."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    bare = tmp_path / "bare" / "bin" / "python"
    said = clinic.doctor(python=bare)
    assert said.code == 4
    assert f"{bare} cannot import django" in said.words()
    shutil.copytree(tmp_path / "bare", clinic.project / ".venv", symlinks=True)
    found = subprocess.run(
        [sys.executable, "-m", "harness", "doctor"],
        cwd=clinic.project,
        env={**clinic.environ, "PATH": str(tmp_path / "bare" / "bin")},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 4
    assert ".venv (there, without django)" in " ".join(found.stderr.split())


def test_several_settings_modules_are_listed(clinic: Clinic) -> None:
    """Where nothing names one it asks which; --settings answers that."""
    text = SETTINGS.replace("{databases}", MEMORY)
    clinic.write({"config/settings.py": None, "manage.py": None, "pytest.ini": "[pytest]\n"})
    clinic.write({"config/settings/__init__.py": "", "config/settings/dev.py": text, "config/settings/ci.py": text})
    said = clinic.doctor()
    assert said.code == 4
    assert "several settings modules" in said.words()
    assert "config.settings.ci, config.settings.dev" in said.words()
    assert "--settings MODULE" in said.words()
    told = clinic.doctor("--settings", "config.settings.ci", "--json")
    assert told.causes == ["settings-not-declared"]
    assert "config.settings.ci" in told.document["findings"][0]["fix"]


def test_settings_against_those_of_the_command_are_refused(clinic: Clinic) -> None:
    """What the command takes cannot be overruled from outside."""
    said = clinic.doctor("--settings", "config.other")
    assert said.code == 4
    assert "the command takes config.settings (pytest.ini:2), and --settings says config.other" in said.words()


@pytest.mark.parametrize("arguments", [(), ("--static",)])
def test_settings_that_raise_show_the_innermost_cause(clinic: Clinic, arguments: tuple[str, ...]) -> None:
    """With file and line, not what Django or pytest make of it."""
    clinic.write({"config/settings.py": "from config.values import DEBUG\n"})
    clinic.write({"config/values.py": 'import json\n\nDEBUG = json.loads("{")["debug"]\n'})
    said = clinic.doctor(*arguments)
    assert said.code == 1
    assert "JSONDecodeError: Expecting property name" in said.words()
    assert "(config/values.py:3)" in said.words()


@pytest.mark.parametrize("arguments", [(), ("--static",)])
def test_a_syntax_error_in_a_migration_is_shown(clinic: Clinic, arguments: tuple[str, ...]) -> None:
    """With file and line."""
    clinic.write({"shelf/migrations/0001_initial.py": MIGRATION.replace("dependencies = []", "dependencies = [")})
    said = clinic.doctor(*arguments)
    assert said.code == 1
    assert "SyntaxError" in said.words()
    assert "shelf/migrations/0001_initial.py:5" in said.words()


def test_an_unreachable_database_is_named(clinic: Clinic) -> None:
    """An isolated server stands in for it, and is offered to who wants the project's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    clinic.databases(POSTGRES.replace("{port}", port))
    said = clinic.doctor("--json")
    assert (said.code, said.causes) == (0, [])
    assert any(f"default (postgresql appdb at 127.0.0.1:{port}) cannot be used" in n for n in said.document["notes"])
    assert any("an isolated server stands in for it" in note for note in said.document["notes"])
    insisting = clinic.doctor("--allow-server")
    assert insisting.code == 4
    assert f"default (postgresql appdb at 127.0.0.1:{port})" in insisting.words()
    assert "leave --allow-server out: an isolated embedded one then stands in for it" in insisting.words()


def test_a_server_without_stand_in_is_not_met(clinic: Clinic, own: Own) -> None:
    """What the settings' words do not tell, the guard sees when a connection is made."""
    clinic.databases(own.settings.replace("django.db.backends.postgresql", "shelf.backend"))
    clinic.write(
        {
            "shelf/backend/__init__.py": "",
            "shelf/backend/base.py": "from django.db.backends.postgresql.base import DatabaseWrapper  # noqa\n",
        }
    )
    before = own.databases()
    said = clinic.doctor(env=own.environ)
    assert said.code == 4
    assert "a server that has no isolated stand-in here: postgresql default: appdb at 127.0.0.1" in said.words()
    assert "--allow-server" in said.words()
    assert own.databases() == before


def test_a_big_tree_takes_bounded_time(clinic: Clinic) -> None:
    """Ten thousand files, Python among them."""
    for number in range(BIG):
        folder = clinic.project / "shelf" / "data" / f"part{number // 200}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / (f"module{number}.py" if number % 2 else f"file{number}.txt")).write_text("value = 1\n" * 20)
    said = clinic.doctor("--json")
    assert (said.code, said.causes) == (0, [])
    assert said.seconds < BIG_LIMIT_S


@pytest.fixture
def frozen(clinic: Clinic) -> Iterator[Clinic]:
    """The project on a file system that nobody can write to, root included."""
    bind = subprocess.run(["mount", "--bind", str(clinic.project), str(clinic.project)], capture_output=True)
    if bind.returncode:
        if os.geteuid() == 0:
            pytest.skip(f"no bind mount here, and root may write anywhere: {bind.stderr!r}")
        for path in (clinic.project, *clinic.project.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield clinic
        for path in (clinic.project, *clinic.project.rglob("*")):
            path.chmod(0o755)
        return
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(clinic.project)], check=True, capture_output=True)
        yield clinic
    finally:
        subprocess.run(["umount", str(clinic.project)], check=True, capture_output=True)


def test_a_read_only_project_is_looked_at(clinic: Clinic, request: pytest.FixtureRequest) -> None:
    """Only its mending fails, in words."""
    clinic.write({"shelf/tests/test_books.py": TEST.replace("@pytest.mark.django_db\n", "")})
    frozen: Clinic = request.getfixturevalue("frozen")
    with pytest.raises(OSError, match=r"Read-only|denied"):
        (frozen.project / "new").touch()
    said = frozen.doctor("--json")
    assert (said.code, said.causes) == (1, ["missing-django-db-mark"])
    mending = frozen.doctor("--fix", "--yes")
    assert mending.code == 4
    assert "cannot write" in mending.words()
    assert "by hand" in mending.words()


def test_names_with_blanks_and_other_letters(clinic: Clinic) -> None:
    """Of folders, files, tests, in paths and in the command."""
    text = TEST.replace("@pytest.mark.django_db\n", "").replace("test_keep", "test_größe")
    there = clinic.project.with_name("Bücher – mit Leerzeichen")
    clinic.project.rename(there)
    moved = Clinic(project=there, python=clinic.python, environ=clinic.environ)
    moved.write({"shelf/tests/größe und maß/test_größe.py": text, "notes – 1.txt": "ä"})
    with moved.untouched():
        said = moved.doctor("--json")
    assert said.causes == ["missing-django-db-mark"]
    assert said.document["findings"][0]["path"] == "shelf/tests/größe und maß/test_größe.py"
    ascii_only = moved.doctor(env={"LC_ALL": "C"})
    assert ascii_only.code == 1
    assert "missing-django-db-mark" in ascii_only.words()
    mended = moved.doctor("--fix", "--yes")
    assert "@pytest.mark.django_db" in (there / "shelf/tests/größe und maß/test_größe.py").read_text(encoding="utf-8")
    assert "test_größe.py" in mended.words()


# ---------------------------------------------------------------- what must not be touched


def test_nothing_in_the_project_changes(clinic: Clinic) -> None:
    """No cache, no bytecode, no database, whether the command passes or fails, with a file NAME as without."""
    clinic.databases(
        '{"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"},'
        ' "log": {"ENGINE": "django.db.backends.sqlite3", "NAME": "log.sqlite3"}}'
    )
    with sqlite3.connect(clinic.project / "db.sqlite3") as real:
        real.execute("CREATE TABLE own (id INTEGER)")
    real.close()
    clinic.write({"shelf/tests/test_file.py": 'def test_write():\n    open("made.txt", "w").close()\n'})
    with clinic.untouched():
        assert clinic.doctor().code == 0
        assert clinic.doctor("--static").code == 0
        assert clinic.doctor(command="python manage.py migrate --noinput").code == 0
    clinic.write({"shelf/tests/test_books.py": TEST.replace("@pytest.mark.django_db\n", "")})
    with clinic.untouched():
        assert clinic.doctor().code == 1
        assert clinic.doctor("--fix", answer="n\n").code == 1


SET_UP = """
import pytest


@pytest.fixture(scope="session", autouse=True)
def django_db_setup(django_db_blocker):
    from django.core.management import call_command

    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_a_database_elsewhere_is_not_written_to(clinic: Clinic, tmp_path: Path, is_there: bool) -> None:
    """A session fixture migrates the real file, which lies outside of the project: here it does not."""
    outside = tmp_path / "outside"
    outside.mkdir()
    name = outside / "real.sqlite3"
    if is_there:
        with sqlite3.connect(name) as real:
            real.execute("CREATE TABLE own (id INTEGER)")
        real.close()
    clinic.databases(f'{{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{name}"}}}}')
    clinic.write({"conftest.py": SET_UP})
    with clinic.untouched(), unchanged(outside):
        said = clinic.doctor("--json")
    assert said.document["exit_code"] is not None
    before = digest(outside)
    clinic.run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert digest(outside) != before, "the command by itself does write there"


def test_a_stale_test_database_stays(clinic: Clinic, tmp_path: Path) -> None:
    """A SQLite file that an earlier run left, in the project and outside of it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    clinic.databases(
        '{"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "TEST": {"NAME": "test.sqlite3"}},'
        f' "other": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "o", "TEST": {{"NAME": "{outside}/t"}}}}}}'
    )
    for name in (clinic.project / "test.sqlite3", outside / "t"):
        with sqlite3.connect(name) as left:
            left.execute("CREATE TABLE left_behind (id INTEGER)")
        left.close()
    clinic.write({"shelf/tests/test_other.py": TEST.replace("django_db", 'django_db(databases=["default", "other"])')})
    with clinic.untouched(), unchanged(outside):
        for command in ("python -m pytest --create-db", "python -m pytest --reuse-db"):
            assert clinic.doctor("--json", command=command).document["exit_code"] is not None


USES = """
import pytest
from django.db import connection


@pytest.mark.django_db
def test_where():
    with connection.cursor() as cursor:
        cursor.execute("SHOW port")
        assert cursor.fetchone()[0] {is_own} "{port}"
"""


def test_the_users_own_server_is_left_alone(clinic: Clinic, own: Own) -> None:
    """No write, no new database; what the command sees is another server."""
    clinic.databases(own.settings)
    clinic.write({"shelf/tests/test_where.py": USES.replace("{is_own}", "!=").replace("{port}", own.port)})
    before, written = own.databases(), own.written()
    assert clinic.doctor("--json", env=own.environ).document["healthy"]
    clinic.write({"conftest.py": SET_UP})
    assert clinic.doctor("--json", env=own.environ).document["exit_code"] is not None
    assert (own.databases(), own.written()) == (before, written)


def test_a_server_named_in_the_environment_alone_is_left_alone(clinic: Clinic, own: Own) -> None:
    """The settings' text says nothing of a server, so that the first run begins without a stand-in."""
    clinic.write({"shelf/engines.py": f"DATABASES = {own.settings}\n"})
    clinic.databases("__import__('shelf.engines').engines.DATABASES")
    clinic.write({"shelf/tests/test_where.py": USES.replace("{is_own}", "!=").replace("{port}", own.port)})
    before, written = own.databases(), own.written()
    said = clinic.doctor("--json", env=own.environ)
    assert (said.code, said.causes) == (0, []), said.out
    assert (own.databases(), own.written()) == (before, written)


def test_with_leave_the_users_own_server_is_used(clinic: Clinic, own: Own) -> None:
    """In a database of the doctor's own, which is gone afterwards; a stale test database there stays as it is."""
    own.ask("CREATE DATABASE test_appdb")
    own.ask("CREATE TABLE left_behind (id integer)", database="test_appdb")
    clinic.databases(own.settings)
    clinic.write({"shelf/tests/test_where.py": USES.replace("{is_own}", "==").replace("{port}", own.port)})
    before = own.databases()
    for command in ("python -m pytest", "python -m pytest --reuse-db", "python -m pytest --create-db"):
        said = clinic.doctor("--allow-server", "--json", command=command, env=own.environ)
        assert said.document["healthy"], said.out
        assert own.databases() == before
    assert own.ask("SELECT count(*) FROM left_behind", database="test_appdb") == [0]


def test_a_real_database_is_only_read_even_with_leave(clinic: Clinic, own: Own) -> None:
    """What a fixture does to it outside of the test database is refused, and told."""
    clinic.databases(own.settings)
    clinic.write({"conftest.py": SET_UP})
    said = clinic.doctor("--allow-server", "--json", env=own.environ)
    assert said.code == 1
    assert any("writes to a real database of the project's own server" in note for note in said.document["notes"])
    assert own.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [0]


@pytest.fixture
def listener() -> Iterator[tuple[int, list[Any]]]:
    """A port that takes connections, and who came."""
    came: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(0.1)
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, address = sock.accept()
                    came.append(address)
                    connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        yield sock.getsockname()[1], came
        ended.set()
        thread.join()


def test_static_touches_no_database(clinic: Clinic, listener: tuple[int, list[Any]]) -> None:
    """It finds what is certain, runs nothing, and no connection is so much as tried."""
    port, came = listener
    clinic.databases(POSTGRES.replace("{port}", str(port)))
    clinic.write({"shelf/migrations/0001_initial.py": None, "shelf/tests/test_made.py": "open('made', 'w')\n"})
    with clinic.untouched():
        said = clinic.doctor("--static", "--json")
    assert (said.code, said.causes) == (1, ["empty-migrations-package"])
    assert said.document["exit_code"] is None
    assert not came
    clinic.doctor("--json")
    assert came, "a visit that runs the command asks the server about its roles"


# ---------------------------------------------------------------- mending


def test_a_fix_is_applied_when_confirmed(clinic: Clinic) -> None:
    """No, or nobody there to answer, changes nothing; yes applies the diff that was shown."""
    clinic.write({"shelf/tests/test_books.py": TEST.replace("@pytest.mark.django_db\n", "")})
    with clinic.untouched():
        for answer in ("n\n", None):
            said = clinic.doctor("--fix", answer=answer)
            assert said.code == 1
            assert "Apply this change?" in said.words()
            assert "+@pytest.mark.django_db" in said.words()
        assert clinic.doctor("--fix", "--json").code == 1
    assert clinic.run("-m", "pytest", "-q", "-p", "no:cacheprovider").returncode == 1
    clinic.doctor("--fix", answer="y\n")
    assert "@pytest.mark.django_db" in (clinic.project / "shelf/tests/test_books.py").read_text(encoding="utf-8")
    assert clinic.run("-m", "pytest", "-q", "-p", "no:cacheprovider").returncode == 0


def test_missing_migrations_are_made_with_yes(clinic: Clinic) -> None:
    """The command that makes them runs in the project, once it has worked in the copy."""
    clinic.write({"shelf/migrations/0001_initial.py": None})
    said = clinic.doctor("--fix", "--yes")
    assert "makemigrations shelf" in said.words()
    assert "with this applied, the command passes" in said.words()
    assert (clinic.project / "shelf/migrations/0001_initial.py").is_file()
    assert clinic.run("-m", "pytest", "-q", "-p", "no:cacheprovider").returncode == 0


# ---------------------------------------------------------------- ways of asking


@pytest.mark.parametrize(
    "command", ["python manage.py test", "python -m django test", "./manage.py test", "django-admin test"]
)
def test_djangos_runner_is_observed(clinic: Clinic, command: str) -> None:
    """Its failures and their cause, however it is started."""
    clinic.write({"shelf/tests/test_books.py": DJANGO_TEST})
    env = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(clinic.project)}
    assert clinic.doctor(command=command, env=env).code == 0
    clinic.write({"shelf/migrations/0001_initial.py": None})
    with clinic.untouched():
        said = clinic.doctor("--json", command=command, env=env)
    assert said.causes[:1] == ["empty-migrations-package"], said.out
    assert said.document["healed"] is True


@pytest.mark.parametrize("command", ["make check", "./check.sh", "coverage-less run", "sh check.sh"])
def test_other_programs_are_observed_as_far_as_they_go(clinic: Clinic, command: str) -> None:
    """The pytest that they start is; what to pass instead is said. What is no program is said, too."""
    clinic.write({"shelf/tests/test_books.py": TEST.replace("@pytest.mark.django_db\n", "")})
    clinic.write({"Makefile": "check:\n\tpython -m pytest -q\n", "check.sh": "#!/bin/sh\nexec pytest -q\n"})
    (clinic.project / "check.sh").chmod(0o755)
    said = clinic.doctor("--json", command=command)
    if command.startswith("coverage-less"):
        assert said.code == 4
        assert "there is no program coverage-less" in said.words()
        return
    if command.startswith("make") and shutil.which("make") is None:
        pytest.skip("no make here")
    assert said.causes == ["missing-django-db-mark"], said.out
    assert any("harness doctor -- python -m pytest" in note for note in said.document["notes"])


@pytest.mark.parametrize("command", ["uv run pytest", "uv run --with six python -m pytest", "poetry run pytest"])
def test_a_runner_of_the_projects_environment_is_seen_through(clinic: Clinic, command: str) -> None:
    """Its pytest is that of the interpreter, and observed as such."""
    clinic.write({"shelf/tests/test_books.py": TEST.replace("@pytest.mark.django_db\n", "")})
    with clinic.untouched():
        said = clinic.doctor("--json", command=command)
    assert said.causes == ["missing-django-db-mark"], said.out


@pytest.mark.parametrize("tool", ["tox", "nox"])
def test_environments_of_their_own_are_declined(clinic: Clinic, tool: str) -> None:
    """With what to pass instead."""
    said = clinic.doctor(command=f"{tool} -e py312")
    assert said.code == 4
    assert f"--python .{tool}/NAME -- python -m pytest" in said.words()


def test_a_script_that_is_not_there(clinic: Clinic) -> None:
    """Says where there is one."""
    said = clinic.doctor(command="python src/manage.py test")
    assert said.code == 4
    assert "there is no src/manage.py" in said.words()
    assert "the project has manage.py" in said.words()


def test_an_interpreter_without_pytest(clinic: Clinic) -> None:
    """Says so, and what else can be asked."""
    clinic.write({"pytest/__init__.py": "", "pytest/__main__.py": "raise ImportError(\"No module named 'pytest'\")\n"})
    said = clinic.doctor()
    assert said.code == 4
    assert "has no pytest" in said.words()


@pytest.mark.parametrize("at", ["shelf", "shelf/tests"])
def test_in_a_folder_of_a_project_the_project_is_meant(clinic: Clinic, at: str) -> None:
    """The command runs there, paths are the project's, and what is mended lies in the project."""
    clinic.write({"shelf/tests/test_books.py": TEST.replace("@pytest.mark.django_db\n", "")})
    with clinic.untouched():
        said = clinic.doctor("--json", at=at)
    assert said.causes == ["missing-django-db-mark"], said.out
    assert said.document["findings"][0]["path"] == "shelf/tests/test_books.py"
    assert said.document["healed"] is True
    assert any(f"{at} is part of the project" in note for note in said.document["notes"])
    clinic.doctor("--fix", "--yes", at=at)
    assert clinic.doctor(at=at).code == 0


def test_pytest_configured_above_manage_py(clinic: Clinic) -> None:
    """A folder with its own manage.py, below the pyproject.toml that names its settings."""
    clinic.write({"pytest.ini": None})
    inner = clinic.project / "backend"
    inner.mkdir()
    for name in ("manage.py", "config", "shelf"):
        (clinic.project / name).rename(inner / name)
    ini = '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "config.settings"\npythonpath = ["backend"]\n'
    clinic.write({"pyproject.toml": ini})
    assert clinic.doctor(at="backend").code == 0
    assert clinic.doctor(at="backend", command="python manage.py check").code == 0


def test_a_command_that_hangs_is_ended(clinic: Clinic) -> None:
    """After --timeout, with the test that was running."""
    clinic.write({"shelf/tests/test_slow.py": f"import time\n\ndef test_hang():\n    time.sleep({HANGING_S})\n"})
    said = clinic.doctor("--timeout", "20")
    assert said.code == 1
    assert "did not end within 20 s during shelf/tests/test_slow.py::test_hang" in said.words()
    assert said.seconds < HANGING_S / 10


def test_settings_that_hang_are_told(clinic: Clinic) -> None:
    """Neither the reading nor the run waits for ever."""
    clinic.write({"config/settings.py": f"import time\n\ntime.sleep({HANGING_S})\n"})
    said = clinic.doctor("--timeout", "3")
    assert said.code == 4
    assert "cannot describe the project: python did not end within 20 s" in said.words()


@pytest.mark.parametrize("is_healthy", [True, False])
def test_the_document_says_what_the_text_says(clinic: Clinic, is_healthy: bool) -> None:
    """The same exit code, and a document that holds to its schema."""
    if not is_healthy:
        clinic.write({"shelf/tests/test_books.py": TEST.replace("@pytest.mark.django_db\n", "")})
    text, json_said = clinic.doctor(), clinic.doctor("--json")
    assert text.code == json_said.code == (0 if is_healthy else 1)
    assert json_said.document["healthy"] is is_healthy
    assert [cause for cause in json_said.causes if cause not in text.words()] == []

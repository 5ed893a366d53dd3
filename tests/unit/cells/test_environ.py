"""What reaches a cell of the user's environment, and what the harness puts there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.cells.commands import Command
from harness.cells.environ import ALLOWED, environment, without_own_programs
from harness.cells.job import Job
from harness.model.spec import Mode

SECRETS = (
    "AWS_SECRET_ACCESS_KEY",
    "COV_CORE_DATAFILE",
    "DATABASE_URL",
    "DJANGO_SECRET_KEY",
    "DJANGO_SETTINGS_MODULE",
    "GITHUB_TOKEN",
    "HARNESS_EVIDENCE_LIMIT",
    "HARNESS_PLANT",
    "HTTPS_PROXY",
    "LD_PRELOAD",
    "PGPASSWORD",
    "PIP_INDEX_URL",
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "PYTEST_XDIST_WORKER",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "SSH_AUTH_SOCK",
    "UV_INDEX_PASSWORD",
    "VIRTUAL_ENV",
    "aws_secret_access_key",
    "path",
)
OURS = {
    "DJANGO_SETTINGS_MODULE",
    "HARNESS_DATABASES",
    "HARNESS_EVIDENCE",
    "HARNESS_MODE",
    "HARNESS_PACKAGES",
    "HARNESS_RUN",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "PYTHONNOUSERSITE",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "TMPDIR",
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": {"ENGINE": "django.db.backends.postgresql", "NAME": "harness_c1", "TEST": {"NAME": "test_c1"}},
    "other": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
Environ = Callable[..., dict[str, str]]


@pytest.fixture
def environ(make_job: Callable[..., Job], tmp_path: Path) -> Environ:
    """Returns a builder of a cell's environment; *job* are fields of the job."""

    def build(
        inherited: Mapping[str, str] | None = None,
        *,
        number: int = 1,
        command: Command | None = None,
        **job: Any,
    ) -> dict[str, str]:
        return environment(
            make_job(**job),
            command or Command(args=("-m", "pytest")),
            number=number,
            inherited=inherited or {},
            databases=DATABASES,
            probe=tmp_path / "probe" / "harness_probe.py",
            evidence=tmp_path / "evidence",
            scratch=tmp_path / "scratch",
            bin_dir=tmp_path / "bin",
        )

    return build


def test_secrets_do_not_travel(environ: Environ) -> None:
    """None of them, by whatever name, reaches a cell: neither name nor value (DESIGN rule 9)."""
    made = environ({name: f"planted-{name}" for name in SECRETS})
    assert set(made) == OURS
    assert "planted-" not in json.dumps(made)


def test_what_is_allowed_reaches_the_cell(environ: Environ) -> None:
    """As it is, but for what the harness decides."""
    inherited = {name: f"user's {name}" for name in ALLOWED}
    made = environ(inherited)
    assert set(made) == OURS | ALLOWED
    for name in ALLOWED - OURS:
        assert made[name] == inherited[name]


def test_the_allowed_are_these(environ: Environ) -> None:
    """A name that is added here can carry a secret into every cell: mind what you let through."""
    assert set(ALLOWED) == {
        *("HOME", "LOGNAME", "PATH", "SHELL", "USER"),
        *("LANG", "LC_ALL", "LC_CTYPE", "TZ"),
        *("TEMP", "TMP", "TMPDIR"),
        "LD_LIBRARY_PATH",
    }


def test_the_cell_s_own_programs_come_first(environ: Environ, tmp_path: Path) -> None:
    """Then the user's; without any, the system's."""
    assert environ({"PATH": "/usr/local/bin:/usr/bin"})["PATH"] == f"{tmp_path}/bin:/usr/local/bin:/usr/bin"
    assert environ()["PATH"] == f"{tmp_path}/bin:/usr/bin:/bin"


def test_only_the_probe_is_importable(environ: Environ, tmp_path: Path) -> None:
    """From a folder that holds it alone; whatever the user's Python is told stays outside."""
    made = environ({"PYTHONPATH": "/user/site", "PYTHONHASHSEED": "random"})
    assert made["PYTHONPATH"] == f"{tmp_path}/probe"
    assert (made["PYTHONNOUSERSITE"], made["PYTHONDONTWRITEBYTECODE"], made["PYTHONHASHSEED"]) == ("1", "1", "0")


def test_the_cell_is_told_what_it_is(environ: Environ, tmp_path: Path) -> None:
    """As canaries and the probe read it."""
    made = environ(number=2, command=Command(args=(), env=(("HARNESS_PLANT", "harness_stale"),)))
    assert made["DJANGO_SETTINGS_MODULE"] == "config.settings"
    assert made["HARNESS_EVIDENCE"] == str(tmp_path / "evidence")
    assert made["HARNESS_MODE"] == "migrations"
    assert made["HARNESS_PACKAGES"] == "django,pytest"
    assert made["HARNESS_PLANT"] == "harness_stale"
    assert made["HARNESS_RUN"] == "2"
    assert made["TMPDIR"] == str(tmp_path / "scratch")
    assert json.loads(made["HARNESS_DATABASES"]) == DATABASES


def test_without_migrations_every_database_says_so(environ: Environ, make_job: Callable[..., Job]) -> None:
    """Django's own runner has no option for it; what else a test database is told stays, and what was given too."""
    cell = make_job().cell.replace("mode", Mode.NOMIGRATIONS.value)
    made = json.loads(environ(cell=cell)["HARNESS_DATABASES"])
    assert made["default"] == DATABASES["default"] | {"TEST": {"NAME": "test_c1", "MIGRATE": False}}
    assert made["other"] == DATABASES["other"] | {"TEST": {"MIGRATE": False}}
    assert "MIGRATE" not in json.dumps(DATABASES)


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.NOMIGRATIONS])
def test_in_other_modes_databases_are_as_given(mode: Mode, environ: Environ, make_job: Callable[..., Job]) -> None:
    """And the mode is named."""
    made = environ(cell=make_job().cell.replace("mode", mode.value))
    assert json.loads(made["HARNESS_DATABASES"]) == DATABASES
    assert made["HARNESS_MODE"] == mode.value


def test_the_harness_own_programs_are_not_on_the_cells_path() -> None:
    """Under nox or in a shell: the same PATH, so the same question."""
    environ = {"PATH": "/own/bin:/usr/bin::/bin", "LANG": "C"}
    assert without_own_programs(environ, "/own") == {"PATH": "/usr/bin:/bin", "LANG": "C"}
    assert without_own_programs({}, "/own") == {"PATH": ""}

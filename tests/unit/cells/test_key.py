"""The run key: the same for the same question, another for every part that decides the answer."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cells import key
from harness.cells.commands import Command
from harness.cells.job import Job
from harness.cells.key import run_key
from harness.model.condition import Condition
from harness.model.package import Lock, Pin
from harness.model.record import Purpose, Runner
from harness.model.server import ServerIdentity
from harness.model.spec import Change as FilesChange
from harness.model.spec import DatabaseSpec, Engine, Injection, Lack, ProjectSpec, ProviderName

COMMANDS = (Command(args=("-m", "pytest"), env=(("HARNESS_PLANT", "x"),)), Command(args=("-m", "pytest")))
Change = Callable[[Job], dict[str, Any]]


@pytest.fixture
def keyed(make_job: Callable[..., Job]) -> Callable[[Change], str]:
    """Returns the key of the usual question with a change: ``job``, or another argument of `run_key`."""

    def ask(change: Change) -> str:
        job = make_job()
        arguments: dict[str, Any] = {
            "job": job,
            "commands": COMMANDS,
            "probe_hash": "probe",
            "inherited": (("LANG", "C"), ("TZ", "UTC")),
        } | change(job)
        return run_key(arguments.pop("job"), arguments.pop("commands"), **arguments)

    return ask


def pins(job: Job, **fields: Any) -> dict[str, Any]:
    """The job with its first pin changed."""
    first, *rest = job.lock.pins
    return {"job": replace(job, lock=Lock(pins=(replace(first, **fields), *rest)))}


def interpreter(job: Job, **fields: Any) -> dict[str, Any]:
    """The job on another Python."""
    return {"job": replace(job, interpreter=replace(job.interpreter, **fields))}


def server(job: Job, **fields: Any) -> dict[str, Any]:
    """The job with another server."""
    return {"job": replace(job, server=replace(job.server, **fields))}


def canary(job: Job, **fields: Any) -> dict[str, Any]:
    """The job with another declaration of its canary."""
    return {"job": replace(job, canary=replace(job.canary, **fields))}


def project(job: Job, **fields: Any) -> dict[str, Any]:
    """The job with a canary that is a project."""
    return canary(job, project=ProjectSpec(**fields))


# Each part that DESIGN rule 4 names, by its words there.
DECIDES: dict[str, Change] = {
    "lock hash: a version": lambda job: pins(job, version="6.0.3"),
    "lock hash: a file of the same version": lambda job: pins(job, hashes=("sha256:ff",)),
    "lock hash: a package more": lambda job: {
        "job": replace(job, lock=Lock(pins=(*job.lock.pins, Pin(name="sqlparse", version="1", hashes=()))))
    },
    "interpreter build": lambda job: interpreter(job, build="another build"),
    "platform": lambda job: interpreter(job, platform="macos-arm64"),
    "provider": lambda job: server(job, provider=ProviderName.DOCKER),
    "exact server: its source": lambda job: server(job, source="npm"),
    "exact server: its version": lambda job: server(job, version="file"),
    "exact server: its digest": lambda job: server(job, digest="sha256:1"),
    "server settings": lambda job: server(job, settings="fsync=off"),
    "SQLite library version": lambda job: interpreter(job, sqlite_version="3.99.0"),
    "canary hash": lambda job: {"job": replace(job, canary_hash="another")},
    "runner": lambda job: {"job": replace(job, runner=Runner.DJANGO)},
    "command: before the tests": lambda job: canary(job, prepare=(("manage.py", "migrate"),)),
    "command": lambda job: {"commands": (*COMMANDS, Command(args=()))},
    "command: their order": lambda job: {"commands": COMMANDS[::-1]},
    "arguments": lambda job: {"commands": (replace(COMMANDS[0], args=("-m", "pytest", "-x")), COMMANDS[1])},
    "environment: of a run": lambda job: {"commands": (replace(COMMANDS[0], env=()), COMMANDS[1])},
    "environment: settings module": lambda job: canary(job, settings="config.other"),
    "environment: databases": lambda job: canary(job, aliases=("default", "other")),
    "environment: the user's": lambda job: {"inherited": (("LANG", "C"), ("TZ", "Asia/Tokyo"))},
    "environment: the user's, unset": lambda job: {"inherited": (("LANG", "C"),)},
    "mode": lambda job: {"job": replace(job, cell=job.cell.replace("mode", "xdist"))},
    "probe hash": lambda job: {"probe_hash": "another"},
    "a project: that it is one": lambda job: project(job),
}

# Each part of a project that decides, held against a project without it.
DECIDES_OF_A_PROJECT: dict[str, Change] = {
    "where its commands are run": lambda job: project(job, cwd="src"),
    "its variables": lambda job: project(job, env=(("A", "1"),)),
    "variables that are passed": lambda job: project(job) | {"passed": (("TOKEN", "1"),)},
    "how databases are put into it": lambda job: project(job, inject=Injection.SETTINGS),
    "its JUnit file": lambda job: project(job, junit="a.xml"),
    "that its files are used where they lie": lambda job: project(job, is_editable=True),
    "its programs": lambda job: project(job) | {"commands": (replace(COMMANDS[0], program="tox"), COMMANDS[1])},
}

SAYS_NOTHING: dict[str, Change] = {
    "what was asked for, where it stands for the same": lambda job: {
        "job": replace(job, cell=job.cell.replace("django", "6.0.2").replace("python", "3.12.1"))
    },
    "how versions were understood": lambda job: {"job": replace(job, exact=())},
    "the name of the database": lambda job: {
        "job": replace(
            job,
            cell=job.cell.replace("database", "renamed"),
            database=DatabaseSpec(name="renamed", engine=Engine.SQLITE, url_env="X", driver=("y",)),
        )
    },
    "where the interpreter lies": lambda job: interpreter(job, path="/elsewhere/python", tags=("a", "b")),
    "where the canary lies": lambda job: canary(job, path=Path("/elsewhere/seed")),
    "the name of the canary": lambda job: canary(job, name="renamed"),
    "requirements, which are in the lock": lambda job: canary(job, requires=("x",)),
    "for which databases it is meant": lambda job: canary(job, databases=("postgres-*",)),
    "its changes, which are in the canary's hash": lambda job: canary(job, changes=(FilesChange(remove=("*",)),)),
    "its arguments, which are in the commands": lambda job: canary(job, args=("-x",)),
    "how its skips are judged": lambda job: canary(
        job, lacks=(Lack(tests=("*",), when=Condition(()), reason="r"),), allow_skips=True
    ),
    "why it is run": lambda job: {"job": replace(job, purpose=Purpose.DIAGNOSTIC)},
}


@pytest.mark.parametrize("change", DECIDES.values(), ids=DECIDES)
def test_each_part_that_decides_the_answer_changes_the_key(change: Change, keyed: Callable[[Change], str]) -> None:
    """Alone."""
    assert keyed(change) != keyed(lambda job: {})


@pytest.mark.parametrize("change", SAYS_NOTHING.values(), ids=SAYS_NOTHING)
def test_nothing_else_changes_the_key(change: Change, keyed: Callable[[Change], str]) -> None:
    """Otherwise the same question would be asked twice."""
    assert keyed(change) == keyed(lambda job: {})


def test_no_two_changes_come_to_the_same_key(keyed: Callable[[Change], str]) -> None:
    """A value does not count in the place of another's."""
    assert len({keyed(change) for change in DECIDES.values()}) == len(DECIDES)


def test_no_word_moves_from_one_part_to_the_next(keyed: Callable[[Change], str]) -> None:
    """Parts are told apart: ``("ab", "c")`` is not ``("a", "bc")``."""
    ours = [(("-m", "pytest"),), (("-m pytest",),), (("-m",), ("pytest",))]
    said = [tuple(Command(args=args) for args in runs) for runs in ours]
    changes: list[Change] = [lambda job, one=one: {"commands": one} for one in said]  # type: ignore[misc]
    assert len({keyed(change) for change in changes}) == len(said)


@pytest.mark.parametrize("part", DECIDES_OF_A_PROJECT)
def test_what_decides_a_projects_answer_is_in_the_key(keyed: Callable[[Change], str], part: str) -> None:
    """A project whose answer may be another is asked about again."""
    assert keyed(DECIDES_OF_A_PROJECT[part]) != keyed(lambda job: project(job))


def test_every_field_of_a_job_was_thought_of(make_job: Callable[..., Job]) -> None:
    """A field that is added belongs into one of the two tables above."""
    thought_of: dict[Any, str] = {
        Job: "cell exact lock interpreter database server canary canary_hash runner purpose",
        type(make_job().interpreter): "path version implementation build platform sqlite_version tags",
        type(make_job().canary): (
            "name path changes prepare settings project requires databases aliases args lacks allow_skips"
        ),
        ServerIdentity: "provider source version digest settings",
    }
    for kind, names in thought_of.items():
        assert {field.name for field in dataclasses.fields(kind)} == set(names.split())


def test_another_scheme_is_another_key(keyed: Callable[[Change], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no old answer is taken for a new one once a part means something else."""
    before = keyed(lambda job: {})
    monkeypatch.setattr(key, "SCHEME", key.SCHEME + 1)
    assert keyed(lambda job: {}) != before


def test_a_key_is_short_and_stays_the_same(keyed: Callable[[Change], str]) -> None:
    """32 hexadecimal digits, the same each time."""
    found = {keyed(lambda job: {}) for _ in range(3)}
    assert len(found) == 1
    assert re.fullmatch(r"[0-9a-f]{32}", found.pop())

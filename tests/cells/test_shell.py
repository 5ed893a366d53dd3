"""A cell to enter: its interpreter, its variables, its database, and nothing left of it."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

LOOK = """
import json, os, sys
print(json.dumps([sys.prefix, os.getcwd(), sorted(os.listdir()), dict(os.environ)]))
"""
QUERY = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW server_version")
    print(cursor.fetchone()[0])
"""


def test_a_command_sees_what_a_cell_sees(checkout, matrix) -> None:
    """The cell's environment and interpreter, a fresh copy of its canary, its settings; not the user's variables."""
    checkout.matrix(matrix())
    ran = checkout.harness("shell", "canary=minimal", "--", "python", "-c", LOOK, env={"SECRET": "x", "TERM": "dumb"})
    assert ran.code == 0, ran.err
    prefix, folder, names, variables = json.loads(ran.out)
    assert variables["VIRTUAL_ENV"] == prefix
    assert prefix.startswith(checkout.environ["HARNESS_CACHE_DIR"])
    assert variables["PATH"].startswith(f"{prefix}/bin:")
    assert variables["DJANGO_SETTINGS_MODULE"] == "settings"
    assert json.loads(variables["HARNESS_DATABASES"])["default"]["NAME"] == ":memory:"
    assert variables["TERM"] == "dumb"
    assert "SECRET" not in variables
    assert {"manage.py", "notes", "settings.py"} <= set(names)
    assert not Path(folder).exists()
    (line,) = [line for line in ran.err.splitlines() if folder in line]
    assert all(word in line for word in (prefix, "sqlite-memory", "python -m pytest --migrations"))
    assert list(checkout.scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "code"),
    [(["python", "manage.py", "check"], 0), (["sh", "-c", "exit 7"], 7), (["sh", "-c", "exit 130"], 130), (["no"], 4)],
)
def test_the_exit_code_is_that_of_the_command(checkout, matrix, command: list[str], code: int) -> None:
    """Whatever it is; a program that is not there is a usage error."""
    checkout.matrix(matrix())
    assert checkout.harness("shell", "-q", "canary=minimal", "--", *command).code == code


def test_without_a_command_it_is_the_user_s_shell(checkout, matrix, tmp_path: Path) -> None:
    """That of $SHELL, whose exit code counts, too."""
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\nbasename $PWD\nexit 3\n")
    shell.chmod(0o755)
    ran = checkout.matrix(matrix()).harness("shell", "-q", "canary=minimal", env={"SHELL": str(shell)})
    assert (ran.code, ran.out) == (3, "minimal\n")


def test_its_database_is_up(checkout, matrix) -> None:
    """A server with databases of its own, as long as the command runs."""
    checkout.matrix(matrix(database=("postgres-17",)))
    ran = checkout.harness("shell", "-q", "canary=minimal", "--", "python", "-c", QUERY)
    assert (ran.code, ran.out.startswith("17.")) == (0, True), ran.err
    assert list(checkout.scratch.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_nothing_is_left_after_a_signal(checkout, matrix, find_descendants, number: signal.Signals) -> None:
    """The command ends, then its server, its copy and what it left running in a session of its own."""
    checkout.matrix(matrix(database=("postgres-17",)))
    stray = "import subprocess, sys, time; subprocess.Popen(['sleep', '300'], start_new_session=True)"
    waiting = f"{stray}; open('here', 'w').close(); time.sleep(300)"
    started = checkout.start("shell", "-q", "canary=minimal", "--", "python", "-c", waiting)
    started.until(lambda: list(checkout.scratch.glob("*/cell/minimal/here")))
    below = find_descendants(started.popen.pid)
    assert len(below) > 2
    started.send(number)
    ended = started.end(timeout_s=30)
    assert ended.code == (130 if number is signal.SIGINT else 2), ended.err
    assert list(checkout.scratch.iterdir()) == []
    assert not [pid for pid in below if _is_running(pid)]


def _is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z" and sys.platform == "linux"

"""The application as a program: its commands, how fast it gets to them, and how it ends."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from harness.cli.main import app

ROOT = Path(__file__).resolve().parents[3]
HEAVY = {"covertable", "docker", "psycopg", "pydantic", "pymysql", "pypi_simple", "requests", "rich", "testcontainers"}
COMMANDS = {"bisect", "config", "explain", "gc", "plan", "run", "show"}
# A command of the test's own, which ends as the test says; everything around it is the harness's.
TROUBLE = """
import errno, os, signal, sys, typer
from harness.cli.main import app, main
from harness.errors import *

@app.command("trouble")
def trouble():
    print("so far")
    {how}

sys.argv = ["harness", "trouble"]
main()
"""


def harness(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with *words*, at the root of the repository."""
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, encoding="utf-8"
    )


def listed(text: str) -> set[str]:
    """The commands in the text of ``--help``."""
    return set(re.findall(r"^  ([a-z][a-z-]*)  ", text.partition("\nCommands:\n")[2], re.MULTILINE))


def test_help_lists_every_command() -> None:
    """And ends 0; ``-h`` is short for it."""
    shown = harness("-m", "harness", "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert listed(shown.stdout) >= COMMANDS
    assert listed(shown.stdout) == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert "with evidence" in shown.stdout
    assert CliRunner().invoke(app, ["-h"]).exit_code == 0


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_explains_itself(command: str) -> None:
    """What it is for, and what can be said to it."""
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert f"{command} [OPTIONS]" in shown.output
    assert re.search(r"\n\n  [A-Z][^\n]{20,}", shown.output)


def test_help_loads_nothing_heavy() -> None:
    """It answers at once: what a command works with is imported by that command."""
    shown = harness("-X", "importtime", "-m", "harness", "--help")
    assert shown.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in shown.stderr.splitlines() if line.startswith("import time:")}
    assert {"harness.cli.main", "typer"} <= loaded
    assert {name.partition(".")[0] for name in loaded}.isdisjoint(HEAVY)
    assert not [name for name in loaded if name.startswith(("harness.workflow", "harness.report", "harness.config"))]


def test_the_version_is_one_line() -> None:
    """Of the distribution that is installed."""
    shown = harness("-m", "harness", "--version")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert re.fullmatch(r"harness \d+\.\d+\S*\n", shown.stdout)


@pytest.mark.parametrize(
    ("words", "message", "remedy"),
    [
        (["nope"], "No such command 'nope'", "python -m harness --help"),
        (["--nope"], "No such option: --nope", "python -m harness --help"),
        (["run", "--nope"], "No such option: --nope", "python -m harness run --help"),
        (["run", "--control", "perhaps"], "'perhaps'", "python -m harness run --help"),
        (["run", "--jobs", "-1"], "--jobs", "python -m harness run --help"),
        (["run", "-m", "/no/such/matrix.toml"], "there is no /no/such/matrix.toml", "--matrix"),
    ],
)
def test_what_cannot_be_meant_ends_4(words: list[str], message: str, remedy: str) -> None:
    """On stderr alone: what is wrong, and where to look."""
    shown = harness("-m", "harness", *words)
    assert (shown.returncode, shown.stdout) == (4, "")
    first, _, rest = shown.stderr.partition("\n  try: ")
    assert first.startswith("harness: ")
    assert message in first
    assert remedy in rest
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("return", 0, ""),
        ("return 12", 12, ""),
        ("raise typer.Exit(5)", 5, ""),
        ("raise UsageError('bad word', remedy='a good one')", 4, "harness: bad word\n  try: a good one\n"),
        ("raise NothingSelected('no cell')", 5, "harness: no cell\n"),
        ("raise IndexUnreachable('mute')", 10, "harness: mute\n"),
        ("raise Interrupted('interrupted')", 2, "harness: interrupted\n"),
        ("raise KeyboardInterrupt", 2, "the next run goes on from there\n"),
        ("os.kill(os.getpid(), signal.SIGTERM); signal.pause()", 2, "the next run goes on from there\n"),
        ("raise OSError(errno.ENOSPC, 'No space left', 'x.log')", 10, "cannot write (x.log): No space left\n  try: "),
        ("raise OSError(errno.EACCES, 'Permission denied', 'x.log')", 3, "please report it"),
        ("raise ZeroDivisionError", 3, "ZeroDivisionError\nharness: this is a bug of the harness, please report it"),
    ],
)
def test_every_end_has_its_code_and_its_words(how: str, code: int, said: str) -> None:
    """As DESIGN §2 has them; a traceback is shown for our own bugs only, and data stays apart from messages."""
    shown = harness("-c", TROUBLE.format(how=how))
    assert shown.returncode == code, shown.stderr
    assert shown.stdout == "so far\n"
    assert said in shown.stderr
    assert bool(shown.stderr) == bool(said)
    assert ("Traceback" in shown.stderr) == (code == 3)

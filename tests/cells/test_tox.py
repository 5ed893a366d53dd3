"""tox both ways: what is exported runs under tox as under the harness, what is read runs under the harness as under
tox."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECTS = Path(__file__).parents[1] / "projects"
ENDED = re.compile(r"^  (\S+): (OK|FAIL|SKIP)", re.MULTILINE)


@pytest.fixture
def tox():
    """Return what runs tox in a folder: its output, and how each environment ended."""

    def run(checkout, *arguments: str, folder: Path | None = None, **variables: str) -> tuple[str, dict[str, str]]:
        ran = subprocess.run(
            [sys.executable, "-m", "tox", "run", "--colored", "no", *arguments],
            cwd=folder or checkout.folder,
            env={**checkout.environ, **variables},
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        said = ran.stdout + ran.stderr
        return said, dict(ENDED.findall(said))

    return run


def named(text: str) -> dict[str, str]:
    """Return cell id → environment of an exported file."""
    return {
        cell: name for name, cell in re.findall(r'^\[env\."?([^"\]]+)"?\]\ndescription = "(.*)"$', text, re.MULTILINE)
    }


def test_an_exported_file_ends_under_tox_as_under_the_harness(checkout, matrix, tox):
    """Cell by cell, with tox's own installer and with tox-uv's; reading the file back gives the same plan."""
    checkout.matrix(matrix("minimal", "fails", database=("sqlite-file",)))
    ran = checkout.run("--json", "--control", "never")
    states = {cell["id"]: cell["state"] for cell in ran.document["cells"]}
    assert sorted(states.values()) == ["fail", "pass"]
    exported = checkout.harness("export", "tox")
    assert exported.code == 0, exported.err
    names = named((checkout.folder / "tox.toml").read_text())
    assert names.keys() == states.keys()
    wanted = {names[cell]: "OK" if state == "pass" else "FAIL" for cell, state in states.items()}
    passing = next(name for name, end in wanted.items() if end == "OK")
    for runner, chosen in (("virtualenv", [passing]), ("uv-venv-runner", [*wanted])):
        said, ended = tox(checkout, "--runner", runner, "-e", ",".join(chosen))
        assert ended == {name: wanted[name] for name in chosen}, said

    read = checkout.harness("init", "--from", "tox.toml", "--yes", "--output", "back.toml")
    assert read.code == 0, read.err
    plans = [checkout.harness("plan", "--json", "--matrix", file).document for file in ("matrix.toml", "back.toml")]
    assert plans[0]["cells"] == plans[1]["cells"]


def test_a_server_is_told_by_variables_and_hashes_by_files(checkout, matrix, tox, server):
    """Without the variables the environment fails with their names; with them it runs its tests on the server."""
    checkout.matrix(matrix(database=("postgres-17",)))
    assert checkout.harness("export", "tox", "--hashes").code == 0
    said, ended = tox(checkout)
    assert list(ended.values()) == ["FAIL"]
    assert "postgres-17: no server is named: set POSTGRES_17_HOST, POSTGRES_17_PORT" in said
    where = server()
    said, ended = tox(
        checkout,
        POSTGRES_17_HOST=where["CASES_PGHOST"],
        POSTGRES_17_PORT=where["CASES_PGPORT"],
        POSTGRES_17_USER="caseuser",
        POSTGRES_17_PASSWORD=where["PGPASSWORD"],
        POSTGRES_17_NAME="exported",
    )
    assert list(ended.values()) == ["OK"], said
    (pins,) = (checkout.folder / "tox-harness").glob("*.txt")
    assert "django==5.2" in pins.read_text()
    assert "--hash=sha256:" in pins.read_text()


def test_a_project_with_a_tox_file_ends_under_the_harness_as_under_tox(checkout, tox, python_minor):
    """As it came: nothing edited, nothing written into it by reading; a failing test fails in both."""
    project = checkout.folder / "ledger"
    shutil.copytree(PROJECTS / "ledger", project)
    made = checkout.harness("init", "ledger", "--from", "ledger/tox.ini", "--yes")
    assert made.code == 0, made.err
    assert sorted(path.name for path in project.iterdir()) == sorted(
        [*(path.name for path in (PROJECTS / "ledger").iterdir() if path.name != "__pycache__"), "matrix.toml"]
    )
    environment = f"py{python_minor.replace('.', '')}-django52"
    arguments = ["--axis", f"python={python_minor}", "--axis", "django=5.2", "--json", "--control", "never"]
    for expected in (("pass", "OK"), ("fail", "FAIL")):
        ran = checkout.run("--matrix", "ledger/matrix.toml", *arguments)
        said, ended = tox(checkout, "-e", environment, "--runner", "uv-venv-runner", folder=project)
        cell = ran.cell("django=5.2")
        assert (cell["state"], ended[environment]) == expected, said
        test = project / "tests" / "test_planted.py"
        test.write_text("def test_planted():\n    raise AssertionError('planted')\n")


def test_a_tox_file_that_cannot_be_read_ends_with_its_words(checkout):
    """And with the exit code of a usage error, without a traceback."""
    (checkout.folder / "tox.ini").write_text("[tox]\nenv_list = py312\n[testenv]\ncommands = {[testenv]commands}\n")
    ran = checkout.harness("init", "--from", "tox.ini", "--yes")
    assert ran.code == 4
    assert "Traceback" not in ran.err
    assert not (checkout.folder / "matrix.toml").exists()

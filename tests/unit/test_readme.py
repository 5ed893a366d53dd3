"""What the README says is held against the code."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from pathlib import Path

import typer

from harness import config
from harness.cli.main import app
from harness.errors import ExitCode
from harness.model.spec import ProviderName
from harness.model.verdict import State

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_test_command():
    """CI runs the very command that the README gives for the tests."""
    commands = re.findall(r"^\$ (.*)$", README, re.MULTILINE)
    (command,) = [line for line in commands if "tests" in line]

    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_example_matrix_is_valid(tmp_path):
    """The example of a matrix.toml loads as it stands, beside a project as it describes."""
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "manage.py").touch()
    path = tmp_path / "matrix.toml"
    path.write_text(example, encoding="utf-8")

    spec = config.load(path, today=dt.date(2026, 1, 1))

    assert [axis.name for axis in spec.axes][:2] == ["python", "django"]


def test_every_command_and_option_exists():
    """Each `harness …` that the README shows is a command with these options."""
    root = typer.main.get_command(app)
    shown = re.findall(r"`(harness [^`]+)`", README)
    assert len(shown) > 10
    for line in shown:
        words = shlex.split(line.replace(",…", ""))
        command = root.commands[words[1]]
        known = {option for param in command.params for option in param.opts}
        assert {word for word in words[2:] if word.startswith("-")} <= known, line


def test_every_exit_code_is_listed():
    """The table of exit codes is that of the code, no more and no less."""
    table = README.split("| exit code | meaning |")[1].split("\n\n")[0]

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {int(code) for code in ExitCode}


def test_every_state_is_listed():
    """The table of states names every state that a cell can end in."""
    table = README.split("| state | meaning |")[1].split("\n\n")[0]

    assert set(re.findall(r"`([a-z-]+)`", table)) == {state.value for state in State if state is not State.NOT_RUN}


def test_every_provider_is_listed():
    """The table of providers is that of the code."""
    table = README.split("| provider | what it is |")[1].split("\n\n")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {provider.value for provider in ProviderName}

"""The commands: what goes where, as text and as JSON, with which exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.analysis.view import RecordView
from harness.model import codec
from harness.plan.view import PlanView
from harness.report.run_json import RunDocument

ESCAPE = "\x1b["


@pytest.fixture(scope="session")
def ran_folder(once, shared_folder: Path, environ, matrix, checkout_type) -> Path:
    """A checkout in which one cell of two has passed and one has failed; not to be changed."""

    def build():
        folder = shared_folder / "ran"
        folder.mkdir()
        checkout = checkout_type(folder=folder, environ=environ | {"TMPDIR": str(folder)})
        ran = checkout.matrix(matrix("minimal", "fails")).run("--control", "never")
        return {"folder": str(folder), "code": ran.code, "out": ran.out, "err": ran.err}

    made = once("ran", build)
    assert made["code"] == 1, made["err"]
    return Path(made["folder"])


@pytest.fixture
def ran(ran_folder: Path, environ, checkout_type, tmp_path: Path):
    """A copy of `ran_folder`'s checkout, with its records."""
    checkout = checkout_type(folder=tmp_path, environ=environ | {"TMPDIR": str(tmp_path)})
    (tmp_path / "matrix.toml").write_text((ran_folder / "matrix.toml").read_text())
    shutil.copytree(ran_folder / ".harness", tmp_path / ".harness")
    return checkout


def test_data_goes_to_stdout_and_progress_to_stderr(ran) -> None:
    """Notes and a line per finished cell are progress; grid, failures and headline are data."""
    again = ran.run("--rerun", "--control", "never")
    assert again.code == 1
    assert "2 cells to run" in again.err
    assert len([line for line in again.err.splitlines() if line.startswith("[")]) == 2
    assert "cells to run" not in again.out
    assert "django × pytest-django" in again.out
    assert "1 pass" in again.out.strip().splitlines()[-1]
    assert "1 fail" in again.out.strip().splitlines()[-1]
    assert ESCAPE not in again.out + again.err


def test_a_failing_cell_has_a_log_and_a_command_to_copy(ran) -> None:
    """The path exists, and the command, pasted, runs just that cell and fails as before."""
    shown = ran.run("--control", "never").out
    log = re.search(r"log: (\S+)", shown)
    assert log
    assert "test_b_fails" in Path(log[1]).read_text()
    (line,) = [line.strip() for line in shown.splitlines() if " run --rerun --cell " in line]
    words = [*shlex.split(line), "--json", "--control", "never"]
    alone = subprocess.run(words, cwd=ran.folder, env=ran.environ, capture_output=True, text=True, check=False)
    assert alone.returncode == 1, alone.stderr
    states = {state: count for state, count in json.loads(alone.stdout)["states"] if count}
    assert states == {"fail": 1}


def test_the_json_of_a_run_is_one_document_that_reads_back(ran) -> None:
    """As `docs/run.schema.json` describes it; the exit code is that of the text, and stands in it."""
    again = ran.run("--json", "--control", "never")
    assert again.code == again.document["exit_code"] == 1
    document = codec.loads(RunDocument, again.out)
    assert json.loads(codec.dumps(document)) == again.document


def test_the_json_of_a_plan_is_one_document_that_reads_back(ran) -> None:
    """As `docs/plan.schema.json` describes it, the cells in the order in which they would run."""
    planned = ran.harness("plan", "--json")
    assert planned.code == 0, planned.err
    document = codec.loads(PlanView, planned.out)
    assert json.loads(codec.dumps(document)) == planned.document
    assert list(document.cells) == [line for line in ran.harness("plan").out.splitlines() if line.startswith("canary=")]
    assert document.estimate_s is not None
    assert document.estimate_s > 0


def test_the_json_of_a_record_is_one_document_that_reads_back(ran) -> None:
    """As `docs/record.schema.json` describes it, with every test's outcome."""
    shown = ran.harness("show", "canary=fails", "--json")
    assert shown.code == 0, shown.err
    document = codec.loads(RecordView, shown.out)
    assert json.loads(codec.dumps(document)) == shown.document
    tests = [test.id for trial in document.record.trials for test in trial.evidence.tests()]
    assert any("test_b_fails" in name for name in tests)


def test_a_plan_says_how_it_covers_and_how_long_it_takes(ran) -> None:
    """Cells, coverage as a fraction, the number out of the product and the estimate from past durations."""
    planned = ran.harness("plan").out
    assert re.search(r"^\d+/\d+ pairs$", planned, re.MULTILINE)
    assert re.search(r"^2 of 2 cells, about [\d.]+ s with \d at a time$", planned, re.MULTILINE)
    assert "as of 2026-05-01" in planned


def test_show_prints_a_record_in_full(ran) -> None:
    """Versions, server, timings, tables, the failure with its trace; with ``--log`` the log as well."""
    shown = ran.harness("show", "canary=fails")
    assert shown.code == 0
    for words in ("django 5.2.", "CPython 3.", "sqlite", "environment ", "1 tables expected", "AssertionError", "lock"):
        assert words in shown.out
    assert "test session starts" not in shown.out
    assert "test session starts" in ran.harness("show", "canary=fails", "--log").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["canary=minimum"], ("no run has a cell 'canary=minimum'",)),
        (["django=5.2"], ("2 cells of run", "canary=minimal")),
        (["minimal", "--run", "999"], ("no run 999",)),
    ],
    ids=["unknown", "ambiguous", "unknown run"],
)
def test_show_of_what_is_not_one_cell_is_refused(ran, arguments: list[str], words: tuple[str, ...]) -> None:
    """Exit 4 with the cells that may have been meant."""
    shown = ran.harness("show", *arguments)
    assert shown.code == 4
    for word in words:
        assert word in shown.err


def test_quiet_says_only_the_end_and_verbose_more(ran) -> None:
    """``-q``: nothing on stderr; ``-v``: stages, and each cell whose answer was known."""
    assert ran.run("-q", "--control", "never").err == ""
    assert "… " in (said := ran.run("-v", "--control", "never").err)
    assert said.count("known") >= 2


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["-k", "minimal"], ["minimal"]),
        (["-k", "not minimal"], ["fails"]),
        (["--last-failed"], ["fails"]),
        (["--axis", "canary=minimal"], ["minimal"]),
    ],
    ids=" ".join,
)
def test_cells_are_picked(ran, arguments: list[str], names: list[str]) -> None:
    """By expression, by what failed last, by axis: the plan holds those and no other."""
    planned = ran.harness("plan", "--json", *(argument for argument in arguments if isinstance(argument, str)))
    assert planned.code == 0, planned.err
    assert [cell.split(",")[0].removeprefix("canary=") for cell in planned.document["cells"]] == names


def on_a_terminal(ran, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run a command whose outputs are a terminal; return its exit code and all that came."""
    main, other = pty.openpty()
    command = [sys.executable, "-m", "harness", *arguments]
    environ = {key: value for key, value in ran.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color"}
    popen = subprocess.Popen(
        command,
        cwd=ran.folder,
        env=environ | variables,
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
    )
    os.close(other)
    said, deadline = b"", time.monotonic() + 60
    try:
        while time.monotonic() < deadline and select.select([main], [], [], 60)[0]:
            said += os.read(main, 65536)
    except OSError:  # its end
        pass
    finally:
        os.close(main)
        popen.kill() if time.monotonic() >= deadline else None
    return popen.wait(timeout=30), said.decode()


def test_a_terminal_gets_a_board_and_colour(ran) -> None:
    """A live board that is gone in the end, and a coloured headline."""
    code, said = on_a_terminal(ran, "run", "--rerun", "-k", "minimal", "--control", "never")
    assert code == 0, said
    assert re.search(r"\x1b\[[\d;]*32m✓ 1 pass", said) or re.search(r"\x1b\[32m.*1 pass", said)
    assert "tests" in said  # a phase on the board


def test_no_color_is_heeded(ran) -> None:
    """With NO_COLOR there is no colour, on a terminal as well."""
    code, said = on_a_terminal(ran, "run", "--control", "never", NO_COLOR="1")
    assert code == 1
    colours = [int(part) for codes in re.findall(r"\x1b\[([\d;]*)m", said) for part in codes.split(";") if part]
    assert not [number for number in colours if 30 <= number <= 49 or 90 <= number <= 107]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("PYTHONIOENCODING=ascii {harness} run", 1),
        ("{harness} run >&-", 1),
        ("{harness} run 2>&-", 1),
        ("{harness} plan | true", 0),
        ("{harness} plan > /dev/full", 10),
    ],
    ids=["ascii", "stdout closed", "stderr closed", "reader gone", "disk full"],
)
def test_streams_in_trouble_are_no_bug(ran, how: str, code: int) -> None:
    """A terminal that knows only ASCII, a closed stream, a reader that has gone, a full disk: no traceback."""
    if "/dev/full" in how and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    shell = "set -o pipefail\n" + how.format(harness=f"{shlex.quote(sys.executable)} -m harness")
    done = subprocess.run(
        ["bash", "-c", shell], cwd=ran.folder, env=ran.environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_gc_frees_what_no_recent_record_uses(make_checkout, matrix, environ, tmp_path: Path) -> None:
    """Nothing that was used lately goes; with no day of grace all goes, and a run makes it again."""
    cache = tmp_path / "cache"
    checkout = make_checkout(HARNESS_CACHE_DIR=str(cache)).matrix(matrix())
    assert checkout.run().code == 0
    environments = len(list((cache / "environments").iterdir()))
    freed = checkout.harness("gc")
    assert freed.code == 0, freed.err
    assert "removed 0 things" in freed.out
    checkout.matrix(matrix(packages={"django": ["5.2"], "pytest-django": ["==4.11.1"], "pytest": ["9"]}))
    assert checkout.run().code == 0
    assert len(list((cache / "environments").iterdir())) == environments + 1
    freed = checkout.harness("gc", "--days", "0")
    assert freed.code == 0, freed.err
    assert not list((cache / "environments").iterdir())
    assert float(re.search(r"removed [1-9]\d* things, ([\d.]+) MB", freed.out)[1]) > 10
    assert checkout.run("--rerun").code == 0


def test_help_and_version(ran) -> None:
    """``--help`` lists the commands, ``--version`` names one."""
    shown = ran.harness("--help")
    assert shown.code == 0
    for command in ("run", "plan", "show", "gc", "config"):
        assert re.search(rf"^\s+{command}\s", shown.out, re.MULTILINE)
    assert re.fullmatch(r"harness \d+\.\d+\S*\n", ran.harness("--version").out)


@pytest.mark.parametrize("name", ["matrix", "run", "plan", "record"])
def test_the_schemas_are_printed(ran, name: str) -> None:
    """As they are committed in `docs/`; without a name that of the matrix."""
    shown = ran.harness("config", "schema", name)
    assert shown.code == 0, shown.err
    assert shown.document == json.loads((Path(__file__).parents[2] / "docs" / f"{name}.schema.json").read_text())
    if name == "matrix":
        assert ran.harness("config", "schema").out == shown.out

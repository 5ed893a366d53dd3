"""Projects outside the harness: installed anew, told of their databases, and whether the same comes back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

LEDGER = Path(__file__).parents[1] / "projects" / "ledger"
PLANTED = """    if os.environ.get("BROKEN") == os.environ["DATABASE_URL"].partition(":")[0]:
        raise LookupError(f"no account {source.pk}")
"""
MATRIX = """
[matrix]
python = ["{python}"]
django = ["5.2"]
database = ["sqlite-memory", "postgres-17"]
canary = ["wheel", "editable", "silent"]
mode = ["plain"]

[profile.default]
strength = "full"

[database.postgres-17]
engine = "postgresql"
version = "17"
providers = ["embedded"]

[canary.wheel]
path = "ledger"
install = [".", "--group test"]
settings = "tests.settings"
inject = "settings"
pass_env = ["BROKEN"]
command = ["python -m pytest"]
databases = ["postgres-*"]

[canary.editable]
path = "ledger"
install = ["-e .", "--group test"]
pass_env = ["BROKEN"]
command = ["python -c 'import ledger; print(ledger.__file__)'", "python -m pytest -q"]
databases = ["sqlite-*"]

[canary.silent]
path = "ledger"
command = ["sh -c 'exit 3'"]
databases = ["sqlite-*"]

[run]
as_of = 2026-05-01T00:00:00Z
"""


@pytest.fixture
def ledger(checkout: Any, python_minor: str) -> Any:
    """A checkout with a project that fails where BROKEN says so, and a matrix of it."""
    root = checkout.folder / "ledger"
    shutil.copytree(LEDGER, root)
    models = root / "src" / "ledger" / "models.py"
    text = models.read_text()
    assert "    if cents <= 0:\n" in text
    models.write_text("import os\n\n" + text.replace("    if cents <= 0:\n", PLANTED + "    if cents <= 0:\n"))
    return checkout.matrix(MATRIX.format(python=python_minor))


def test_the_same_comes_back_outside(ledger: Any) -> None:
    """A wheel on PostgreSQL that fails by what it is passed, files that pass, an exit code: each as in its record;
    where they fail now, that is said."""
    cause = {"BROKEN": "postgres"}
    ran = ledger.run("--control", "never", env=cause)
    assert ran.code == 1, ran.err
    failing = ledger.harness("repro", "canary=wheel", "--run", "--json", env=cause)
    assert failing.code == 0, failing.err + failing.out
    found = failing.document
    assert (found["answer"], found["why"], found["notes"]) == ("same", "", [])
    signature = found["came"]["signature"]
    assert signature == found["expected"]["signature"]
    assert (signature["type"], signature["frame"]) == ("LookupError", "ledger/models.py:transfer")
    assert found["came"]["failing"] == found["expected"]["failing"] == 4

    passing = ledger.harness("repro", "canary=editable", "--run", "--json")
    assert (passing.code, passing.document["answer"]) == (0, "same"), passing.err + passing.out
    log = Path(passing.document["log"]).read_text()
    assert "/ledger/src/ledger/__init__.py" in log
    assert "site-packages" not in log

    silent = ledger.harness("repro", "canary=silent", "--run", "--json")
    assert (silent.code, silent.document["answer"]) == (0, "same"), silent.err + silent.out
    assert silent.document["why"].startswith("by its exit code alone")

    broken = ledger.harness("repro", "canary=editable", "--run", "--json", env={"BROKEN": "sqlite"})
    assert (broken.code, broken.document["answer"], broken.document["came"]["state"]) == (1, "different", "fail")
    assert list(ledger.scratch.iterdir()) == []


def test_a_bundle_among_the_project_s_files_is_refused(ledger: Any) -> None:
    """It would be tested with them the next time; where the harness keeps its own is no such place."""
    refused = ledger.harness("repro", "canary=silent,database=sqlite-memory", "--out", "ledger/bundle")
    assert refused.code == 4
    assert "lies among the files of silent" in refused.err
    assert not (ledger.folder / "ledger" / "bundle").exists()
    assert ledger.harness("repro", "canary=silent,database=sqlite-memory", "--out", "ledger/.harness/bundle").code == 0
    bundle = ledger.folder / "ledger" / ".harness" / "bundle"
    assert "step 1 1 " in (bundle / "repro.sh").read_text()

"""The doctor on projects with known causes, and on healthy ones: the cause first, at its place, nothing touched.

Projects with a record of what was observed are looked at on both stacks, all others on one of them, in turn.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

cases = importlib.import_module("benchmarks.cases")

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = cases.cases_under(ROOT / "tests" / "cases")
STACKS = ("django60", "django61")
LIMIT_S = 180

NOT_FOUND: Mapping[str, str] = {}
"""Cases that the doctor does not judge right, with the reason."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A case on a stack."""

    folder: Path
    stack: str

    @property
    def told(self) -> dict[str, Any]:
        """What its case.toml says, ``[expect]`` being that of its stack."""
        told = cases.read(self.folder)
        return told | {"expect": told["expect"] | told.get(f"expect_{self.stack}", {})}


def asked() -> Iterator[Any]:
    """Yield every case on the stacks where it is looked at."""
    further = 0
    for folder in FOLDERS:
        if "django60" in cases.read(folder).get("observed", {}):
            stacks: tuple[str, ...] = STACKS
        else:
            further += 1
            stacks = (STACKS[further % 2],)
        for stack in stacks:
            reason = NOT_FOUND.get(folder.name)
            marks = [pytest.mark.xfail(reason=reason)] if reason else []
            yield pytest.param(Asked(folder=folder, stack=stack), id=f"{folder.name}-{stack}", marks=marks)


def digest(folder: Path) -> dict[str, str]:
    """Return what lies in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("case", list(asked()))
def test_the_cause_is_named(case: Asked, pythons, server, environ: Mapping[str, str], tmp_path: Path) -> None:
    """Broken: the cause first, at its file, all else that is wrong beside it. Healthy: silence. Nothing is touched."""
    told, expect = case.told, case.told["expect"]
    variables = server() if told["database"] == "postgres" else {}
    stack = pythons(case.stack)
    project = tmp_path / "project"
    shutil.copytree(case.folder / "project", project)
    env = cases.environment(stack, variables) | {"HARNESS_CACHE_DIR": environ["HARNESS_CACHE_DIR"]}
    env |= expect.get("env", {})
    assert not cases.run_all(expect["setup"], project, env)
    before = digest(project)
    options = ["--python", str(stack.python), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "harness", "doctor", ".", *options, "--", *shlex.split(expect["command"])],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert digest(project) == before
    said = json.loads(done.stdout)
    found = [finding["cause"] for finding in said["findings"]]
    if told["kind"] == "healthy" or expect["exit"] == 0:
        assert (done.returncode, said["healthy"], found) == (0, True, []), said
        return
    assert (done.returncode, said["healthy"]) == (1, False), done.stderr
    assert found[:1] == [told["expected_cause"]], said
    assert set(told["expected_also"]) <= set(found), said
    assert is_at(said["findings"][0], told["evidence"]), said["findings"][0]


def is_at(finding: Mapping[str, Any], places: list[Mapping[str, Any]]) -> bool:
    """Tell whether a finding points at one of the places that the case names: a file, its folder, or a setting."""
    paths = {place.get("path", "") for place in places}
    settings = {str(place[key]) for place in places for key in ("setting", "env") if place.get(key)}
    path = finding["path"] or ""
    return (
        path in paths - {""}
        or path.rpartition("/")[0] in paths - {""}
        or (finding["setting"] or "") in settings
        or (not path and bool({"(command line)", "(environment)"} & paths))
    )

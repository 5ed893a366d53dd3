"""Shards on machines that share nothing, put together again: by the steps of the pipelines that are written for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

LONG_S = 120


@pytest.fixture
def text(matrix: Callable[..., str]) -> str:
    """A small matrix, half of which fails. No cell has a neighbour: which one is asked depends on who was quicker."""
    return matrix("minimal", "fails", database=("sqlite-memory", "sqlite-file"), mode=("migrations", "create-db"))


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A folder for PATH that has `harness`, as after the step that installs it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "harness"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness "$@"\n')
    script.chmod(0o755)
    return str(folder)


def said(document: Mapping[str, Any]) -> Any:
    """Return what `run --json` says but for what differs from run to run: numbers, times, names of logs."""
    plain = {key: value for key, value in document.items() if key not in ("run", "duration_s")}
    plain["cells"] = [
        {key: value for key, value in cell.items() if key != "duration_s"} | {"log": bool(cell["log"])}
        for cell in plain["cells"]
    ]
    return json.loads(re.sub(r"\d{15,}", "NANOSECONDS", json.dumps(plain)))


@dataclass(kw_only=True)
class Workflow:
    """A workflow of GitHub Actions, its `run:` lines and artifacts done here; other actions are left out."""

    jobs: Mapping[str, Any]
    artifacts: Path
    environ: Mapping[str, str]
    outputs: dict[str, str] = field(default_factory=dict)  # of steps and jobs, as expressions name them

    def job(self, name: str, folder: Path, matrix: Mapping[str, Any] | None = None) -> list[int]:
        """Do a job in *folder*; return the exit codes of its `run:` steps."""
        temporary = folder.parent / f"{folder.name}-temporary"
        known = self.outputs | {f"matrix.{key}": str(value) for key, value in (matrix or {}).items()}
        known["runner.temp"] = str(temporary)
        codes: list[int] = []
        for step in self.jobs[name]["steps"]:
            condition = step.get("if", "")
            if (any(codes) and "always()" not in condition) or "github.ref" in condition:
                continue
            if "upload-artifact" in step.get("uses", ""):
                self._upload({key: self._said(value, known) for key, value in step["with"].items()}, folder)
            elif "download-artifact" in step.get("uses", ""):
                self._download({key: self._said(value, known) for key, value in step["with"].items()}, folder)
            elif step.get("name") != "Install harness" and "run" in step:
                env = {key: self._said(value, known) for key, value in step.get("env", {}).items()}
                codes.append(self._run(step, folder, env, known))
        for key, value in self.jobs[name].get("outputs", {}).items():
            self.outputs[f"needs.{name}.outputs.{key}"] = self._said(value, known)
        return codes

    def _said(self, value: Any, known: Mapping[str, str]) -> str:
        return re.sub(r"\$\{\{ ?(.*?) ?\}\}", lambda found: known.get(found[1], ""), str(value))

    def _run(self, step: Mapping[str, Any], folder: Path, env: Mapping[str, str], known: dict[str, str]) -> int:
        output, summary = folder.parent / f"{folder.name}-output", folder.parent / f"{folder.name}-summary"
        output.unlink(missing_ok=True)
        assert "${{" not in step["run"]
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env={
                **self.environ,
                **env,
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                "RUNNER_TEMP": known["runner.temp"],
            },
            stdin=subprocess.DEVNULL,
            timeout=LONG_S,
            check=False,
        )
        for line in output.read_text().splitlines() if output.exists() else ():
            name, _, value = line.partition("=")
            known[f"steps.{step['id']}.outputs.{name}"] = value
        return done.returncode

    def _upload(self, options: Mapping[str, str], folder: Path) -> None:
        """Keep what the paths name, below the folder that they have in common, as the action does."""
        paths = [path for line in options["path"].splitlines() for path in folder.glob(line)]
        assert paths, options
        assert not any(".harness" in path.parts for path in paths) or options["include-hidden-files"] == "True"
        named = [folder / line for line in options["path"].splitlines()]
        root = named[0] if len(named) == 1 else Path(os.path.commonpath(named))
        for path in paths:
            target = self.artifacts / options["name"] / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if path.is_dir() else shutil.copyfile)(path, target)

    def _download(self, options: Mapping[str, str], folder: Path) -> None:
        """Unpack one artifact here, or those of a pattern each in a folder of its name."""
        target = folder / options.get("path", ".")
        if "name" in options:
            shutil.copytree(self.artifacts / options["name"], target, dirs_exist_ok=True)
            return
        for found in self.artifacts.glob(options["pattern"]):
            shutil.copytree(found, target / found.name)


@pytest.fixture
def machines(make_checkout: Callable[..., Any], text: str) -> Iterator[Callable[[], Any]]:
    """Returns a function that gives a new machine's checkout."""
    return lambda: make_checkout().matrix(text)


@pytest.fixture
def read_yaml() -> Callable[[str], Any]:
    """Returns a reader of YAML 1.2."""
    return YAML(typ="safe").load


def test_shards_by_the_workflow_are_the_whole_run(machines, program, read_yaml, tmp_path) -> None:
    """Plan, three shards, merge, report, each in its own checkout: the run is that of one machine, its report is of
    it, and so is GitLab's."""
    whole = machines().run("--json")
    assert (whole.code, whole.document["shard"]) == (1, "")
    planner = machines()
    written = planner.harness("export", "github", "--shards", "3", "--install", ".", "--stdout")
    flow = Workflow(
        jobs=read_yaml(written.out)["jobs"],
        artifacts=tmp_path / "artifacts",
        environ=planner.environ | {"PATH": f"{program}{os.pathsep}{planner.environ['PATH']}"},
    )

    assert flow.job("plan", planner.folder) == [0]
    entries = json.loads(flow.outputs["needs.plan.outputs.matrix"])["include"]
    assert [entry["shard"] for entry in entries] == ["1/3", "2/3", "3/3"]
    assert sum(entry["cells"] for entry in entries) == len(whole.document["cells"])
    codes = [flow.job("cells", machines().folder, entry) for entry in entries]
    assert [1] in codes

    merger = machines()
    assert flow.job("merge", merger.folder) == [1, 0]
    assert flow.outputs["needs.merge.outputs.run"] == "1"
    shards = merger.folder.parent / f"{merger.folder.name}-temporary" / "shards"
    merged = merger.harness("merge", str(shards), "--json")
    assert (merged.code, merged.err) == (1, "merged before, as run 1\n")
    assert said(merged.document) == said(whole.document)
    report = tmp_path / "artifacts" / "harness-report"
    assert (report / "report" / "comment.md").read_text().startswith("<!-- harness -->\n### harness: there is no")
    assert (report / "site" / "index.html").is_file()
    assert "2 failing unexpectedly" in (tmp_path / f"{merger.folder.name}-summary").read_text()

    _as_gitlab_does(machines(), shards, flow.environ, read_yaml, said(whole.document))


def _as_gitlab_does(checkout, shards: Path, environ, read_yaml, expected) -> None:
    """The job that merges, with artifacts where GitLab unpacks them."""
    job = read_yaml(checkout.harness("export", "gitlab", "--shards", "3", "--stdout").out)["harness:merge"]
    shutil.copytree(shards, checkout.folder / "shards")
    ended = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])],
        cwd=checkout.folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        timeout=LONG_S,
        check=False,
    )
    assert ended.returncode == 1
    assert said(checkout.harness("merge", str(shards), "--json").document) == expected
    assert (checkout.folder / job["artifacts"]["reports"]["junit"]).is_file()
    assert (checkout.folder / "site" / "index.html").is_file()


def test_what_no_shard_can_know_is_done_by_the_merge(make_checkout, matrix) -> None:
    """Without a file the plan alone decides. Both halves are run in one checkout; where Django refuses a server, cells
    are planned around it when all is known, and tried then: the same as on one machine."""
    packages = {"django": ["5.1", "5.2"], "pytest-django": ["4.12"], "pytest": ["9"]}
    databases, modes = ("sqlite-memory", "sqlite-file"), ("migrations", "create-db")
    text = matrix("refuses", database=databases, mode=modes, packages=packages)
    whole = make_checkout().matrix(text).run("--json")
    assert whole.states() == {"pass": 5, "unsupported": 1}
    checkout = make_checkout().matrix(text)

    first = checkout.run("--json", "--shard", "1/2")
    assert (first.code, first.document["shard"], first.document["missing"]) == (0, "1/2", [])
    assert "shard 1/2 of a plan" in checkout.harness("report", "--format", "comment").out
    half = checkout.harness("merge", ".")
    assert (half.code, "of 2 shards, 1 is missing: 2/2 (2 cells)" in half.err) == (4, True)

    assert checkout.run("--shard", "2/2").code == 0
    merged = checkout.harness("merge", ".", "--json")
    assert (merged.code, merged.states()) == (10, {"pass": 3, "unsupported": 1, "not-run": 2})
    assert "--finish tries them here" in merged.err
    finished = checkout.harness("merge", ".", "--finish", "--json")
    assert said(finished.document) == said(whole.document)
    again = checkout.harness("merge", ".", "--finish", "--json")
    assert (again.err, said(again.document)) == ("merged before, as run 3\n", said(whole.document))


def test_a_file_of_another_plan(machines) -> None:
    """It is refused with a cell that differs, and so is a shard that there is not."""
    checkout = machines()
    planned = checkout.harness("plan", "--shards", "2", "--output", "shards.json", "--json")
    assert [len(shard["cells"]) for shard in planned.document["shards"]] == [2, 2]
    refused = checkout.run("--shard", "9/8", "--shards", "shards.json")
    assert (refused.code, "has 2" in refused.err) == (4, True)

    file = checkout.folder / "shards.json"
    document = json.loads(file.read_text())
    lost = document["shards"][1].pop()
    file.write_text(json.dumps(document))
    refused = checkout.run("--shard", "1/2", "--shards", "shards.json")
    assert (refused.code, "another plan" in refused.err, lost in refused.err) == (4, True, True)


def test_more_shards_than_cells(machines) -> None:
    """An empty one ends well and says so, is no entry of the matrix, and is not missed."""
    checkout = machines()
    planned = checkout.harness("plan", "--shards", "6", "--github", "--quiet")
    entries = json.loads(planned.out)["include"]
    assert len(entries) == 4
    (empty, *_) = sorted(set(range(1, 7)) - {entry["number"] for entry in entries})

    ran = checkout.run("--shard", f"{empty}/6")
    assert (ran.code, "no cell of the plan is in this shard" in ran.out) == (0, True)

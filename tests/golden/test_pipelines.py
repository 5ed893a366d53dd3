"""Pipelines as they are written, held against the schemas that their services publish."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from ruamel.yaml import YAML

from harness.interop.ci.pipeline import Pipeline, Service, render

SCHEMAS = {
    Service.GITHUB: ("--builtin-schema", "vendor.github-workflows"),
    Service.GITLAB: ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}
PLAIN = Pipeline(matrix=PurePosixPath("matrix.toml"), shards=8, requirement="harness==0.1.0", branch="main")
ODD = Pipeline(
    matrix=PurePosixPath("a folder/of-tests/matrix.toml"),
    shards=2,
    requirement="harness @ git+https://example.org/h.git@0123",
    branch="release/2.x",
    has_pages=False,
)
BOTH = [(service, pipeline) for service in Service for pipeline in (PLAIN, ODD)]


@pytest.mark.parametrize("service", Service)
def test_a_whole_pipeline(service: Service, is_as_expected: Callable[[str, str], None]) -> None:
    """As it was accepted."""
    is_as_expected(f"ci/{service.value}.yml", render(service, PLAIN))


def check(service: Service, path: Path) -> subprocess.CompletedProcess[str]:
    """Hold a file against the schema of its service; nothing is asked of the network."""
    words = [sys.executable, "-m", "check_jsonschema", *SCHEMAS[service], str(path)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("service", "pipeline"), BOTH)
def test_it_fits_the_published_schema(service: Service, pipeline: Pipeline, tmp_path: Path) -> None:
    """Whatever is the repository's own in it."""
    path = tmp_path / "pipeline.yml"
    path.write_text(render(service, pipeline))
    done = check(service, path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("service", "right", "wrong"),
    [
        (Service.GITHUB, "runs-on:", "run-on:"),
        (Service.GITHUB, "fail-fast: false", "fail-fast: 3"),
        (Service.GITLAB, "when: always", "when: ever"),
        (Service.GITLAB, "parallel: 8", "parallel: 201"),
    ],
)
def test_a_planted_mistake_does_not_fit(service: Service, right: str, wrong: str, tmp_path: Path) -> None:
    """The schema is really asked."""
    path = tmp_path / "pipeline.yml"
    text = render(service, PLAIN)
    assert right in text
    path.write_text(text.replace(right, wrong))
    assert check(service, path).returncode == 1


def loaded(service: Service, pipeline: Pipeline) -> dict[str, Any]:
    """Return what the file says."""
    found: dict[str, Any] = YAML(typ="safe").load(render(service, pipeline))
    return found


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every step of every job."""
    for job in workflow["jobs"].values():
        yield from job["steps"]


@pytest.mark.parametrize("pipeline", [PLAIN, ODD])
def test_a_workflow_may_do_no_more_than_it_must(pipeline: Pipeline) -> None:
    """Reading is the rule; one job may write comments, one pages, and neither runs anything of the repository's."""
    workflow = loaded(Service.GITHUB, pipeline)
    jobs = workflow["jobs"]

    assert workflow["permissions"] == {"contents": "read"}
    granted = {name: job["permissions"] for name, job in jobs.items() if "permissions" in job}
    expected = {"comment": {"pull-requests": "write"}, "pages": {"pages": "write", "id-token": "write"}}
    assert granted == {name: expected[name] for name in expected if pipeline.has_pages or name != "pages"}
    for name in granted:
        assert not any("checkout" in step.get("uses", "") for step in jobs[name]["steps"])
    checkouts = [step for step in steps(workflow) if "checkout" in step.get("uses", "")]
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


def test_nothing_that_strangers_write_becomes_a_command() -> None:
    """Expressions reach a shell as variables only; actions are pinned to a major version, jobs end some day."""
    workflow = loaded(Service.GITHUB, PLAIN)

    assert all("${{" not in step.get("run", "") for step in steps(workflow))
    assert all(step["uses"].partition("@")[2].startswith("v") for step in steps(workflow) if "uses" in step)
    assert all(job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())


@pytest.mark.parametrize("service", Service)
def test_a_folder_with_a_space_is_one_word(service: Service) -> None:
    """Wherever a shell reads it."""
    scripts = re.findall(r"^.*(?:harness (?:plan|run|merge|report)|mv) .*$", render(service, ODD), re.MULTILINE)
    named = [line for line in scripts if "a folder" in line]

    assert len(named) >= 5
    assert all("'a folder/of-tests/" in line for line in named)


@pytest.mark.parametrize(("service", "pipeline"), BOTH)
def test_it_is_of_the_repository(service: Service, pipeline: Pipeline) -> None:
    """Its branch, its requirement, its folder; no template is left in it."""
    text = render(service, pipeline)

    assert not any(mark in text for mark in ("<<", "<%", "%>"))
    assert pipeline.branch in text
    assert pipeline.requirement in text
    assert ("pages" in loaded(service, pipeline).get("jobs", loaded(service, pipeline))) is pipeline.has_pages

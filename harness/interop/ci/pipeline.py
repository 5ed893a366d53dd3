"""A matrix's pipeline as the file that a CI service reads."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from pathlib import PurePosixPath

from jinja2 import Environment, StrictUndefined


class Service(Enum):
    """Who runs the pipeline."""

    GITHUB = "github"
    GITLAB = "gitlab"

    @property
    def path(self) -> PurePosixPath:
        """Return where the service looks for it, below the root of the repository."""
        match self:
            case Service.GITHUB:
                return PurePosixPath(".github/workflows/harness.yml")
            case Service.GITLAB:
                return PurePosixPath(".gitlab-ci.yml")

    @property
    def most_jobs(self) -> int:
        """Return how many jobs one job may become: `strategy.matrix` takes 256, `parallel` 200."""
        match self:
            case Service.GITHUB:
                return 256
            case Service.GITLAB:
                return 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """What is the repository's own in a pipeline."""

    matrix: PurePosixPath  # below the root of the repository
    shards: int
    requirement: str  # what installs harness, as `uv tool install` takes it
    branch: str  # whose last run others are compared with
    has_pages: bool = True  # the dashboard becomes the repository's pages

    @property
    def state(self) -> PurePosixPath:
        """Return the folder of records."""
        return self.matrix.parent / ".harness"

    @property
    def option(self) -> str:
        """Return what commands need to find the matrix; empty where it lies at the root."""
        return "" if self.matrix == PurePosixPath("matrix.toml") else f" --matrix {shlex.quote(str(self.matrix))}"


def render(service: Service, pipeline: Pipeline) -> str:
    """Return the file. Equal pipelines, equal text."""
    environment = Environment(
        # YAML of both services has braces of its own
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  (no HTML: what is put in is quoted by the template)
    )
    text = (files("harness.interop.ci") / "templates" / f"{service.value}.yml").read_text(encoding="utf-8")
    return environment.from_string(text).render(
        pipeline=pipeline,
        matrix=str(pipeline.matrix),
        lock=str(pipeline.matrix.with_name("matrix.lock")),
        state=str(pipeline.state),
        quoted_state=shlex.quote(str(pipeline.state)),
        option=pipeline.option,
    )

"""Files for other tools, written where they look for them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from harness.errors import UsageError
from harness.interop.ci.pipeline import Pipeline, Service, render
from harness.workflow.place import Place

_BRANCH = re.compile(r"[\w./-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A pipeline's file."""

    path: Path  # where the service looks for it
    text: str
    requirement: str  # what it installs as harness


def pipeline(
    service: Service, place: Place, *, shards: int, requirement: str, branch: str, has_pages: bool
) -> Exported:
    """Return the pipeline of a matrix; without *requirement*, it installs what is installed here.

    Raises:
        UsageError: a word cannot be put into the file.
    """
    root = repository(place)
    matrix = PurePosixPath(place.matrix.relative_to(root).as_posix())
    if shards > service.most_jobs:
        raise UsageError(f"--shards {shards}: {service.value} takes {service.most_jobs} at the most", remedy="fewer")
    if not _BRANCH.fullmatch(branch):
        raise UsageError(f"--branch {branch!r} is no name of a branch", remedy="--branch main")
    if not re.fullmatch(r"[\w./ -]+", str(matrix)):
        raise UsageError(f"{matrix} cannot be named in a pipeline", remedy="letters, digits, dots and dashes only")
    wanted = requirement or installed(root)
    if not wanted.startswith("."):
        try:
            Requirement(wanted)
        except InvalidRequirement as error:
            raise UsageError(
                f"--install {wanted!r} is no requirement: {error}", remedy="--install harness==1.2"
            ) from error
    made = Pipeline(matrix=matrix, shards=shards, requirement=wanted, branch=branch, has_pages=has_pages)
    return Exported(path=root / service.path, text=render(service, made), requirement=wanted)


def repository(place: Place) -> Path:
    """Return the root of the repository that a matrix lies in: its own folder where there is none."""
    folder = place.matrix.parent
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def installed(root: Path) -> str:
    """Return what installs the harness that runs: from where it came, be it the repository itself, or its version."""
    found = distribution("harness")
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    url = str(origin.get("url", ""))
    if vcs := origin.get("vcs_info"):
        return f"harness @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
    if url.startswith("file:") and Path(url.removeprefix("file://")) == root:
        return "."
    return f"harness=={found.version}"


def write(path: Path, text: str, *, is_forced: bool) -> None:
    """Write a file; its folders are made.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    if path.exists() and not is_forced:
        raise UsageError(f"{path} is there already", remedy="--force replaces it, --output FILE names another")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or path}: {error.strerror}", remedy="--output FILE") from error

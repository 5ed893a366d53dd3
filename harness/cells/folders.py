"""Where one attempt happens: its working copy beside its evidence."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.cells import project
from harness.cells.job import Job
from harness.cells.services import Services
from harness.errors import HarnessError
from harness.model.package import Environment, Interpreter
from harness.model.spec import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where one attempt happens. *probe* is shared, the others go with the attempt."""

    root: Path
    work: Path
    evidence: Path
    scratch: Path
    probe: Path


def laid_out(job: Job, services: Services, root: Path) -> Folders:
    folders = Folders(
        root=root,
        work=root / job.canary.path.name,
        evidence=root / "evidence",
        scratch=root / "tmp",
        # where the harness is installed, nothing may be written, and its Python is another
        probe=compiled(services.probe.parent, services.probe_hash, job.interpreter, services),
    )
    canary = compiled(job.canary.path, job.canary_hash, job.interpreter, services, job.canary.changes)
    shutil.copytree(canary, folders.work, symlinks=True)
    folders.evidence.mkdir()
    folders.scratch.mkdir()
    return folders


def working_folder(job: Job, folders: Folders) -> Path:
    """Return where the cell's commands are run: the root of its copy, or a project's own choice below it."""
    return folders.work / job.canary.project.cwd if job.canary.project is not None else folders.work


def settled(
    made: Environment, job: Job, services: Services, folders: Folders, injection: Path
) -> tuple[Environment, Folders]:
    """Return the environment and the folders as the cell's canary needs them.

    A project that is used from its files gets an environment of its own. What observes a project lies inside of its
    environment, beside the programs: coverage, which measures what is no package, takes it for a part of that.

    Raises:
        Infrastructure: uv could not install the project.
        OSError: the environment cannot be written to.
    """
    project = job.canary.project
    if project is None:
        return made, folders
    if project.is_editable:
        version = project.wheels[0][1].version
        made = services.environments.with_editable(
            made, folders.root / "venv", folders.work, version=version, cancel=services.cancel
        )
    place = Path(made.python).parent / f".harness-{services.probe_hash}"
    if not place.exists():
        draft = Path(tempfile.mkdtemp(dir=place.parent, prefix=".harness-"))
        shutil.copytree(folders.probe, draft, dirs_exist_ok=True)
        shutil.copytree(injection, draft / injection.name, ignore=shutil.ignore_patterns("__pycache__"))
        draft.chmod(0o755)
        try:
            draft.rename(place)
        except OSError:  # another cell of this environment was quicker
            shutil.rmtree(draft, ignore_errors=True)
    return made, replace(folders, probe=place)


def compiled(
    source: Path, source_hash: str, interpreter: Interpreter, services: Services, changes: tuple[Change, ...] = ()
) -> Path:
    return project.compiled_copy(
        source,
        source_hash,
        interpreter,
        services.cache,
        timeout_s=services.run.timeouts.install_s,
        changes=changes,
        use=services.environments.use,
    )


def warm(jobs: Sequence[Job], services: Services) -> None:
    """Compile in the background what the first cells would otherwise wait for, while their environments are made."""
    probe = services.probe.parent
    sources: list[tuple[Path, str, Interpreter, tuple[Change, ...]]] = [
        (probe, services.probe_hash, job.interpreter, ()) for job in jobs
    ]
    sources += [(job.canary.path, job.canary_hash, job.interpreter, job.canary.changes) for job in jobs]

    def compile_all() -> None:
        for source, source_hash, interpreter, changes in dict.fromkeys(sources):
            if services.cancel.is_set():
                return
            with suppress(HarnessError, OSError):  # the cell that needs it will say so
                compiled(source, source_hash, interpreter, services, changes)

    threading.Thread(target=compile_all, name="compile", daemon=True).start()

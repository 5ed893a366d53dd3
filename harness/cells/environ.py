"""The environment variables of a cell: an allow-list and what the harness gives it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import harness
from harness.cells import project_environ
from harness.cells.commands import Command
from harness.cells.job import Job
from harness.model.server import DjangoDatabases
from harness.model.spec import Mode

ALLOWED = frozenset(
    "HOME LANG LC_ALL LC_CTYPE LD_LIBRARY_PATH LOGNAME PATH SHELL TEMP TMP TMPDIR TZ USER".split()  # noqa: SIM905
)
"""Variables of the user's that reach a cell. Everything else may hold a secret (DESIGN rule 9)."""

INJECTION = Path(harness.__path__[0]) / "injection"
ADDOPTS = "PYTEST_ADDOPTS"

FIXED = {
    "PYTHONDONTWRITEBYTECODE": "1",  # the environment is shared, read-only
    "PYTHONNOUSERSITE": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONHASHSEED": "0",
}
"""What every cell's Python is told."""


def without_own_programs(environ: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return the variables with the harness's own environment (*prefix*) taken out of PATH.

    Its programs are not the cell's business, and it lies elsewhere under nox than in a shell, which changes no answer.
    """
    folders = environ.get("PATH", "").split(os.pathsep)
    own = Path(prefix) / "bin"
    return {**environ, "PATH": os.pathsep.join(folder for folder in folders if folder and Path(folder) != own)}


def environment(
    job: Job,
    command: Command,
    *,
    number: int,
    inherited: Mapping[str, str],
    databases: DjangoDatabases,
    probe: Path,
    evidence: Path,
    scratch: Path,
    bin_dir: Path,
) -> dict[str, str]:
    """Return the whole environment of run *number* of a cell."""
    kept = {name: value for name, value in inherited.items() if name in ALLOWED}
    settings = project_environ.settings_of(job.canary)
    base = kept | {
        "PATH": f"{bin_dir}:{kept.get('PATH', '/usr/bin:/bin')}",
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(probe.parent),
        **FIXED,
        **({"DJANGO_SETTINGS_MODULE": settings} if settings else {}),
        "HARNESS_EVIDENCE": str(evidence),
        "HARNESS_RUN": str(number),
        "HARNESS_PACKAGES": ",".join(pin.name for pin in job.lock.pins),
        "HARNESS_MODE": job.mode.value,
        "HARNESS_DATABASES": json.dumps(with_mode(databases, job)),
    }
    project = job.canary.project
    if project is not None:
        base |= project_environ.variables(
            job.canary, project, databases, inherited=inherited, base=base, injection=probe.parent / INJECTION.name
        )
    further = dict(command.env)
    if ADDOPTS in base and ADDOPTS in further:
        further[ADDOPTS] = f"{base[ADDOPTS]} {further[ADDOPTS]}"
    return base | further


def with_mode(databases: DjangoDatabases, job: Job) -> DjangoDatabases:
    """Tell Django's own runner, which has no option for it, not to migrate."""
    if job.mode is not Mode.NOMIGRATIONS:
        return databases
    return {alias: {**entry, "TEST": {**entry.get("TEST", {}), "MIGRATE": False}} for alias, entry in databases.items()}

"""One cell as an environment of tox's."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from harness.cells import project_environ
from harness.cells.commands import PYTHON, preparations, unobserved
from harness.cells.environ import FIXED, INJECTION, with_mode
from harness.cells.job import Job
from harness.cells.outside import databases
from harness.cells.outside.recipe import recipe, requirements
from harness.cells.outside.words import stand_in
from harness.databases.containers import PORTS
from harness.interop.tox.write import FOLDER, Written
from harness.model.cell import PYTHON as PYTHON_AXIS
from harness.model.command_line import is_python
from harness.model.spec import DatabaseSpec, Engine, Injection, ProjectSpec

_PARTS = ("HOST", "PORT", "USER", "PASSWORD", "NAME")
_SERVER = "HARNESS_SERVER"
_INJECTED = "harness_settings.py"
_COPY = (
    "import shutil, sys;"
    " shutil.copytree(*sys.argv[1:], symlinks=True, dirs_exist_ok=True,"
    " ignore=shutil.ignore_patterns('.git', '__pycache__', '.pytest_cache', '.tox', '.harness'))"
)
_REMOVE = (
    "import fnmatch, pathlib, shutil, sys; root = pathlib.Path(sys.argv[1]);"
    " [shutil.rmtree(path) if path.is_dir() else path.unlink() for path in sorted(root.rglob('*'), reverse=True)"
    " if any(fnmatch.fnmatchcase(path.relative_to(root).as_posix(), pattern) for pattern in sys.argv[2:])]"
)


def environment(job: Job, name: str, root: Path) -> Written:
    """Return a cell as an environment called *name* of the tox file in *root*: what it runs, less the probe.

    A canary is run in a copy, as in a cell; a project in its own folder, as tox does, unless it is changed before.
    """
    made = recipe(job)
    project = job.canary.project
    source = os.path.relpath(job.canary.path, root).replace(os.sep, "/")
    is_copied = project is None or bool(job.canary.changes)
    folder = f"{{env_tmp_dir}}/{job.canary.path.name}" if is_copied else _in_root(source)
    is_installed = made.wheel is not None
    return Written(
        name=name,
        cell_id=job.cell.id,
        base_python=f"python{job.cell[PYTHON_AXIS].removeprefix('==')}",
        lock=made.lock.hash[:8],
        pins=tuple(f"{pin.name}=={pin.version}" for pin in made.lock.pins),
        hashed=requirements(made.lock),
        package="skip" if not is_installed or source != "." else _package(project),
        local="" if not is_installed or source == "." else _local(project, source),
        set_env=tuple(sorted(_variables(job, folder).items())),
        pass_env=tuple(project.pass_env) if project is not None else (),
        commands_pre=(
            *_server_there(job.database),
            *(_copied(job, f"{{tox_root}}/{source}", folder, root) if is_copied else ()),
            *((PYTHON, *command.args) for command in preparations(job.canary)),
        ),
        commands=tuple(_plain(words) for words in unobserved(job.mode, job.canary)),
        change_dir=f"{folder}/{project.cwd}" if project is not None and project.cwd != "." else folder,
        files=((_INJECTED, (INJECTION / _INJECTED).read_text(encoding="utf-8")),) if _is_injected(project) else (),
    )


def _in_root(path: str) -> str:
    return "{tox_root}" if path == "." else f"{{tox_root}}/{path}"


def names(database: DatabaseSpec) -> tuple[str, ...]:
    """Return the variables that say where a database's server is; none for SQLite."""
    if database.engine is Engine.SQLITE:
        return ()
    prefix = re.sub(r"[^A-Z0-9]", "_", database.name.upper())
    return tuple(f"{prefix}_{part}" for part in _PARTS)


def _is_injected(project: ProjectSpec | None) -> bool:
    return project is not None and project.inject is Injection.SETTINGS


def _package(project: ProjectSpec | None) -> str:
    return "editable" if project is not None and project.is_editable else "wheel"


def _plain(words: tuple[str, ...]) -> tuple[str, ...]:
    return (PYTHON, *words[1:]) if is_python(words[0]) else words


def _local(project: ProjectSpec | None, source: str) -> str:
    """Return what installs a project that lies elsewhere than tox's file."""
    return f"{'-e ' if project is not None and project.is_editable else ''}./{source}"


def _copied(job: Job, source: str, folder: str, root: Path) -> tuple[tuple[str, ...], ...]:
    found: list[tuple[str, ...]] = [(PYTHON, "-c", _COPY, source, folder)]
    for change in job.canary.changes:
        if change.overlay is not None:
            overlay = os.path.relpath(change.overlay, root).replace(os.sep, "/")
            found.append((PYTHON, "-c", _COPY, f"{{tox_root}}/{overlay}", folder))
        if change.remove:
            found.append((PYTHON, "-c", _REMOVE, folder, *change.remove))
    return tuple(found)


def _server_there(database: DatabaseSpec) -> tuple[tuple[str, ...], ...]:
    """Return the command that fails, with what to do, where no server is named."""
    if not names(database):
        return ()
    words = f"{database.name}: no server is named: set {', '.join(names(database))}"
    return ((PYTHON, "-c", f"import os, sys; sys.exit(None if os.environ['{_SERVER}'] else '{words}')"),)


def _variables(job: Job, folder: str) -> dict[str, str]:
    entries, project = databases.entries(job), job.canary.project
    settings = project_environ.settings_of(job.canary)
    base = {
        **FIXED,
        "HARNESS_DATABASES": json.dumps(with_mode(entries, job)),
        **({"DJANGO_SETTINGS_MODULE": settings} if settings else {}),
        **({_SERVER: stand_in("REPRO_HOST")} if names(job.database) else {}),
    }
    if project is not None:
        path = {"PYTHONPATH": ""}
        base |= project_environ.variables(
            job.canary, project, entries, inherited={}, base=base | path, injection=Path("{tox_root}", FOLDER)
        )
        base["PYTHONPATH"] = _absolute(base.get("PYTHONPATH", ""), f"{folder}/{project.cwd}")
    filled = {name: _filled(value, _stands_for(job.database)) for name, value in base.items()}
    return {name: value for name, value in filled.items() if value or name != "PYTHONPATH"}


def _absolute(path: str, folder: str) -> str:
    """Return a search path without the probe's place, which is empty here."""
    return ":".join(
        part if part.startswith(("/", "{")) else os.path.normpath(f"{folder}/{part}")
        for part in path.split(":")
        if part
    )


def _stands_for(database: DatabaseSpec) -> Mapping[str, str]:
    """Return what is written for each variable of a script."""
    defaults = {"PORT": str(PORTS.get(database.engine, "")), "NAME": "harness"}
    here = {"work": "{env_tmp_dir}"}
    for name, part, mine in zip(databases.VARIABLES, _PARTS, names(database) or _PARTS, strict=True):
        here[name] = f"{{env:{mine}:{defaults.get(part, '')}}}"
    return here


def _filled(text: str, stands_for: Mapping[str, str]) -> str:
    for name, value in stands_for.items():
        mark = stand_in(name)
        for written in (mark, json.dumps(mark)[1:-1], quote(mark, safe="")):
            text = text.replace(written, value)
    return text

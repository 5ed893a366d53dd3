"""Runs a project's commands in its copy: the inspector, the failing command with the probe, a fix's commands."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import harness
from harness.doctor import inspection, trouble
from harness.doctor.case import Command, Kind, Run
from harness.doctor.diagnosis import Diagnosis
from harness.doctor.inspection import Inspection
from harness.errors import Infrastructure, UsageError
from harness.model import protocol
from harness.model.evidence import Evidence, Frame
from harness.process import Cancel, Stop, capture, supervise

INSIDE = Path(harness.__path__[0])
PROBE = INSIDE / "probe" / "harness_probe.py"
INSPECTOR = INSIDE / "inspector" / "harness_inspector.py"
GUARD = INSIDE / "guard"

INSPECT_S = 120.0
INSPECT_LEAST_S = 20.0
LOG_LIMIT_BYTES = 5_000_000
OBSERVED = "django,pytest,pytest-django,pytest-xdist"
FOREIGN = ("HARNESS_", "PYTEST_CURRENT_TEST", "PYTEST_XDIST", "PYTEST_VERSION", "__PYVENV", "PYTHONHOME")
PYTEST_SCRIPT = (
    "import sys; sys.path.remove(''); sys.argv[0] = 'pytest'; import pytest; sys.exit(pytest.console_main())"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a project's programs run: the copy, its interpreter, what stands in for its servers."""

    project: Path
    copy: Path
    scratch: Path
    python: Path
    cwd: str  # in the copy
    environ: Mapping[str, str]  # the caller's, with the command's own variables
    servers: tuple[Mapping[str, object], ...]  # what stands in for the project's own
    own: str  # how test databases on the project's own servers begin; empty: they are not used
    cancel: Cancel
    timeout_s: float

    @property
    def folder(self) -> Path:
        """Return the folder that commands are run in."""
        return self.copy / self.cwd

    def environment(self, *, evidence: Path | None, paths: tuple[str, ...] = ()) -> dict[str, str]:
        """Return a program's environment: the caller's, pointed at the copy, guarded, bytecode off."""
        env = {name: value for name, value in self.environ.items() if not name.startswith(FOREIGN)}
        real, copy = str(self.project), str(self.copy)
        inherited = [item.replace(real, copy) for item in env.get("PYTHONPATH", "").split(os.pathsep) if item]
        own = [str(GUARD), *([str(PROBE.parent)] if evidence else []), *paths]
        temporary = self.scratch / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        env |= {
            "PATH": f"{self.python.parent}{os.pathsep}{env.get('PATH', os.defpath)}",
            "PYTHONPATH": os.pathsep.join([*own, *inherited]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "PWD": str(self.folder),
            "TMPDIR": str(temporary),
            "HARNESS_GUARD": json.dumps(
                {
                    "roots": [os.path.realpath(real), os.path.realpath(copy)],
                    "scratch": str(self.scratch),
                    "servers": self.servers,
                    "own": self.own,
                }
            ),
        }
        if evidence is not None:
            env |= {"HARNESS_EVIDENCE": str(evidence), "HARNESS_PACKAGES": OBSERVED}
        return env


def inspect(stage: Stage, settings: str, roots: tuple[str, ...], *, is_asking: bool) -> Inspection | str:
    """Let the project's own Django describe it; a string says why it could not.

    With *is_asking* it asks the project's own servers, read-only, what the roles in the settings may do.
    """
    output = stage.scratch / "inspection.json"
    folders = [str(stage.copy / root) for root in roots]
    env = stage.environment(evidence=None)
    if settings:
        env["DJANGO_SETTINGS_MODULE"] = settings
    if is_asking:
        env["HARNESS_ASK_SERVERS"] = "1"
    try:
        done = capture(
            (stage.python, INSPECTOR, output, stage.copy, *folders),
            timeout_s=max(INSPECT_LEAST_S, min(INSPECT_S, stage.timeout_s)),
            cwd=stage.folder,
            env=env,
            cancel=stage.cancel,
        )
    except Infrastructure as error:
        return error.message
    try:
        return inspection.parse(output.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return (done.stderr.strip().splitlines() or [f"the inspector ended with {done.code}"])[-1]


def observe(stage: Stage, command: Command, label: str) -> Run:
    """Run the failing command in the copy with the probe.

    Raises:
        UsageError: the program, or its script, is not there.
        Infrastructure: it cannot be started.
        Interrupted: the user asked to stop.
    """
    words = _words(stage, command)
    folder = stage.scratch / f"evidence-{label}"
    folder.mkdir(parents=True)
    log = stage.scratch / f"{label}.log"
    env = stage.environment(evidence=folder) | dict(command.variables)
    if command.kind is Kind.OTHER:
        env |= _of_inner_pytest(stage, env)
    done = supervise(
        words,
        timeout_s=stage.timeout_s,
        cwd=stage.folder,
        env=env,
        log=log,
        log_limit_bytes=LOG_LIMIT_BYTES,
        cancel=stage.cancel,
    )
    stage.cancel.check()
    output = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    seen = protocol.parse(
        path.read_text(encoding="utf-8", errors="replace").splitlines() for path in sorted(folder.glob("*.jsonl"))
    )
    troubles: tuple[trouble.Trouble, ...] = ()
    if done.code != 0:
        troubles = _troubles(stage, seen, output)
    return Run(
        exit_code=done.code,
        is_timed_out=done.stop is Stop.TIMED_OUT,
        output=output,
        evidence=seen,
        duration_s=done.duration_s,
        troubles=troubles,
    )


def _of_inner_pytest(stage: Stage, env: Mapping[str, str]) -> dict[str, str]:
    """Let the pytest that another program starts be the project's own, and observed."""
    found = {"PYTEST_ADDOPTS": f"{env.get('PYTEST_ADDOPTS', '')} -p harness_probe".strip()}
    home = stage.python.parent.parent
    if (home / "pyvenv.cfg").exists():  # uv and poetry would make an environment in the copy
        found |= {"VIRTUAL_ENV": str(home), "UV_PROJECT_ENVIRONMENT": str(home), "UV_NO_SYNC": "1"}
    return found


def _troubles(stage: Stage, seen: Evidence, output: str) -> tuple[trouble.Trouble, ...]:
    """Prefer what the probe saw; a command that ends before it sees anything is known by its words."""
    copy = os.path.realpath(stage.copy)
    found = trouble.of_evidence(seen)
    if not found:
        return trouble.of_output(output, tuple(dict.fromkeys((str(stage.copy), copy))))
    folders = dict.fromkeys(process.root_dir for process in seen.processes)
    roots = [folder for name in folders if (folder := _folder(stage, name))]
    if not stage.cwd and not roots:
        return found
    return tuple(
        replace(
            item,
            id=_seated(stage, item.id, ["", *roots, stage.cwd]),
            frames=tuple(_rebased(stage, frame, roots) for frame in item.frames),
            stack=tuple(_rebased(stage, frame, roots) for frame in item.stack),
        )
        for item in found
    )


def _folder(stage: Stage, root: str) -> str:
    """Return pytest's rootdir, which the probe names as seen from where the command ran, relative to the project."""
    found = os.path.relpath(os.path.realpath(stage.folder / root), os.path.realpath(stage.copy))
    return "" if found == "." or found.startswith("..") else Path(found).as_posix()


def _rebased(stage: Stage, frame: Frame, roots: list[str]) -> Frame:
    if frame.origin != "project":
        return frame
    return replace(frame, file=_seated(stage, frame.file, [stage.cwd, "", *roots]))


def _seated(stage: Stage, name: str, folders: list[str]) -> str:
    """Return a file's name relative to the project: as seen from the first of *folders* in which it is."""
    path, colons, rest = name.partition("::")
    found = next((folder for folder in folders if (stage.copy / folder / path).is_file()), "")
    return f"{found}/{path}{colons}{rest}" if found else name


def _words(stage: Stage, command: Command) -> tuple[str | Path, ...]:
    """Return the command as it is executed.

    Raises:
        UsageError: the program, or its script, is not there.
    """
    match command.kind:
        case Kind.PYTEST:
            start = ("-m", "pytest") if command.is_module else ("-c", PYTEST_SCRIPT)
            return (stage.python, *start, "-p", "harness_probe", *command.args)
        case Kind.MANAGE:
            return (stage.python, PROBE, *_django(stage, command), *command.args)
        case Kind.OTHER:
            return (_program(stage, command), *command.words[1:])


def _django(stage: Stage, command: Command) -> tuple[str, ...]:
    """Return what starts Django: a manage.py, else Django itself."""
    if not command.script:
        admin = stage.python.parent / "django-admin"
        return ("-m", "django") if command.is_module or not admin.is_file() else (str(admin),)
    if not (stage.folder / command.script).is_file():
        known = sorted(path.relative_to(stage.copy).as_posix() for path in stage.copy.rglob("manage.py"))
        raise UsageError(
            f"there is no {command.script} in {stage.project / stage.cwd}",
            remedy=f"the project has {', '.join(known[:5])}" if known else "python -m django test --settings MODULE",
        )
    return (command.script,)


def _program(stage: Stage, command: Command) -> str | Path:
    name = command.words[0] if command.words else "python"
    if name.rpartition("/")[2].startswith("python"):
        return stage.python
    path = f"{stage.python.parent}{os.pathsep}{stage.environ.get('PATH', os.defpath)}"
    found = shutil.which(name, path=path) or shutil.which(stage.folder / name)
    if found is None:
        raise UsageError(f"there is no program {name}", remedy="name what fails: harness doctor -- python -m pytest")
    return found


def execute(
    stage: Stage, words: tuple[str, ...], manage: str, settings: str, roots: tuple[str, ...]
) -> tuple[int, str]:
    """Run one command of a fix; return its exit code and what it said."""
    paths = tuple(str(stage.copy / root) for root in roots)
    env = stage.environment(evidence=None, paths=paths)
    if settings:
        env["DJANGO_SETTINGS_MODULE"] = settings
    try:
        done = capture(
            spelled(words, stage.python, manage), timeout_s=INSPECT_S, cwd=stage.copy, env=env, cancel=stage.cancel
        )
    except Infrastructure as error:
        return 1, error.message
    return done.code, f"{done.stdout}{done.stderr}".strip()


def spelled(words: tuple[str, ...], python: Path, manage: str) -> tuple[str | Path, ...]:
    """Return a fix's command as it is executed; without a manage.py Django is asked by its module's name."""
    found: list[str | Path] = []
    for word in words:
        if word == "python":
            found.append(python)
        elif word == "{manage}":
            found += [manage] if manage else ["-m", "django"]
        else:
            found.append(word)
    return tuple(found)


def perform(words: tuple[str, ...], project: Path, found: Diagnosis, environ: Mapping[str, str], cancel: Cancel) -> str:
    """Run one command of a fix in the project itself; return it as one types it.

    Raises:
        UsageError: it fails.
    """
    python = Path(found.python)
    env = {name: value for name, value in environ.items() if not name.startswith(FOREIGN)}
    inherited = [item for item in env.get("PYTHONPATH", "").split(os.pathsep) if item]
    env["PYTHONPATH"] = os.pathsep.join([*(str(project / root) for root in found.roots), *inherited])
    env["PATH"] = f"{python.parent}{os.pathsep}{env.get('PATH', os.defpath)}"
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    if found.settings:
        env["DJANGO_SETTINGS_MODULE"] = found.settings
    command = spelled(words, python, found.manage)
    done = capture(command, timeout_s=INSPECT_S, cwd=project, env=env, cancel=cancel)
    text = shlex.join(["python", *(str(word) for word in command[1:])])
    if done.code:
        said = f"{done.stdout}{done.stderr}".strip()[-500:]
        raise UsageError(f"{text} ended with {done.code}: {said}", remedy="run it by hand")
    return text

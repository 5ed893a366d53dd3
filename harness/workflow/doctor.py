"""The doctor: reads a project, runs what fails in a copy, asks the rules, and tries their fixes there."""

from __future__ import annotations

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from harness.doctor import command, pytest_config, rank, trouble
from harness.doctor.apply import apply
from harness.doctor.case import Case, Command, Kind, Run
from harness.doctor.diagnosis import Diagnosis
from harness.doctor.finding import Confidence, Finding, Fix
from harness.doctor.tree import Tree
from harness.errors import UsageError
from harness.ledger import Ledger
from harness.workflow import doctor_bounds, doctor_copy, doctor_interpreter, doctor_run
from harness.workflow.doctor_copy import Copy
from harness.workflow.doctor_place import seat
from harness.workflow.doctor_read import Around, DoctorRequest, Visit, inspected, read, served
from harness.workflow.doctor_run import Stage

__all__ = ["Around", "DoctorRequest", "diagnose", "heal"]

MAX_ROUNDS = 4
FULL_RERUN_S = 20.0
SUBSET = 20
SERVERS = ("postgres", "postgis", "mysql", "mariadb", "oracle", "tenant")
CONTROL = ("test", "--noinput")


def diagnose(request: DoctorRequest, around: Around) -> Diagnosis:
    """Answer for one project and one command.

    Raises:
        UsageError: there is no Django project, or no interpreter with Django.
        Infrastructure: the copy cannot be made, or the command cannot be started.
        Interrupted: the user asked to stop.
    """
    begun = time.monotonic()
    place = seat(request.path)
    project = place.project
    asked = command.parse(request.words)
    doctor_bounds.check_command(asked)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.open(around.cache / "ledger"))
        scratch = stack.enter_context(ledger.temporary("harness-doctor-"))
        scratch.chmod(0o711)  # an unprivileged server must be able to pass through
        copy = doctor_copy.make(project, scratch / "copy" / (project.name or "project"))
        _check_is_django(project, copy.tree)
        (copy.folder / place.cwd).mkdir(parents=True, exist_ok=True)
        stage = Stage(
            project=project,
            copy=copy.folder,
            scratch=scratch,
            python=doctor_interpreter.find(project, request.python, around.environ, runner=command.runner(asked.words)),
            cwd=place.cwd,
            environ={**around.environ, **dict(asked.variables)},
            servers=(),
            own=f"harness_doctor_{secrets.token_hex(4)}_" if request.is_server_allowed else "",
            cancel=around.cancel,
            timeout_s=request.timeout_s,
        )
        visit = Visit(request=request, around=around, ledger=ledger, stack=stack)
        found = _examine(visit, stage, copy)
        touched = tuple(
            f"{name} of the project changed meanwhile: another program uses it, or the command reaches it past Django"
            for name in copy.touched()
        )
    return replace(found, notes=(*found.notes, *touched), total_s=time.monotonic() - begun)


def _examine(visit: Visit, stage: Stage, copy: Copy) -> Diagnosis:
    visit.around.say("reading the project")
    case = read(visit, stage, copy.tree, visit.request.words)
    notes = [f"{name} cannot be read" for name in copy.unread]
    if visit.request.is_static:
        case = inspected(visit, stage, case)
        return _answer(case, stage, rank.findings(case), notes=[*notes, *doctor_bounds.notes(stage, case)])
    case, stage = _observed(visit, stage, case, "run-0", case.command)
    doctor_bounds.check(stage, case)
    notes += doctor_bounds.notes(stage, case)
    return _mend(visit, stage, copy, case, notes)


def _observed(visit: Visit, stage: Stage, case: Case, label: str, asked: Command) -> tuple[Case, Stage]:
    """Inspect and run; side by side where no server has to be started between the two."""
    visit.around.say(f"running {' '.join(case.command.words)} in a copy")
    if stage.servers or visit.request.is_server_allowed or not _may_need_server(case):
        with ThreadPoolExecutor(1, thread_name_prefix="inspector") as pool:
            seen = pool.submit(inspected, visit, stage, case)
            run = doctor_run.observe(stage, asked, label)
            case = seen.result()
        if served(visit, stage, case.inspection) is stage:
            return replace(case, run=run), stage
    else:
        case = inspected(visit, stage, case)
    stage = served(visit, stage, case.inspection)
    return replace(case, run=doctor_run.observe(stage, asked, f"{label}-served")), stage


def _may_need_server(case: Case) -> bool:
    """Tell whether a file that may be settings, or the environment, speaks of a database server."""
    texts = [case.tree.text(path).lower() for path in case.tree.python() if "settings" in path or "conf" in path]
    texts += [value.lower() for name, value in case.environ.items() if "DATABASE" in name or name.endswith("_URL")]
    return any(word in text for text in texts for word in SERVERS)


def _mend(visit: Visit, stage: Stage, copy: Copy, case: Case, notes: list[str]) -> Diagnosis:
    """Ask the rules; apply what explains the failure in the copy and run again, until it passes or nothing is new."""
    first, every, fixes, is_healed = case, list[Finding](), list[Fix](), None
    for number in range(1, MAX_ROUNDS + 1):
        explained = {known.cause for known in every if known.clue.is_explaining}
        # the same cause in a second place comes to light once the first one is mended
        new = [item for item in rank.findings(case) if item.cause not in explained or item.clue.fix not in fixes]
        every += new
        wanted = [item for item in new if item.clue.is_explaining]
        if first.run is None or first.run.has_passed or not wanted:
            break
        if not _apply(wanted, stage, case, fixes):
            break
        visit.around.say("trying the change in the copy")
        mended = next((item.clue.fix.instead for item in wanted if item.clue.fix.instead), ())
        given = tuple(f"{name}={value}" for name, value in case.command.variables) + case.command.words
        case = read(visit, stage, copy.reread(), mended or given)
        try:
            case, stage = _observed(visit, stage, case, f"run-{number}", _narrowed(case, first.run, stage.cwd))
        except UsageError as error:
            notes.append(error.message)
            break
        is_healed = case.run is not None and case.run.has_passed
        if is_healed:
            break
    control = "" if is_healed or any(item.clue.is_explaining for item in every) else _control(visit, stage, first)
    found = rank.ordered(every)
    return _answer(first, stage, found, notes=notes, fixes=fixes, is_healed=is_healed, last=case, control=control)


def _control(visit: Visit, stage: Stage, case: Case) -> str:
    """Return what Django's own runner says where no rule does; it is no control of a command that is its own."""
    run = case.run
    if not case.is_pytest or not case.manage or run is None or run.has_passed or run.is_timed_out or not case.troubles:
        return ""
    if not any(seen.missing for seen in run.databases) and not case.missing_tables:
        return ""
    visit.around.say("running Django's own test runner as a control")
    words = ("python", os.path.relpath(case.manage, stage.cwd or "."), *CONTROL)
    run = doctor_run.observe(stage, command.parse(words), "control")
    missing = sorted({table for seen in run.databases for table in seen.missing})
    if missing:
        return f"under Django's own runner the same tables are missing: {', '.join(missing[:5])}"
    tests = run.evidence.tests()
    if run.has_passed and tests:
        return (
            "under Django's own runner every table is made and its tests pass: look at pytest's configuration "
            "and fixtures"
        )
    return "under Django's own runner every table is made" if run.databases else ""


def _apply(wanted: list[Finding], stage: Stage, case: Case, fixes: list[Fix]) -> bool:
    """Apply the findings' fixes to the copy, the deepest first; tell whether there was anything to apply."""
    is_any = False
    for finding in wanted:
        fix = finding.clue.fix
        if not fix.is_applicable and not fix.instead:
            continue
        try:
            apply(fix.changes, stage.copy)
        except UsageError:
            continue  # two fixes in one place: the deeper one counts
        for words in fix.commands:
            doctor_run.execute(stage, words, case.manage, case.chosen.module, case.roots)
        fixes.append(replace(fix, settings=case.chosen.module))
        is_any = True
    return is_any


def _narrowed(case: Case, first: Run, cwd: str) -> Command:
    """Return the command, or, where it took long, what of it failed."""
    asked = case.command
    if first.duration_s <= FULL_RERUN_S or asked.kind is not Kind.PYTEST:
        return asked
    ids = [item.id for item in first.troubles if not item.id.startswith("(")][:SUBSET]
    if not ids:
        return asked
    given = set(pytest_config.paths(asked.args))
    options = tuple(word for word in asked.args if word.partition("::")[0] not in given)
    seen = [f"{os.path.relpath(path, cwd or '.')}::{test}" for path, _, test in (name.partition("::") for name in ids)]
    return replace(asked, args=(*options, *seen))


def _answer(
    case: Case,
    stage: Stage,
    found: tuple[Finding, ...],
    *,
    notes: list[str],
    fixes: list[Fix] | None = None,
    is_healed: bool | None = None,
    last: Case | None = None,
    control: str = "",
) -> Diagnosis:
    run = case.run
    if is_healed:
        found = tuple(_sure(finding) for finding in found)
    rest = last.troubles if last is not None and not is_healed else ()
    is_explained = any(finding.clue.is_explaining for finding in found) and last is case
    broken = () if found or (run is not None and run.has_passed) else trouble.of_inspection(case.inspection)
    settings = case.inspection.settings if case.inspection else None
    return Diagnosis(
        is_healthy=not found and not broken and (run is None or run.has_passed),
        findings=found,
        command=case.command.words,
        exit_code=run.exit_code if run is not None else None,
        fixes=tuple(fixes or ()) or tuple(finding.clue.fix for finding in found[:1]),
        is_healed=is_healed,
        unexplained=() if is_explained else (*broken, *rest),
        control=control,
        notes=tuple(notes),
        python=str(stage.python),
        django=case.inspection.django if case.inspection else "",
        settings=case.chosen.module or (settings.module if settings else ""),
        settings_by=case.chosen.by.value,
        manage=case.manage,
        roots=case.roots,
        observed_s=run.duration_s if run is not None else 0.0,
    )


def _sure(finding: Finding) -> Finding:
    if not finding.clue.is_explaining:
        return finding
    return replace(finding, clue=replace(finding.clue, confidence=Confidence.HIGH))


def _check_is_django(project: Path, tree: Tree) -> None:
    """Raise unless something in the project speaks of Django.

    Raises:
        UsageError: nothing does.
    """
    if any(path.rpartition("/")[2] == "manage.py" for path in tree.paths):
        return
    if any("django" in tree.text(path) for path in tree.paths if path.endswith((".py", ".toml", ".cfg", ".ini"))):
        return
    raise UsageError(
        f"{project} is no Django project: looked for manage.py, for settings, and for files that import django",
        remedy="run in the folder of a Django project, or name it: harness doctor PATH",
    )


def heal(request: DoctorRequest, found: Diagnosis, around: Around) -> tuple[str, ...]:
    """Apply a diagnosis's fixes to the project itself; return what was done, a line each.

    Raises:
        UsageError: a file cannot be written, or a command fails.
    """
    project = seat(request.path).project
    done: list[str] = []
    for fix in found.fixes:
        done += apply(fix.changes, project)
        then = replace(found, settings=fix.settings or found.settings)
        done += [doctor_run.perform(words, project, then, around.environ, around.cancel) for words in fix.commands]
    return tuple(done)

"""What an observed run says that is no rule's business: it was kept from a server, or took too long."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from harness.doctor.case import Case, Command, Kind, Run
from harness.doctor.command import ISOLATING
from harness.doctor.inspection import DatabaseEntry
from harness.errors import UsageError
from harness.workflow.doctor_run import Stage

REFUSAL = re.compile(r"harness doctor keeps away from the project's own server \((?P<which>[^\n]*)\)")
READ_ONLY = re.compile(r"cannot execute \w+(?: \w+)? in a read-only transaction|READ ONLY transaction", re.IGNORECASE)
UNREACHABLE = re.compile(
    r"connection refused|could not connect to server|could not translate host name|failed to resolve host"
    r"|name or service not known|connection timed out|timeout expired|can't connect to|unknown mysql server host"
    r"|no route to host|connection is bad|password authentication failed|access denied for user",
    re.IGNORECASE,
)
NO_PYTEST = re.compile(r"No module named '?pytest'?$", re.MULTILINE)
LAST_LINES = 3
NO_TESTS = 5
"""pytest's exit code if nothing was collected."""


def check_command(asked: Command) -> None:
    """Refuse what cannot be observed.

    Raises:
        UsageError: the command runs everything in environments of its own.
    """
    name = asked.words[0].rpartition("/")[2] if asked.words else ""
    if asked.kind is Kind.OTHER and name in ISOLATING:
        raise UsageError(
            f"{name} runs its commands in environments of its own, which cannot be observed from here",
            remedy=f"name that environment and what {name} starts in it: "
            f"harness doctor --python .{name}/NAME -- python -m pytest …",
        )


def check(stage: Stage, case: Case) -> None:
    """Look whether the run could do its work.

    Raises:
        UsageError: it could not: there is no pytest, or a server is not to be had.
    """
    run = case.run
    if run is None or run.has_passed:
        return
    if case.is_pytest and not run.evidence.processes and NO_PYTEST.search(run.output):
        raise UsageError(
            f"{stage.python} has no pytest", remedy="--python PATH, or a command of Django's: -- python manage.py test"
        )
    said = "\n".join([*(trouble.words for trouble in run.troubles), run.output])
    refused = REFUSAL.search(said)
    if refused:
        raise UsageError(
            f"the project needs a server that has no isolated stand-in here: {refused['which']}",
            remedy="--allow-server to use the project's own, or --static to do without",
        )
    lost = UNREACHABLE.search(said)
    entries = _of_servers(case)
    if stage.own and entries and lost:
        raise UsageError(
            f"the project's own database server cannot be used: {'; '.join(_place(item) for item in entries)}: "
            f"{_line(said, lost.start())}",
            remedy="start it, or leave --allow-server out: an isolated embedded one then stands in for it",
        )


def notes(stage: Stage, case: Case) -> tuple[str, ...]:
    """Return what a person should know about the run besides its outcome."""
    return (*_about_run(stage, case), *_about_servers(stage, case))


def _about_run(stage: Stage, case: Case) -> Iterator[str]:
    run, words = case.run, shlex.join(case.command.words)
    if stage.cwd:
        yield f"{stage.cwd} is part of the project {stage.project}; paths are relative to that"
    if run is None:
        return
    if case.is_pytest and run.exit_code == NO_TESTS:
        yield f"pytest found no tests in {stage.cwd or stage.project}; name the folder of the tests, or run further up"
    if run.is_timed_out:
        yield _timed_out(run, words, stage.timeout_s)
    if case.command.kind is Kind.OTHER and not run.has_passed:
        yield (
            f"what {words} starts is not known in advance; pass the command itself to have its options looked at, too: "
            "harness doctor -- python -m pytest …"
        )
    if stage.own and any(READ_ONLY.search(trouble.words) for trouble in run.troubles):
        yield "the command writes to a real database of the project's own server; here that was refused"


def _timed_out(run: Run, words: str, timeout_s: float) -> str:
    running = [test for process in run.evidence.processes for test in process.running]
    during = f" during {', '.join(running[:LAST_LINES])}" if running else ""
    last = " / ".join(line.strip() for line in run.output.strip().splitlines()[-LAST_LINES:])
    said = f"; its last words: {last[-300:]}" if last else ""
    return f"{words} did not end within {timeout_s:g} s{during}, and was ended (--timeout gives it longer){said}"


def _about_servers(stage: Stage, case: Case) -> Iterator[str]:
    for seen in case.inspection.servers if case.inspection and stage.servers else ():
        entry = case.database(seen.alias)
        if seen.error and entry is not None:
            why = " ".join(seen.error.split())[:200]
            yield f"{_place(entry)} cannot be used ({why}); an isolated server stands in for it"


def _of_servers(case: Case) -> tuple[DatabaseEntry, ...]:
    settings = case.inspection.settings if case.inspection else None
    return tuple(entry for entry in (settings.databases if settings else ()) if entry.vendor not in ("sqlite", "dummy"))


def _place(entry: DatabaseEntry) -> str:
    at = f"{entry.host or 'localhost'}{f':{entry.port}' if entry.port else ''}"
    return f"{entry.alias} ({entry.vendor} {entry.name} at {at})"


def _line(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0].strip()[:300]

"""Asks the doctor's rules about the failures of a run: one inspection per failure and canary, no second test run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

import harness
from harness.analysis.conclude import Conclusion
from harness.analysis.signature import is_failing, signature
from harness.cells import project
from harness.cells.bench import Bench, bench
from harness.cells.commands import unobserved
from harness.doctor import inspection, rank, trouble
from harness.doctor.case import Run
from harness.doctor.finding import Depth
from harness.doctor.finding import Finding as Found
from harness.doctor.inspection import Inspection
from harness.doctor.tree import Tree
from harness.errors import HarnessError, Interrupted
from harness.model.cell import CANARY, Cell
from harness.model.evidence import Evidence
from harness.model.finding import Examination, Finding, Reach
from harness.model.record import Purpose, Runner, Trial
from harness.model.spec import Engine
from harness.model.verdict import Signature, State
from harness.workflow.doctor_copy import names
from harness.workflow.doctor_read import case_of
from harness.workflow.session import Session

RULES = Path(harness.__path__[0]) / "doctor"
INSPECTOR = Path(harness.__path__[0]) / "inspector" / "harness_inspector.py"
OURS = "HARNESS_"
"""How variables begin that are no part of what a user would have."""

_Key = tuple[Signature, str, Engine]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A canary as one of its failing cells has it."""

    tree: Tree
    environ: dict[str, str]
    inspection: Inspection | None
    note: str


def examine(session: Session, found: Iterable[Conclusion]) -> frozenset[Cell]:
    """Ask about each failing cell that today's rules were not asked about; return those that were examined now.

    Failures that are declared are asked about, too: what is known of a cell must not depend on the day's expectations.
    """
    failing = [one for one in found if one.state is State.FAIL and one.purpose is Purpose.MATRIX and one.signature]
    if not failing:
        return frozenset()
    doctor = digest()
    groups: dict[_Key, list[Conclusion]] = {}
    for one in failing:
        if one.signature is not None and (one.examination is None or one.examination.doctor != doctor):
            groups.setdefault((one.signature, one.cell[CANARY], one.engine), []).append(one)
    if not groups:
        return frozenset()
    session.watcher.stage(f"asking the doctor about {len(groups)} failure{'s' if len(groups) > 1 else ''}")
    list(session.executor.map(lambda cells: _group(session, cells, doctor), groups.values()))
    return frozenset(one.cell for cells in groups.values() for one in cells)


def digest() -> str:
    """Return what tells today's rules from others."""
    return f"{project.digest(RULES)}{project.digest(INSPECTOR.parent)}"


def _group(session: Session, cells: Sequence[Conclusion], doctor: str) -> None:
    """Examine the cells of one canary that fail in one way: its files and its Django's view of it are read once.

    The doctor adds to a run's answer. Whatever goes wrong with it is told, and takes nothing away: the cells are not
    examined, and the next run asks again.
    """
    first = min(cells, key=lambda one: one.seconds)
    try:
        with bench(session.job(first.cell, Runner.PYTEST, Purpose.MATRIX), session.services) as place:
            seen = _read(place, session, first.cell)
            for one in cells:
                _one(session, one, seen, doctor)
    except Interrupted:
        raise
    except (HarnessError, OSError) as error:
        session.watcher.note(f"the doctor could not look at {first.cell.id}: {error}")
    except Exception as error:  # noqa: BLE001  (evidence may be forged, and a rule may trip over it)
        words = f"{type(error).__name__}: {error}"
        session.watcher.note(f"the doctor failed on {first.cell.id}, a bug of the harness, please report it: {words}")


def _read(place: Bench, session: Session, cell: Cell) -> _Read:
    tree = Tree(root=place.copy, paths=tuple(sorted(names(place.copy))))
    environ = {name: value for name, value in place.environ.items() if not name.startswith(OURS)}
    canary = session.prepared.spec.canary(cell[CANARY])
    if canary.project is not None and canary.settings and "DJANGO_SETTINGS_MODULE" in environ:
        environ["DJANGO_SETTINGS_MODULE"] = canary.settings  # what wraps it is our doing, and no cause
    case = case_of(tree, _words(session, cell), environ)
    text, complaints = place.describe(INSPECTOR, case.roots)
    try:
        return _Read(tree=tree, environ=environ, inspection=inspection.parse(text), note="")
    except ValueError:
        note = f"the project could not be described: {(complaints.splitlines() or ['no word'])[-1]}"
        return _Read(tree=tree, environ=environ, inspection=None, note=note)


def _one(session: Session, one: Conclusion, seen: _Read, doctor: str) -> None:
    trials = session.record(one.cell).deciding()
    if not trials or one.signature is None:
        return
    case = replace(
        case_of(seen.tree, _words(session, one.cell), seen.environ),
        inspection=seen.inspection,
        run=_run(trials[-1], one.signature, session.services.logs),
    )
    findings = tuple(_finding(item) for item in rank.findings(case))
    examination = Examination(doctor=doctor, findings=findings, note=seen.note)
    session.store.keep_examination(session.run_id, trials[-1].attempt, examination)


def _words(session: Session, cell: Cell) -> tuple[str, ...]:
    job = session.job(cell, Runner.PYTEST, Purpose.MATRIX)
    return unobserved(job.mode, job.canary)[-1]


def _run(trial: Trial, wanted: Signature, logs: Path) -> Run:
    """Return what was recorded of the failing attempt as the doctor sees a run of its own."""
    attempt = trial.attempt
    log = logs / attempt.log
    output = log.read_text(encoding="utf-8", errors="replace") if attempt.log and log.is_file() else ""
    return Run(
        exit_code=attempt.exit_code or 1,
        is_timed_out=False,
        output=output,
        evidence=trial.evidence,
        duration_s=attempt.timings.test_s,
        troubles=_troubles(trial.evidence, wanted) or trouble.of_output(output, ()),
    )


def _troubles(seen: Evidence, wanted: Signature) -> tuple[trouble.Trouble, ...]:
    """Return the failures that the cell is known by, so that what explains another test explains nothing; else all."""
    alike = tuple(
        trouble.of_failure(test.id, test.phase, test.failure)
        for test in seen.tests()
        if test.failure is not None and is_failing(test) and signature(test.failure) == wanted
    )
    return alike or trouble.of_evidence(seen)


def _finding(found: Found) -> Finding:
    clue = found.clue
    return Finding(
        cause=found.cause,
        title=found.title,
        evidence=clue.evidence,
        todo=clue.fix.words,
        path=clue.path,
        line=clue.line,
        setting=clue.setting,
        link=found.link,
        reach=_reach(found.depth),
        is_explaining=clue.is_explaining,
    )


def _reach(depth: Depth) -> Reach:
    match depth:
        case Depth.OPTION | Depth.RUNNER:
            return Reach.PYTEST
        case Depth.TEST | Depth.LEFT_OVER:
            return Reach.TESTS
        case Depth.SETTINGS | Depth.CODE | Depth.MIGRATIONS:
            return Reach.PROJECT
        case _:
            assert_never(depth)

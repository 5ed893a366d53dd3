"""JUnit XML."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence

import junitparser

from harness.analysis.reported import RunReport
from harness.model.record import Record
from harness.report import ci_log
from harness.report.formats.cases import Case, CellCases, Result, cell_cases
from harness.report.formats.document import Document
from harness.report.formats.xml_text import fit

_NAME_CHARACTERS = 100


def documents(report: RunReport) -> Iterator[Document]:
    """Yield one file with all cells, then a file per cell below ``cells/``."""
    cells = tuple((one.conclusion.cell.id, _suite(one)) for one in cell_cases(report))
    yield Document(name="junit.xml", content=written(report, [suite for _, suite in cells]))
    for cell_id, suite in cells:
        yield Document(name=f"cells/{file_name(cell_id)}.xml", content=written(report, [suite]))


def combined(report: RunReport) -> str:
    """Return the file with all cells."""
    return written(report, [_suite(one) for one in cell_cases(report)])


def file_name(cell_id: str) -> str:
    """Return a name for a cell's file, the same each time and no other cell's: its values, then a digest of its id."""
    values = "_".join(item.partition("=")[2] for item in cell_id.split(","))
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", values)[:_NAME_CHARACTERS]
    return f"{readable}-{hashlib.sha256(cell_id.encode()).hexdigest()[:8]}"


def written(report: RunReport, suites: Sequence[junitparser.TestSuite]) -> str:
    """Return a document of these suites."""
    document = junitparser.JUnitXml(f"harness run {report.summary.run_id}{' (partial)' if report.is_partial else ''}")
    for suite in suites:  # `add_testsuite` would compare each with all before it, `update_statistics` count them again
        document.append(suite)  # type: ignore[no-untyped-call]
    document.tests = sum(suite.tests for suite in suites)
    document.failures = sum(suite.failures for suite in suites)
    document.errors = sum(suite.errors for suite in suites)
    document.skipped = sum(suite.skipped for suite in suites)
    document.time = round(sum(suite.time for suite in suites), 3)
    stream = io.BytesIO()
    document.write(stream, pretty=False)
    return ci_log.in_xml(stream.getvalue().decode("utf-8")) + "\n"


def _suite(one: CellCases) -> junitparser.TestSuite:
    suite = junitparser.TestSuite(fit(one.conclusion.cell.id))
    for name, value in _properties(one):
        if value:
            suite.add_property(name, fit(value))
    if one.record.trials:
        suite.timestamp = one.record.trials[-1].attempt.started_at.isoformat(timespec="seconds")
    suite.add_testcases([_case(case, one.conclusion.cell.id) for case in one.all])
    return suite


def _properties(one: CellCases) -> Iterator[tuple[str, str]]:
    found = one.conclusion
    yield from found.cell.values
    yield from ((f"{axis}.exact", version) for axis, version in found.exact)
    yield "state", found.state.value
    yield "verdict", found.judgement.verdict.value
    yield "signature", found.signature.id if found.signature else ""
    yield "blame", found.blame.blame.value if found.blame else ""
    yield "provider", found.provider
    yield "evidence", found.level.value if found.level else ""
    yield from _of_attempt(one.record)


def _of_attempt(record: Record) -> Iterator[tuple[str, str]]:
    deciding = record.deciding()
    if deciding:
        attempt = deciding[-1].attempt
        yield "server", attempt.server_version
        yield "lock", attempt.lock_hash
        yield "interpreter", attempt.interpreter
        yield "log", attempt.log


def _case(case: Case, cell_id: str) -> junitparser.TestCase:
    inside = re.sub(r"\.py$", "", case.file).replace("/", ".")
    made = junitparser.TestCase(
        fit(case.name), classname=fit(f"{cell_id}.{inside}" if inside else cell_id), time=round(case.duration_s, 3)
    )
    if case.file:
        made._elem.set("file", fit(case.file))  # junitparser has no word for it; GitLab shows it
    outcome = _outcome(case)
    if outcome is not None:
        outcome.text = fit(case.trace or case.message)
        made.result = [outcome]
    return made


def _outcome(case: Case) -> junitparser.Failure | junitparser.Error | junitparser.Skipped | None:
    message, kind = fit(case.message), fit(case.type or case.raw)
    match case.result:
        case Result.PASSED:
            return None
        case Result.FAILED:
            return junitparser.Failure(message, kind)
        case Result.ERROR:
            return junitparser.Error(message, kind)
        case Result.NOT_RUN:
            return junitparser.Error(message or "it was not run", "not-run")
        case Result.EXPECTED:
            return junitparser.Skipped(f"expected failure: {message}", kind)
        case Result.SKIPPED:
            return junitparser.Skipped(message, case.raw)

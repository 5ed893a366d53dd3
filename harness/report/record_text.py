"""A record in full, as text."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.analysis.conclude import Conclusion
from harness.analysis.view import RecordView
from harness.model.evidence import DatabaseSeen, Evidence, FileSeen, FileState, Outcome, ProcessEvidence
from harness.model.record import Attempt, Trial
from harness.report.run_text import todo
from harness.report.style import colour, glyph, plain, seconds

_LOG_CHARACTERS = 100_000


def record(view: RecordView, logs: Path, *, is_log_wanted: bool, repro: str) -> RenderableType:
    """Return everything that is known of one cell in one run. *repro* begins the command that reproduces a failure."""
    one = view.conclusion
    style = colour(one.state, one.judgement.verdict)
    head = Text(f"{glyph(one.state)} {one.state.value}", style).append(f"  {one.judgement.verdict.value}  ", style)
    parts: list[RenderableType] = [head.append_text(plain(one.cell.id, "bold"))]
    parts.append(
        Text(f"run {view.run}, {view.started:%Y-%m-%d %H:%M} UTC{', answer known' if one.is_reused else ''}", "dim")
    )
    if one.observation.reason:
        parts.append(plain(one.observation.reason, style))
    if one.judgement.expectation is not None:
        entry = one.judgement.expectation
        parts.append(plain(f"declared: {entry.state}: {entry.reason} {entry.issue}", "cyan"))
    if one.signature is not None:
        parts.append(plain(f"signature {one.signature.id}: {one.signature.type} in {one.signature.frame}", "dim"))
    if one.blame is not None:
        parts.append(plain(f"blame: {one.blame.blame.value}: {one.blame.why}"))
    parts += _findings(one)
    if one.state.is_failure:
        parts.append(plain(f"to see it without the harness: {repro} {shlex.quote(one.cell.id)}", "dim"))
    for trial in view.record.trials:
        parts += [Text(), *_trial(trial, logs)]
    if is_log_wanted and one.log:
        parts += [Text(), plain((logs / one.log).read_text(encoding="utf-8", errors="replace")[-_LOG_CHARACTERS:])]
    return Group(*parts)


def _findings(one: Conclusion) -> list[RenderableType]:
    """Return what the doctor found: the cause with what to change, then what it found besides."""
    if one.examination is None:
        return []
    cause = one.blame.finding if one.blame is not None else None
    lines: list[RenderableType] = [todo(cause)] if cause is not None else []
    others = [item for item in one.examination.findings if item != cause]
    lines += [plain(f"  also: {item.title}: {item.evidence} To do: {item.todo}", "dim") for item in others]
    return [*lines, *([plain(f"  doctor: {one.examination.note}", "yellow")] if one.examination.note else [])]


def _trial(trial: Trial, logs: Path) -> list[RenderableType]:
    attempt, evidence = trial.attempt, trial.evidence
    title = f"{attempt.purpose.value}, {attempt.runner.value}, attempt {attempt.number}"
    parts: list[RenderableType] = [Text(title, "bold"), _facts(attempt, logs)]
    for process in evidence.processes:
        parts += _process(process)
    parts += [plain(f"  evidence: {problem}", "yellow") for problem in evidence.problems]
    return [*parts, *_tests(evidence)]


def _facts(attempt: Attempt, logs: Path) -> Table:
    timings = attempt.timings
    table = Table.grid(padding=(0, 2))
    rows = [
        ("asked for", ", ".join(f"{axis} {version}" for axis, version in attempt.exact)),
        ("interpreter", f"{attempt.interpreter} on {attempt.platform}"),
        ("server", " ".join(filter(None, (attempt.provider, attempt.server_source, attempt.server_version)))),
        ("digest", attempt.server_digest),
        ("lock", attempt.lock_hash),
        ("run key", attempt.run_key),
        ("ended", f"{attempt.ended.value} {'' if attempt.exit_code is None else attempt.exit_code} {attempt.message}"),
        (
            "time",
            (
                f"environment {seconds(timings.environment_s)}, server {seconds(timings.server_s)},"
                f" copy {seconds(timings.copy_s)}, tests {seconds(timings.test_s)}"
            ),
        ),
        ("log", str(logs / attempt.log) + (" (cut at its limit)" if attempt.log_was_cut else "")),
    ]
    for name, value in rows:
        if value.strip():
            table.add_row(Text(f"  {name}", "dim"), plain(value.strip()))
    return table


def _process(process: ProcessEvidence) -> list[RenderableType]:
    who = f"run {process.run}{f', worker {process.worker}' if process.worker else ''}"
    said = "" if process.is_complete else "  fell silent before its end"
    settings = f"settings {process.settings.module} by {process.settings.chosen_by}" if process.settings else ""
    ini = f"ini file {process.ini_file}" if process.ini_file else ""
    lines: list[RenderableType] = [plain(f"  {', '.join(filter(None, (who, settings, ini)))}{said}")]
    lines += [plain(f"    set up by {by}", "dim") for by in process.set_up_by]
    lines += [plain(f"    {_database(seen)}", "red" if seen.missing else "dim") for seen in process.databases]
    lines += [plain(f"    {_file(seen)}", "yellow" if seen.is_changed else "dim") for seen in process.files]
    return lines


def _file(seen: FileSeen) -> str:
    """Say of a project's own SQLite file what became of it: tests are to leave it as it was."""
    if seen.after is None:
        return f"{seen.alias}: what became of the file {seen.path} is not known"
    if not seen.is_changed:
        return f"{seen.alias}: the file {seen.path} {'is as it was' if seen.after.exists else 'was not made'}"
    before, after = _contents(seen.before), _contents(seen.after)
    return f"{seen.alias}: the real file {seen.path} CHANGED, though it is no test database: {before} → {after}"


def _contents(state: FileState) -> str:
    if not state.exists:
        return "no file"
    rows = sum(count for _, count in state.tables)
    return f"{len(state.tables)} tables with {rows} rows ({state.digest})"


def _database(seen: DatabaseSeen) -> str:
    missing = f", missing: {', '.join(seen.missing)}" if seen.missing else ""
    unapplied = f", {len(seen.unapplied)} unapplied" if seen.unapplied else ""
    kind = "" if seen.is_test else " (NO test database: the project's own)"
    return (
        f"{seen.alias}: {seen.vendor} {seen.version} {seen.name}{kind}: {len(seen.expected)} tables expected,"
        f" {len(seen.real)} there{missing}; {len(seen.applied)} migrations applied{unapplied},"
        f" {seen.created} tables created while setting up"
    )


def _tests(evidence: Evidence) -> list[RenderableType]:
    tests = evidence.tests()
    counts = Counter(test.outcome for test in tests)
    said = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
    lines: list[RenderableType] = [plain(f"  tests: {said or 'none'}")]
    for test in tests:
        if test.outcome in (Outcome.PASSED, Outcome.XFAILED):
            continue
        reason = f": {test.reason}" if test.reason else ""
        lines.append(plain(f"    {test.outcome.value} {test.id} ({test.phase}){reason}"))
        if test.failure is not None:
            lines.append(plain(f"      {test.failure.type}: {test.failure.message.strip()}", "red"))
            lines += [plain(f"        {line}", "dim") for line in test.failure.trace.splitlines()[-25:]]
    return lines

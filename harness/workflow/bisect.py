"""The search for the release, interpreter, server or day that made a difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from packaging.version import Version

from harness.analysis.bisect import noise
from harness.analysis.bisect.answer import BAD_STATES, Answer, classify
from harness.analysis.bisect.intervals import Change, changes, intervals
from harness.analysis.bisect.search import Found, promise, search
from harness.analysis.bisect.view import BisectView, Culprit, Row, Sureness
from harness.analysis.observe import observe_untestable
from harness.errors import ExitCode, Infrastructure, NothingSelected, UsageError
from harness.model.cell import DATABASE, DATE, PYTHON, normalise_axis
from harness.model.spec import MatrixSpec
from harness.model.verdict import State
from harness.plan.select import Selection
from harness.process import Cancel
from harness.store.store import Store
from harness.workflow import again, days, history
from harness.workflow.asking import MoreRepeats, SessionAsker
from harness.workflow.bisect_request import BisectRequest, check, words
from harness.workflow.events import Watcher
from harness.workflow.history import Ends, History
from harness.workflow.place import Place
from harness.workflow.probing import Ground, complete, survey
from harness.workflow.run import RunOptions, open_session, surroundings
from harness.workflow.session import Session


def bisect(
    spec: MatrixSpec,
    place: Place,
    request: BisectRequest,
    watcher: Watcher,
    cancel: Cancel,
    told: Callable[[tuple[Row, ...]], None],
) -> BisectView:
    """Find where the history of an axis changes between two ends; *told* gets the table after each round.

    Raises:
        UsageError: the request cannot mean anything; nothing was run and nothing recorded.
        NothingSelected: an end came to nothing that could be followed.
        Infrastructure: an end could not be tried, or the index gave no answer.
        KeyboardInterrupt: passed on; the answers so far are kept, and are not asked again.
    """
    request = replace(request, axis=normalise_axis(request.axis))
    check(request, spec)
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(place.store))
        context = stack.enter_context(surroundings(place, watcher, cancel))
        watcher.stage(f"looking for what lies between {request.good or 'the newest'} and {request.bad}")
        until = _until(request, place.now()) if request.axis == DATE else None
        ground = survey(spec, place, request.prepare, context, watcher, as_of=until)
        for warning in ground.pins.warnings:
            watcher.note(warning)
        line, described, by_day = _line(ground, request)
        _check_ends(line, request)
        options = RunOptions(
            prepare=replace(request.prepare, selection=Selection(cells=(described,))),
            jobs=request.jobs,
            rerun=request.rerun,
        )
        session = stack.enter_context(
            open_session(line.prepared.spec, place, options, context, line.prepared, store, watcher, cancel)
        )
        asker = SessionAsker(
            session=session,
            history=line,
            bad_state=request.bad_state,
            repeat=request.repeat,
            points=promise(max(1, _steps(line, request))) + 1,
            told=told,
        )
        found = _search(asker, request)
        view = _view(session, asker, found, request, described, by_day)
        store.finish_run(session.run_id, exit_code(view), finished=place.now())
        return view


def exit_code(view: BisectView) -> ExitCode:
    """Return 0 where a change was found, else 5."""
    return ExitCode.OK if view.changes else ExitCode.NOTHING


def _line(ground: Ground, request: BisectRequest) -> tuple[History, str, days.Days | None]:
    """Return the history, the other axes for a person, and the days of a search by date."""
    axis = request.axis
    ends = Ends(good=request.good or _newest(ground, axis), bad=request.bad, with_pre=request.with_pre)
    if axis == DATE:
        asked = days.wanted(ground.spec, request.cell)
        line, by_day = days.of_days(ground, asked, ends)
        return line, asked.described, by_day
    cell = complete(request.cell, ground.spec, without=axis)
    if axis == PYTHON:
        line = history.of_python(ground, cell, ends)
    elif axis == DATABASE:
        line = history.of_database(ground, cell, ends)
    else:
        line = history.of_package(ground, cell, axis, ends)
    return line, cell.id, None


def _newest(ground: Ground, axis: str) -> str:
    """Return the newest value: where the end of a failure is looked for if no end is given."""
    if axis == DATE:
        return str(ground.place.now().date())
    if axis == PYTHON:
        return max((one.version for one in ground.pythons), key=Version)
    if axis == DATABASE:
        return history.newest_server(ground)
    finals = [one.version for one in ground.index.releases(axis) if not Version(one.version).is_prerelease]
    return max(finals, key=Version)


def _until(request: BisectRequest, now: dt.datetime) -> dt.datetime:
    """Return the moment whose uploads a search by date has to know."""
    ends = [days.parse_day(option, text) for option, text in (("--good", request.good), ("--bad", request.bad)) if text]
    last = max(days.last_moment(day) for day in ends)
    if last.date() > now.date():
        raise UsageError(f"{last.date()} lies in the future", remedy=f"a day until {now.date()}")
    return min(last, now) if request.good else now


def _check_ends(line: History, request: BisectRequest) -> None:
    if request.find_fix and line.good < line.bad:
        raise UsageError(
            f"--find-fix looks for the end of a failure, but --bad {line.labels[line.bad]} is newer than"
            f" --good {line.labels[line.good]}",
            remedy="without --find-fix, or a --bad that is older",
        )
    told = {"--good": line.good, "--bad": line.bad}
    for option, point in told.items():
        gone = _untestable(line, request)
        if point not in gone:
            continue
        nogood = dict(line.untestable)[point]
        near = [line.labels[number] for number in range(len(line.labels)) if number not in gone]
        first = nogood.detail.strip().splitlines()[0] if nogood.detail.strip() else nogood.why.value
        raise UsageError(
            f"{option} {line.labels[point]} cannot be tested: {nogood.detail.strip() or first}",
            remedy=f"from {near[0]} to {near[-1]}, for example" if near else "another --cell",
        )


def _search(asker: SessionAsker, request: BisectRequest) -> Found:
    line = asker.history
    untestable = _untestable(line, request)
    workers = max(1, asker.session.jobs)
    while True:
        try:
            found = search(len(line.labels), asker, workers=workers, sweep=request.sweep, untestable=untestable)
            break
        except MoreRepeats:
            asker.session.watcher.note("answers differ from run to run: what only passed is asked again")
    if request.sweep is None:
        for option, point in (("--good", line.good), ("--bad", line.bad)):
            _check_answer(option, asker.rows[point], request)
    return found


def _untestable(line: History, request: BisectRequest) -> list[int]:
    """Return the points that have no answer; that it cannot be tested may be one, if that is what is searched for."""
    told = [(point, classify(observe_untestable(nogood), request.bad_state, None)) for point, nogood in line.untestable]
    return [point for point, answer in told if not answer.is_known]


def _steps(line: History, request: BisectRequest) -> int:
    """Return how many testable points follow the first."""
    return len(line.labels) - 1 - len([point for point in _untestable(line, request) if point > 0])


def _check_answer(option: str, row: Row, request: BisectRequest) -> None:
    """Refuse an end whose answer gives nothing to follow."""
    if row.answer is not None and row.answer.is_known:
        return
    state = row.state.value if row.state else "nothing"
    words = f"{option} {row.label} is neither good nor bad: it came to {state}: {row.reason}"
    if row.state in (State.ERROR, State.NOT_RUN):
        raise Infrastructure(words, remedy="again; what is known is not asked anew")
    hint = (
        f"--bad-state {row.state.value}, or " if row.state in BAD_STATES and row.state is not request.bad_state else ""
    )
    raise NothingSelected(words, remedy=f"{hint}another end, or --sweep")


def _view(
    session: Session,
    asker: SessionAsker,
    found: Found,
    request: BisectRequest,
    described: str,
    by_day: days.Days | None,
) -> BisectView:
    line, rows = asker.history, asker.table()
    seen = changes(found.answers)
    culprit, steps = _culprit(asker, seen, by_day), _steps(line, request)
    return BisectView(
        run=session.run_id,
        axis=line.axis,
        cell=described,
        good=line.labels[line.good],
        bad=line.labels[line.bad],
        bad_state=request.bad_state,
        as_of=session.prepared.as_of,
        signature=asker.signature,
        example=asker.example,
        rows=rows,
        changes=seen,
        intervals=intervals(found.answers),
        stride=found.stride,
        steps=steps,
        promised=promise(max(1, steps), max(1, session.jobs)) if found.stride is None else None,
        rounds=found.rounds,
        workers=max(1, session.jobs),
        ran=session.ran,
        reused=sum(row.is_known for row in rows),
        duration_s=(session.place.now() - session.store.run(session.run_id).started).total_seconds(),
        sureness=_sureness(asker, rows),
        culprit=culprit,
        notes=_notes(line, rows),
        commands=again.commands(session, rows, seen, words(request), is_run=request.bad_state.is_failure),
    )


def _culprit(asker: SessionAsker, seen: tuple[Change, ...], by_day: days.Days | None) -> Culprit | None:
    if by_day is None or not seen:
        return None
    change = next((one for one in seen if one.to is Answer.BAD), seen[0])
    asker.session.watcher.stage("comparing what resolves on the two days")
    return by_day.culprit(
        change.before,
        change.after,
        is_fix=change.to is Answer.GOOD,
        ask=lambda cell: asker.answer([cell])[0][0],
    )


def _sureness(asker: SessionAsker, rows: tuple[Row, ...]) -> Sureness | None:
    if asker.rate is None:
        return None
    passes = [row.passes for row in rows if row.answer is Answer.GOOD]
    return Sureness(rate=asker.rate, confidence=noise.confidence(asker.rate, passes))


def _notes(line: History, rows: tuple[Row, ...]) -> tuple[str, ...]:
    good, bad = rows[line.good].answer, rows[line.bad].answer
    if good is bad and good is not None:
        return (f"both ends are {good.value}: what lies between them was sampled",)
    if good is Answer.BAD or bad is Answer.GOOD:
        return (f"the end given as good, {line.labels[line.good]}, is bad, and the other way round",)
    return ()

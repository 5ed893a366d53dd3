"""States held against what was expected: verdicts and the exit code of a run (DESIGN §2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from harness.errors import ExitCode, UsageError, nearest, worst
from harness.model.cell import Cell
from harness.model.record import Runner
from harness.model.spec import Expectation
from harness.model.verdict import Judgement, Observation, State, Verdict

EXPECTABLE = tuple(state for state in State if state not in (State.ERROR, State.NOT_RUN))
"""What an ``[[expect]]`` entry may declare: `error` and `not-run` say nothing about a cell."""


def expected_state(text: str) -> State:
    """Return the state that an ``[[expect]]`` entry names.

    Raises:
        UsageError: it is none, or none that can be expected.
    """
    names = [state.value for state in EXPECTABLE]
    if text in names:
        return State(text)
    raise UsageError(
        f"{text!r} is no state that can be expected{nearest(text, names)}", remedy=f"one of {', '.join(names)}"
    )


def judge(
    observation: Observation,
    cell: Cell,
    exact: Mapping[str, str],
    expectations: Sequence[Expectation],
    today: dt.date | None = None,
    runner: Runner = Runner.PYTEST,
) -> Judgement:
    """Hold an observation against the entries that apply to its cell: the one that it meets, else the first.

    An entry counts up to and including its ``until``, if *today* is given.
    """
    applying = [
        entry
        for entry in expectations
        if (entry.until is None or today is None or entry.until >= today)
        and entry.runner in ("", runner.value)
        and entry.when.holds(cell, exact)
    ]
    met = [entry for entry in applying if expected_state(entry.state) is observation.state]
    entry = next(iter([*met, *applying]), None)
    expected = expected_state(entry.state) if entry else None
    return Judgement(observation=observation, verdict=verdict(observation.state, expected), expectation=entry)


def verdict(state: State, expected: State | None) -> Verdict:
    """Return the one verdict for a state, given what was declared (None: nothing was)."""
    match state:
        case State.ERROR | State.NOT_RUN:
            return Verdict.INDETERMINATE
        case State.PASS:
            # Declared flaky, it may pass.
            is_fine = expected in (None, State.PASS, State.FLAKY)
            return Verdict.AS_EXPECTED if is_fine else Verdict.UNEXPECTED_PASS
        case State.FLAKY:
            return Verdict.AS_EXPECTED
        case State.FAIL | State.TIMEOUT | State.CRASH:
            return Verdict.EXPECTED_FAILURE if state is expected else Verdict.UNEXPECTED_FAILURE
        case State.UNRESOLVABLE | State.UNSUPPORTED:
            return Verdict.AS_EXPECTED if expected in (None, state) else Verdict.UNEXPECTED_FAILURE
        case _:
            assert_never(state)


def exit_code(
    judgements: Iterable[Judgement],
    *,
    strict: bool = False,
    is_required_provider_absent: bool = False,
    is_not_built: bool = False,
) -> ExitCode:
    """Return a run's exit code: the worst of its cells', `ExitCode.NOTHING` where there is none.

    *is_required_provider_absent*: cells were left out for want of a provider that ``--require`` names; *is_not_built*:
    because a project's build failed, which is no matter of versions.
    """
    codes = [code_of(judgement, strict=strict) for judgement in judgements]
    codes = codes or [ExitCode.NOTHING]
    codes += [ExitCode.INDETERMINATE] if is_required_provider_absent else []
    codes += [ExitCode.UNEXPECTED_FAILURE] if is_not_built else []
    return worst(codes)


def code_of(judgement: Judgement, *, strict: bool = False) -> ExitCode:
    """Return what one cell contributes to the exit code."""
    match judgement.verdict:
        case Verdict.AS_EXPECTED:
            is_flaky = judgement.observation.state is State.FLAKY
            declared = judgement.expectation is not None and judgement.expectation.state == State.FLAKY.value
            return ExitCode.UNEXPECTED_FAILURE if strict and is_flaky and not declared else ExitCode.OK
        case Verdict.EXPECTED_FAILURE:
            return ExitCode.OK
        case Verdict.UNEXPECTED_FAILURE:
            return ExitCode.UNEXPECTED_FAILURE
        case Verdict.UNEXPECTED_PASS:
            return ExitCode.UNEXPECTED_PASS if strict else ExitCode.OK
        case Verdict.INDETERMINATE:
            return ExitCode.INDETERMINATE
        case _:
            assert_never(judgement.verdict)

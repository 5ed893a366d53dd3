"""Chooses further cells, those that tell rules apart first, until every rule is confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from harness.analysis.explain.case import Case
from harness.analysis.explain.examine import Examination, examine, urgent
from harness.analysis.explain.facts import TRIES, Answer, Facts, Kind
from harness.analysis.explain.hidden import Hidden
from harness.analysis.explain.lattice import Point, Space, as_box, holds
from harness.analysis.explain.theory import Theory, renew

WELL_SUPPORTED = 8
"""Cells after which a rule is not given up for one that passes, where cells may be flaky."""


class Laboratory(Protocol):
    """Runs cells."""

    def run(self, points: Sequence[Point]) -> Sequence[Answer]:
        """Execute each point once, known or not; return the answers in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is asked of the laboratory."""

    limit: int  # further executions at most
    strength: int  # of the plan begun with: combinations of that many values are looked for behind the rules
    votes: int = 1  # by how many executions a decisive answer has to lead; more than one where cells are flaky
    width: int = 1  # points handed over at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Refined:
    """What refining came to. *space* has what turned out to be untestable among its nogoods."""

    space: Space
    theory: Theory
    executions: int  # further ones


def refine(space: Space, facts: Facts, laboratory: Laboratory, effort: Effort) -> Refined:
    """Run further points, at most `Effort.limit`, and add what they show to *facts*."""
    theory = renew(Theory(), space, facts)
    hidden = Hidden(space, effort.strength)
    before = facts.executions
    surprises: tuple[Point, ...] = ()
    while (left := effort.limit - (facts.executions - before)) > 0 and theory.rules:
        count = min(left, effort.width)
        asks = surprises[:count] or _questions(theory, space, facts, hidden, effort, count)
        if not asks:
            break
        for point, answer in zip(asks, laboratory.run(asks), strict=True):
            facts.add(point, answer)
            if answer.kind is Kind.UNTESTABLE:
                space = replace(space, nogoods=(*space.nogoods, answer.nogood or as_box(point)))
        # What speaks against the rules is looked at again, where that is called for, before they are given up.
        surprises = tuple(p for p in dict.fromkeys((*surprises, *asks)) if _is_doubtful(p, theory, facts, effort.votes))
        if not surprises:
            theory = renew(theory, space, facts)
    theory = renew(theory, space, facts)
    return Refined(space=space, theory=theory, executions=facts.executions - before)


def _is_doubtful(point: Point, theory: Theory, facts: Facts, votes: int) -> bool:
    """Tell whether a point's answer speaks against the rules, and does not lead by enough yet."""
    if facts.lead(point) >= votes or facts.tries(point) >= TRIES:
        return False
    answer = facts.answer(point)
    if answer is None:
        return True
    match answer.kind:
        case Kind.PASSED:
            return any(holds(box, point) and facts.within(box).bit_count() > WELL_SUPPORTED for box in theory.boxes)
        case Kind.FAILED:
            return not any(holds(box, point) for box in theory.of(answer.signature))
        case Kind.UNKNOWN | Kind.UNTESTABLE:
            return False
        case _:
            assert_never(answer.kind)


def examinations(theory: Theory, space: Space, facts: Facts, votes: int = 1) -> Iterator[tuple[str, Examination]]:
    """Yield each rule, with its signature, as far as the facts show it."""
    for case in _cases(theory, space, facts, votes):
        for rule in case.rules:
            yield case.signature, examine(case, rule)


def _cases(theory: Theory, space: Space, facts: Facts, votes: int, width: int = 1) -> Iterator[Case]:
    for signature, rules in theory.rules:
        others = tuple(box for name, boxes in theory.rules if name != signature for box in boxes)
        yield Case(space=space, facts=facts, signature=signature, rules=rules, others=others, votes=votes, width=width)


def _questions(
    theory: Theory, space: Space, facts: Facts, hidden: Hidden, effort: Effort, count: int
) -> tuple[Point, ...]:
    """Return up to *count* points: repetitions where answers differ, what the rules lack, what they may hide."""
    found = dict.fromkeys(facts.contested(effort.votes))
    if len(found) < count:
        cases = list(_cases(theory, space, facts, effort.votes, count))
        found |= dict.fromkeys(point for case in cases for rule in case.rules for point in urgent(case, rule))
        if not found:
            found = dict.fromkeys(p for case in cases for rule in case.rules for p in examine(case, rule).asks)
    if not found:
        behind = hidden.next(space, facts, theory.boxes)
        found = {behind: None} if behind is not None else {}
    return tuple(found)[:count]

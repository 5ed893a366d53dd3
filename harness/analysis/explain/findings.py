"""What explaining comes to: each rule with its support, its counter-examples and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from harness.analysis.conclude import Conclusion
from harness.analysis.explain.boundaries import Boundary
from harness.analysis.explain.examine import Examination
from harness.analysis.explain.facts import PASSED, Answer, Facts, Kind
from harness.analysis.explain.lattice import Point, Space
from harness.analysis.explain.refine import examinations
from harness.analysis.explain.scales import Chart, axes_of, chart
from harness.analysis.explain.theory import Theory, renew
from harness.analysis.explain.words import Predicate, Remedy, entry, predicates, remedies, sentence
from harness.model.cell import DATABASE, Cell
from harness.model.plan import Nogood, Why
from harness.model.record import Purpose
from harness.model.spec import DatabaseSpec
from harness.model.verdict import Observation, Signature, State


class Standing(Enum):
    """How far a rule is shown."""

    CONFIRMED = "confirmed"  # nothing else says as little, and a passing neighbour was run at each boundary
    CONSISTENT = "consistent"  # it fits what was run, as other rules may


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterExample:
    """Two cells that differ in one axis: one fails, the other passes."""

    axis: str
    failing: str  # id
    passing: str  # id


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a failure occurs."""

    text: str  # "pytest-django ==4.13.0 and django <5.2"
    standing: Standing
    signature: Signature
    state: State
    reason: str  # the failure as one of its cells saw it
    predicates: tuple[Predicate, ...]
    support: tuple[str, ...]  # ids of the cells that fail so and that it alone accounts for
    counter_examples: tuple[CounterExample, ...]
    lacking: tuple[str, ...]  # what would have to be run to confirm it, in words
    alternatives: tuple[str, ...]  # other rules that say as little
    remedies: tuple[Remedy, ...]
    expect: str  # the [[expect]] entry to paste
    declared: str  # the reason of the entry that declares it already
    issue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The rules of a run."""

    run: int
    rules: tuple[Rule, ...]  # those that nobody declared first, then those seen in more cells
    cells: int  # that passed or failed, and so were learnt from
    neither: int  # that said nothing: errors, flaky cells, untestable ones
    further: int  # run now to tell rules apart
    product: int  # cells of the full product
    limit: int  # of further cells; 0: none were asked for
    votes: int  # executions by which a decisive answer leads


def learn(
    conclusions: Iterable[Conclusion],
    plane: Chart,
    nogoods: Iterable[Nogood],
    trials: Mapping[Cell, Sequence[Observation]] | None = None,
) -> tuple[Space, Facts]:
    """Return the space of a matrix and what a run's cells show in it, diagnostic neighbours included.

    A cell counts once, by its state, which for a flaky one is neither; where *trials* has its attempts, each counts.
    """
    found = tuple(conclusions)
    space = plane.space((*nogoods, *(nogood for one in found if (nogood := refused(one)) is not None)))
    facts = Facts(space)
    for one in found:
        point = plane.point(one.cell)
        for seen in (trials or {}).get(one.cell, ()) or (one.observation,):
            if point is not None and seen.state not in (State.NOT_RUN, State.UNRESOLVABLE, State.UNSUPPORTED):
                facts.add(point, answer_of(seen))
    return space, facts


def answer_of(seen: Observation) -> Answer:
    """Return what an observation of a cell says about rules: only passes and failures with a signature count."""
    if seen.state is State.PASS:
        return PASSED
    if seen.state.is_failure and seen.signature is not None:
        return Answer(kind=Kind.FAILED, signature=seen.signature.id)
    if seen.state in (State.UNRESOLVABLE, State.UNSUPPORTED):
        return Answer(kind=Kind.UNTESTABLE)
    return Answer(kind=Kind.UNKNOWN)


def refused(one: Conclusion) -> Nogood | None:
    """Return what a cell has shown to be untestable: that its Django refuses its server, or just itself."""
    if one.state not in (State.UNSUPPORTED, State.UNRESOLVABLE):
        return None
    is_server = one.state is State.UNSUPPORTED and one.level is not None and "django" in one.cell.as_dict()
    values = tuple(pair for pair in one.cell.values if not is_server or pair[0] in (DATABASE, "django"))
    return Nogood(values=values, why=Why.SERVER_UNSUPPORTED, detail=one.observation.reason)


def explain_run(
    conclusions: Sequence[Conclusion], nogoods: Iterable[Nogood], databases: Sequence[DatabaseSpec], *, run: int
) -> Explanation:
    """Explain a run by what it knows itself: its cells span the axes. Nothing is run."""
    plane = chart(axes_of((one.cell, dict(one.exact)) for one in conclusions), databases)
    space, facts = learn(conclusions, plane, nogoods)
    return explanation(conclusions, plane, space, facts, renew(Theory(), space, facts), run=run)


def explanation(
    conclusions: Sequence[Conclusion],
    plane: Chart,
    space: Space,
    facts: Facts,
    theory: Theory,
    *,
    run: int,
    votes: int = 1,
    further: int = 0,
    limit: int = 0,
) -> Explanation:
    """Say in words what a theory comes to. *conclusions* tell what its signatures look like."""
    by_signature: dict[str, list[Conclusion]] = {}
    for one in conclusions:
        if one.state.is_failure and one.signature is not None:
            by_signature.setdefault(one.signature.id, []).append(one)
    rules = [
        _rule(found, by_signature[signature], plane, facts)
        for signature, found in examinations(theory, space, facts, votes)
        if signature in by_signature
    ]
    learnt = sum(one.state is State.PASS or one.state.is_failure for one in conclusions)
    return Explanation(
        run=run,
        rules=tuple(sorted(rules, key=lambda rule: (bool(rule.declared), -len(rule.support), rule.text))),
        cells=learnt,
        neither=len(conclusions) - learnt,
        further=further,
        product=plane.product,
        limit=limit,
        votes=votes,
    )


def rules_for(found: Explanation, signature: Signature) -> tuple[str, ...]:
    """Return a line for each rule of a signature, for a run's summary: ``RULE (confirmed, 6 cells)``."""
    return tuple(
        f"{rule.text} ({rule.standing.value}, {len(rule.support)} cell{'' if len(rule.support) == 1 else 's'})"
        for rule in found.rules
        if rule.signature == signature
    )


def _rule(found: Examination, failing: Sequence[Conclusion], plane: Chart, facts: Facts) -> Rule:
    made = predicates(plane, found.rule)
    support = {plane.cell(point).id for point in found.support}
    own = [one for one in failing if one.cell.id in support] or list(failing)
    state = Counter(one.state for one in own).most_common(1)[0][0]
    declared = next(
        (item for one in own if (item := one.judgement.expectation) and item.state == one.state.value), None
    )
    issue = declared.issue if declared else ""
    first = min(own, key=lambda one: (one.purpose is not Purpose.MATRIX, one.cell.values))
    signature = first.signature
    assert signature is not None
    return Rule(
        text=sentence(made),
        standing=Standing.CONFIRMED if found.is_confirmed else Standing.CONSISTENT,
        signature=signature,
        state=state,
        reason=first.observation.reason,
        predicates=made,
        support=tuple(sorted(support)),
        counter_examples=tuple(_counter_examples(found, plane, facts)),
        lacking=tuple(_lacking(found, plane)),
        alternatives=tuple(dict.fromkeys(sentence(predicates(plane, box)) for box in found.alternatives)),
        remedies=remedies(plane, found.rule),
        expect=entry(made, state=state.value, reason=_said(signature), issue=issue),
        declared=declared.reason if declared else "",
        issue=issue,
    )


def _said(signature: Signature) -> str:
    return f"{signature.type}: {signature.message}" if signature.message else signature.type


def _counter_examples(found: Examination, plane: Chart, facts: Facts) -> Iterator[CounterExample]:
    """Yield the pairs that show the boundaries, then any other neighbour of the support that passes."""
    pairs = {(item.failed, item.passed): item.axis for item in found.boundaries if item.failed and item.passed}
    passing = facts.select(facts.passing)
    for failed in found.support:
        for passed in passing:
            axes = [axis for axis, (one, two) in enumerate(zip(failed, passed, strict=True)) if one != two]
            if len(axes) == 1:
                pairs.setdefault((failed, passed), axes[0])
    for (failed, passed), axis in pairs.items():
        yield CounterExample(axis=plane.scales[axis].name, failing=_id(plane, failed), passing=_id(plane, passed))


def _id(plane: Chart, point: Point) -> str:
    return plane.cell(point).id


def _lacking(found: Examination, plane: Chart) -> Iterator[str]:
    for boundary in found.boundaries:
        if not boundary.is_shown:
            yield _unshown(boundary, plane)
    if found.gaps:
        cells = f"{len(found.support)} cell{'' if len(found.support) == 1 else 's'}"
        yield f"seen in {cells}; not yet with {found.gaps} of the values and pairs that it reaches"


def _unshown(boundary: Boundary, plane: Chart) -> str:
    scale = plane.scales[boundary.axis]
    value = scale.firsts[boundary.value]
    beyond = f"{scale.name} {value.exact or value.requested}"
    if boundary.ask is None:
        return f"cells with {beyond} fail otherwise or say nothing: nobody sees whether it ends there"
    return f"no cell with {beyond} shows that it ends there"

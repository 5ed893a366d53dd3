"""What each axis's values come to, with a sentence: "Works with Django 5.2; 5.1 fails with pytest-django 4.13.0"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import compress

from packaging.specifiers import Specifier

from harness.analysis.conclude import Conclusion
from harness.analysis.explain.findings import Explanation, Rule, Standing
from harness.analysis.explain.words import Predicate
from harness.analysis.order import axis_names, in_order, listing, title
from harness.model.condition import is_version_axis
from harness.model.plan import Axis
from harness.model.record import Purpose
from harness.model.verdict import State, Verdict

TOLD_RULES = 2
"""Rules that a sentence tells at most; of other failures it tells how many there are."""

TOLD_AXES = 2
"""Axes that a rule names, for a sentence to tell it."""


class Fitness(Enum):
    """What the cells with one value of an axis say of that value."""

    WORKS = "works"  # it passes, and what fails is due to other axes
    PARTLY = "partly"  # it passes, and fails for a reason that is, or may be, its own
    FAILS = "fails"  # nothing passes
    UNKNOWN = "unknown"  # nothing passed or failed, or it failed only for reasons that are not its own


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFitness:
    """One value of an axis."""

    requested: str
    exact: tuple[str, ...]  # the versions that it stood for
    cells: int
    passing: int
    failing: int  # expected or not
    other: int  # flaky, untestable, errors, not run
    elsewhere: int  # of those that fail, the ones that a rule accounts for which does not name this axis
    untold: int  # of those that fail, the ones that neither such a rule nor the sentence accounts for
    unexpected: int  # of those that fail, the ones that nobody declared
    fitness: Fitness

    @property
    def label(self) -> str:
        """Return the exact version where the value stood for one, else what was asked for."""
        return self.exact[0] if len(self.exact) == 1 else self.requested


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisFitness:
    """One axis."""

    axis: str
    values: tuple[ValueFitness, ...]
    sentence: str


def fitness(conclusions: Iterable[Conclusion], found: Explanation, axes: Iterable[Axis]) -> tuple[AxisFitness, ...]:
    """Return what a run says of each axis, also of values that it has no cell with.

    Neighbours that were run to earn a blame have no part in it.
    """
    own = [one for one in conclusions if one.purpose is not Purpose.DIAGNOSTIC]
    rules = _Rules(found.rules)
    named = {axis.name: tuple(value.requested for value in axis.values) for axis in axes}
    for one in own:
        named |= {axis: () for axis, _ in one.cell.values if axis not in named}
    return tuple(_axis(axis, named[axis], own, rules) for axis in axis_names(named))


class _Rules:
    """Rules, to ask which of them account for a failure."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.all = rules
        self._by_signature: dict[str, list[tuple[Rule, list[tuple[str, frozenset[str]]]]]] = {}
        for rule in rules:
            tests = [(item.axis, frozenset(item.values)) for item in rule.predicates]
            self._by_signature.setdefault(rule.signature.id, []).append((rule, tests))

    def of(self, one: Conclusion) -> list[Rule]:
        if one.signature is None:
            return []
        values = one.cell.as_dict()
        candidates = self._by_signature.get(one.signature.id, ())
        return [rule for rule, tests in candidates if all(values.get(axis, "") in there for axis, there in tests)]


def _axis(axis: str, named: Sequence[str], conclusions: Sequence[Conclusion], rules: _Rules) -> AxisFitness:
    by_value: dict[str, list[Conclusion]] = {value: [] for value in named}
    for one in conclusions:
        value = one.cell.as_dict().get(axis)
        if value is not None:
            by_value.setdefault(value, []).append(one)
    told = _telling(axis, rules.all)
    values = tuple(_value(axis, value, by_value[value], rules, told) for value in sorted(by_value, key=in_order))
    return AxisFitness(axis=axis, values=values, sentence=_sentence(axis, values, told))


def _telling(axis: str, rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules that a sentence tells: they name the axis, at most one other, and hold for most cells."""
    found = [
        rule
        for rule in rules
        if len(rule.predicates) <= TOLD_AXES and any(item.axis == axis for item in rule.predicates)
    ]
    return sorted(found, key=lambda rule: -len(rule.support))[:TOLD_RULES]


def _value(axis: str, requested: str, cells: Sequence[Conclusion], rules: _Rules, told: Sequence[Rule]) -> ValueFitness:
    failing = [one for one in cells if one.state.is_failure]
    passing = sum(one.state is State.PASS for one in cells)
    accounts = [rules.of(one) for one in failing]
    elsewhere = sum(_is_elsewhere(axis, found) for found in accounts)
    return ValueFitness(
        requested=requested,
        exact=tuple(sorted({version for one in cells for name, version in one.exact if name == axis}, key=in_order)),
        cells=len(cells),
        passing=passing,
        failing=len(failing),
        other=len(cells) - passing - len(failing),
        elsewhere=elsewhere,
        untold=sum(not _is_elsewhere(axis, found) and not any(rule in told for rule in found) for found in accounts),
        unexpected=sum(one.judgement.verdict is Verdict.UNEXPECTED_FAILURE for one in failing),
        fitness=_fitness(passing, len(failing), elsewhere),
    )


def _is_elsewhere(axis: str, accounting: Sequence[Rule]) -> bool:
    """Tell whether rules account for a failure, and each names axes, but none this one."""
    named = [{item.axis for item in rule.predicates} for rule in accounting]
    return bool(named) and all(axes and axis not in axes for axes in named)


def _fitness(passing: int, failing: int, elsewhere: int) -> Fitness:
    if passing:
        return Fitness.WORKS if failing == elsewhere else Fitness.PARTLY
    return Fitness.FAILS if failing > elsewhere else Fitness.UNKNOWN


def _sentence(axis: str, values: Sequence[ValueFitness], told: Sequence[Rule]) -> str:
    works, fails, unknown = (
        [value.fitness is wanted for value in values] for wanted in (Fitness.WORKS, Fitness.FAILS, Fitness.UNKNOWN)
    )
    if any(works):
        clauses = [f"works with {f'{title(axis)} ' if is_version_axis(axis) else ''}{_ranges(values, works)}"]
    elif all(fails):
        return f"No {title(axis)} works."
    else:
        clauses = [f"no {title(axis)} {'was seen to work' if all(unknown) else 'works everywhere'}"]
    for rule in told:
        concerned = [_is_concerned(axis, value, rule) for value in values]
        if any(concerned):
            clauses.append(_failure(axis, rule, values, concerned))
    clauses += _rest(values, is_more=len(clauses) > 1)
    if any(unknown) and not all(unknown):
        clauses.append(f"{_ranges(values, unknown)} not known")
    text = "; ".join(dict.fromkeys(clauses))
    return f"{text[0].upper()}{text[1:]}."


def _is_concerned(axis: str, value: ValueFitness, rule: Rule) -> bool:
    return bool(value.failing) and any(item.axis == axis and value.requested in item.values for item in rule.predicates)


def _rest(values: Sequence[ValueFitness], *, is_more: bool) -> Iterator[str]:
    """Say in how many cells values fail that no told rule speaks of."""
    for wanted in (Fitness.FAILS, Fitness.PARTLY):
        chosen = [bool(value.untold) and value.fitness is wanted for value in values]
        if not any(chosen):
            continue
        found = list(compress(values, chosen))
        cells, untold = sum(value.cells for value in found), sum(value.untold for value in found)
        share = "every cell" if wanted is Fitness.FAILS and not is_more else f"{untold} of {cells} cells"
        verb = "fails" if len(found) == 1 else "fail"
        yield f"{_ranges(values, chosen, is_exact=True)} {verb} in {share}{' otherwise' if is_more else ''}"


def _failure(axis: str, rule: Rule, values: Sequence[ValueFitness], concerned: Sequence[bool]) -> str:
    verb = "fails" if sum(concerned) == 1 else "fail"
    where = "".join(f" {_where(item)}" for item in rule.predicates if item.axis != axis)
    doubt = "" if rule.standing is Standing.CONFIRMED else " (as far as seen)"
    return f"{_ranges(values, concerned, is_exact=True)} {verb}{where}{doubt}"


def _where(item: Predicate) -> str:
    """Say a predicate in words: ``below Django 5.2``."""
    name = title(item.axis)
    if not is_version_axis(item.axis):
        return f"with {name} {listing(item.terms, 'or')}"
    if len(item.terms) > 1:
        return f"with {name} {listing((text.removeprefix('==') for text in item.terms), 'or')}"
    (text,) = item.terms
    if text[:1] in "<>=!~" and "," not in text:
        one = Specifier(text)
        match one.operator:
            case "<":
                return f"below {name} {one.version}"
            case ">=":
                return f"from {name} {one.version} on"
            case "==" if not text.endswith("*"):
                return f"with {name} {one.version}"
    return f"with {name} {text}"


def _ranges(values: Sequence[ValueFitness], chosen: Sequence[bool], *, is_exact: bool = False) -> str:
    """Return the chosen values, neighbouring versions from the first to the last; *is_exact*: a single one exactly."""
    groups: list[list[ValueFitness]] = []
    is_next = False
    for value, is_chosen in zip(values, chosen, strict=True):
        if is_chosen and is_next and _is_version(value.requested) and _is_version(groups[-1][-1].requested):
            groups[-1].append(value)
        elif is_chosen:
            groups.append([value])
        is_next = is_chosen

    def name(group: Sequence[ValueFitness]) -> str:
        if len(group) > 1:
            return f"{group[0].requested}–{group[-1].requested}"
        return group[0].label if is_exact else group[0].requested

    return listing(map(name, groups))


def _is_version(text: str) -> bool:
    return in_order(text)[0] == 0

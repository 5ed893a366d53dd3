"""Measures how well `harness explain --refine` finds planted causes, and how many cells it takes.

    python benchmarks/explain.py [--matrices 200] [--seed 1] [--only recovery|noise] [--verbose]

Each matrix has 5 to 7 axes of 3 to 6 values, ordered ones (versions) and unordered ones, now and then with
combinations that cannot be tested, and 1 to 3 planted conjunctions of 1 to 3 predicates that fail with one signature
or several. Begun with is a pairwise plan where no conjunction has more than two predicates, else a three-way plan.

Recovery, without noise: the rules found for each signature hold exactly in the feasible cells that fail so. Held
against rules mined from as many cells drawn at random. Bounds: 98 % recovered, 10 % of the product at the median.
Noise: 2 % of executions show something else than the truth. A rule that is confirmed and wrong (it holds in a cell
that does not fail so, or can be widened) is a false one. Bound: none. Exit code 1: a bound is exceeded.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.explain.facts import PASSED, Answer, Facts, Kind
from harness.analysis.explain.lattice import Box, Dimension, Point, Space, holds, values, with_value
from harness.analysis.explain.refine import Effort, examinations, refine
from harness.analysis.explain.theory import Theory, renew
from harness.model.plan import Axis, Nogood, Value, Why
from harness.model.spec import Strength
from harness.plan.cover import make

RECOVERED, USED = 0.98, 0.10
FLAKY = 0.02
VOTES = 3
LIMIT = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A matrix with its truth."""

    space: Space
    rules: tuple[tuple[str, Box], ...]  # the first that holds decides what a cell shows
    order: int  # of the largest conjunction

    def answer(self, point: Point) -> Answer:
        """Return what the cell shows."""
        for signature, box in self.rules:
            if holds(box, point):
                return Answer(kind=Kind.FAILED, signature=signature)
        return PASSED

    @property
    def product(self) -> int:
        """Return the number of cells."""
        return math.prod(dimension.size for dimension in self.space.dimensions)


class Rig:
    """A laboratory that knows the truth and tells it, but for some executions."""

    def __init__(self, planted: Planted, chance: random.Random, flaky: float) -> None:
        self._planted, self._chance, self._flaky = planted, chance, flaky

    def run(self, points: Sequence[Point]) -> list[Answer]:
        """Execute each point once."""
        return [self._one(point) for point in points]

    def _one(self, point: Point) -> Answer:
        true = self._planted.answer(point)
        if self._chance.random() >= self._flaky:
            return true
        if true.kind is Kind.FAILED:
            return PASSED
        names = sorted({name for name, _ in self._planted.rules})
        return Answer(kind=Kind.FAILED, signature=self._chance.choice([*names, "flaky"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one matrix."""

    order: int
    product: int
    planned: int
    used: int
    is_recovered: bool
    is_recovered_at_random: bool
    is_confirmed_at_random: bool
    rules: int
    confirmed: int
    false: int
    seconds: float


def plant(chance: random.Random) -> Planted:
    """Return a random matrix in which each conjunction shows in some cell."""
    while True:
        dimensions = tuple(
            Dimension(size=chance.randint(3, 6), is_ordered=chance.random() < 0.6) for _ in range(chance.randint(5, 7))
        )
        space = Space(dimensions=dimensions)
        space = Space(dimensions=dimensions, nogoods=tuple(_nogoods(space, chance)))
        boxes = [_conjunction(space, chance) for _ in range(chance.randint(1, 3))]
        rules = tuple((f"failure {chance.randint(1, len(boxes))}", box) for box in boxes)
        found = Planted(space=space, rules=rules, order=max(len(space.constrained(box)) for box in boxes))
        if all(_shows(found, number) for number in range(len(rules))):
            return found


def _nogoods(space: Space, chance: random.Random) -> Iterator[Box]:
    for _ in range(chance.choice([0, 0, 1, 3])):
        box = space.whole
        for axis in chance.sample(range(len(box)), 2):
            box = with_value(box, axis, 1 << chance.randrange(space.dimensions[axis].size))
        yield box


def _conjunction(space: Space, chance: random.Random) -> Box:
    box = space.whole
    for axis in chance.sample(range(len(box)), chance.randint(1, 3)):
        size = space.dimensions[axis].size
        count = chance.randint(1, size // 2)
        if space.dimensions[axis].is_ordered:
            mask = ((1 << count) - 1) << chance.randint(0, size - count)
        else:
            mask = sum(1 << value for value in chance.sample(range(size), count))
        box = with_value(box, axis, mask)
    return box


def _shows(planted: Planted, number: int) -> bool:
    """Tell whether a rule has a feasible cell that no other rule holds in: it is not subsumed."""
    _, box = planted.rules[number]
    others = [other for rank, (_, other) in enumerate(planted.rules) if rank != number]
    return any(planted.space.is_feasible(p) and not any(holds(o, p) for o in others) for p in points_of(box))


def points_of(box: Box) -> Iterator[Point]:
    """Yield every point of a box."""
    return itertools.product(*(list(values(mask)) for mask in box))


def plan(planted: Planted, strength: Strength) -> list[Point]:
    """Return the cells that `harness run` would begin with."""
    axes = tuple(
        Axis(name=f"axis{number}", values=tuple(Value(requested=str(value)) for value in range(dimension.size)))
        for number, dimension in enumerate(planted.space.dimensions)
    )
    nogoods = tuple(
        Nogood(
            values=tuple((f"axis{axis}", str(box[axis].bit_length() - 1)) for axis in planted.space.constrained(box)),
            why=Why.UNRESOLVABLE,
            detail="",
        )
        for box in planted.space.nogoods
    )
    made = make(axes, nogoods, strength)
    return [tuple(int(cell[axis.name]) for axis in axes) for cell in made.cells]


def measure(seed: int, *, flaky: float) -> Outcome:
    """Plant, plan, run, refine, and hold what was found against the truth."""
    chance = random.Random(seed)
    planted = plant(chance)
    begun = time.perf_counter()
    strength = Strength.TRIPLES if planted.order > 2 else Strength.PAIRS
    rig, facts = Rig(planted, chance, flaky), Facts(planted.space)
    first = plan(planted, strength)
    for point, answer in zip(first, rig.run(first), strict=True):
        facts.add(point, answer)
    votes = VOTES if flaky else 1
    refined = refine(
        planted.space, facts, rig, Effort(limit=LIMIT, strength=3 if planted.order > 2 else 2, votes=votes)
    )
    seconds = time.perf_counter() - begun
    confirmed = [
        (signature, found.rule)
        for signature, found in examinations(refined.theory, refined.space, facts, votes)
        if found.is_confirmed
    ]
    drawn = _at_random(planted, chance, 0 if flaky else facts.executions)
    return Outcome(
        order=planted.order,
        product=planted.product,
        planned=len(first),
        used=facts.executions,
        is_recovered=is_recovered(planted, refined.theory),
        is_recovered_at_random=is_recovered(planted, renew(Theory(), planted.space, drawn)),
        is_confirmed_at_random=_is_all_confirmed(planted, drawn),
        rules=len(refined.theory.boxes),
        confirmed=len(confirmed),
        false=sum(not is_true(planted, signature, box, refined.theory.of(signature)) for signature, box in confirmed),
        seconds=seconds,
    )


def _at_random(planted: Planted, chance: random.Random, count: int) -> Facts:
    """Return what as many cells drawn at random show."""
    facts = Facts(planted.space)
    while facts.executions < min(count, planted.product // 2):
        point = tuple(chance.randrange(dimension.size) for dimension in planted.space.dimensions)
        if planted.space.is_feasible(point) and not facts.is_known(point):
            facts.add(point, planted.answer(point))
    return facts


def _is_all_confirmed(planted: Planted, facts: Facts) -> bool:
    theory = renew(Theory(), planted.space, facts)
    found = [one for _, one in examinations(theory, planted.space, facts)]
    return bool(found) and all(one.is_confirmed for one in found)


def is_recovered(planted: Planted, theory: Theory) -> bool:
    """Tell whether the rules for each signature hold exactly where cells fail so.

    Where cells fail otherwise they may hold as well: nobody can see it.
    """
    names = {name for name, _ in planted.rules} | {name for name, _ in theory.rules}
    touched = _distinct(box for _, boxes in theory.rules for box in boxes)
    for point in _union([*touched, *(box for _, box in planted.rules)]):
        if not planted.space.is_feasible(point):
            continue
        true = planted.answer(point)
        for name in names:
            is_said = any(holds(box, point) for box in theory.of(name))
            if is_said != (true.signature == name) and not (is_said and true.kind is Kind.FAILED):
                return False
    return True


def _union(boxes: Sequence[Box]) -> Iterator[Point]:
    for number, box in enumerate(boxes):
        for point in points_of(box):
            if not any(holds(other, point) for other in boxes[:number]):
                yield point


def _distinct(boxes: Iterable[Box]) -> list[Box]:
    return list(dict.fromkeys(boxes))


def is_true(planted: Planted, signature: str, box: Box, rules: Sequence[Box]) -> bool:
    """Tell whether a rule holds in no cell that passes, and whether each value it leaves out on an axis is left out
    rightly: some cell it would bring in passes, or none of them fails so beside those that other *rules* account for.
    """
    inside = [planted.answer(point) for point in points_of(box) if planted.space.is_feasible(point)]
    if any(answer.kind is not Kind.FAILED for answer in inside):
        return False
    for axis in planted.space.constrained(box):
        for value in values(planted.space.whole[axis] & ~box[axis]):
            hull = planted.space.hull(box, with_value(box, axis, 1 << value))
            added = with_value(hull, axis, hull[axis] & ~box[axis])
            points = [point for point in points_of(added) if planted.space.is_feasible(point)]
            answers = [planted.answer(point) for point in points if not any(holds(rule, point) for rule in rules)]
            is_wider = any(answer.signature == signature for answer in answers)
            if is_wider and all(planted.answer(point).kind is Kind.FAILED for point in points):
                return False
    return True


def main() -> int:
    """Run both, print a table each, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--matrices", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["recovery", "noise"])
    parser.add_argument("--verbose", action="store_true", help="a line per matrix")
    options = parser.parse_args()
    seeds = [options.seed * 1_000_000 + number for number in range(options.matrices)]
    is_held = True
    if options.only != "noise":
        is_held &= recovery([_told(seed, 0.0, options.verbose) for seed in seeds])
    if options.only != "recovery":
        is_held &= noise([_told(seed, FLAKY, options.verbose) for seed in seeds])
    return int(not is_held)


def _told(seed: int, flaky: float, is_verbose: bool) -> Outcome:
    outcome = measure(seed, flaky=flaky)
    if is_verbose:
        print(f"  seed {seed}: {outcome}", file=sys.stderr)
    return outcome


def recovery(outcomes: Sequence[Outcome]) -> bool:
    """Print the first table; tell whether its bounds are held."""
    print(f"Recovery without noise, {len(outcomes)} matrices; drawn: as many cells drawn at random\n")
    print(f"{'largest':<8} {'':>8} {'':>8} {'':>6} {'':>6} {'of':>8} {'':>10} {'all':>10}", end=" ")
    print(f"{'drawn:':>10} {'drawn: all':>11} {'':>8}")
    print(f"{'order':<8} {'matrices':>8} {'product':>8} {'plan':>6} {'cells':>6} {'product':>8}", end=" ")
    print(f"{'recovered':>10} {'confirmed':>10} {'recovered':>10} {'confirmed':>11} {'seconds':>8}")
    for order in (1, 2, 3, 0):
        some = [one for one in outcomes if order in (0, one.order)]
        if some:
            _row(str(order) if order else "all", some)
    share = statistics.median(one.used / one.product for one in outcomes)
    rate = sum(one.is_recovered for one in outcomes) / len(outcomes)
    false = sum(one.false for one in outcomes)
    is_held = rate >= RECOVERED and share <= USED and false == 0
    print(
        f"bounds: {rate:.1%} recovered (at least {RECOVERED:.0%}), {share:.1%} of the product at the median"
        f" (at most {USED:.0%}), {false} false confirmed rules: {'held' if is_held else 'EXCEEDED'}\n"
    )
    return is_held


def _row(name: str, some: Sequence[Outcome]) -> None:
    def share(number: int) -> str:
        return f"{number / len(some):.1%}"

    print(
        f"{name:<8} {len(some):>8} {statistics.median(one.product for one in some):>8.0f}"
        f" {statistics.median(one.planned for one in some):>6.0f} {statistics.median(one.used for one in some):>6.0f}"
        f" {statistics.median(one.used / one.product for one in some):>8.1%}"
        f" {share(sum(one.is_recovered for one in some)):>10}"
        f" {share(sum(one.confirmed == one.rules for one in some)):>10}"
        f" {share(sum(one.is_recovered_at_random for one in some)):>10}"
        f" {share(sum(one.is_confirmed_at_random for one in some)):>11}"
        f" {statistics.median(one.seconds for one in some):>8.2f}"
    )


def noise(outcomes: Sequence[Outcome]) -> bool:
    """Print the second table; tell whether its bound is held."""
    rules, confirmed = sum(one.rules for one in outcomes), sum(one.confirmed for one in outcomes)
    false = sum(one.false for one in outcomes)
    print(f"{FLAKY:.0%} of executions flaky, {len(outcomes)} matrices, decisive answers lead by {VOTES}\n")
    print(f"{'rules':>6} {'confirmed':>9} {'false':>6} {'recovered':>9} {'executions':>10} {'of product':>10}")
    print(
        f"{rules:>6} {confirmed:>9} {false:>6}"
        f" {sum(one.is_recovered for one in outcomes) / len(outcomes):>9.1%}"
        f" {statistics.median(one.used for one in outcomes):>10.0f}"
        f" {statistics.median(one.used / one.product for one in outcomes):>10.1%}"
    )
    print(f"bound: {false} false confirmed rules (none): {'held' if not false else 'EXCEEDED'}")
    return not false


if __name__ == "__main__":
    sys.exit(main())

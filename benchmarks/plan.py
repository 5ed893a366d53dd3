"""Measures planning: matrices of 10,000 cells and more, with and without combinations that cannot be tested.

    python benchmarks/plan.py [--rounds 3]

Prints, for each matrix and strength, the median seconds, the cells planned and the tuples covered. The bound of 2 s
(issue 2, section 2) is held against the products of about 10,000 cells. Exit code 1: exceeded.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time

from harness.model.plan import Axis, Nogood, Plan, Value, Why
from harness.model.spec import Strength
from harness.plan.cover import make

BOUND_S = 2.0
BOUND_CELLS = 20_000
SHAPES = ([10] * 4, [3, 5, 4, 2, 6, 4, 4], [2] * 13, [6] * 7)
STRENGTHS = (Strength.PAIRS, Strength.TRIPLES, Strength.FULL)


def main() -> int:
    """Run all, print a line each, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{'axes':<16} {'product':>8} {'nogoods':>7} {'strength':>8} {'cells':>6} {'covered':>13} {'seconds':>8}")
    is_slow = False
    for sizes in SHAPES:
        axes = _axes(sizes)
        for nogoods in ((), _nogoods(axes, 40), _nogoods(axes, 300)):
            for strength in STRENGTHS:
                if strength is Strength.FULL and len(sizes) == 7 and sizes[0] == 6:
                    continue  # 280,000 cells are no plan that anybody runs
                seconds, plan = _measure(axes, nogoods, strength, rounds)
                is_slow |= plan.product <= BOUND_CELLS and seconds > BOUND_S
                shape = "*".join(map(str, sizes)) if len(set(sizes)) > 1 else f"{sizes[0]}^{len(sizes)}"
                covered = f"{plan.coverage.covered}/{plan.coverage.feasible}"
                print(
                    f"{shape:<16} {plan.product:>8} {len(nogoods):>7} {strength.value:>8} {len(plan.cells):>6}"
                    f" {covered:>13} {seconds:>8.2f}"
                )
    print(f"bound: {BOUND_S} s for products of at most {BOUND_CELLS}: {'EXCEEDED' if is_slow else 'held'}")
    return int(is_slow)


def _axes(sizes: list[int]) -> tuple[Axis, ...]:
    return tuple(
        Axis(name=f"axis{number}", values=tuple(Value(requested=f"v{value}") for value in range(size)))
        for number, size in enumerate(sizes)
    )


def _nogoods(axes: tuple[Axis, ...], count: int) -> tuple[Nogood, ...]:
    """Return nogoods that each cover less than a fiftieth of the product, a tenth of them of this machine."""
    chance = random.Random(count)
    found = []
    for number in range(count):
        named: list[Axis] = []
        for axis in chance.sample(axes, len(axes)):
            if math.prod(len(item.values) for item in named) < 50:
                named.append(axis)
        values = tuple(sorted((axis.name, chance.choice(axis.values).requested) for axis in named))
        why = Why.NO_PROVIDER if number % 10 == 0 else Why.UNRESOLVABLE
        found.append(Nogood(values=values, why=why, detail=f"nogood {number}"))
    return tuple(found)


def _measure(
    axes: tuple[Axis, ...], nogoods: tuple[Nogood, ...], strength: Strength, rounds: int
) -> tuple[float, Plan]:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        plan = make(axes, nogoods, strength)
        times.append(time.perf_counter() - start)
    return statistics.median(times), plan


if __name__ == "__main__":
    sys.exit(main())

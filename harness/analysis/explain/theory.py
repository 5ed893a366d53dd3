"""The rules for every signature that the facts support, renewed where a fact speaks against them."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis.explain.facts import Facts
from harness.analysis.explain.lattice import Box, Space, as_box
from harness.analysis.explain.mine import mine


@dataclass(frozen=True, slots=True, kw_only=True)
class Theory:
    """Signature → its rules."""

    rules: tuple[tuple[str, tuple[Box, ...]], ...] = ()

    def of(self, signature: str) -> tuple[Box, ...]:
        """Return the rules for a signature."""
        return dict(self.rules).get(signature, ())

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Return all rules."""
        return tuple(box for _, boxes in self.rules for box in boxes)


def renew(theory: Theory, space: Space, facts: Facts) -> Theory:
    """Return rules that hold for every failing point and for no passing one.

    Rules that still do are kept: facts only ever take alternatives away, so that what was the cheapest remains it.
    A failing point beyond a rule's interval stretches it, if no passing one stands in between.
    """
    rules = []
    for signature in facts.signatures:
        known = _stretched(theory.of(signature), space, facts, signature)
        rules.append((signature, known if _stands(known, facts, signature) else mine(space, facts, signature)))
    return theory if tuple(rules) == theory.rules else Theory(rules=tuple(rules))


def _stretched(rules: tuple[Box, ...], space: Space, facts: Facts, signature: str) -> tuple[Box, ...]:
    """Return the rules, each widened to failing points that none holds and that differ from it on one axis."""
    left = facts.failing(signature)
    for box in rules:
        left &= ~facts.within(box)
    found = list(rules)
    for point in facts.select(left):
        for number, box in enumerate(found):
            outside = [axis for axis, value in enumerate(point) if not box[axis] >> value & 1]
            wider = space.hull(box, as_box(point))
            is_one_step = len(outside) <= 1 and len(space.constrained(wider)) == len(space.constrained(box))
            if is_one_step and not facts.within(wider) & facts.passing:
                found[number] = wider
                break
    return tuple(sorted(found))


def _stands(rules: tuple[Box, ...], facts: Facts, signature: str) -> bool:
    left = facts.failing(signature)
    for box in rules:
        inside = facts.within(box)
        if inside & facts.passing or not inside & left:
            return False
        left &= ~inside
    return not left

"""The table of rules: one per cause, each a function from evidence to clues."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from harness.doctor import rules
from harness.doctor.case import Case
from harness.doctor.finding import Clue, Depth, Finding

Check = Callable[[Case], Iterator[Clue]]
_TABLE: dict[str, Rule] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A cause, and how to find it."""

    cause: str
    title: str
    depth: Depth
    link: str
    check: Check

    def findings(self, case: Case) -> Iterator[Finding]:
        """Yield what this rule finds in a case."""
        for clue in self.check(case):
            yield Finding(cause=self.cause, title=self.title, link=self.link, depth=clue.depth or self.depth, clue=clue)


def rule(cause: str, *, title: str, depth: Depth, link: str) -> Callable[[Check], Check]:
    """Register the decorated function as the rule of a cause.

    *title* says in a few words what is wrong; *link* is documentation or a public report of it.
    """

    def register(check: Check) -> Check:
        if cause in _TABLE:
            raise ValueError(f"two rules for {cause}")
        _TABLE[cause] = Rule(cause=cause, title=title, depth=depth, link=link, check=check)
        return check

    return register


def table() -> Mapping[str, Rule]:
    """Return every rule by its cause, sorted."""
    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return dict(sorted(_TABLE.items()))

"""Looks up in a lock what it answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from harness.model.lockfile import MatrixLock
from harness.model.package import Interpreter, Lock, Unresolvable


class Answers:
    """The answers of a lock; see `harness.model.lockfile.KnownAnswers`."""

    def __init__(self, lock: MatrixLock, *, with_impossible: bool = True) -> None:
        """Index a lock; without *with_impossible*, what could not be met is to be tried again."""
        self._locks = {
            (question.requires, target): environment.lock
            for environment in lock.environments
            for question in environment.questions
            for target in question.on
        }
        self._impossible: defaultdict[str, list[tuple[frozenset[str], str]]] = defaultdict(list)
        for one in lock.impossible if with_impossible else ():
            for target in one.question.on:
                self._impossible[target].append((frozenset(one.question.requires), one.words))

    def lock(self, wanted: tuple[str, ...], interpreter: Interpreter) -> Lock | Unresolvable | None:
        """Return what is locked for requirements in one spelling, sorted; None where nothing is."""
        found = self._locks.get((wanted, interpreter.target))
        if found is not None:
            return found
        words = next((text for core, text in self._impossible[interpreter.target] if core <= set(wanted)), None)
        return None if words is None else Unresolvable(words=words)

    def conflict(
        self, contributions: Mapping[str, tuple[str, ...]], interpreter: Interpreter
    ) -> tuple[str, ...] | None:
        """Return the axes that contribute to what cannot be met, sorted; None where no such thing is locked."""
        wanted = {requirement for items in contributions.values() for requirement in items}
        for core, _ in self._impossible[interpreter.target]:
            if core <= wanted:
                return tuple(sorted(axis for axis, items in contributions.items() if core & set(items)))
        return None

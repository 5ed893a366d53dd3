"""Histories whose truth is known, and an asker that counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from harness.analysis.bisect.answer import Answer

LETTERS = {"g": Answer.GOOD, "b": Answer.BAD, "?": Answer.UNKNOWN, "o": Answer.OTHER}


@dataclass
class Planted:
    """A history that answers with the truth, and remembers what it was asked."""

    truth: Sequence[Answer]
    rounds: list[tuple[int, ...]] = field(default_factory=list)

    def ask(self, points: tuple[int, ...]) -> tuple[Answer, ...]:
        """Answer one round."""
        self.rounds.append(points)
        return tuple(self.truth[point] for point in points)

    @property
    def asked(self) -> list[int]:
        """Everything asked, in order."""
        return [point for points in self.rounds for point in points]


@pytest.fixture(scope="session")
def planted() -> Callable[[str | Sequence[Answer]], Planted]:
    """Returns a builder of histories, from answers or from letters: g(ood), b(ad), ?, o(ther)."""
    return lambda truth: Planted([LETTERS.get(item, item) for item in truth])

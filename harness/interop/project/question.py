"""What a project's files do not tell, asked of a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to know. *default* is what is taken where nobody is asked."""

    text: str
    default: str
    choices: tuple[str, ...] = ()  # empty: any text


Ask = Callable[[Question], str]


def take_default(question: Question) -> str:
    """Answer as nobody would mind."""
    return question.default

"""The little language of ``-k``: words joined by and, or, not and parentheses."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.errors import UsageError

Matcher = Callable[[str], bool]

_TOKEN = re.compile(r"[()]|[^\s()]+")
_KEYWORDS = ("and", "or", "not", "(", ")")


def compile_expression(text: str) -> Matcher:
    """Return a predicate on cell ids: a word holds where it is part of the id, whatever its case.

    ``not`` binds tighter than ``and``, and that tighter than ``or``, as in pytest.

    Raises:
        UsageError: the expression is not one; the message says where.
    """
    parser = _Parser(text)
    matcher = parser.disjunction()
    if parser.word is not None:
        raise parser.error("and, or, or the end")
    return matcher


class _Parser:
    """One method per rule of the grammar; `word` is the next token, None at the end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_TOKEN.finditer(text))
        self._next = 0

    @property
    def word(self) -> str | None:
        return self._tokens[self._next].group() if self._next < len(self._tokens) else None

    def error(self, wanted: str) -> UsageError:
        where = f"{self.word!r} at column {self._tokens[self._next].start() + 1}" if self.word else "the end"
        return UsageError(
            f"-k {self._text!r}: expected {wanted}, found {where}",
            remedy="words joined by and, or, not: -k 'django=6.0 and not xdist'",
        )

    def _take(self, word: str) -> bool:
        if self.word != word:
            return False
        self._next += 1
        return True

    def disjunction(self) -> Matcher:
        options = [self._conjunction()]
        while self._take("or"):
            options.append(self._conjunction())
        return lambda text: any(option(text) for option in options)

    def _conjunction(self) -> Matcher:
        terms = [self._term()]
        while self._take("and"):
            terms.append(self._term())
        return lambda text: all(term(text) for term in terms)

    def _term(self) -> Matcher:
        if self._take("not"):
            inner = self._term()
            return lambda text: not inner(text)
        if self._take("("):
            inner = self.disjunction()
            if not self._take(")"):
                raise self.error("')'")
            return inner
        if self.word is None or self.word in _KEYWORDS:
            raise self.error("a word")
        word = self.word.lower()
        self._next += 1
        return lambda text: word in text.lower()

"""The language in which cells are looked for: the words of ``-k``, and the values of ``--axis``.

``state:fail django:<5.2 database:postgres`` means what it says: terms side by side hold together, as with ``and``;
there are ``or``, ``not`` and parentheses, as in ``-k``. A term is a word, which is part of the cell's id, or
``field:values``. Values are alternatives separated by commas, specifiers in a row hold together, as in ``--axis``.
``"…"`` is exactly that value. docs/dashboard.md describes it for users; ``query.js`` has the same in JavaScript, and
tests compare them.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.analysis.conclude import Conclusion
from harness.errors import UsageError, nearest
from harness.model.cell import normalise_axis
from harness.model.condition import is_version_axis
from harness.model.verdict import State, Verdict

FIELDS = ("state", "verdict", "cause", "blame", "provider", "control", "evidence", "known")
"""What can be asked for beside axes; an axis of such a name goes first."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "state": tuple(state.value for state in State),
    "verdict": tuple(verdict.value for verdict in Verdict),
}
_TOKEN = re.compile(r'[()]|(?:[^\s()"]|"[^"]*"?)+')
_KEYWORDS = ("and", "or", "not", "(", ")")
_OPERATORS = "<>=!~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cell as a query sees it."""

    id: str
    values: Mapping[str, str]  # axis → requested
    exact: Mapping[str, str]  # version axis → exact version, where it is known
    words: Mapping[str, str]  # field → value


Matcher = Callable[[Row], bool]


def row_of(one: Conclusion) -> Row:
    """Return a conclusion as a row."""
    return Row(
        id=one.cell.id,
        values=one.cell.as_dict(),
        exact=dict(one.exact),
        words={
            "state": one.state.value,
            "verdict": one.judgement.verdict.value,
            "cause": cause_of(one),
            "blame": one.blame.blame.value if one.blame else "",
            "provider": one.provider,
            "control": one.control.value if one.control else "",
            "evidence": one.level.value if one.level else "none",
            "known": "yes" if one.is_reused else "no",
        },
    )


def cause_of(one: Conclusion) -> str:
    """Return the id of the signature that a cell failed with, an empty string where it did not fail."""
    is_listed = one.state.is_failure or one.state is State.ERROR
    return one.signature.id if is_listed and one.signature is not None else ""


def compile_query(text: str, axes: Sequence[str]) -> Matcher:
    """Return a predicate on rows; an empty text holds for each.

    Raises:
        UsageError: it cannot be read; the message says where.
    """
    parser = _Parser(text, axes)
    if parser.word is None:
        return lambda _: True
    matcher = parser.disjunction()
    if parser.word is not None:
        raise parser.error("and, or, or the end")
    return matcher


class _Parser:
    """One method per rule of the grammar; `word` is the next token, None at the end."""

    def __init__(self, text: str, axes: Sequence[str]) -> None:
        self._axes = axes
        self._tokens = list(_TOKEN.finditer(text))
        self._next = 0

    @property
    def word(self) -> str | None:
        return self._tokens[self._next].group() if self._next < len(self._tokens) else None

    def error(self, wanted: str) -> UsageError:
        where = f"{self.word} at column {self._tokens[self._next].start() + 1}" if self.word else "the end"
        return UsageError(f"expected {wanted}, found {where}", remedy="state:fail django:<5.2 and not xdist")

    def _take(self, word: str) -> bool:
        if self.word != word:
            return False
        self._next += 1
        return True

    def disjunction(self) -> Matcher:
        options = [self._conjunction()]
        while self._take("or"):
            options.append(self._conjunction())
        return lambda row: any(option(row) for option in options)

    def _conjunction(self) -> Matcher:
        terms = [self._term()]
        while self._take("and") or (self.word is not None and self.word not in ("or", ")")):
            terms.append(self._term())
        return lambda row: all(item(row) for item in terms)

    def _term(self) -> Matcher:
        if self._take("not"):
            inner = self._term()
            return lambda row: not inner(row)
        if self._take("("):
            inner = self.disjunction()
            if not self._take(")"):
                raise self.error("')'")
            return inner
        if self.word is None or self.word in _KEYWORDS:
            raise self.error("a word")
        word = self.word
        self._next += 1
        field, colon, values = word.partition(":")
        is_field = colon and not word.startswith('"')
        return _field(field, values, self._axes) if is_field else _part_of_id(word)


def _part_of_id(word: str) -> Matcher:
    wanted = word.replace('"', "").lower()
    return lambda row: wanted in row.id.lower()


def _field(name: str, text: str, axes: Sequence[str]) -> Matcher:
    axis = normalise_axis(name) if name else name
    options = _options(text)
    if not options:
        raise UsageError(f"{name}: names no value", remedy=f"{name or 'state'}:…")
    if axis in axes:
        tests = [_axis_test(axis, option) for option in options]
        return lambda row: any(test(row) for test in tests)
    if name not in FIELDS:
        names = (*axes, *FIELDS)
        raise UsageError(f"no axis or field {name}{nearest(name, names)}", remedy=f"one of {', '.join(names)}")
    known = _NAMES.get(name, ())
    for option in options:
        if known and "*" not in option and option.strip('"') not in known:
            raise UsageError(f"no {name} {option}", remedy=f"one of {', '.join(known)}")
    patterns = [_pattern(option) for option in options]
    return lambda row: any(pattern.fullmatch(row.words.get(name, "")) for pattern in patterns)


def _options(text: str) -> tuple[str, ...]:
    """Split at commas; specifiers in a row hold together, as in ``--axis``."""
    parts = [part for part in text.split(",") if part]
    options: list[str] = []
    for is_specifier, group in itertools.groupby(parts, key=lambda part: part[0] in "<>!~"):
        members = list(group)
        options += [",".join(members)] if is_specifier else members
    return tuple(options)


def _axis_test(axis: str, option: str) -> Matcher:
    if option.startswith('"'):
        value = option.strip('"')
        return lambda row: row.values.get(axis) == value
    if is_version_axis(axis):
        specifier = _specifier(axis, option)
        return lambda row: (
            axis in row.values
            and (row.values[axis] == option or _contains(specifier, row.exact.get(axis) or row.values[axis]))
        )
    if "*" in option:
        pattern = _pattern(option)
        return lambda row: bool(pattern.fullmatch(row.values.get(axis, "")))
    wanted = option.lower()
    return lambda row: wanted in row.values.get(axis, "").lower()


def _specifier(axis: str, option: str) -> SpecifierSet | None:
    """Read a specifier; local versions (``1.0+abc``) and ``===`` have no part in the language."""
    is_written = option[0] in _OPERATORS
    if "+" not in option and not option.startswith("==="):
        with contextlib.suppress(InvalidSpecifier):
            return SpecifierSet(option if is_written else f"=={option}.*")
    if is_written:
        raise UsageError(f"{axis}:{option} is no specifier", remedy=f"{axis}:>=5,<6")
    return None


def _contains(specifier: SpecifierSet | None, version: str) -> bool:
    try:
        return specifier is not None and specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False


def _pattern(option: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, option.strip('"').split("*"))), re.DOTALL)

"""The normalised identity of a failure.

Two failures are the same failure when type, place and message agree, where

- the *type* is the exception's dotted name, without ``builtins.``;
- the *place* is the innermost frame outside the tests, as ``file:function`` without a line: the project's own code
  counts unless it is a test file, packages count unless they are pytest's or unittest's machinery, and the standard
  library does not (its functions have other names in other Pythons). A failure that nothing but test code was part of
  is placed in the innermost test function: two assertions in two tests are two failures;
- the *message* is what the exception says without its literals. What goes: numbers, dates, addresses, UUIDs, digests,
  paths, the harness's own database names, xdist's worker names, quoted values, the excerpt of the statement with
  which PostgreSQL illustrates an error. What stays: bare words (``no such table: users``), and quoted *names*, that
  is identifiers, dotted or not, and names of migrations (``no attribute 'y'``, ``relation "users" does not exist``),
  except where the words before them announce a value (``got 'abc'``). In an `AssertionError` everything quoted is
  a value, and only its first line counts: the rest is pytest's illustration.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from harness.model.evidence import Failure, Frame, Outcome, TestResult
from harness.model.verdict import Signature

LIMIT_CHARACTERS = 300
_TEST_FOLDERS = frozenset({"test", "tests"})
_MACHINERY = frozenset({"pytest", "_pytest", "pluggy", "unittest", "xdist", "harness_probe"})
_STANDARD_LIBRARY = "python"
PROJECT = "project"
"""The origin of frames in the canary's own files."""


def signature(failure: Failure) -> Signature:
    """Return the identity of one failure."""
    kind = failure.type.removeprefix("builtins.")
    return Signature(type=kind, frame=_place(failure), message=normalise(failure.message, kind))


def representative(tests: Iterable[TestResult]) -> tuple[Signature, int] | None:
    """Return the signature most tests failed with, the first of several, and how many did; None if none failed."""
    counts = Counter(signature(test.failure) for test in tests if is_failing(test) and test.failure)
    # Counter keeps the order of insertion and `max` returns the first of equals.
    return max(counts.items(), key=lambda item: item[1], default=None)


def is_failing(test: TestResult) -> bool:
    """Tell whether a test's outcome counts against the cell."""
    return test.outcome in (Outcome.FAILED, Outcome.ERROR)


def outside_tests(failure: Failure) -> tuple[Frame, ...]:
    """Return the frames that are neither tests nor what runs them, innermost first."""
    return tuple(
        frame
        for frame in reversed(failure.frames)
        if frame.origin not in _MACHINERY | {_STANDARD_LIBRARY, ""} and not is_test_frame(frame)
    )


def is_test_frame(frame: Frame) -> bool:
    """Tell whether a frame lies in a test file of the project."""
    if frame.origin != PROJECT:
        return False
    path = PurePosixPath(frame.file.replace("\\", "/"))
    return (
        path.name in ("tests.py", "conftest.py")
        or path.name.startswith("test_")
        or path.stem.endswith("_test")
        or not _TEST_FOLDERS.isdisjoint(path.parts[:-1])
    )


def _place(failure: Failure) -> str:
    frames = outside_tests(failure) or tuple(frame for frame in reversed(failure.frames) if is_test_frame(frame))
    return f"{frames[0].file.replace(chr(92), '/')}:{frames[0].function}" if frames else ""


def normalise(message: str, kind: str = "") -> str:
    """Return *message* without its literals; *kind* is the type of the exception that says it."""
    is_assertion = kind.rpartition(".")[2] == "AssertionError"
    text = _ANSI.sub("", message)
    if wrapped := _MYSQL.fullmatch(text):
        text = wrapped["text"].replace("\\'", "'")
    lines = [line for line in text.splitlines() if line.strip() and not _ILLUSTRATION.match(line)]
    text = " ".join(" ".join(lines[:1] if is_assertion else lines).split())
    for pattern, placeholder in _ALWAYS:
        text = pattern.sub(placeholder, text)
    text = _QUOTED.sub(lambda match: _requote(match, is_assertion=is_assertion), text)
    text = _PATH.sub("<path>", text)
    text = _NUMBER.sub("<n>", text)
    text = _SERIES.sub(r"\1, …", text)
    return text if len(text) <= LIMIT_CHARACTERS else text[: LIMIT_CHARACTERS - 1] + "…"


_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ILLUSTRATION = re.compile(r"\s*(LINE \d+:|DETAIL:|HINT:|CONTEXT:|\^+\s*$)")
# The MySQL drivers' way to say it: (1146, "Table 'shop.users' doesn't exist"). The text is no value there.
_MYSQL = re.compile(r"\(\d+, (?P<quote>[\"'])(?P<text>.*)(?P=quote)\)", re.DOTALL)
_ALWAYS = (
    (re.compile(r"\b[a-z][a-z0-9+]*://[^\s'\")]+"), "<url>"),
    (re.compile(r"\b(?:test_)?harness_\w+"), "<database>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "<address>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b"), "<digest>"),
    (re.compile(r"\bgw\d+\b"), "<worker>"),
)
# An apostrophe inside a word ("doesn't") opens nothing.
_QUOTED = re.compile(
    r"(?P<before>\b(?:got|value|input|literal|string|default|received|found|to float|base <n>|base \d+)\b[:\s]*)?"
    r"(?<!\w)(?P<prefix>[bBrRuU]{0,2})"
    r"(?:'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|`(?P<back>[^`]*)`|“(?P<curly>[^”]*)”)(?!\w)"
)
_NAME = re.compile(r"(?:[^\W\d]\w*|\d{4}_\w+|<database>)(?:\.(?:[^\W\d]\w*|\d{4}_\w+))*")
_PATH = re.compile(r"(?<![\w/<])(?:[A-Za-z]:)?(?:[/\\][\w.@+~-]+){2,}[/\\]?")
_NUMBER = re.compile(r"(?<![\w.<])[-+]?\d+(?:[.,:]\d+)*(?:[eE][-+]?\d+)?(?!\w)")
_SERIES = re.compile(r"(<\w+>)(?:, \1)+")


def _requote(match: re.Match[str], *, is_assertion: bool) -> str:
    groups = match.groupdict()
    before = groups["before"] or ""
    content = next(groups[name] for name in ("single", "double", "back", "curly") if groups[name] is not None)
    is_value = is_assertion or before or "b" in groups["prefix"].lower()
    return f"'{content}'" if not is_value and _NAME.fullmatch(content) else f"{before}<text>"

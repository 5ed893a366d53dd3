"""`matrix.lock` is written and read back: the same bytes for the same lock, and nothing that is no lock is taken."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ExitCode, UsageError
from harness.lockfile import document
from harness.model.lockfile import Basis, Impossible, LockedEnvironment, MatrixLock, Question
from harness.model.package import Lock, Pin

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x85\u2028\u2029"), min_size=1, max_size=20)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], MatrixLock | None]:
    """Returns a function that reads a text as a lock."""

    def from_text(text: str) -> MatrixLock | None:
        path = tmp_path / "matrix.lock"
        path.write_text(text, encoding="utf-8")
        return document.read(path)

    return from_text


def test_what_is_written_is_read_back(lock, read) -> None:
    """Every field, and written again it has the same bytes."""
    text = document.dumps(lock)
    assert read(text) == lock
    assert document.dumps(read(text)) == text
    assert text.startswith("# ")


def test_what_is_empty_is_left_out_and_read_back(lock, read) -> None:
    """A lock of nothing but a date."""
    bare = replace(lock, renewed=(), values=(), environments=(), impossible=(), servers=())
    assert read(document.dumps(bare)) == bare
    assert "impossible" not in document.dumps(bare)


@given(words=st.lists(WORDS, min_size=1, max_size=4), version=WORDS)
def test_any_words_are_read_back(tmp_path_factory, words: list[str], version: str) -> None:
    """uv's words, and versions of a kind that nobody thought of."""
    made = MatrixLock(
        as_of=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        basis=Basis(digest="d", python=("3.12",), mode=("xdist",), databases=((version, tuple(words)),)),
        impossible=(Impossible(question=Question(requires=tuple(words), on=("x",)), words="\n".join(words)),),
    )
    path = tmp_path_factory.getbasetemp() / "any.lock"
    path.write_text(document.dumps(made), encoding="utf-8")
    assert document.read(path) == made


def test_pins_are_written_once(lock) -> None:
    """An environment names its packages; their hashes stand in one place."""
    plain = tomllib.loads(document.dumps(lock))
    assert [item["pin"] for item in plain["package"]] == ["django==5.2.9", "django==6.0.3", "pytest==9.0.2"]
    assert [item["pins"] for item in plain["environment"]] == [
        ["django==5.2.9", "pytest==9.0.2"],
        ["django==6.0.3", "pytest==9.0.2"],
    ]


def test_one_version_with_other_files_has_two_names(lock, read) -> None:
    """A renewed axis may see a file that was uploaded later."""
    other = Lock(pins=(Pin(name="pytest", version="9.0.2", hashes=("sha256:a", "sha256:b")),))
    more = LockedEnvironment(lock=other, questions=(Question(requires=("pytest==9.0.2",), on=("x",)),))
    made = replace(lock, environments=(*lock.environments, more))
    text = document.dumps(made)
    assert "pytest==9.0.2 (2)" in text
    assert read(text) == made


def test_there_is_no_lock(tmp_path: Path) -> None:
    """That is no error."""
    assert document.read(tmp_path / "matrix.lock") is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version = 1\n", "version = 2\n", "version 2 of its form; this harness reads 1"),
        ("version = 1\n", "", "version None"),
        ("version = 1\n", "<<<<<<< HEAD\nversion = 1\n", "is not TOML"),
        ("as_of = ", "as_on = ", "as_of is missing"),
        ("as_of = 2026-11-01 12:30:00+00:00", 'as_of = "today"', "'today' is no moment"),
        ("as_of = 2026-11-01 12:30:00+00:00", "as_of = 2026-11-01", "is no moment"),
        ('pin = "django==6.0.3"', 'pin = "django==6.0.4"', "django==6.0.3 is missing"),
        ('"sha256:pytest"', '"sha256:other"', "are others than when it was made"),
        ('    "pytest==9.0.2",\n]\n\n[[environment.answers]]', "]\n\n[[environment.answers]]", "are others than when"),
        ('pin = "pytest==9.0.2"', 'pin = "pytest"', "'pytest' is not NAME==VERSION"),
        ('provider = "embedded"', 'provider = "imbedded"', "'imbedded' is not a valid"),
        ("sdist = true", 'sdist = "yes"', "expected bool"),
        ("[matrix]", "[matrx]", "python is missing"),
        ('version = "6.0.3"', 'version = "6.0.2"', "it was changed after `harness lock` wrote it"),
        ("as_of = 2026-11-01 12:30:00", "as_of = 2036-11-01 12:30:00", "it was changed after"),
        ("version = 1\n", "version = 1\nmore = 2\n", "it was changed after"),
        ("checksum = ", "check = ", "checksum is missing"),
    ],
)
def test_what_is_no_lock_is_refused(lock, read, old: str, new: str, words: str) -> None:
    """With the file, what is wrong, and what to do: exit 4."""
    text = document.dumps(lock)
    assert old in text
    with pytest.raises(UsageError) as caught:
        read(text.replace(old, new, 1))
    assert words in caught.value.message
    assert "matrix.lock" in caught.value.message
    assert "harness lock" in caught.value.remedy
    assert caught.value.exit_code is ExitCode.USAGE


def test_how_it_is_laid_out_does_not_count(lock, tmp_path: Path) -> None:
    """Version control may give it other line endings."""
    path = tmp_path / "matrix.lock"
    path.write_bytes(document.dumps(lock).replace("\n", "\r\n").encode())
    assert document.read(path) == lock


def test_an_environment_that_is_taken_out_is_missed(lock, read) -> None:
    """What remains is a lock in form, but not the one that was written."""
    text = document.dumps(lock)
    first, second = (index for index in range(len(text)) if text.startswith("[[environment]]\n", index))
    with pytest.raises(UsageError, match="it was changed after"):
        read(text[:first] + text[second:])


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Nor is a folder a lock."""
    path = tmp_path / "matrix.lock"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not TOML"):
        document.read(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        document.read(path)

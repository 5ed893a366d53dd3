"""Which shard is asked for, and the file that says who runs what."""

from __future__ import annotations

import datetime as dt
import json
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.cli import request
from harness.errors import UsageError
from harness.model.spec import ProviderName
from harness.plan.select import Selection
from harness.plan.shards import Assignment
from harness.workflow import place as places
from harness.workflow.place import Place
from harness.workflow.prepare import Options
from harness.workflow.shards import asked, matrix_digest, read, write

AS_OF = dt.datetime(2026, 8, 1, 12, 30, 15, tzinfo=dt.UTC)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place with some matrix file."""
    (tmp_path / "matrix.toml").write_text("[matrix]\n")
    return places.find(tmp_path / "matrix.toml", {"HARNESS_CACHE_DIR": str(tmp_path / "cache")})


@pytest.fixture
def assignment(place: Place) -> Assignment:
    """Three shards, one of them empty."""
    return Assignment(
        harness=version("harness"),
        matrix=matrix_digest(place),
        as_of=AS_OF,
        selection=Selection(k="sqlite", axes=(("django", ("5.2", "6.0")),), failed=("django=5.2",)),
        providers=(ProviderName.EMBEDDED,),
        plan="0123456789abcdef",
        shards=(("django=5.2", "django=6.0"), ("django=6.1",), ()),
    )


def test_a_shard_is_a_number_of_a_number(assignment: Assignment) -> None:
    """With a file, of as many as it has."""
    assert (asked("3/8", None).number, asked("3/8", None).of) == (3, 8)
    assert asked("256/256", None).of == 256
    assert asked("3/3", assignment).assignment == assignment


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0/8", "there is no shard 0 of 8"),
        ("9/8", "there is no shard 9 of 8"),
        ("1/0", "1 to 256 shards"),
        ("1/257", "1 to 256 shards"),
        ("-1/8", "not NUMBER/OF"),
        ("3", "not NUMBER/OF"),
        ("", "not NUMBER/OF"),
        ("a/b", "not NUMBER/OF"),
        ("1/2/3", "not NUMBER/OF"),
        ("²/8", "not NUMBER/OF"),
    ],
)
def test_what_is_no_shard(text: str, words: str) -> None:
    """Each with what it should be."""
    with pytest.raises(UsageError, match=words):
        asked(text, None)


def test_a_file_has_its_own_number_of_shards(assignment: Assignment) -> None:
    """Another number would leave cells out."""
    with pytest.raises(UsageError, match="has 3"):
        asked("1/4", assignment)


def test_the_file_comes_back_as_it_was(assignment: Assignment, place: Place, tmp_path: Path) -> None:
    """The same bytes each time, and the same value."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    write(first, assignment)
    write(second, read(first, place))

    assert read(first, place) == assignment
    assert first.read_bytes() == second.read_bytes()


def test_the_file_says_what_is_selected(assignment: Assignment, place: Place, tmp_path: Path) -> None:
    """And as of when; to say it twice is refused, since one of the two would be wrong."""
    file = tmp_path / "shards.json"
    write(file, assignment)
    plain = Options(selection=Selection())

    options, part = request.shard("2/3", file, place, plain)
    assert (options.selection, options.as_of, options.providers) == (assignment.selection, AS_OF, assignment.providers)
    assert part is not None
    assert part.number == 2
    for told in (
        Options(selection=Selection(k="x")),
        Options(selection=Selection(), as_of=AS_OF),
        Options(selection=Selection(), refresh=True),
    ):
        with pytest.raises(UsageError, match="says what is selected"):
            request.shard("2/3", file, place, told)
    with pytest.raises(UsageError, match="which shard"):
        request.shard("", file, place, plain)
    assert request.shard("", None, place, plain) == (plain, None)


@pytest.mark.parametrize("text", ["", "[]", "{}", "no JSON", '{"shards": 3}', "\x00", '{"scheme": "one"}'])
def test_what_is_no_such_file(text: str, place: Place, tmp_path: Path) -> None:
    """Whatever it is, with how to get one."""
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(UsageError, match="no file of shards") as caught:
        read(tmp_path / "odd.json", place)
    assert "harness plan --shards" in caught.value.remedy


def test_a_file_of_another_time(assignment: Assignment, place: Place, tmp_path: Path) -> None:
    """Of another harness, another matrix, or gone."""
    file = tmp_path / "shards.json"
    write(file, assignment)
    plain = json.loads(file.read_text())
    for key, value, words in (("harness", "9.9", "written by harness 9.9"), ("matrix", "0", r"another matrix\.toml")):
        file.write_text(json.dumps(plain | {key: value}))
        with pytest.raises(UsageError, match=words):
            read(file, place)
    with pytest.raises(UsageError, match="cannot read"):
        read(tmp_path / "gone.json", place)
    with pytest.raises(UsageError, match="cannot write"):
        write(tmp_path / "no" / "folder.json", assignment)

"""Everything in the model goes to JSON and back, every member of every enum included."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
import inspect
import json
import pkgutil
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness.model
from harness.model import codec
from harness.model.evidence import Evidence, Failure, Level, TestResult
from harness.model.plan import Nogood, Why
from harness.model.record import Attempt
from harness.model.spec import AxisSpec, Per, VersionRange

MODULES = [
    importlib.import_module(f"harness.model.{module.name}") for module in pkgutil.iter_modules(harness.model.__path__)
]


def classes() -> Iterator[type]:
    """Yield every public class that the model defines."""
    for module in MODULES:
        for _, kind in sorted(inspect.getmembers(module, inspect.isclass)):
            if kind.__module__ == module.__name__ and not kind.__name__.startswith("_"):
                yield kind


VALUES = [kind for kind in classes() if dataclasses.is_dataclass(kind)]
ENUMS = [kind for kind in classes() if issubclass(kind, Enum)]


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for values of a field's type."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*map(strategy, parts))
    if origin is tuple:
        if parts[-1] is ...:
            return st.lists(strategy(parts[0]), max_size=2).map(tuple)
        return st.tuples(*map(strategy, parts))
    if origin is frozenset:
        return st.frozensets(strategy(parts[0]), max_size=3)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(
            typing.cast("Any", kind), **{field.name: strategy(hints[field.name]) for field in dataclasses.fields(kind)}
        )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return {
        str: st.text(max_size=8),
        int: st.integers(),
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        types.NoneType: st.none(),
        Path: st.sampled_from([Path("a"), Path("/x/y"), Path()]),
        dt.date: st.dates(),
        dt.datetime: st.datetimes(timezones=st.just(dt.UTC)),
    }[kind]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_value_goes_there_and_back(kind: type, data: st.DataObject) -> None:
    """Equal, and the same bytes again."""
    value = data.draw(strategy(kind))
    text = codec.dumps(value)
    assert codec.loads(kind, text) == value
    assert codec.dumps(codec.loads(kind, text)) == text


@pytest.mark.parametrize("member", [member for kind in ENUMS for member in kind], ids=str)
def test_every_member_of_every_enum_goes_there_and_back(member: Enum) -> None:
    """As its value."""
    assert codec.loads(type(member), codec.dumps(member)) is member


def test_the_model_was_found() -> None:
    """The two tests above would pass on nothing."""
    assert {Attempt, Evidence, Nogood} <= set(VALUES)
    assert {Why, Level} <= set(ENUMS)


def test_the_same_value_gives_the_same_bytes() -> None:
    """Sorted keys, no spaces, text as it is."""
    assert codec.dumps(Nogood(values=(("django", "6.0"),), why=Why.NO_WHEEL, detail="für")) == (
        '{"detail":"für","remedy":"","values":[["django","6.0"]],"why":"no-wheel"}'
    )
    assert codec.dumps(frozenset({"b", "a"})) == '["a","b"]'


def test_text_that_is_not_unicode_can_be_written() -> None:
    """A file name with a stray byte comes back as it was."""
    text = codec.dumps(Failure(type="E", message="b\udce4r"))
    text.encode("utf-8")
    assert codec.loads(Failure, text).message == "b\udce4r"


def test_older_and_newer_documents_can_be_read() -> None:
    """A field that is missing takes its default, one that is unknown is ignored."""
    found = codec.loads(TestResult, '{"id":"t","outcome":"passed","colour":"red"}')
    assert (found.id, found.phase) == ("t", "call")


def test_a_union_is_read_as_the_member_that_fits() -> None:
    """A value of an axis is a word or a range."""
    spec = AxisSpec(name="django", values=("latest", VersionRange(since="4.2", until=None, per=Per.MINOR)))
    assert codec.loads(AxisSpec, codec.dumps(spec)) == spec


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TestResult, "{}"),
        (TestResult, "[]"),
        (TestResult, '{"id":1,"outcome":"passed"}'),
        (TestResult, '{"id":"t","outcome":"exploded"}'),
        (Nogood, '{"values":"abc","why":"no-wheel","detail":""}'),
        (Nogood, '{"values":[["a"]],"why":"no-wheel","detail":""}'),
        (AxisSpec, '{"name":"n","values":[7]}'),
        (Evidence, "not json"),
        (dt.datetime, '"yesterday"'),
    ],
)
def test_what_does_not_fit_is_refused(kind: type, text: str) -> None:
    """With a ValueError, whatever is wrong."""
    with pytest.raises(ValueError):
        codec.loads(kind, text)


def test_plain_values_are_json() -> None:
    """What `to_plain` returns needs no encoder."""
    assert json.loads(json.dumps(codec.to_plain(VersionRange(since="1", until=None, per=Per.RELEASE)))) == {
        "since": "1",
        "until": None,
        "per": "release",
    }

"""Evidence in one column: what goes in comes out, and nothing unbounded does."""

from __future__ import annotations

import tracemalloc
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.evidence import Evidence, Level
from harness.model.protocol import parse
from harness.store.evidence_blob import pack, unpack


def test_files_stay_apart(evidence_file: bytes) -> None:
    """One process each, whatever they contain."""
    second = evidence_file.replace(b'"pid": 1', b'"pid": 2')
    found = unpack(pack([evidence_file, b"", second]))
    assert [process.pid for process in found.processes] == [1, 2]
    assert (found.level, found.problems, found.is_complete) == (Level.OBSERVED, (), True)


def test_a_last_line_that_was_cut_short_leaves_the_facts_before_it(evidence_file: bytes) -> None:
    """As after a crash: no bye, and a problem."""
    found = unpack(pack([evidence_file[:-5]]))
    assert len(found.tests()) == 1
    assert not found.is_complete
    assert len(found.problems) == 1


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_anything_can_be_packed_and_read(files: list[bytes]) -> None:
    """What a cell wrote may be anything; it reads as if it had not been packed."""
    lines = [file.decode("utf-8", "replace").split("\n") for file in files]
    expected = parse(part[:-1] if not part[-1] else part for part in lines)
    assert unpack(pack(files)) == expected


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_a_damaged_column_is_a_problem(blob: bytes) -> None:
    """Never an exception, never evidence."""
    found = unpack(blob)
    assert found.level is Level.EXIT_CODE
    assert found.problems
    assert unpack(zlib.compress(b"12x\nabc")).problems


def test_what_exceeds_the_limit_is_cut_and_said(evidence_file: bytes) -> None:
    """The first file is whole, the second is not."""
    limit = len(evidence_file) + 40
    found = unpack(pack([evidence_file, evidence_file], limit_bytes=limit))
    assert sum(process.is_complete for process in found.processes) == 1
    assert any("cut" in problem for problem in found.problems)


def test_a_bomb_is_not_unpacked() -> None:
    """A hundred megabytes of zeroes in a hundred kilobytes."""
    bomb = zlib.compress(bytes(100_000_000))
    tracemalloc.start()
    try:
        found: Evidence = unpack(bomb, limit_bytes=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert any("more than 1,000,000 bytes" in problem for problem in found.problems)
    assert peak < 10_000_000

"""Two runs held against each other: one definition of each category, numbers that add up."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.compare import Category, Side, category, compare, exit_code
from harness.analysis.locks import Moved
from harness.errors import ExitCode
from harness.model.cell import Cell
from harness.model.evidence import Outcome
from harness.model.verdict import Signature, State, Verdict

ONE = Signature(type="AttributeError", frame="a.py:f", message="x")
TWO = Signature(type="TypeError", frame="b.py:g", message="y")
C = Category


def side(state: str, signature: Signature | None = None, provider: str = "sqlite", declared: bool = False) -> Side:
    """One cell of a run in a state."""
    verdict = Verdict.EXPECTED_FAILURE if declared else Verdict.AS_EXPECTED
    return Side(state=State(state), verdict=verdict, signature=signature, provider=provider)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("pass", "pass", C.SAME),
        ("pass", "fail", C.REGRESSED),
        ("pass", "crash", C.REGRESSED),
        ("pass", "timeout", C.REGRESSED),
        ("flaky", "fail", C.REGRESSED),
        ("fail", "pass", C.FIXED),
        ("timeout", "pass", C.FIXED),
        ("pass", "flaky", C.BECAME_FLAKY),
        ("fail", "flaky", C.BECAME_FLAKY),
        ("flaky", "pass", C.NO_LONGER_FLAKY),
        ("flaky", "flaky", C.SAME),
        ("fail", "fail", C.SAME),
        ("fail", "crash", C.CHANGED),
        ("unsupported", "unresolvable", C.CHANGED),
        ("pass", "unsupported", C.BECAME_UNTESTABLE),
        ("fail", "unresolvable", C.BECAME_UNTESTABLE),
        ("unsupported", "pass", C.BECAME_TESTABLE),
        ("unresolvable", "fail", C.BECAME_TESTABLE),
        ("pass", "error", C.BECAME_INDETERMINATE),
        ("fail", "not-run", C.BECAME_INDETERMINATE),
        ("error", "not-run", C.SAME),
        ("error", "fail", C.BECAME_KNOWN),
        ("not-run", "pass", C.BECAME_KNOWN),
    ],
)
def test_what_became_of_a_cell(old: str, new: str, expected: Category) -> None:
    """The definition, case by case."""
    assert category(side(old), side(new)) is expected


def test_every_pair_has_one_category() -> None:
    """No pair of states is left without one; green to red alone regresses, and nothing that is not green is fixed."""
    red, green = {State.FAIL, State.TIMEOUT, State.CRASH}, {State.PASS, State.FLAKY}
    for old, new in itertools.product([None, *State], repeat=2):
        if old is new is None:
            continue
        found = category(side(old.value) if old else None, side(new.value) if new else None)
        assert (found is C.REGRESSED) == (old in green and new in red)
        assert (found is C.FIXED) == (old in red and new is State.PASS)
        assert (found is C.NEW) == (old is None)
        assert (found is C.GONE) == (new is None)
        if old is new:
            assert found is C.SAME


def test_another_signature_is_another_failure() -> None:
    """The state alone does not make two failures the same."""
    assert category(side("fail", ONE), side("fail", ONE)) is C.SAME
    assert category(side("fail", ONE), side("fail", TWO)) is C.CHANGED


def test_a_declared_failure_is_no_regression() -> None:
    """It is named nevertheless."""
    assert category(side("pass"), side("fail", ONE, declared=True)) is C.FAILS_AS_DECLARED
    assert exit_code(made({"a": "pass"}, {"a": "fail"}, declared=True)) is ExitCode.OK


@pytest.mark.parametrize(("old", "new"), [("pass", "fail"), ("fail", "pass"), ("fail", "crash")])
def test_a_change_of_provider_is_never_called_a_regression(old: str, new: str) -> None:
    """Nor a fix: two servers were compared, not two versions."""
    assert category(side(old, provider="docker"), side(new, provider="embedded")) is C.ANOTHER_PROVIDER
    assert category(side("pass", provider="docker"), side("pass", provider="embedded")) is C.SAME
    assert category(side("pass", provider="docker"), side("error", provider="")) is C.BECAME_INDETERMINATE


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([state.value for state in State])),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([state.value for state in State])),
)
def test_the_numbers_add_up(old: dict[str, str], new: dict[str, str]) -> None:
    """Each cell of either run is counted once; without the new ones there are as many as in the old run, and so on."""
    found = made(old, new)
    counts = dict(found.counts)
    assert sum(counts.values()) == len(old.keys() | new.keys())
    assert sum(counts.values()) - counts[C.NEW] == found.old_cells == len(old)
    assert sum(counts.values()) - counts[C.GONE] == found.new_cells == len(new)


def made(old: dict[str, str], new: dict[str, str], declared: bool = False):
    """Compare two runs of cells that are named by one letter."""
    return compare(
        {Cell.of({"canary": name}): side(state) for name, state in old.items()},
        {Cell.of({"canary": name}): side(state, declared=declared) for name, state in new.items()},
        old_run=1,
        new_run=2,
    )


def test_only_regressions_end_1() -> None:
    """A cell of which nothing is known any more ends 10; everything else 0."""
    assert exit_code(made({"a": "pass", "b": "pass"}, {"a": "fail", "b": "error"})) is ExitCode.UNEXPECTED_FAILURE
    assert exit_code(made({"a": "pass"}, {"a": "error"})) is ExitCode.INDETERMINATE
    assert exit_code(made({"a": "fail"}, {"b": "fail", "a": "crash"})) is ExitCode.OK
    assert exit_code(made({"a": "pass"}, {})) is ExitCode.OK


def test_packages_and_tests_beside_a_change() -> None:
    """What moved is told where both runs say what was installed; a removed test is gone, not failed."""
    old = Side(
        state=State.PASS,
        verdict=Verdict.AS_EXPECTED,
        installed=(("django", "5.1"), ("pytz", "2024")),
        tests=(("a", Outcome.PASSED), ("b", Outcome.FAILED), ("c", Outcome.FAILED), ("d", Outcome.SKIPPED)),
    )
    new = Side(
        state=State.FAIL,
        verdict=Verdict.UNEXPECTED_FAILURE,
        installed=(("django", "5.2"), ("tzdata", "2025")),
        tests=(("a", Outcome.ERROR), ("b", Outcome.PASSED), ("d", Outcome.PASSED), ("e", Outcome.FAILED)),
    )
    cell = Cell.of({"canary": "a"})
    (found,) = compare({cell: old}, {cell: new}, old_run=1, new_run=2).cells
    assert found.moved == (
        Moved(name="django", old="5.1", new="5.2"),
        Moved(name="pytz", old="2024", new=""),
        Moved(name="tzdata", old="", new="2025"),
    )
    tests = found.tests
    assert (tests.regressed, tests.fixed, tests.new, tests.gone, tests.same) == (("a",), ("b",), ("e",), ("c",), 1)
    silent = Side(state=State.CRASH, verdict=Verdict.UNEXPECTED_FAILURE)
    (found,) = compare({cell: old}, {cell: silent}, old_run=1, new_run=2).cells
    assert found.moved == ()
    assert not found.tests.is_any

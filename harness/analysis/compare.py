"""Two runs held against each other, cell by cell: what one definition calls a regression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from harness.analysis.locks import Moved, moved
from harness.errors import ExitCode, worst
from harness.model.cell import Cell
from harness.model.evidence import Outcome
from harness.model.verdict import Signature, State, Verdict


class Category(Enum):
    """What became of a cell; the order is that of reports."""

    REGRESSED = "regressed"  # passed, and fails
    FAILS_AS_DECLARED = "fails-as-declared"  # passed, and fails as an [[expect]] entry says
    CHANGED = "changed"  # failed, and fails in another way; or cannot be tested for another reason
    BECAME_INDETERMINATE = "became-indeterminate"  # an error, or not run: nothing is known now
    BECAME_UNTESTABLE = "became-untestable"
    BECAME_FLAKY = "became-flaky"
    ANOTHER_PROVIDER = "another-provider"  # differs, but so does what served the database
    FIXED = "fixed"  # failed, and passes
    NO_LONGER_FLAKY = "no-longer-flaky"
    BECAME_TESTABLE = "became-testable"
    BECAME_KNOWN = "became-known"  # was indeterminate
    NEW = "new"
    GONE = "gone"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One cell of one run."""

    state: State
    verdict: Verdict
    signature: Signature | None = None
    reason: str = ""
    provider: str = ""  # empty where nothing ran
    installed: tuple[tuple[str, str], ...] = ()  # package → version, sorted; empty where nobody reported
    tests: tuple[tuple[str, Outcome], ...] = ()  # by id, sorted


class _Kind(Enum):
    ABSENT = "absent"
    GREEN = "green"
    FLAKY = "flaky"
    RED = "red"
    UNTESTABLE = "untestable"
    INDETERMINATE = "indeterminate"


def category(old: Side | None, new: Side | None) -> Category:
    """Return what became of a cell; None stands for a run that does not have it.

    A change of provider is never called a regression, nor a fix (DESIGN, rule 7).
    """
    found = _category(_kind(old), _kind(new), is_alike=_is_alike(old, new))
    if found is Category.REGRESSED and new is not None and new.verdict is Verdict.EXPECTED_FAILURE:
        found = Category.FAILS_AS_DECLARED
    if old is None or new is None or not (old.provider and new.provider) or old.provider == new.provider:
        return found
    is_of_the_cell = found in (Category.REGRESSED, Category.FAILS_AS_DECLARED, Category.CHANGED, Category.FIXED)
    return Category.ANOTHER_PROVIDER if is_of_the_cell else found


def _category(old: _Kind, new: _Kind, *, is_alike: bool) -> Category:
    match old, new:
        case _, _Kind.ABSENT:
            return Category.GONE
        case _Kind.ABSENT, _:
            return Category.NEW
        case _Kind.INDETERMINATE, _Kind.INDETERMINATE:
            return Category.SAME
        case _, _Kind.INDETERMINATE:
            return Category.BECAME_INDETERMINATE
        case _Kind.INDETERMINATE, _:
            return Category.BECAME_KNOWN
        case (_Kind.RED, _Kind.RED) | (_Kind.UNTESTABLE, _Kind.UNTESTABLE):
            return Category.SAME if is_alike else Category.CHANGED
        case _, _Kind.UNTESTABLE:
            return Category.BECAME_UNTESTABLE
        case _Kind.UNTESTABLE, _:
            return Category.BECAME_TESTABLE
        case (_Kind.GREEN, _Kind.GREEN) | (_Kind.FLAKY, _Kind.FLAKY):
            return Category.SAME
        case (_Kind.GREEN, _Kind.RED) | (_Kind.FLAKY, _Kind.RED):
            return Category.REGRESSED
        case _Kind.RED, _Kind.GREEN:
            return Category.FIXED
        case (_Kind.GREEN, _Kind.FLAKY) | (_Kind.RED, _Kind.FLAKY):
            return Category.BECAME_FLAKY
        case _Kind.FLAKY, _Kind.GREEN:
            return Category.NO_LONGER_FLAKY
    raise AssertionError(f"{old} and {new} have no category")  # mypy does not see that pairs are exhausted; a test does


def _kind(side: Side | None) -> _Kind:
    if side is None:
        return _Kind.ABSENT
    match side.state:
        case State.PASS:
            return _Kind.GREEN
        case State.FLAKY:
            return _Kind.FLAKY
        case State.FAIL | State.TIMEOUT | State.CRASH:
            return _Kind.RED
        case State.UNRESOLVABLE | State.UNSUPPORTED:
            return _Kind.UNTESTABLE
        case State.ERROR | State.NOT_RUN:
            return _Kind.INDETERMINATE
        case _:
            assert_never(side.state)


def _is_alike(old: Side | None, new: Side | None) -> bool:
    return old is not None and new is not None and (old.state, old.signature) == (new.state, new.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestChanges:
    """What became of the tests of a cell that ran in both runs. A test that is gone is no failure."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    regressed: tuple[str, ...] = ()  # ids
    fixed: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    same: int = 0  # neither; skips among them

    @property
    def is_any(self) -> bool:
        """Tell whether a test changed."""
        return bool(self.regressed or self.fixed or self.new or self.gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One cell of either run."""

    cell: Cell
    category: Category
    old: Side | None
    new: Side | None
    moved: tuple[Moved, ...]  # packages; empty where one of the runs does not say
    tests: TestChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs, every cell of either once."""

    old_run: int
    new_run: int
    cells: tuple[Compared, ...]

    @property
    def counts(self) -> tuple[tuple[Category, int], ...]:
        """Return the number of cells in each category, zeroes included: together, all cells of both runs."""
        found = Counter(one.category for one in self.cells)
        return tuple((category, found[category]) for category in Category)

    @property
    def old_cells(self) -> int:
        """Return the size of the old run."""
        return sum(one.old is not None for one in self.cells)

    @property
    def new_cells(self) -> int:
        """Return the size of the new run."""
        return sum(one.new is not None for one in self.cells)


def compare(old: Mapping[Cell, Side], new: Mapping[Cell, Side], *, old_run: int, new_run: int) -> Comparison:
    """Align two runs by the ids of their cells, the new run's first, in its order."""
    cells = tuple(dict.fromkeys([*new, *old]))
    return Comparison(
        old_run=old_run, new_run=new_run, cells=tuple(_compared(cell, old.get(cell), new.get(cell)) for cell in cells)
    )


def exit_code(comparison: Comparison) -> ExitCode:
    """Return 1 where a cell regressed, else 10 where one became indeterminate, else 0."""
    codes = {Category.REGRESSED: ExitCode.UNEXPECTED_FAILURE, Category.BECAME_INDETERMINATE: ExitCode.INDETERMINATE}
    return worst(codes.get(one.category, ExitCode.OK) for one in comparison.cells)


def _compared(cell: Cell, old: Side | None, new: Side | None) -> Compared:
    has_both = old is not None and new is not None and bool(old.installed and new.installed)
    return Compared(
        cell=cell,
        category=category(old, new),
        old=old,
        new=new,
        moved=moved(dict(old.installed), dict(new.installed)) if has_both and old and new else (),
        tests=_tests(old.tests, new.tests) if old and new else TestChanges(),
    )


def _tests(old: Iterable[tuple[str, Outcome]], new: Iterable[tuple[str, Outcome]]) -> TestChanges:
    before, after = dict(old), dict(new)
    if not (before and after):  # one of them never came so far: the cell's state says it all
        return TestChanges()
    both = [name for name in after if name in before]
    regressed = tuple(name for name in both if _is_failing(after[name]) and not _is_failing(before[name]))
    fixed = tuple(name for name in both if _is_failing(before[name]) and not _is_failing(after[name]))
    return TestChanges(
        regressed=regressed,
        fixed=fixed,
        new=tuple(name for name in after if name not in before),
        gone=tuple(name for name in before if name not in after),
        same=len(both) - len(regressed) - len(fixed),
    )


def _is_failing(outcome: Outcome) -> bool:
    return outcome in (Outcome.FAILED, Outcome.ERROR)

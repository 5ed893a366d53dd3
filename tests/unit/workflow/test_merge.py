"""Shards' stores joined into one run: made-up answers, real stores."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.errors import ExitCode, UsageError
from harness.model import codec
from harness.model.cell import Cell
from harness.model.plan import Plan, Shard, Why
from harness.model.spec import MatrixSpec
from harness.model.verdict import State
from harness.plan.planning import plan_again, plan_run
from harness.plan.rules import matrix_nogoods
from harness.plan.select import Selection
from harness.plan.shards import digest, split
from harness.store.store import Store
from harness.workflow import place as places
from harness.workflow.merge import Merged, merge
from harness.workflow.place import Place
from harness.workflow.report import open_report
from harness.workflow.shards import matrix_digest

AXES = {
    "python": ("3.12", "3.13"),
    "django": ("5.1", "5.2", "6.0"),
    "pytest-django": ("4.12", "4.13"),
    "pytest": ("9",),
    "database": ("sqlite-memory", "postgres-13", "postgres-17"),
    "canary": ("minimal",),
    "mode": ("migrations",),
}
StateOf = Callable[[Cell], str]


def all_pass(_: Cell) -> str:
    """Every cell passes."""
    return "pass"


@dataclass(kw_only=True)
class Split:
    """A plan whose shards are run one by one, each in a folder of its own; and the folder to merge them in."""

    folder: Path
    make_store: Callable[..., Any]
    of: int = 3
    count: int = 0

    def __post_init__(self) -> None:
        self.target = self.make_store(self.folder / "target", axes=AXES)
        self.spec: MatrixSpec = config.load(self.target.folder / "matrix.toml", today=dt.date(2026, 8, 1))
        self.axes = self.target._plan(self.target.product, ()).axes
        self.nogoods = matrix_nogoods(self.spec, self.axes)
        self.plan: Plan = plan_run(self.spec, self.axes, self.nogoods, Selection())
        self.shards = split(self.plan.cells, self.of, {})

    @property
    def place(self) -> Place:
        """Where they are merged."""
        environ = {"HARNESS_CACHE_DIR": str(self.folder / "cache")}
        return places.find(self.target.folder / "matrix.toml", environ)

    def run(self, number: int, state_of: StateOf = all_pass, *, hours: float = 0, **options: Any) -> Path:
        """Record the run of one shard; return its folder."""
        self.count += 1
        made = self.make_store(self.folder / f"shard-{number}-{self.count}", axes=AXES)
        cells = self.shards[number - 1]
        run = made.run(state_of, cells=cells, hours=hours, **options)
        owner = {cell.id: one for one, part in enumerate(self.shards, 1) for cell in part}
        with Store.open(made.store) as store:
            kept = store.plan(run)
            assert kept is not None
            shard = Shard(
                number=number,
                of=self.of,
                cells=tuple((cell.id, owner[cell.id]) for cell in self.plan.cells),
                nogoods=self.nogoods,
                plan=digest(self.plan.cells, self.axes, self.nogoods),
            )
            left = {"left_out": self.plan.left_out, "coverage": self.plan.coverage, "product": self.plan.product}
            store.keep_plan(run, replace(kept, shard=shard, **left))
        change(
            made.folder,
            matrix_digest=matrix_digest(self.place),
            selection=codec.dumps(Selection()),
            as_of="2026-08-01T00:00:00+00:00",
        )
        return made.folder

    def all(self, state_of: StateOf = all_pass, **options: Any) -> list[Path]:
        """Record all shards; return their folders."""
        return [self.run(number, state_of, **options) for number in range(1, self.of + 1)]

    def merge(self, *paths: Path, is_partial: bool = False) -> Merged:
        """Merge."""
        return merge(self.spec, self.place, paths, is_partial=is_partial)

    def states(self, run: int) -> dict[str, int]:
        """The states of a merged run that occur, with the number of cells."""
        with open_report(self.spec, self.place, run=run, command="", tail="") as report:
            return {state.value: count for state, count in report.summary.counts.states if count}


def change(folder: Path, **columns: str) -> None:
    """Change what the store in *folder* says of its run."""
    with sqlite3.connect(folder / ".harness" / "store.sqlite") as store:
        for name, value in columns.items():
            store.execute(f"UPDATE runs SET {name} = ?", (value,))
    store.close()


@pytest.fixture
def whole(tmp_path: Path, make_store: Callable[..., Any]) -> Split:
    """A plan in three shards."""
    return Split(folder=tmp_path, make_store=make_store)


def failing(cell: Cell) -> str:
    """Two cells fail, one is flaky."""
    if cell["django"] == "6.0" and cell["database"] == "postgres-17":
        return "fail"
    return "flaky" if cell["django"] == "5.2" and cell["database"] == "sqlite-memory" else "pass"


def test_the_whole_is_its_parts(whole: Split) -> None:
    """Every record of every shard, in the order of the plan, evidence and all."""
    folders = whole.all(failing)
    merged = whole.merge(*folders)

    with Store.open(whole.place.store) as store:
        records = list(store.records(merged.run))
        info = store.run(merged.run)
        plan = store.plan(merged.run)
    assert [record.cell for record in records] == list(whole.plan.cells)
    assert (merged.shards, merged.open, info.exit_code, info.as_of) == (
        3,
        (),
        ExitCode.UNEXPECTED_FAILURE,
        dt.datetime(2026, 8, 1, tzinfo=dt.UTC),
    )
    assert plan is not None
    assert (plan.shard, plan.coverage) == (None, whole.plan.coverage)
    theirs = []
    for folder in folders:
        with Store.open(folder / ".harness" / "store.sqlite") as store:
            theirs += list(store.records(1))
    for theirs_one in theirs:
        (ours,) = [record for record in records if record.cell == theirs_one.cell]
        assert [trial.evidence for trial in ours.trials] == [trial.evidence for trial in theirs_one.trials]
        assert all((whole.place.logs / trial.attempt.log).read_text() == "a log\n" for trial in ours.trials)
        assert replace(ours.trials[0].attempt, log="") == replace(theirs_one.trials[0].attempt, log="")


def test_merging_twice_is_harmless(whole: Split) -> None:
    """The same shards, in whatever order and wherever they were copied to, are the same run, stored once."""
    folders = whole.all()
    first = whole.merge(*folders)
    elsewhere = shutil.copytree(folders[0], whole.folder / "elsewhere")
    second = whole.merge(*folders[::-1], elsewhere)

    assert (second.run, second.is_new, first.is_new) == (first.run, False, True)
    with Store.open(whole.place.store) as store:
        assert len(store.runs()) == 1


def test_an_attempt_is_kept_once(whole: Split) -> None:
    """A part that was merged without the others is there already when they come."""
    folders = whole.all()
    whole.merge(folders[0], is_partial=True)
    complete = whole.merge(*folders)

    with Store.open(whole.place.store) as store:
        numbers = [number for found in store.attempts_of(complete.run).values() for number in found]
        assert len(numbers) == len(whole.plan.cells)
        assert len(store.fresh_attempts_of(complete.run)) == len(whole.plan.cells) - len(whole.shards[0])


def test_what_was_handed_over_is_not_touched(whole: Split) -> None:
    """Not a byte of it."""
    folders = whole.all()
    before = [(folder / ".harness" / "store.sqlite").read_bytes() for folder in folders]
    whole.merge(*folders)

    assert [(folder / ".harness" / "store.sqlite").read_bytes() for folder in folders] == before


@pytest.mark.parametrize("name", ["", ".harness", ".harness/store.sqlite"])
def test_a_shard_is_named_by_its_folder_or_store(whole: Split, name: str) -> None:
    """A checkout, its state folder, the store's file."""
    assert whole.merge(*(folder / name for folder in whole.all())).shards == 3


def test_a_shard_is_no_run_to_compare_with(whole: Split) -> None:
    """Where one was run in the store that they are merged in, it is no earlier run of the matrix."""
    folders = whole.all()
    shutil.copyfile(folders[0] / ".harness" / "store.sqlite", whole.place.store)
    merged = whole.merge(*folders)

    assert merged.run == 2
    with open_report(whole.spec, whole.place, run=2, command="", tail="") as report:
        assert report.archive.comparison() is None
        assert [past.run for past in report.archive.past()] == [2]


def test_one_folder_may_hold_them_all(whole: Split) -> None:
    """As artifacts are unpacked: a folder each, with the content of `.harness` in it."""
    downloads = whole.folder / "downloads"
    for number, folder in enumerate(whole.all()):
        shutil.copytree(folder / ".harness", downloads / f"harness-shard-{number}")

    assert whole.merge(downloads).shards == 3


def test_a_missing_shard_is_named(whole: Split) -> None:
    """With the number of its cells; nothing is stored."""
    first, second, _ = whole.all()
    with pytest.raises(UsageError, match=rf"of 3 shards, 1 is missing: 3/3 \({len(whole.shards[2])} cells\)"):
        whole.merge(first, second)
    with Store.open(whole.place.store) as store:
        assert store.runs() == ()


def test_what_is_there_can_be_merged(whole: Split) -> None:
    """Cells of the missing shard are not run, and the run is not green."""
    first, second, _ = whole.all()
    merged = whole.merge(first, second, is_partial=True)

    assert whole.states(merged.run) == {
        "pass": len(whole.shards[0]) + len(whole.shards[1]),
        "not-run": len(whole.shards[2]),
    }
    with Store.open(whole.place.store) as store:
        assert store.run(merged.run).exit_code == ExitCode.INDETERMINATE


def test_an_interrupted_shard_is_named(whole: Split) -> None:
    """With how much of it is missing."""
    folders = whole.all()
    lost = whole.shards[1][0]
    folders[1] = whole.run(2, lambda cell: "none" if cell == lost else "pass", is_finished=False)

    with pytest.raises(UsageError, match=rf"shard 2/3 .* is not complete: 1 of its {len(whole.shards[1])} cells"):
        whole.merge(*folders)
    assert whole.states(whole.merge(*folders, is_partial=True).run)["not-run"] == 1


def test_a_shard_that_was_run_again_completes_it(whole: Split) -> None:
    """What the interrupted one knows agrees with the other's answers."""
    folders = whole.all()
    lost = whole.shards[1][0]
    interrupted = whole.run(2, lambda cell: "none" if cell == lost else "pass", is_finished=False, hours=1)

    merged = whole.merge(*folders, interrupted)
    assert whole.states(merged.run) == {"pass": len(whole.plan.cells)}


def test_answers_that_contradict_each_other_are_refused(whole: Split) -> None:
    """The same shard twice, one cell of it another way: both places are named, and the cell."""
    folders = whole.all()
    other = whole.shards[0][0]
    again = whole.run(1, lambda cell: "fail" if cell == other else "pass", hours=1)

    with pytest.raises(UsageError, match="with different answers") as caught:
        whole.merge(*folders, again)
    assert other.id in caught.value.message
    assert str(folders[0] / ".harness") in caught.value.message
    assert "pass in" in caught.value.message
    assert "fail " in caught.value.message


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("matrix_digest", "0123", "different matrix files"),
        ("harness_version", "9.9", "different versions of harness: 0.1.0 and 9.9"),
        ("as_of", "2026-08-02T00:00:00+00:00", "different moments: 2026-08-01 00:00:00 and 2026-08-02"),
        ("selection", codec.dumps(Selection(k="sqlite")), "select different cells"),
    ],
)
def test_shards_of_different_runs_are_refused(whole: Split, column: str, value: str, words: str) -> None:
    """With what it is that differs."""
    folders = whole.all()
    change(folders[1], **{column: value})

    with pytest.raises(UsageError, match=words):
        whole.merge(*folders)


def test_shards_of_different_plans_are_refused(whole: Split) -> None:
    """With a cell that one of them does not have."""
    folders = whole.all()
    lost = whole.plan.cells[0]
    whole.plan = replace(whole.plan, cells=whole.plan.cells[1:])
    folders[2] = whole.run(3)

    with pytest.raises(UsageError, match="different plans, in") as caught:
        whole.merge(*folders)
    assert lost.id in caught.value.message


def test_shards_of_different_splits_are_refused(whole: Split) -> None:
    """Halves and thirds of one plan are no whole."""
    folders = whole.all()
    whole.of, whole.shards = 2, split(whole.plan.cells, 2, {})
    half = whole.run(1)

    with pytest.raises(UsageError, match="different splits"):
        whole.merge(half, *folders[1:])


def test_another_matrix_is_refused(whole: Split) -> None:
    """It is judged by the matrix here, which has to be that of the shards."""
    folders = whole.all()
    path = whole.target.folder / "matrix.toml"
    path.write_text(path.read_text() + "\n# changed\n")

    with pytest.raises(UsageError, match=r"with another matrix\.toml than the one here"):
        whole.merge(*folders)


def test_a_run_of_the_whole_is_no_shard(whole: Split) -> None:
    """Nor is a folder without a store, or one that is not there."""
    whole.target.run()
    (whole.folder / "empty").mkdir()
    for path, words in (("target", "no run of a shard"), ("empty", "no store"), ("nowhere", "there is no")):
        with pytest.raises(UsageError, match=words):
            whole.merge(whole.folder / path)


def test_a_job_that_ended_before_it_had_a_plan(whole: Split) -> None:
    """It left a store without a run: its shard is missing, and where that may be, the store is named."""
    first, second, third = whole.all()
    with Store.open(whole.folder / "early" / ".harness" / "store.sqlite") as store:
        store.begin_run(started=whole.place.now(), matrix_digest="")
    early = whole.folder / "early"

    with pytest.raises(UsageError, match="no run of a shard"):
        whole.merge(first, second, third, early)
    merged = whole.merge(first, second, early, is_partial=True)
    assert (merged.shards, merged.empty) == (2, (early / ".harness" / "store.sqlite",))
    with pytest.raises(UsageError, match="no run of a shard"):
        whole.merge(early, is_partial=True)


@pytest.mark.parametrize(("content", "words"), [(b"no database", "is not a store"), (b"", "no run of a shard")])
def test_what_is_no_store(whole: Split, content: bytes, words: str) -> None:
    """It is named as the user knows it, not by the copy that was read."""
    path = whole.folder / "odd" / "store.sqlite"
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(UsageError, match=words) as caught:
        whole.merge(*whole.all(), path)
    assert caught.value.message.startswith(str(path))
    assert path.read_bytes() == content


def test_a_store_of_something_else(whole: Split) -> None:
    """Nor is it changed."""
    path = whole.folder / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE runs (id)")
    other.close()
    with pytest.raises(UsageError, match="is a database of something else"):
        whole.merge(path)


def test_what_differs_between_machines_is_said(whole: Split) -> None:
    """An interpreter's patch release does not make another plan, and is not silently different either."""
    folders = whole.all()
    with sqlite3.connect(folders[0] / ".harness" / "store.sqlite") as store:
        store.execute("UPDATE attempts SET attempt = replace(attempt, 'CPython 3.12.4', 'CPython 3.12.9')")
    store.close()
    merged = whole.merge(*folders)

    with Store.open(whole.place.store) as store:
        plan = store.plan(merged.run)
    assert plan is not None
    (warning,) = plan.warnings
    assert warning.startswith("python 3.12 was not the same interpreter in every shard: CPython 3.12.9 in 1/3, CPython")


def too_old(cell: Cell) -> str:
    """Newer releases of Django refuse the old server."""
    return "unsupported" if cell["database"] == "postgres-13" and cell["django"] != "5.1" else "pass"


def test_cells_that_shards_found_untestable_are_planned_around(whole: Split) -> None:
    """What no shard could know of the others: the merge plans again as a run would, and names what is left to try."""
    merged = whole.merge(*whole.all(too_old))

    with Store.open(whole.place.store) as store:
        plan = store.plan(merged.run)
    assert plan is not None
    learned = [item.nogood for item in plan.left_out if item.nogood.why is Why.SERVER_UNSUPPORTED]
    again = plan_again(whole.spec, whole.axes, (*whole.nogoods, *learned), Selection(), whole.plan)
    assert {dict(nogood.values)["django"] for nogood in learned} == {"5.2", "6.0"}
    assert plan.coverage == again.coverage
    assert merged.open == tuple(cell for cell in again.cells if cell not in whole.plan.cells)
    assert merged.open
    assert whole.states(merged.run).get(State.NOT_RUN.value) == len(merged.open)


def test_neighbours_are_those_that_the_whole_run_would_ask(whole: Split) -> None:
    """Of those that a shard ran for want of the other shards' cells, none is counted that the whole makes needless."""
    bad = next(cell for cell in whole.plan.cells if cell["django"] == "6.0" and cell["database"] == "sqlite-memory")
    nearby = bad.replace("django", "5.2")
    (number,) = [number for number, cells in enumerate(whole.shards, 1) if bad in cells]
    folders = whole.all(lambda cell: "fail" if cell == bad else "pass")
    needless = Cell.of(bad.as_dict() | {"django": "5.1", "pytest-django": "4.13", "python": "3.13"})
    assert needless not in whole.plan.cells
    assert nearby not in whole.plan.cells
    neighbours = [(nearby, "pass"), (needless, "pass")]
    folders[number - 1] = whole.run(number, lambda cell: "fail" if cell == bad else "pass", neighbours=neighbours)

    merged = whole.merge(*folders)
    with Store.open(whole.place.store) as store:
        found = {record.cell for record in store.records(merged.run)} - set(whole.plan.cells)
    assert found == {nearby}

"""Selections narrow a matrix, or say why they cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import ExitCode, NothingSelected, UsageError
from harness.model.cell import Cell
from harness.model.plan import Axis, Nogood, Why
from harness.model.spec import AxisSpec, MatrixSpec, Profile
from harness.plan.select import (
    Selection,
    choose,
    narrow,
    parse_filters,
    profile_of,
    selected_databases,
    selected_values,
)

_SEED = "canary=seed,database=postgres-17,django=6.0,mode=migrations,python=3.12"
_TENANTS = "canary=tenants,database=postgres-17,django=5.2,mode=migrations,python=3.12"
_NOGOOD = Nogood(
    values=(("canary", "tenants"), ("database", "sqlite-memory")),
    why=Why.CANARY_DATABASE,
    detail="tenants needs PostgreSQL",
    remedy="another database",
)


def _values(axes: tuple[Axis, ...], name: str) -> list[str]:
    return [value.requested for axis in axes if axis.name == name for value in axis.values]


@pytest.mark.parametrize(
    ("items", "filters"),
    [
        (["django=5.2,6.0"], (("django", ("5.2", "6.0")),)),
        (["Pytest_Django=4.12"], (("pytest-django", ("4.12",)),)),
        (["django=>=5.0,<6"], (("django", (">=5.0,<6",)),)),
        (["django===6.0.1,latest"], (("django", ("==6.0.1", "latest")),)),
        (["django=5.2,>=6,!=6.1"], (("django", ("5.2", ">=6,!=6.1")),)),
        (["django=5.2", "mode=xdist", "django=6.0"], (("django", ("5.2", "6.0")), ("mode", ("xdist",)))),
    ],
)
def test_axis_arguments_are_read(items: list[str], filters: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
    """Values are alternatives, specifiers in a row hold together, an axis given twice is widened."""
    assert parse_filters(items) == filters


@pytest.mark.parametrize("item", ["django", "django=", "=5.2", "django=,"])
def test_an_axis_argument_without_axis_or_value_is_refused(item: str) -> None:
    """The message repeats the argument and shows a good one."""
    with pytest.raises(UsageError, match=r"is not AXIS=VALUE(.|\n)*--axis django=5\.2,6\.0"):
        parse_filters([item])


def test_the_default_selection_narrows_nothing(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """All values take part in the default profile."""
    assert narrow(axes, spec, Selection()) == axes


@pytest.mark.parametrize(
    ("option", "values"),
    [("6.0", ["6.0"]), ("<6", ["5.2"]), ("6.1", ["latest"]), ("latest", ["latest"]), (">=5.2.7,<6.1", ["5.2", "6.0"])],
)
def test_axis_filters_match_requested_values_or_exact_versions(
    option: str, values: list[str], spec: MatrixSpec, axes: tuple[Axis, ...]
) -> None:
    """A filter is a requested value, a series or a specifier on the exact version."""
    assert _values(narrow(axes, spec, Selection(axes=(("django", (option,)),))), "django") == values


def test_what_is_selected_of_an_axis_is_known_before_its_versions(spec: MatrixSpec) -> None:
    """So that no interpreter is fetched for cells that are not wanted; an odd filter is told later, by `narrow`."""
    everything = {"3.11", "3.12"}
    spec = replace(spec, axes=(AxisSpec(name="python", values=("3.11", "3.12")), *spec.axes[1:]))
    assert selected_values(spec, "python", Selection()) == everything
    assert selected_values(spec, "python", Selection(axes=(("python", ("3.12",)),))) == {"3.12"}
    assert selected_values(spec, "python", Selection(axes=(("python", (">=3.12,<3.13",)),))) == {"3.12"}
    assert selected_values(spec, "python", Selection(axes=(("python", ("2.7",)),))) == everything
    assert selected_values(spec, "python", Selection(axes=(("python", ("3.12",)),), cells=(_SEED,))) == everything


def test_a_database_is_selected_where_a_selected_canary_can_use_it(spec: MatrixSpec) -> None:
    """So that nothing is said of servers that nobody asked for."""
    names = {"canary": ("seed", "tenants"), "database": ("sqlite-memory", "postgres-17", "mariadb-10.11")}
    spec = replace(spec, axes=tuple(replace(axis, values=names.get(axis.name, ())) for axis in spec.axes))
    assert selected_databases(spec, Selection()) == {"sqlite-memory", "postgres-17", "mariadb-10.11"}
    assert selected_databases(spec, Selection(axes=(("canary", ("tenants",)),))) == {"postgres-17"}
    assert selected_databases(spec, Selection(axes=(("database", ("mariadb-*",)),))) == {"mariadb-10.11"}
    sqlite = (("canary", ("tenants",)), ("database", ("sqlite-memory",)))
    assert selected_databases(spec, Selection(axes=sqlite)) == frozenset()


def test_patterns_match_names(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """On axes without versions a star stands for anything."""
    found = narrow(axes, spec, Selection(axes=(("database", ("postgres-*", "sqlite-memory")),)))
    assert _values(found, "database") == ["sqlite-memory", "postgres-17"]


def test_profile_and_filters_both_narrow(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """What the profile leaves out stays out; nothing left is said with what there is."""
    assert _values(narrow(axes, spec, Selection(profile="old")), "django") == ["5.2"]
    with pytest.raises(NothingSelected, match=r"profile old and --axis leave no value of django\n  try: one of 5\.2"):
        narrow(axes, spec, Selection(profile="old", axes=(("django", ("6.0",)),)))


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ((("djngo", ("6.0",)),), ("--axis: no axis 'djngo'", "nearest: django")),
        ((("database", ("postgres-16",)),), ("--axis: database has no value 'postgres-16'", "nearest: postgres-17")),
        ((("django", (">7",)),), ("--axis: django has no value '>7'", "one of 5.2, 6.0, latest")),
    ],
)
def test_filters_for_what_does_not_exist_are_refused(
    filters: tuple[tuple[str, tuple[str, ...]], ...], words: tuple[str, ...], spec: MatrixSpec, axes: tuple[Axis, ...]
) -> None:
    """Unknown axes and values are named with the nearest."""
    with pytest.raises(UsageError) as caught:
        narrow(axes, spec, Selection(axes=filters))
    assert all(word in str(caught.value) for word in words)


def test_a_profile_with_an_unknown_value_is_refused(axes: tuple[Axis, ...], spec: MatrixSpec) -> None:
    """The message names file and profile."""
    profile = Profile(name="default", axes=(("mode", ("xdst",)),))
    broken = MatrixSpec(path=spec.path, axes=(), databases=(), canaries=(), profiles=(profile,))
    with pytest.raises(UsageError, match=r"matrix\.toml: profile\.default\.axes: mode has no value 'xdst'"):
        narrow(axes, broken, Selection())


def test_an_unknown_profile_is_refused(spec: MatrixSpec) -> None:
    """The message names the nearest and all."""
    with pytest.raises(UsageError, match=r"no profile 'defualt'; nearest: default(.|\n)*default, old"):
        profile_of(spec, Selection(profile="defualt"))


def _choose(
    selection: Selection, axes: tuple[Axis, ...], planned: list[str], narrowed: tuple[Axis, ...] | None = None
) -> list[str]:
    cells = choose(
        [Cell.parse(text) for text in planned], selection, axes=axes, narrowed=narrowed or axes, nogoods=(_NOGOOD,)
    )
    return [cell.id for cell in cells]


def test_without_a_pick_the_plan_stays(axes: tuple[Axis, ...]) -> None:
    """Nothing asked for, nothing taken away."""
    assert _choose(Selection(), axes, [_SEED, _TENANTS]) == [_SEED, _TENANTS]
    assert not Selection().is_pick


def test_k_narrows_the_plan(axes: tuple[Axis, ...]) -> None:
    """Ids that match stay, in order."""
    assert _choose(Selection(k="tenants or minimal"), axes, [_SEED, _TENANTS]) == [_TENANTS]
    assert Selection(k="x").is_pick


def test_a_cell_named_by_id_runs_though_the_plan_lacks_it(axes: tuple[Axis, ...], spec: MatrixSpec) -> None:
    """Neither density nor filters hold it back; the order of its axes does not matter; twice is once."""
    shuffled = ",".join(reversed(_SEED.split(",")))
    selection = Selection(cells=(shuffled, _SEED), profile="old")
    assert _choose(selection, axes, [_TENANTS], narrow(axes, spec, selection)) == [_SEED]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("django", ("is not axis=value",)),
        ("djagno=6.0", ("no axis 'djagno'", "nearest: django")),
        (_SEED.replace(",python=3.12", ""), ("python is missing",)),
        (_SEED.replace("6.0", "6.9"), ("django has no value '6.9'", "nearest: 6.0")),
        (
            "canary=tenants,database=sqlite-memory,django=6.0,mode=migrations,python=3.12",
            ("cannot be run: tenants needs PostgreSQL", "try: another database"),
        ),
    ],
)
def test_an_id_that_cannot_be_run_is_refused(text: str, words: tuple[str, ...], axes: tuple[Axis, ...]) -> None:
    """The message names the id, what is wrong with it and what is near, or why no such cell can run."""
    with pytest.raises(UsageError) as caught:
        _choose(Selection(cells=(text,)), axes, [])
    assert all(word in str(caught.value) for word in (f"--cell {text!r}", *words))


def test_last_failed_takes_what_can_still_run(axes: tuple[Axis, ...], spec: MatrixSpec) -> None:
    """Cells that left the matrix, the filters or the testable ones are passed over; filters narrow the rest."""
    gone = _SEED.replace("6.0", "3.2")
    forbidden = "canary=tenants,database=sqlite-memory,django=6.0,mode=migrations,python=3.12"
    selection = Selection(failed=(gone, forbidden, _SEED, _TENANTS))
    assert _choose(selection, axes, []) == [_SEED, _TENANTS]
    assert _choose(selection, axes, [], narrow(axes, spec, Selection(profile="old"))) == [_TENANTS]


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(failed=()), ("no cell failed last", "without --last-failed")),
        (Selection(failed=("x=y",)), ("none of the 1 cells that failed last can be run",)),
        (Selection(k="nothing"), ("-k 'nothing' matches none of 1 cells", _SEED)),
    ],
)
def test_an_empty_selection_ends_5_with_what_to_try(
    selection: Selection, words: tuple[str, ...], axes: tuple[Axis, ...]
) -> None:
    """It is no success and no usage error."""
    with pytest.raises(NothingSelected) as caught:
        _choose(selection, axes, [_SEED])
    assert caught.value.exit_code is ExitCode.NOTHING
    assert all(word in str(caught.value) for word in words)


def test_a_plan_without_cells_ends_5_with_the_reasons(axes: tuple[Axis, ...]) -> None:
    """The reasons for which everything is left out are told."""
    with pytest.raises(NothingSelected, match=r"every cell is left out: tenants needs PostgreSQL\n  try: another"):
        _choose(Selection(), axes, [])

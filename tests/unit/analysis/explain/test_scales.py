"""Tests of the order of axes."""

from __future__ import annotations

from harness.analysis.explain.scales import axes_of, chart
from harness.model.cell import Cell
from harness.model.plan import Axis, Nogood, Value, Why
from harness.model.spec import DatabaseSpec, Engine


def axis(name: str, **values: str) -> Axis:
    """An axis of requested values with exact versions; ``v`` and ``_`` stand for nothing and a dot."""
    return Axis(name=name, values=tuple(Value(requested=k[1:].replace("_", "."), exact=v) for k, v in values.items()))


def test_versions_ascend_by_pep_440() -> None:
    """4.9 comes before 4.10, and two names of one version are one value."""
    made = chart((axis("django", v5="5.2.1", v4_10="4.10.0", v4_9="4.9.0", v5_2="5.2.1"),), ())
    assert [[value.requested for value in equal] for equal in made.scales[0].values] == [
        ["4.9"],
        ["4.10"],
        ["5", "5.2"],
    ]
    assert made.scales[0].is_ordered
    assert made.point(Cell.of({"django": "5.2"})) == made.point(Cell.of({"django": "5"})) == (2,)
    assert made.cell((2,)) == Cell.of({"django": "5"})
    assert made.product == 3


def test_an_axis_with_a_value_that_is_no_version_has_no_order() -> None:
    """Nothing is claimed of what lies between."""
    assert not chart((axis("django", v5="5.2", vmain="main"),), ()).scales[0].is_ordered
    assert not chart((axis("mode", vxdist="", vmigrations=""),), ()).scales[0].is_ordered


def test_databases_have_an_order_within_one_engine_only() -> None:
    """PostgreSQL 9 comes before 17; SQLite comes neither before nor after."""
    specs = [DatabaseSpec(name=f"pg-{v}", engine=Engine.POSTGRESQL, version=v) for v in ("17", "9")]
    specs.append(DatabaseSpec(name="sqlite-file", engine=Engine.SQLITE, version="file"))
    values = tuple(Value(requested=spec.name) for spec in specs)
    (servers,) = chart((Axis(name="database", values=values[:2]),), specs).scales
    assert servers.is_ordered
    assert [value.requested for value in servers.firsts] == ["pg-9", "pg-17"]
    assert not chart((Axis(name="database", values=values),), specs).scales[0].is_ordered


def test_nogoods_become_boxes() -> None:
    """Of the values that are on the axes; one with another value covers nothing here."""
    made = chart((axis("django", v4="4.0", v5="5.0"), axis("mode", va="", vb="")), ())
    nogoods = [
        Nogood(values=(("django", "5"),), why=Why.UNRESOLVABLE, detail=""),
        Nogood(values=(("django", "6"),), why=Why.UNRESOLVABLE, detail=""),
    ]
    assert made.space(nogoods).nogoods == ((0b10, 0b11),)


def test_cells_span_axes() -> None:
    """With the exact versions where some cell knows them."""
    cells = [(Cell.parse("django=5,mode=a"), {"django": "5.2"}), (Cell.parse("django=4,mode=a"), {})]
    assert axes_of(cells) == (
        Axis(name="django", values=(Value(requested="4"), Value(requested="5", exact="5.2"))),
        Axis(name="mode", values=(Value(requested="a"),)),
    )


def test_a_cell_of_another_matrix_has_no_point() -> None:
    """One axis more or less, or a value that is gone."""
    made = chart((axis("django", v4="4.0"),), ())
    assert made.point(Cell.parse("django=5")) is None
    assert made.point(Cell.parse("django=4,mode=a")) is None
    assert made.point(Cell.parse("mode=a")) is None

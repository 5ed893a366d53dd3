"""Which cell a search of bounds starts from."""

from __future__ import annotations

from pathlib import Path

from harness.model.plan import Axis, Value
from harness.model.spec import AxisSpec, DatabaseSpec, Engine, MatrixSpec
from harness.workflow.base_cell import newest_first, nothing
from harness.workflow.prepare import remedy


def test_the_newest_come_first() -> None:
    """By version, not by the matrix's order; SQLite before other databases. Where that cannot be had, an older Python
    is tried before an older package, and that before another mode."""
    exact = {"python": ("3.9.1", "3.13.0"), "django": ("6.0.1", "10.0.1")}
    plain = {"database": ("postgres-17", "sqlite-memory"), "canary": ("shop",), "mode": ("migrations", "xdist")}
    axes = (
        *(
            Axis(name=name, values=tuple(Value(requested=text, exact=text) for text in values))
            for name, values in exact.items()
        ),
        *(Axis(name=name, values=tuple(Value(requested=text) for text in values)) for name, values in plain.items()),
    )
    spec = MatrixSpec(
        path=Path("matrix.toml"),
        axes=tuple(AxisSpec(name=name, values=values) for name, values in (exact | plain).items()),
        databases=(
            DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL),
            DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE),
        ),
        canaries=(),
    )
    cells = list(newest_first(axes, spec))
    told = [(cell["database"], cell["mode"], cell["django"], cell["python"]) for cell in cells]
    assert len(set(told)) == len(told) == 16
    assert told[:5] == [
        ("sqlite-memory", "migrations", "10.0.1", "3.13.0"),
        ("sqlite-memory", "migrations", "10.0.1", "3.9.1"),
        ("sqlite-memory", "migrations", "6.0.1", "3.13.0"),
        ("sqlite-memory", "migrations", "6.0.1", "3.9.1"),
        ("sqlite-memory", "xdist", "10.0.1", "3.13.0"),
    ]


def test_where_there_is_no_cell_the_remedy_is_that_of_the_last_reason() -> None:
    """A resolver may know one: another cell would not help."""
    words = "hint: Wheels are required for `promise` because building from source is disabled"
    found = nothing("python=3.12", [("an older reason", "older"), (words, remedy(words))])
    assert found.message == f"no cell of python=3.12 can be tested: {words}"
    assert found.remedy == 'allow_build = ["promise"] in [run], if they may be built from source'
    assert nothing("", [("no such release", "")]).remedy == "another --cell"
    assert nothing("", []).message == "no cell can be tested"

"""Failures in one shape."""

from __future__ import annotations

import pytest

from harness.doctor import trouble
from harness.model.evidence import Cause, Failure, Frame


@pytest.mark.parametrize(
    ("words", "table", "column"),
    [
        ("OperationalError: no such table: shop_item", "shop_item", ""),
        ("OperationalError: no such table: main.auth_user", "auth_user", ""),
        ('UndefinedTable: relation "shop_item" does not exist\nLINE 1: …', "shop_item", ""),
        ("(1146, \"Table 'test_app.shop_item' doesn't exist\")", "shop_item", ""),
        ("OperationalError: no such column: shop_item.sku", "", "sku"),
        ("OperationalError: table shop_item has no column named sku", "", "sku"),
        ('UndefinedColumn: column "sku" of relation "shop_item" does not exist', "", "sku"),
        ("UndefinedColumn: column shop_item.sku does not exist", "", "sku"),
        ("(1054, \"Unknown column 'shop_item.sku' in 'field list'\")", "", "sku"),
        ("AssertionError: assert 1 == 2", "", ""),
    ],
)
def test_what_is_missing_is_read_from_the_words_of_every_database(words, table, column):
    """A table, or a column."""
    found = trouble.of_failure("t.py::test", "call", Failure(type="x.Y", message=words))
    assert (found.table, found.column) == (table, column)


def test_a_mere_wrapper_gives_way_to_what_it_wraps():
    """pytest's ConftestImportFailure says nothing by itself; the frames are those of the exception in it."""
    frame = Frame(file="conftest.py", line=5, function="<module>", origin="project")
    failure = Failure(
        type="_pytest.config.ConftestImportFailure",
        message="…",
        causes=(Cause(type="django.core.exceptions.AppRegistryNotReady", message="Apps …", frames=(frame,)),),
    )
    found = trouble.of_failure("(load)", "load", failure)
    assert found.type == "AppRegistryNotReady"
    assert found.at == frame
    assert found.file == ""


def test_a_printed_traceback_is_read():
    """Where no probe was at work: its frames in the project, and what was raised last."""
    text = """
Traceback (most recent call last):
  File "/copy/manage.py", line 8, in <module>
    main()
  File "/venv/lib/python3.12/site-packages/django/db/utils.py", line 91, in execute
    raise
sqlite3.OperationalError: no such table: a
Traceback (most recent call last):
  File "/copy/shop/views.py", line 3, in view
    x
django.db.utils.OperationalError: no such table: b
"""
    (found,) = trouble.of_output(text, ("/copy",))
    assert found.table == "b"
    assert found.at is not None
    assert (found.at.file, found.at.line) == ("shop/views.py", 3)


def test_a_usage_error_is_read():
    """pytest's own words, where there is no traceback."""
    (found,) = trouble.of_output("ERROR: usage: pytest\n__main__.py: error: unrecognized arguments: --x\n", ())
    assert (found.phase, found.type) == ("usage", "UsageError")

"""Causes that lie in how a test asks for the database, or does not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.registry import rule
from harness.doctor.requests import TestPlace, class_bases, fixture_at, is_database_asked_for, marked, place_of
from harness.doctor.source import Function, functions
from harness.doctor.trouble import Trouble

DOCS = "https://pytest-django.readthedocs.io/en/latest"
XUNIT = ("setup_module", "setup_class", "setup_function", "setup_method", "setUpModule", "setup")


def refused(case: Case) -> Iterator[tuple[Trouble, TestPlace]]:
    """Yield the tests that pytest-django refused the database, with their place in the source."""
    for trouble in case.troubles:
        if case.is_off_limits(trouble) and trouble.phase in ("call", "setup", "teardown"):
            place = place_of(case, trouble)
            if place is not None:
                yield trouble, place


def is_xunit(trouble: Trouble) -> bool:
    """Tell whether a failure came through an xunit-style set-up function."""
    return any(frame.function in XUNIT for frame in trouble.frames)


@rule(
    "missing-django-db-mark",
    title="a test uses the database without asking for it",
    depth=Depth.TEST,
    link=f"{DOCS}/database.html#enabling-database-access-in-tests",
)
def missing_django_db_mark(case: Case) -> Iterator[Clue]:
    """Neither the django_db mark nor a fixture that gives a database."""
    found = []
    for trouble, place in refused(case):
        fixture = fixture_at(case, trouble)
        is_test_class = bool(_unittest_base(case, place))
        if is_xunit(trouble) or is_test_class or (fixture is not None and fixture.marks):
            continue
        if not is_database_asked_for(case, place):
            found.append((trouble, place))
    if found:
        trouble, place = found[0]
        yield Clue(
            path=place.function.path,
            line=place.function.line,
            evidence=f"{place.function.name} queries the database and has neither the django_db mark nor a "
            f"fixture that "
            "gives one, so pytest-django refuses it" + (f"; so do {len(found) - 1} others." if len(found) > 1 else "."),
            fix=Fix(
                words="mark it with @pytest.mark.django_db",
                changes=marked(case, [item.function for _, item in found]),
            ),
            is_explaining=True,
        )


def _unittest_base(case: Case, place: TestPlace) -> str:
    """Return the plain unittest class that a test's class derives from, empty if it does not."""
    owner = place.function.owner.rpartition(".")[2]
    bases = class_bases(case, place.function.path, owner) if owner else ()
    text = case.tree.text(place.function.path)
    for base in bases:
        is_plain = base in ("unittest.TestCase", "unittest.IsolatedAsyncioTestCase") or (
            base in ("TestCase", "IsolatedAsyncioTestCase")
            and re.search(r"^from unittest import .*\bTestCase\b", text, re.MULTILINE)
        )
        if is_plain:
            return base
    return ""


@rule(
    "unittest-testcase",
    title="a test class derives from unittest's TestCase, not from Django's",
    depth=Depth.TEST,
    link="https://docs.djangoproject.com/en/stable/topics/testing/tools/#django.test.TestCase",
)
def unittest_testcase(case: Case) -> Iterator[Clue]:
    """pytest-django opens the database for subclasses of django.test's classes only."""
    for _, place in refused(case):
        base = _unittest_base(case, place)
        if not base:
            continue
        path = place.function.path
        node = _class(case, path, place.function.owner, base)
        yield Clue(
            path=path,
            line=node.lineno if node is not None else place.function.line,
            evidence=f"{place.function.owner} derives from {base}: pytest-django opens the database for subclasses of "
            "django.test.TestCase only.",
            fix=Fix(words="derive it from django.test.TestCase", changes=(_with_djangos(case, path, node, base),)),
            is_explaining=True,
        )
        return


def _with_djangos(case: Case, path: str, node: ast.ClassDef | None, base: str) -> Change:
    """Return the change that puts Django's TestCase in place of unittest's."""
    text = case.tree.text(path)
    django = "from django.test import TestCase"
    if base == "TestCase":
        after = re.sub(r"^from unittest import TestCase[ \t]*$", django, text, count=1, flags=re.MULTILINE)
        if after == text:
            after = re.sub(r"^(from unittest import .*)$", rf"\1\n{django}", text, count=1, flags=re.MULTILINE)
        return Change(path=path, before=text, after=after)
    patch = Patch(tree=case.tree, path=path)
    for item in node.bases if node is not None else ():
        if ast.unparse(item) == base:
            patch.replace(item, "TestCase")
    return patch.ensure_import(django).change()


def _class(case: Case, path: str, owner: str, base: str) -> ast.ClassDef | None:
    """Return the class (the test's own, or one it derives from) that names the base."""
    module = case.tree.module(path)
    nodes = [node for node in (module.body if module else ()) if isinstance(node, ast.ClassDef)]
    named = [node for node in nodes if base in [ast.unparse(item) for item in node.bases]]
    return next((node for node in named if node.name == owner), named[0] if named else None)


@rule(
    "mark-on-fixture",
    title="a mark on a fixture, where it has no effect",
    depth=Depth.TEST,
    link="https://docs.pytest.org/en/stable/deprecations.html#applying-a-mark-to-a-fixture-function",
)
def mark_on_fixture(case: Case) -> Iterator[Clue]:
    """The fixture gets no database; pytest 8 warns of it, pytest 9 ends there."""
    is_error = any("Marks cannot be applied to fixtures" in trouble.words for trouble in case.troubles)
    guilty = {item.name for trouble, _ in refused(case) if (item := fixture_at(case, trouble))}
    for fixture in case.fixtures():
        marks = [text for text in fixture.marks if "django_db" in text]
        if not marks or not (is_error or fixture.name in guilty):
            continue
        function = fixture.function
        patch = Patch(tree=case.tree, path=function.path)
        line = function.line
        for node in function.node.decorator_list:
            if "mark.django_db" in ast.unparse(node):
                line = node.lineno
                patch.remove_lines(node.lineno, node.end_lineno or node.lineno)
        if "db" not in function.params:
            patch.add_parameter(function, "db")
        yield Clue(
            path=function.path,
            line=line,
            evidence=f"fixture {fixture.name} carries @{marks[0]}; marks have no effect on fixtures, so neither "
            f"it nor the "
            "test gets a database.",
            fix=Fix(words=f"let {fixture.name} ask for the fixture db instead", changes=(patch.change(),)),
            is_explaining=True,
        )
        return


def _as_fixture(case: Case, function: Function) -> tuple[Change, ...]:
    """Return the change that makes an xunit-style set-up function an autouse fixture that asks for db."""
    patch = Patch(tree=case.tree, path=function.path)
    body = function.node.body[0]
    if body.lineno <= function.line:
        return ()
    indent, inner = " " * function.node.col_offset, " " * body.col_offset
    own = [name for name in function.params if name != "self"]
    owner = "type(self)" if function.owner else "request.module"
    params = [*(["self"] if function.owner else []), *(["request"] if own and not function.owner else []), "db"]
    new = f"{indent}@pytest.fixture(autouse=True)\n{indent}def {function.name}_data({', '.join(params)}):\n"
    new += "".join(f"{inner}{name} = {owner}\n" for name in own[:1])
    start, end = patch.at(function.first_line), patch.at(body.lineno)
    text = patch.text[:start] + new + patch.text[end:]
    if not re.search(r"^import pytest\b", text, re.MULTILINE):
        text = f"import pytest\n{text}"
    return (Change(path=function.path, before=patch.text, after=text),)


@rule(
    "setup-module-db",
    title="an xunit-style set-up function queries before the test has a database",
    depth=Depth.TEST,
    link=f"{DOCS}/database.html#populate-the-database-with-initial-test-data",
)
def setup_module_db(case: Case) -> Iterator[Clue]:
    """setup_module runs before the function-scoped db fixture."""
    for trouble in case.troubles:
        frame = next((item for item in trouble.frames if item.function in XUNIT), None)
        if frame is None or not (case.is_off_limits(trouble) or trouble.table):
            continue
        function = next((item for item in functions(case.tree, frame.file) if item.name == frame.function), None)
        if function is None:
            continue
        changes = _as_fixture(case, function)
        yield Clue(
            path=frame.file,
            line=function.line,
            evidence=f"{function.name} of {frame.file} queries; it runs before the fixture db of any test.",
            fix=Fix(words="make it an autouse fixture that asks for db", changes=changes),
            is_explaining=True,
        )
        return

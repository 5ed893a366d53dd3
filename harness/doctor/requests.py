"""What a test asks for: its marks, its fixtures, the fixtures that those ask for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change
from harness.doctor.source import Fixture, Function, fixtures, functions
from harness.doctor.trouble import Trouble

DATABASE_FIXTURES = frozenset(
    "db transactional_db django_db_reset_sequences django_db_serialized_rollback admin_user admin_client"  # noqa: SIM905
    " async_admin_client live_server".split()
)
"""Fixtures of pytest-django that give a test a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPlace:
    """A failing test's function, and the marks of its class and module."""

    __test__ = False  # not a test class

    function: Function
    marks: tuple[str, ...]  # as source, its own first

    @property
    def mark(self) -> str:
        """Return its django_db mark, empty if it has none."""
        return next((text for text in self.marks if "django_db" in text), "")


def place_of(case: Case, trouble: Trouble) -> TestPlace | None:
    """Return the test that a failure is about, as it stands in its file."""
    path, _, rest = trouble.id.partition("::")
    *owners, name = rest.partition("[")[0].split("::")
    if not name:
        return None
    for function in functions(case.tree, path):
        if function.name == name and function.owner == ".".join(owners):
            marks = (*function.decorators, *_class_marks(case, path, owners), *_module_marks(case, path))
            return TestPlace(function=function, marks=marks)
    return None


def _class_marks(case: Case, path: str, owners: list[str]) -> Iterator[str]:
    for node in ast.walk(case.tree.module(path) or ast.Module(body=[], type_ignores=[])):
        if isinstance(node, ast.ClassDef) and node.name in owners:
            yield from (ast.unparse(item) for item in node.decorator_list)


def _module_marks(case: Case, path: str) -> Iterator[str]:
    module = case.tree.module(path)
    for node in module.body if module is not None else ():
        if isinstance(node, ast.Assign) and any(ast.unparse(item) == "pytestmark" for item in node.targets):
            yield ast.unparse(node.value)


def visible(case: Case, path: str) -> tuple[Fixture, ...]:
    """Return the fixtures that a test file sees, its own first, then those of conftests, the nearest first."""
    found = list(fixtures(case.tree, path))
    folder = path.rpartition("/")[0]
    while True:
        found += fixtures(case.tree, f"{folder}/conftest.py" if folder else "conftest.py")
        if not folder:
            return tuple(found)
        folder = folder.rpartition("/")[0]


def closure(case: Case, path: str, names: tuple[str, ...]) -> frozenset[str]:
    """Return the fixtures that are asked for, autouse ones and what they ask for included, as pytest 9 would see them.

    An overriding fixture that asks for its own name gets the overridden one, whose requests count, too.
    """
    known = visible(case, path)
    found: set[str] = set()
    todo = [*names, *(item.name for item in known if item.is_autouse)]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        for fixture in known:
            if fixture.name == name:
                todo += fixture.function.params
                if name not in fixture.function.params:
                    break
    return frozenset(found)


def is_database_asked_for(case: Case, place: TestPlace) -> bool:
    """Tell whether a test asks for a database by a mark or, through whatever fixtures, by name."""
    return bool(place.mark) or bool(closure(case, place.function.path, place.function.params) & DATABASE_FIXTURES)


def class_bases(case: Case, path: str, name: str) -> tuple[str, ...]:
    """Return the bases of a class as source, those of its own project's bases in that file included."""
    module = case.tree.module(path)
    for node in module.body if module is not None else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            bases = tuple(ast.unparse(base) for base in node.bases)
            return bases + tuple(item for base in bases for item in class_bases(case, path, base) if base != name)
    return ()


def fixture_at(case: Case, trouble: Trouble) -> Fixture | None:
    """Return the innermost fixture of the project that a failure passed through."""
    for frame in reversed(trouble.frames):
        for fixture in case.fixtures():
            function = fixture.function
            if function.path == frame.file and function.first_line <= frame.line <= function.last_line:
                return fixture
    return None


def marked(case: Case, functions_of: list[Function], mark: str = "pytest.mark.django_db") -> tuple[Change, ...]:
    """Return the changes that mark functions, a file each."""
    patches: dict[str, Patch] = {}
    for function in dict.fromkeys((item.path, item.line) for item in functions_of):
        path, line = function
        found = next(item for item in functions_of if (item.path, item.line) == (path, line))
        patch = patches.setdefault(path, Patch(tree=case.tree, path=path))
        patch.add_decorator(found, mark)
    return tuple(patch.ensure_import("import pytest").change() for patch in patches.values())

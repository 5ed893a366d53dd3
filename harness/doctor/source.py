"""Facts that a Python file's syntax tells: fixtures, tests, models, assignments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.doctor.tree import Tree, read_once

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function or method with what its decorators and signature say."""

    path: str
    line: int  # of its "def"
    first_line: int  # of its first decorator
    last_line: int
    name: str
    owner: str  # the class it is a method of, or ""
    params: tuple[str, ...]
    decorators: tuple[str, ...]  # as source
    node: FunctionNode

    def mentions(self, *names: str) -> bool:
        """Tell whether its body uses any of these names or attributes."""
        return bool(names_in(self.node) & set(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """A pytest fixture as it is defined."""

    function: Function
    name: str
    scope: str
    is_autouse: bool

    @property
    def marks(self) -> tuple[str, ...]:
        """Return the decorators that are marks: on a fixture they have no effect."""
        return tuple(text for text in self.function.decorators if "mark." in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelClass:
    """A class in a project's source that looks like a model."""

    path: str
    line: int
    name: str
    bases: tuple[str, ...]
    app_label: str
    table: str
    is_abstract: bool
    managed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An assignment to a name of a module (``NAME = …``, ``NAME += …``)."""

    path: str
    line: int
    node: ast.Assign | ast.AnnAssign | ast.AugAssign

    @property
    def value(self) -> ast.expr:
        """Return what is assigned."""
        return self.node.value if self.node.value is not None else ast.Constant(value=None)


@read_once
def functions(tree: Tree, path: str) -> tuple[Function, ...]:
    """Return the functions of a module and the methods of its classes, nested ones excluded."""
    module = tree.module(path)
    return tuple(_functions(module.body, path, "")) if module is not None else ()


def _functions(body: list[ast.stmt], path: str, owner: str) -> Iterator[Function]:
    for node in body:
        if isinstance(node, FunctionNode):
            spec = node.args
            yield Function(
                path=path,
                line=node.lineno,
                first_line=min([node.lineno, *(item.lineno for item in node.decorator_list)]),
                last_line=node.end_lineno or node.lineno,
                name=node.name,
                owner=owner,
                params=tuple(item.arg for item in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)),
                decorators=tuple(ast.unparse(item) for item in node.decorator_list),
                node=node,
            )
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, path, f"{owner}.{node.name}".lstrip("."))
        elif isinstance(node, ast.If | ast.Try):
            yield from _functions(node.body, path, owner)


@read_once
def fixtures(tree: Tree, path: str) -> tuple[Fixture, ...]:
    """Return the fixtures that a file defines."""
    return tuple(found for function in functions(tree, path) if (found := _fixture(function)))


def _fixture(function: Function) -> Fixture | None:
    for node in function.node.decorator_list:
        called = node.func if isinstance(node, ast.Call) else node
        if not ast.unparse(called).endswith(("pytest.fixture", "pytest_asyncio.fixture")) and not (
            isinstance(called, ast.Name) and called.id == "fixture"
        ):
            continue
        words = {item.arg: item.value for item in node.keywords} if isinstance(node, ast.Call) else {}
        return Fixture(
            function=function,
            name=str(_constant(words.get("name")) or function.name),
            scope=str(_constant(words.get("scope")) or "function"),
            is_autouse=bool(_constant(words.get("autouse"))),
        )
    return None


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def is_test_file(path: str) -> bool:
    """Tell whether pytest's or Django's defaults take a file for tests."""
    name = path.rpartition("/")[2]
    return name.startswith("test") or name.endswith(("_test.py", "_tests.py")) or name == "tests.py"


def is_of_tests(path: str) -> bool:
    """Tell whether a file belongs to the tests, themselves or their helpers."""
    folders = path.split("/")[:-1]
    return (
        is_test_file(path)
        or path.endswith("conftest.py")
        or any(name in ("tests", "test", "testing") or name.startswith("test_") for name in folders)
    )


@read_once
def models(tree: Tree, path: str) -> tuple[ModelClass, ...]:
    """Return the classes whose bases or Meta say that they are models."""
    module = tree.module(path)
    if module is None or ("models" not in tree.text(path) and "Model" not in tree.text(path)):
        return ()
    return tuple(found for node in module.body if isinstance(node, ast.ClassDef) if (found := _model(node, path)))


MODEL_FIELD = re.compile(r"\w+(?:: [^=]+)? = (?:\w+\.)*models\.\w+(?:Field|Key)\(")
"""What tells a model whose base is the project's own from a form: fields of ``models``."""


def _model(node: ast.ClassDef, path: str) -> ModelClass | None:
    bases = tuple(ast.unparse(base) for base in node.bases)
    is_named_so = any(
        base.rpartition(".")[2].endswith(("Model", "AbstractUser", "AbstractBaseUser", "Mixin")) for base in bases
    )
    if not bases or not (is_named_so or any(MODEL_FIELD.match(ast.unparse(item)) for item in node.body)):
        return None
    meta = next((item for item in node.body if isinstance(item, ast.ClassDef) and item.name == "Meta"), None)
    has_fields = any("Field(" in ast.unparse(item) or "Key(" in ast.unparse(item) for item in node.body)
    if not has_fields and meta is None and not any(base.endswith("models.Model") for base in bases):
        return None
    said = {
        target.id: _constant(item.value)
        for item in (meta.body if meta else ())
        if isinstance(item, ast.Assign)
        for target in item.targets
        if isinstance(target, ast.Name)
    }
    managed = said.get("managed")
    return ModelClass(
        path=path,
        line=node.lineno,
        name=node.name,
        bases=bases,
        app_label=str(said.get("app_label") or ""),
        table=str(said.get("db_table") or ""),
        is_abstract=bool(said.get("abstract")),
        managed=managed if isinstance(managed, bool) else None,
    )


def assignments(tree: Tree, path: str, name: str) -> tuple[Assignment, ...]:
    """Return the module's assignments to *name* in their order, those under `if` and `try` included."""
    module = tree.module(path)
    return tuple(_assignments(module.body, path, name)) if module is not None else ()


def _assignments(body: list[ast.stmt], path: str, name: str) -> Iterator[Assignment]:
    for node in body:
        match node:
            case ast.Assign(targets=targets) if any(_names(target, name) for target in targets):
                yield Assignment(path=path, line=node.lineno, node=node)
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target) if _names(target, name):
                yield Assignment(path=path, line=node.lineno, node=node)
            case ast.If() | ast.Try() | ast.With():
                yield from _assignments(node.body, path, name)
                for further in (*getattr(node, "orelse", ()), *getattr(node, "finalbody", ())):
                    yield from _assignments([further], path, name)
            case _:
                pass


def _names(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


@read_once
def imports(tree: Tree, path: str) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """Return (line, module, names) of a file's imports, function bodies included; relative ones keep their dots."""
    module = tree.module(path)
    found: list[tuple[int, str, tuple[str, ...]]] = []
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            found.append((node.lineno, name, tuple(alias.name for alias in node.names)))
    return tuple(sorted(found))


def names_in(node: ast.AST) -> set[str]:
    """Return the names and attributes used below a node."""
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)} | {
        item.attr for item in ast.walk(node) if isinstance(item, ast.Attribute)
    }


def strings_in(node: ast.AST) -> tuple[ast.Constant, ...]:
    """Return the string constants below a node."""
    return tuple(item for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str))

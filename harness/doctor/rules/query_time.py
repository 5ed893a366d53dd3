"""Causes by which something queries, or imports models, before there can be a test database."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from harness.doctor.case import Case, Chooser
from harness.doctor.choice import NAME
from harness.doctor.edit import Patch, set_option
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.registry import rule
from harness.doctor.source import FunctionNode, is_of_tests, names_in
from harness.doctor.trouble import Trouble

READY = "https://docs.djangoproject.com/en/stable/ref/applications/#django.apps.AppConfig.ready"
ACCESS = "https://pytest-django.readthedocs.io/en/latest/database.html"
MODULE = "<module>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """A place that is executed on import, or by ready(), and the statement there."""

    path: str
    line: int
    kind: str  # module, class, ready
    owner: str  # the class's name
    statement: ast.stmt | None


def early_of(case: Case, frames: tuple[tuple[str, int, str], ...]) -> Early | None:
    """Return the innermost frame (file, line, function) that is a module's or class's body, or AppConfig.ready."""
    for path, line, function in reversed(frames):
        module = case.tree.module(path)
        if module is None:
            continue
        if function == MODULE and _is_program(_at(module.body, line)):
            continue
        if function == MODULE:
            return Early(path=path, line=line, kind="module", owner="", statement=_at(module.body, line))
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef) and node.lineno <= line <= (node.end_lineno or line):
                if node.name == function:
                    return Early(path=path, line=line, kind="class", owner=node.name, statement=_at(node.body, line))
                for inner in node.body if function == "ready" else ():
                    if isinstance(inner, FunctionNode) and inner.name == "ready":
                        return Early(
                            path=path, line=line, kind="ready", owner=node.name, statement=_at(inner.body, line)
                        )
    return None


def _is_program(node: ast.stmt | None) -> bool:
    """Tell whether a statement is only executed where the module is the program: manage.py's last lines."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _at(body: list[ast.stmt], line: int) -> ast.stmt | None:
    for node in body:
        first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
        if first <= line <= (node.end_lineno or line):
            return node
    return None


def is_query(case: Case, trouble: Trouble) -> bool:
    """Tell whether a failure is a query that was refused or met no table."""
    return case.is_off_limits(trouble) or bool(trouble.table)


def collected(case: Case) -> Iterator[tuple[Trouble, Early]]:
    """Yield queries of modules that were imported while tests were collected or conftests loaded."""
    for trouble in case.troubles:
        if trouble.phase not in ("collect", "load", "session", "command") or not is_query(case, trouble):
            continue
        found = early_of(case, tuple((frame.file, frame.line, frame.function) for frame in trouble.frames))
        if found is not None:
            yield trouble, found


def refused(case: Case) -> Iterator[Early]:
    """Yield what asked for a database while Django was set up, if a failure passed there, too."""
    for call in case.inspection.refused if case.inspection else ():
        found = early_of(case, tuple((place.file, place.line, place.function) for place in call.frames))
        if call.phase != "setup" or found is None:
            continue
        if any(
            frame.file == found.path and frame.line == found.line and is_query(case, trouble)
            for trouble in case.troubles
            for frame in trouble.frames
        ):
            yield found


def lazily(case: Case, early: Early) -> tuple[Change, ...]:
    """Return the change that evaluates an assignment's value when it is first used."""
    node = early.statement
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return ()
    patch = Patch(tree=case.tree, path=early.path)
    patch.replace(node.value, f"SimpleLazyObject(lambda: {ast.unparse(node.value)})")
    return (patch.ensure_import("from django.utils.functional import SimpleLazyObject").change(),)


@rule(
    "query-in-appconfig-ready",
    title="AppConfig.ready() queries, before any test database exists",
    depth=Depth.CODE,
    link=READY,
)
def query_in_appconfig_ready(case: Case) -> Iterator[Clue]:
    """It runs during django.setup(), so it meets the real database, whose tables need not be there."""
    for early in refused(case):
        if early.kind == "ready":
            yield Clue(
                path=early.path,
                line=early.line,
                evidence=f"{early.owner}.ready() queries in {early.path}:{early.line}; it runs during "
                f"django.setup(), when "
                "there is only the real database.",
                fix=Fix(
                    words="query after migrate (post_migrate), or when it is needed", changes=_deferred(case, early)
                ),
                is_explaining=True,
            )
            return


def _deferred(case: Case, early: Early) -> tuple[Change, ...]:
    """Return the change that moves the querying statement of ready() into a receiver of post_migrate."""
    module, statement = case.tree.module(early.path), early.statement
    ready = next(
        (
            node
            for node in ast.walk(module or ast.Module(body=[], type_ignores=[]))
            if isinstance(node, FunctionNode) and node.name == "ready" and statement in node.body
        ),
        None,
    )
    if ready is None or statement is None:
        return ()
    text = case.tree.text(early.path)
    lines = text.splitlines(keepends=True)
    indent, inner = " " * ready.col_offset, " " * statement.col_offset
    imports = [node for node in ready.body if isinstance(node, ast.Import | ast.ImportFrom)]
    moved = [f"{inner}{ast.unparse(node)}\n" for node in imports]
    body = "".join(lines[statement.lineno - 1 : statement.end_lineno])
    connect = (
        f"{inner}from django.db.models.signals import post_migrate\n\n"
        f"{inner}post_migrate.connect(self.fill_after_migrate, sender=self)\n"
    )
    receiver = f"\n{indent}def fill_after_migrate(self, **kwargs):\n{''.join(moved)}{body}"
    end = ready.end_lineno or ready.lineno
    after = "".join(
        [*lines[: statement.lineno - 1], connect, *lines[statement.end_lineno or 0 : end], receiver, *lines[end:]]
    )
    return (Change(path=early.path, before=text, after=after),)


@rule(
    "query-in-models-import",
    title="a module queries when it is imported",
    depth=Depth.CODE,
    link=READY,
)
def query_in_models_import(case: Case) -> Iterator[Clue]:
    """Its rows are read while Django is set up or tests are collected, before any test database exists."""
    found = [early for early in refused(case) if early.kind == "module"]
    found += [early for _, early in collected(case) if early.kind == "module" and not is_of_tests(early.path)]
    for early in found:
        yield Clue(
            path=early.path,
            line=early.line,
            evidence=f"{early.path}:{early.line} queries at the top of the module, so whoever imports it needs "
            f"the tables: it is "
            "imported before any test database exists.",
            fix=Fix(words="read it when it is needed", changes=lazily(case, early)),
            is_explaining=True,
        )
        return


@rule(
    "form-choices-at-import",
    title="a class body queries when its module is imported",
    depth=Depth.CODE,
    link="https://docs.djangoproject.com/en/stable/ref/forms/fields/#django.forms.ChoiceField.choices",
)
def form_choices_at_import(case: Case) -> Iterator[Clue]:
    """Choices that are read from the database in a form's class body are read on import."""
    for early in [*(item for _, item in collected(case)), *refused(case)]:
        if early.kind != "class" or is_of_tests(early.path):
            continue
        yield Clue(
            path=early.path,
            line=early.line,
            evidence=f"the body of class {early.owner} queries in {early.path}:{early.line}: it is executed when "
            f"the module is "
            "imported, while tests are collected.",
            fix=Fix(
                words="give a callable (choices=get_choices), or use ModelChoiceField", changes=_callable(case, early)
            ),
            is_explaining=True,
        )
        return


def _callable(case: Case, early: Early) -> tuple[Change, ...]:
    """Return the change that makes the values with a query in them callables."""
    node = early.statement
    if node is None:
        return ()
    patch = Patch(tree=case.tree, path=early.path)
    for call in ast.walk(node):
        for item in call.keywords if isinstance(call, ast.Call) else ():
            if item.arg in ("choices", "initial", "default") and _is_querying(item.value):
                patch.replace(item.value, f"lambda: {ast.unparse(item.value)}")
    change = patch.change()
    return (change,) if change.after != change.before else lazily(case, early)


def _is_querying(node: ast.AST) -> bool:
    return bool(names_in(node) & {"objects", "_default_manager"}) or any(
        isinstance(item, ast.Call) for item in ast.walk(node)
    )


@rule(
    "query-at-collection",
    title="a test module queries while tests are collected",
    depth=Depth.TEST,
    link=ACCESS,
)
def query_at_collection(case: Case) -> Iterator[Clue]:
    """A module's top and its decorators are executed on import, before any test database exists."""
    for _, early in collected(case):
        if early.kind not in ("module", "class") or not is_of_tests(early.path):
            continue
        yield Clue(
            path=early.path,
            line=early.line,
            evidence=f"{early.path}:{early.line} queries while pytest collects the tests; a test has a database "
            f"only while it "
            "runs.",
            fix=Fix(words="query inside of the test, or in a fixture", changes=_inside_of_test(case, early)),
            is_explaining=True,
        )
        return


def _inside_of_test(case: Case, early: Early) -> tuple[Change, ...]:
    """Return the change that turns a parametrisation by a query into a loop, or reads a module's value lazily."""
    node = early.statement
    if not isinstance(node, FunctionNode):
        return lazily(case, early)
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Attribute(attr="parametrize"), args=[ast.Constant(value=str(names)), values, *_]
            ) if decorator.lineno <= early.line <= (decorator.end_lineno or 0):
                return (_looped(case, early.path, node, decorator, names, values),)
            case _:
                pass
    return ()


def _looped(
    case: Case,
    path: str,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    decorator: ast.Call,
    names: str,
    values: ast.expr,
) -> Change:
    text = case.tree.text(path)
    lines = text.splitlines(keepends=True)
    wanted = [name.strip() for name in names.split(",")]
    inner = " " * node.body[0].col_offset
    kept = [item.arg for item in node.args.args if item.arg not in wanted]
    head_first = node.lineno - 1
    head = f"{' ' * node.col_offset}{'async ' if isinstance(node, ast.AsyncFunctionDef) else ''}def {node.name}"
    body = "".join(lines[node.body[0].lineno - 1 : node.end_lineno])
    loop = f"{inner}for {', '.join(wanted)} in {ast.unparse(values)}:\n{textwrap.indent(body, '    ')}"
    before = [*lines[: decorator.lineno - 1], *lines[decorator.end_lineno or 0 : head_first]]
    after = "".join([*before, f"{head}({', '.join(kept)}):\n", loop, *lines[node.end_lineno or 0 :]])
    return Change(path=path, before=text, after=after)


@rule(
    "conftest-imports-models-early",
    title="a conftest imports models before Django is set up",
    depth=Depth.TEST,
    link="https://pytest-django.readthedocs.io/en/latest/configuring_django.html",
)
def conftest_imports_models_early(case: Case) -> Iterator[Clue]:
    """The settings are only named in the conftest itself, so pytest-django cannot set Django up before it."""
    if not case.is_pytest or case.chosen.by is not Chooser.CONFTEST:
        return
    for trouble in case.troubles:
        if trouble.phase != "load" or trouble.type not in ("AppRegistryNotReady", "ImproperlyConfigured"):
            continue
        frame = next((item for item in trouble.frames if item.file.endswith("conftest.py")), None)
        if frame is None:
            continue
        ini = case.pytest.ini
        yield Clue(
            path=frame.file,
            line=frame.line,
            evidence=f"{frame.file}:{frame.line} imports models at its top, and only "
            f"{case.chosen.path}:{case.chosen.line} names "
            f"the settings: when it is read, pytest-django has not set Django up.",
            fix=Fix(
                words=f"name the settings in pytest's configuration: {NAME} = {case.chosen.module}",
                changes=(set_option(case.tree, ini, NAME, case.chosen.module),),
            ),
            is_explaining=True,
        )
        return

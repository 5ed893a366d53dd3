"""Causes that lie in what a migration's code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Confidence, Depth, Fix
from harness.doctor.inspection import Graph, Node
from harness.doctor.migration_source import calls, migration_class
from harness.doctor.registry import rule
from harness.doctor.source import Function, functions
from harness.doctor.trouble import Trouble

DOCS = "https://docs.djangoproject.com/en/stable"


MISSING_ROW = re.compile(r"(\w+) matching query does not exist")


SYNTAX = re.compile(
    r"syntax error|error in your SQL syntax|no such function|unrecognized token|incomplete input", re.IGNORECASE
)


DIALECTS = {
    "mysql": re.compile(r"ENGINE\s*=|AUTO_INCREMENT|`|CHARSET", re.IGNORECASE),
    "sqlite": re.compile(r"PRAGMA|AUTOINCREMENT|sqlite_", re.IGNORECASE),
}


AFTER_MIGRATING = {
    "Permission": (
        "from django.contrib.auth.management import create_permissions",
        "create_permissions(config, apps={apps}, verbosity=0)",
    ),
    "ContentType": (
        "from django.contrib.contenttypes.management import create_contenttypes",
        "create_contenttypes(config, apps={apps}, verbosity=0)",
    ),
}
"""Models whose rows a post_migrate receiver makes, with what makes them in time."""


def applied(case: Case) -> Iterator[tuple[Graph, Trouble, Node]]:
    """Yield the failures that arose while one of the project's migrations was applied, with that migration."""
    graph = case.inspection.graph if case.inspection else None
    for trouble in case.troubles if graph is not None else ():
        node = graph.node(trouble.migration) if graph is not None and trouble.migration else None
        if graph is not None and node is not None and node.file:
            yield graph, trouble, node


def run_functions(case: Case, path: str) -> tuple[Function, ...]:
    """Return the functions of a migration that RunPython is given."""
    names = {ast.unparse(call.args[0]) for call in calls(case, path, "RunPython") if call.args}
    return tuple(item for item in functions(case.tree, path) if item.name in names and not item.owner)


@rule(
    "runpython-needs-post-migrate-data",
    title="a data migration needs rows that are only made after all migrations",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/ref/signals/#post-migrate",
)
def runpython_needs_post_migrate_data(case: Case) -> Iterator[Clue]:
    """Permissions and content types are made by post_migrate; on a fresh database they are not there yet."""
    for _, trouble, node in applied(case):
        said = MISSING_ROW.search(trouble.words)
        made = AFTER_MIGRATING.get(said[1]) if said else None
        if said is None or made is None:
            continue
        frame = next((item for item in reversed(trouble.frames) if item.file == node.file), None)
        own = run_functions(case, node.file)
        function = next(
            (item for item in own if frame and item.line <= frame.line <= item.last_line), next(iter(own), None)
        )
        yield Clue(
            path=node.file,
            line=frame.line if frame else 0,
            evidence=f"{node.app}.{node.name} fetches a {said[1]}. Those are made by the signal post_migrate, after "
            "all "
            "migrations: on a fresh database there is none yet.",
            fix=Fix(
                words="make them in the migration first, or do this in a post_migrate receiver",
                changes=(_made_in_time(case, function, *made),) if function is not None and function.params else (),
            ),
            is_explaining=True,
        )
        return


def _made_in_time(case: Case, function: Function, statement: str, call: str) -> Change:
    apps, first = function.params[0], function.node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(function.node.body) > 1:
        first = function.node.body[1]
    pad = " " * first.col_offset
    lines = [
        statement,
        "",
        f"for config in {apps}.get_app_configs():",
        "    config.models_module = True  # without it, the app is passed over",
        f"    {call.format(apps=apps)}",
        "    config.models_module = None",
    ]
    text = "".join(f"{pad}{line}\n" if line else "\n" for line in lines)
    return Patch(tree=case.tree, path=function.path).before_line(first.lineno, text).change()


def _guarded_function(case: Case, function: Function, vendor: str) -> tuple[Change, ...]:
    if len(function.params) < 2:
        return ()
    first = function.node.body[0]
    pad = " " * first.col_offset
    text = f'{pad}if {function.params[1]}.connection.vendor != "{vendor}":\n{pad}    return\n'
    return (Patch(tree=case.tree, path=function.path).before_line(first.lineno, text).change(),)


def _guarded_sql(case: Case, path: str, call: ast.Call, vendor: str) -> tuple[Change, ...]:
    owner, words = migration_class(case, path), {item.arg: item.value for item in call.keywords}
    sql = call.args[0] if call.args else words.get("sql")
    if owner is None or sql is None or "state_operations" in words:
        return ()
    back = call.args[1] if len(call.args) > 1 else words.get("reverse_sql")
    name = f"only_on_{vendor}"
    reverse = "migrations.RunPython.noop"
    if back is not None and not ast.unparse(back).endswith("noop"):
        reverse = f"{name}({ast.get_source_segment(case.tree.text(path), back)})"
    source = ast.get_source_segment(case.tree.text(path), sql)
    patch = Patch(tree=case.tree, path=path)
    patch.replace(call, f"migrations.RunPython({name}({source}), {reverse})")
    if f"def {name}(" not in patch.text:
        first = min([owner.lineno, *(item.lineno for item in owner.decorator_list)])
        patch.before_line(
            first,
            f"def {name}(sql):\n"
            "    def run(apps, schema_editor):\n"
            f'        if schema_editor.connection.vendor == "{vendor}":\n'
            "            for statement in [sql] if isinstance(sql, str) else sql:\n"
            "                schema_editor.execute(statement, params=None)\n\n"
            "    return run\n\n\n",
        )
    return (patch.change(),)


@rule(
    "vendor-specific-runsql",
    title="a migration's SQL is for another kind of database",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/ref/migration-operations/#runsql",
)
def vendor_specific_runsql(case: Case) -> Iterator[Clue]:
    """The settings in force use another database than the one that the SQL was written for."""
    for _, trouble, node in applied(case):
        entry = case.database(trouble.alias or "default")
        if entry is None or not SYNTAX.search(trouble.words):
            continue
        frame = next((item for item in reversed(trouble.frames) if item.file == node.file), None)
        function = next(
            (item for item in functions(case.tree, node.file) if frame and item.line <= frame.line <= item.last_line),
            None,
        )
        own = calls(case, node.file, "RunSQL")
        call = next((item for item in own if _is_of(item, trouble.sql)), next(iter(own), None))
        if function is None and call is None:
            continue
        meant = next((name for name, words in DIALECTS.items() if words.search(trouble.sql)), "postgresql")
        if meant == entry.vendor:
            meant = "postgresql" if entry.vendor != "postgresql" else "sqlite"
        if function is not None:
            line, changes = frame.line if frame else function.line, _guarded_function(case, function, meant)
        else:
            assert call is not None
            line, changes = call.lineno, _guarded_sql(case, node.file, call, meant)
        yield Clue(
            path=node.file,
            line=line,
            evidence=f"{node.app}.{node.name} runs SQL that {entry.vendor} does not understand ({trouble.message}); "
            "the settings "
            f"in force use {entry.engine}.",
            fix=Fix(
                words=f"run it only where schema_editor.connection.vendor is '{meant}', or test on that database",
                changes=changes,
            ),
            is_explaining=True,
            confidence=Confidence.HIGH if meant != entry.vendor else Confidence.MEDIUM,
        )
        return


def _is_of(call: ast.Call, sql: str) -> bool:
    """Tell whether a statement comes from a call's strings."""
    wanted = " ".join(sql.split())
    texts = [
        " ".join(item.value.split())
        for item in ast.walk(call)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
    return bool(wanted) and any(text and (text in wanted or wanted in text) for text in texts)

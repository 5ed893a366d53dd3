"""Causes that lie in what a migration's code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.choice import dotted
from harness.doctor.columns import model_of_column
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Confidence, Depth, Fix
from harness.doctor.history import ancestors, play
from harness.doctor.inspection import Graph, Model, Node
from harness.doctor.installed import absolute
from harness.doctor.migration_source import calls, migration_class, walk
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


def _run_functions(case: Case, path: str) -> tuple[Function, ...]:
    """Return the functions of a migration that RunPython is given."""
    names = {ast.unparse(call.args[0]) for call in calls(case, path, "RunPython") if call.args}
    return tuple(item for item in functions(case.tree, path) if item.name in names and not item.owner)


def _imports(case: Case, path: str, model: Model) -> Iterator[ast.ImportFrom]:
    """Yield the statements that import a model's class into a migration."""
    module = dotted(path, case.roots)
    for node in walk(case, path):
        if not isinstance(node, ast.ImportFrom) or not any(item.name == model.name for item in node.names):
            continue
        source = absolute("." * node.level + (node.module or ""), module, path)
        if source == model.module or model.module.startswith(f"{source}."):
            yield node


def _historical(case: Case, path: str, model: Model) -> tuple[Change, ...]:
    """Return the change that lets a migration ask for the model as it was then."""
    patch = Patch(tree=case.tree, path=path)
    asked = f'apps.get_model("{model.app}", "{model.name}")'
    own = _run_functions(case, path)
    for node in _imports(case, path, model):
        rest = [ast.unparse(item) for item in node.names if item.name != model.name]
        name = next(item.asname or item.name for item in node.names if item.name == model.name)
        source = "." * node.level + (node.module or "")
        kept = f"from {source} import {', '.join(rest)}" if rest else ""
        function = next((item for item in own if item.line < node.lineno <= item.last_line), None)
        if function is not None and function.params:
            text = f"{name} = {asked.replace('apps', function.params[0], 1)}"
            patch.replace(node, f"{text}\n{' ' * node.col_offset}{kept}" if kept else text)
            continue
        if kept:
            patch.replace(node, kept)
        else:
            patch.remove_lines(node.lineno, node.end_lineno or node.lineno)
        for item in own:
            if item.params and item.mentions(name):
                first = item.node.body[0]
                text = f"{name} = {asked.replace('apps', item.params[0], 1)}"
                patch.before_line(first.lineno, f"{' ' * first.col_offset}{text}\n")
    change = patch.change()
    return (change,) if change.after != change.before else ()


@rule(
    "runpython-real-model",
    title="a data migration uses the model as it is today",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/topics/migrations/#historical-models",
)
def runpython_real_model(case: Case) -> Iterator[Clue]:
    """The class has today's fields; on a fresh database the table has only those of that moment."""
    for graph, trouble, node in applied(case):
        model = model_of_column(case, trouble) if trouble.column else None
        if trouble.table and case.inspection is not None:
            model = case.inspection.model_of_table(trouble.table)
            maker = play(graph).maker(trouble.table)
            # what comes later cannot be depended on; what is merely unordered is another cause
            if maker is None or node.key not in ancestors(graph, maker):
                continue
        statement = next(_imports(case, node.file, model), None) if model is not None else None
        called = _calls_with_real_model(graph, trouble, node, model) if model is not None else None
        if model is None or (statement is None and called is None):
            continue
        lacking = f"table {trouble.table}" if trouble.table else f"column {trouble.column} of {model.table}"
        how = f"imports {model.name} from {model.module}"
        if statement is None and called is not None:
            how = f"uses {model.name} of {model.module}" + (f" through {called[1]}" if called[1] else "")
        yield Clue(
            path=node.file,
            line=statement.lineno if statement is not None else called[0] if called is not None else 0,
            evidence=f"{node.app}.{node.name} {how}: that is today's class, and {lacking} is made by a later "
            "migration.",
            fix=Fix(
                words=f"ask for the model of that moment: apps.get_model('{model.app}', '{model.name}')",
                changes=_historical(case, node.file, model),
            ),
            is_explaining=True,
        )
        return


def _calls_with_real_model(graph: Graph, trouble: Trouble, node: Node, model: Model) -> tuple[int, str] | None:
    """Return the migration's line, and the place it leads to, where a later migration adds what its code asks for.

    A model of that moment has no such column, so the code got hold of today's class in some other way than by an
    import in the migration: get_user_model(), a helper elsewhere.
    """
    known = play(graph).models.get((model.app, model.name.lower()))
    column = trouble.column.lower()
    added = {key for name, key in known.fields if column in (name.lower(), f"{name}_id".lower())} if known else set()
    by_key = {item.key: item for item in graph.nodes}
    before = ancestors(graph, node)
    own = [frame for frame in trouble.frames if frame.file == node.file]
    if not column or not own or not any(key in by_key and key not in before and key != node.key for key in added):
        return None
    inner = trouble.frames[-1]
    return own[-1].line, f"{inner.file}:{inner.line}" if inner.file != node.file else ""


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
        own = _run_functions(case, node.file)
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

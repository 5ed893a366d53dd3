"""The cause that a data migration uses today's models."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.choice import dotted
from harness.doctor.columns import model_of_column
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.history import ancestors, play
from harness.doctor.inspection import Graph, Model, Node
from harness.doctor.installed import absolute
from harness.doctor.migration_source import walk
from harness.doctor.registry import rule
from harness.doctor.rules.migration_code import applied, run_functions
from harness.doctor.trouble import Trouble

DOCS = "https://docs.djangoproject.com/en/stable"


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
    own = run_functions(case, path)
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
    settings = case.inspection.settings if case.inspection else None
    if settings is not None and settings.auth_user_model.lower() == f"{model.app}.{model.name}".lower():
        for item in own:
            for call in ast.walk(item.node) if item.params else ():
                if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "get_user_model":
                    patch.replace(call, asked.replace("apps", item.params[0], 1))
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

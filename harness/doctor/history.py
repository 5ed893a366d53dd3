"""What the migrations on disk make of each model and table, played through in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from harness.doctor.inspection import Graph, Key, Node, Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHistory:
    """A model as the migrations leave it in Django's state."""

    app: str
    name: str
    table: str
    created_by: Node
    is_state_only: bool  # its CreateModel makes no table
    was_managed: bool  # when it was created
    is_managed: bool
    managed_by: Node | None = None  # the migration that changed that
    fields: tuple[tuple[str, Key], ...] = ()  # those that were added later, with the migration that did


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The models by (label, name in lower case), and the tables and views that are really made, by whom."""

    models: dict[Key, ModelHistory] = field(default_factory=dict)
    made: dict[str, Node] = field(default_factory=dict)

    def of_table(self, table: str) -> ModelHistory | None:
        """Return the model of a table, whatever its letters' case."""
        wanted = table.lower()
        return next((item for item in self.models.values() if item.table.lower() == wanted), None)

    def maker(self, table: str) -> Node | None:
        """Return the migration that really makes a table or view; None if none does."""
        return self.made.get(_plain(table))


def ordered(graph: Graph) -> tuple[Node, ...]:
    """Return the migrations so that each comes after what it depends on."""
    by_key = {node.key: node for node in graph.nodes}
    done: dict[Key, Node] = {}
    after: dict[Key, list[Key]] = {}
    for node in graph.nodes:
        for key in node.run_before:
            after.setdefault(key, []).append(node.key)

    def visit(key: Key, above: frozenset[Key]) -> None:
        node = by_key.get(key)
        if node is None or key in done or key in above:
            return
        for item in (*node.dependencies, *after.get(key, ())):
            visit(item, above | {key})
        done[key] = node

    for key in sorted(by_key):
        visit(key, frozenset())
    return tuple(done.values())


def ancestors(graph: Graph, node: Node) -> frozenset[Key]:
    """Return what a migration depends on, through whatever others; a dependency on "__first__" counts as it is."""
    by_key = {item.key: item for item in graph.nodes}
    found: set[Key] = set()
    todo = [*node.dependencies]
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo += by_key[key].dependencies if key in by_key else ()
    return frozenset(found)


def play(graph: Graph) -> History:
    """Return what all migrations together make; those that a squashed one replaces do not count twice."""
    history = History()
    replaced = {key for node in graph.nodes for key in node.replaces}
    for node in ordered(graph):
        if node.key in replaced:
            continue
        for operation, is_state, is_database in operations(node):
            if is_state:
                _play_state(history, node, operation, is_database=is_database)
            if is_database:
                _play_database(history, node, operation)
    return history


def operations(node: Node) -> Iterator[tuple[Operation, bool, bool]]:
    """Yield each operation, with whether it counts for Django's state, and whether it counts for the database."""
    for operation in node.operations:
        if operation.kind == "SeparateDatabaseAndState":
            for inner in operation.within():
                yield inner, inner.is_state_only, not inner.is_state_only
        else:
            yield operation, True, True


def _play_state(history: History, node: Node, operation: Operation, *, is_database: bool) -> None:
    key = (node.app, operation.model.lower())
    known = history.models.get(key)
    match operation.kind:
        case "CreateModel":
            history.models[key] = ModelHistory(
                app=node.app,
                name=operation.model,
                table=operation.table,
                created_by=node,
                is_state_only=not is_database,
                was_managed=operation.managed is not False,
                is_managed=operation.managed is not False,
            )
        case "DeleteModel":
            history.models.pop(key, None)
        case "RenameModel" if known is not None:
            del history.models[key]
            new = operation.renames_to
            table = f"{node.app}_{new.lower()}" if known.table == f"{node.app}_{known.name.lower()}" else known.table
            if is_database and table != known.table:
                _rename(history, known.table, table, node)
            history.models[node.app, new.lower()] = replace(known, name=new, table=table)
        case "AlterModelTable" if known is not None:
            table = operation.table or f"{node.app}_{known.name.lower()}"
            if is_database:
                _rename(history, known.table, table, node)
            history.models[key] = replace(known, table=table)
        case "AlterModelOptions" if known is not None:
            is_managed = operation.managed is not False  # without the option a model is managed
            if is_managed != known.is_managed:
                history.models[key] = replace(known, is_managed=is_managed, managed_by=node)
        case "AddField" if known is not None:
            history.models[key] = replace(known, fields=(*known.fields, (operation.field, node.key)))
        case _:
            pass


def _play_database(history: History, node: Node, operation: Operation) -> None:
    match operation.kind:
        case "CreateModel" if operation.managed is not False:
            history.made[_plain(operation.table)] = node
        case "DeleteModel":
            history.made.pop(_plain(f"{node.app}_{operation.model}"), None)
        case "RunSQL":
            for name in operation.creates:
                history.made[_plain(name)] = node
        case _:
            pass


def _rename(history: History, old: str, new: str, node: Node) -> None:
    if history.made.pop(_plain(old), None) is not None:
        history.made[_plain(new)] = node


def _plain(table: str) -> str:
    """Return a name as it is compared: in lower case, without the schema before it."""
    return table.lower().replace('"', "").replace("`", "")

"""Migrations are played through in their order: what Django's state has, what is really made."""

from __future__ import annotations

from harness.doctor.history import ancestors, ordered, play
from harness.doctor.inspection import Graph, Node, Operation


def operation(kind, model="", **more):
    """Return an operation, plain where nothing else is said."""
    plain = {
        "table": "",
        "sql": "",
        "is_state_only": False,
        "creates": (),
        "inner": (),
        "field": "",
        "references": (),
        "managed": None,
        "renames_to": "",
    }
    return Operation(kind=kind, model=model, **(plain | more))


def node(app, name, *operations, after=()):
    """Return a migration."""
    return Node(
        app=app,
        name=name,
        file=f"{app}/migrations/{name}.py",
        dependencies=tuple(after),
        run_before=(),
        replaces=(),
        is_atomic=True,
        operations=operations,
    )


def graph(*nodes):
    """Return a graph without errors."""
    return Graph(errors=(), nodes=nodes, conflicts=(), missing=())


def test_a_dependency_comes_first():
    """Whatever the names' order."""
    late = node("a", "0001_initial", after=[("b", "0001_initial")])
    early = node("b", "0001_initial")
    assert ordered(graph(late, early)) == (early, late)
    assert ancestors(graph(late, early), late) == {("b", "0001_initial")}


def test_a_renamed_table_is_known_by_its_last_name():
    """And the migration that renamed it is what makes it."""
    first = node("shop", "0001", operation("CreateModel", "Item", table="shop_item", managed=True))
    second = node("shop", "0002", operation("AlterModelTable", "item", table="goods"), after=[first.key])
    history = play(graph(first, second))
    assert history.maker("goods") == second
    assert history.maker("shop_item") is None
    known = history.of_table("goods")
    assert known is not None
    assert known.created_by == first


def test_options_without_managed_make_a_model_managed():
    """As Django reads AlterModelOptions; its table is made by nobody."""
    first = node("shop", "0001", operation("CreateModel", "Item", table="old", managed=False))
    second = node("shop", "0002", operation("AlterModelOptions", "item"), after=[first.key])
    known = play(graph(first, second)).of_table("old")
    assert known is not None
    assert (known.was_managed, known.is_managed, known.managed_by) == (False, True, second)
    assert play(graph(first, second)).maker("old") is None


def test_what_a_squashed_migration_replaces_counts_once():
    """The squashed one makes the table."""
    first = node("shop", "0001", operation("CreateModel", "Item", table="shop_item", managed=True))
    squashed = Node(
        app="shop",
        name="0001_squashed",
        file="",
        dependencies=(),
        run_before=(),
        replaces=(first.key,),
        is_atomic=True,
        operations=first.operations,
    )
    assert play(graph(first, squashed)).maker("shop_item") == squashed

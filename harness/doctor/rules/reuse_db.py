"""Causes that lie in a test database that an earlier run left behind."""

from __future__ import annotations

from collections.abc import Iterator

from harness.doctor.case import Case, Kind
from harness.doctor.columns import model_of_column
from harness.doctor.finding import Clue, Depth, Fix
from harness.doctor.flags import Given, given
from harness.doctor.history import play
from harness.doctor.inspection import Model, Node
from harness.doctor.registry import rule
from harness.doctor.trouble import Trouble

REUSE = (
    "https://pytest-django.readthedocs.io/en/latest/database.html#reuse-db-reuse-the-testing-database-between-test-runs"
)


def reusing(case: Case) -> Given | None:
    """Return the flag that keeps the test database between runs, None if there is none."""
    if case.is_pytest:
        return given(case, "--reuse-db") if case.pytest.is_reusing else None
    if case.command.kind is Kind.MANAGE and case.command.args[:1] == ("test",):
        return given(case, "--keepdb")
    return None


def anew(case: Case) -> Fix:
    """Return the fix: have the test database made again, once."""
    names = sorted({item.name for item in case.run.databases}) if case.run is not None else []
    what = f"the test database ({', '.join(names)})" if names else "the test database"
    if not case.is_pytest:
        kept = tuple(word for word in case.command.args if word != "--keepdb")
        return Fix(
            words=f"run once without --keepdb: {what} is made anew",
            commands=(("python", "{manage}", *kept, "--noinput"),),
        )
    kept = tuple(word for word in case.command.args if word != "--reuse-db")
    # --setup-only: the database is what is wanted, other failures of the tests must not stop it
    command = ("python", "-m", "pytest", *kept, "--create-db", "--setup-only")
    return Fix(words=f"run once with --create-db: {what} is made anew", commands=(command,))


def _recorded(case: Case, node: Node, alias: str) -> bool:
    """Tell whether the kept database says that it has a migration."""
    seen = case.run.databases if case.run is not None else ()
    return any(f"{node.app}.{node.name}" in item.applied for item in seen if alias in ("", item.alias))


def _edited(case: Case, trouble: Trouble) -> tuple[Model, Node] | None:
    """Return the model whose table or column is missing and the recorded migration that would make it."""
    inspection = case.inspection
    if inspection is None or inspection.graph is None:
        return None
    model = inspection.model_of_table(trouble.table) if trouble.table else model_of_column(case, trouble)
    known = play(inspection.graph).of_table(model.table) if model is not None else None
    if model is None or known is None:
        return None
    node = known.created_by
    if not trouble.table:
        names = {trouble.column, trouble.column.removesuffix("_id")}
        later = [key for name, key in known.fields if name in names]
        node = inspection.graph.node(".".join(later[-1])) if later else node  # type: ignore[assignment]
        changes = inspection.changes.items if inspection.changes is not None else ()
        if any(item.app == model.app and item.field in names for item in changes):
            return None  # no migration makes it: a fresh database would lack it, too
    elif known.is_state_only or not known.was_managed:
        return None
    return (model, node) if node is not None and _recorded(case, node, trouble.alias) else None


@rule(
    "reuse-db-edited-migration",
    title="the kept test database has recorded a migration that was edited afterwards",
    depth=Depth.LEFT_OVER,
    link=REUSE,
)
def reuse_db_edited_migration(case: Case) -> Iterator[Clue]:
    """A migration that a kept database has recorded is not applied again, whatever it says now."""
    flag = reusing(case)
    if flag is None or not case.pytest.is_migrating:
        return
    for trouble in case.troubles:
        found = _edited(case, trouble) if trouble.table or trouble.column else None
        if found is None:
            continue
        model, node = found
        what = f"table {model.table}" if trouble.table else f"column {trouble.column} of {model.table}"
        yield Clue(
            path=flag.path,
            line=flag.line,
            setting=flag.flag,
            evidence=f"{flag.flag} ({flag.where}) keeps a test database that has recorded {node.app}.{node.name} as "
            "applied, "
            f"but lacks {what}, which {node.file or node.name} makes: it was edited after it had been applied there.",
            fix=anew(case),
            is_explaining=True,
        )
        return


@rule(
    "reuse-db-inconsistent-history",
    title="the kept test database has applied a migration before one that it depends on now",
    depth=Depth.LEFT_OVER,
    link=REUSE,
)
def reuse_db_inconsistent_history(case: Case) -> Iterator[Clue]:
    """`migrate` refuses a database whose record contradicts the migrations' dependencies."""
    flag = reusing(case)
    for trouble in case.troubles if flag is not None else ():
        if flag is None or "InconsistentMigrationHistory" not in trouble.words:
            continue
        yield Clue(
            path=flag.path,
            line=flag.line,
            setting=flag.flag,
            evidence=f"{flag.flag} ({flag.where}) keeps a test database of an earlier state: "
            f"{trouble.message.rstrip('.')}.",
            fix=anew(case),
            is_explaining=True,
        )
        return


@rule(
    "reuse-db-no-migrations-new-column",
    title="the kept test database was made without migrations, so nothing adds new columns to it",
    depth=Depth.LEFT_OVER,
    link=REUSE,
)
def reuse_db_no_migrations_new_column(case: Case) -> Iterator[Clue]:
    """Without migrations Django makes tables that are missing and never alters one that is there."""
    flag = reusing(case)
    unmigrated = case.inspection.graph.unmigrated if case.inspection and case.inspection.graph else ()
    for trouble in case.troubles if flag is not None else ():
        model = model_of_column(case, trouble) if trouble.column else None
        if flag is None or model is None or (case.pytest.is_migrating and model.app not in unmigrated):
            continue
        why = given(case, "--no-migrations", "--nomigrations")
        because = f"{why.flag} ({why.where})" if why is not None else f"app {model.app} has no migrations"
        yield Clue(
            path=flag.path,
            line=flag.line,
            setting=flag.flag,
            evidence=f"{flag.flag} ({flag.where}) keeps a test database in which {model.table} has no column "
            f"{trouble.column}; "
            f"{because}: tables that are there are never altered.",
            fix=anew(case),
            is_explaining=True,
        )
        return

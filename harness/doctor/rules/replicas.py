"""Causes that lie in which database a test reads and writes: replicas, and aliases that it does not list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor import entries, marks
from harness.doctor.case import Case
from harness.doctor.finding import Clue, Depth, Fix
from harness.doctor.inspection import Model
from harness.doctor.registry import rule
from harness.doctor.requests import place_of
from harness.doctor.rules.databases import DJANGO, settings_of
from harness.doctor.trouble import Trouble

ROWS = ("DoesNotExist", "AssertionError", "Failed", "IndexError", "TypeError", "AttributeError")
"""What a test raises that finds no rows where it expects some."""


def models_in(case: Case, trouble: Trouble) -> tuple[Model, ...]:
    """Return the models that a failure is about: its table's, else those that its words or its frames' lines name."""
    known = case.inspection.models if case.inspection else ()
    if trouble.table:
        found = case.inspection.model_of_table(trouble.table) if case.inspection else None
        return (found,) if found is not None else ()
    told = trouble.words + trouble.sql
    lines = "\n".join(_function_text(case, trouble))
    return tuple(
        model
        for model in known
        if re.search(rf"\b({re.escape(model.name)}|{re.escape(model.table)})\b", told + lines)
        and not model.is_auto_created
    )


def _function_text(case: Case, trouble: Trouble) -> Iterator[str]:
    place = place_of(case, trouble)
    if place is not None:
        yield ast.unparse(place.function.node)


def is_replica(case: Case, alias: str, source: str) -> bool:
    """Tell whether an alias is read as a copy of another one: of all apps, or of the same database elsewhere."""
    one, other = case.database(alias), case.database(source)
    if one is not None and other is not None and one.name == other.name and one.vendor != "sqlite":
        return True
    models = case.inspection.models if case.inspection else ()
    read = {model.app for model in models if model.read == alias and model.write != alias}
    return len(read) > 1 or read == {model.app for model in models}


@rule(
    "replica-without-mirror",
    title="a read replica without TEST MIRROR: in tests it is a database of its own",
    depth=Depth.SETTINGS,
    link=f"{DJANGO}/topics/testing/advanced/#testing-primary-replica-configurations",
)
def replica_without_mirror(case: Case) -> Iterator[Clue]:
    """Reads go to an alias that nothing is written to; only TEST MIRROR makes it the same database in tests."""
    for trouble in case.troubles:
        for model in models_in(case, trouble):
            alias = trouble.alias if trouble.table and trouble.alias else model.read
            entry = case.database(alias)
            is_rows = trouble.type in ROWS and not trouble.table
            if entry is None or alias == model.write or entry.test_mirror or not (trouble.table or is_rows):
                continue
            if not is_replica(case, alias, model.write):
                continue
            path, line, change = entries.with_item(case, (alias, "TEST", "MIRROR"), f'"{model.write}"')
            yield Clue(
                path=path,
                line=line,
                setting=entries.label(alias, "TEST", "MIRROR"),
                evidence=f"{model.app}.{model.name} is written to '{model.write}' and read from '{alias}', which in "
                "tests is a "
                "database of its own because its TEST has no MIRROR: "
                + (f"{trouble.table} is not there." if trouble.table else "what a test writes is not there."),
                fix=Fix(
                    words=f"set {entries.label(alias, 'TEST')} = {{'MIRROR': '{model.write}'}}",
                    changes=(change,) if change else (),
                ),
                is_explaining=True,
            )
            return


@rule(
    "replica-mirror-needs-transaction",
    title="a mirrored replica does not see the open transaction of a test",
    depth=Depth.TEST,
    link=f"{DJANGO}/topics/testing/advanced/#testing-primary-replica-configurations",
)
def replica_mirror_needs_transaction(case: Case) -> Iterator[Clue]:
    """The mirror is a second connection: it sees, or is not locked out by, only what has been committed."""
    found: list[tuple[Trouble, marks.Site, str]] = []
    for trouble in case.troubles:
        is_locked = "is locked" in trouble.words
        if not is_locked and trouble.type not in ROWS:
            continue
        aliases = [trouble.alias] if is_locked and trouble.alias else [model.read for model in models_in(case, trouble)]
        alias = next((item for item in aliases if (entry := case.database(item)) and entry.test_mirror), "")
        site = marks.site_of(case, trouble) if alias else None
        if site is not None and not site.is_transactional:
            found.append((trouble, site, alias))
    if not found:
        return
    trouble, site, alias = found[0]
    yield Clue(
        path=site.path,
        line=site.line,
        evidence=f"the test runs in a transaction that is never committed, and '{alias}', the mirror of "
        f"'{getattr(case.database(alias), 'test_mirror', '')}', is a second connection, which does not see it: "
        f"{trouble.message}.",
        fix=Fix(
            words="let the test commit: django_db(transaction=True), or a TransactionTestCase",
            changes=marks.changed(case, [(item, {"transaction": "True"}) for _, item, _ in found]),
        ),
        is_explaining=True,
    )


def _is_of_another(trouble: Trouble, site: marks.Site) -> bool:
    """Tell whether a class refuses that is not this test's: one that an earlier test has left in force."""
    return "PytestDjangoTestCase" in trouble.words and isinstance(site.node, ast.ClassDef)


NOT_ALLOWED = re.compile(r"to '([^']+)' are not allowed in this test")


@rule(
    "second-db-not-in-mark",
    title="a test queries a database that it does not list",
    depth=Depth.TEST,
    link="https://pytest-django.readthedocs.io/en/latest/database.html#tests-requiring-multiple-databases",
)
def second_db_not_in_mark(case: Case) -> Iterator[Clue]:
    """Without `databases` a test may use default only; a router sends some models elsewhere."""
    needed: dict[tuple[str, int], tuple[marks.Site, list[str]]] = {}
    for trouble in case.troubles:
        said = NOT_ALLOWED.search(trouble.words)
        site = marks.site_of(case, trouble) if said else None
        known = marks.databases(site) if site is not None else None
        if said is None or site is None or known is None or said[1] in known or _is_of_another(trouble, site):
            continue
        aliases = needed.setdefault(site.key, (site, [*known]))[1]
        aliases += [said[1], *(model.write for model in models_in(case, trouble) if model.read == said[1])]
    if not needed:
        return
    site, aliases = next(iter(needed.values()))
    known = marks.databases(site) or ()
    new = [alias for alias in dict.fromkeys(aliases) if alias not in known]
    routers = settings_of(case)
    sender = f" ({', '.join(routers.routers)} sends queries there)" if routers and routers.routers else ""
    yield Clue(
        path=site.path,
        line=site.line,
        evidence=f"the test queries {', '.join(repr(alias) for alias in new)}{sender}, but lists {', '.join(known)} "
        "only: other "
        "databases are refused, and not set up for it.",
        fix=Fix(
            words=f"list them: databases={marks.listed(aliases)}",
            changes=marks.changed(
                case, [(item, {"databases": marks.listed(names)}) for item, names in needed.values()]
            ),
        ),
        is_explaining=True,
    )

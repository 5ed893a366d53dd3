"""Causes that PostgreSQL alone knows: schemas, extensions, roles, transactions around indexes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor import entries
from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change, Clue, Depth, Fix
from harness.doctor.history import operations, ordered, play
from harness.doctor.inspection import Model, Node
from harness.doctor.migration_source import line_with, migration_class, prepend_operation, walk
from harness.doctor.registry import rule
from harness.doctor.rules.migration_code import applied
from harness.doctor.rules.model_tables import is_own, line_in_class
from harness.doctor.source import functions, is_of_tests
from harness.doctor.trouble import Trouble

DOCS = "https://docs.djangoproject.com/en/stable"
IN_TRANSACTION = re.compile(r"cannot (?:run inside|be executed (?:inside|from)) a transaction|set atomic = False", re.IGNORECASE)
NO_CREATEDB = re.compile(r"permission denied to create database", re.IGNORECASE)
NO_SCHEMA = re.compile(r'schema "([^"]+)" does not exist')
NOWHERE = re.compile(r"no schema has been selected to create in")
LACKING = re.compile(
    r"(?:type|operator class|text search (?:configuration|dictionary)|function|access method) \"?([\w.]+)\"?"
    r"(?:\([^)]*\))? (?:does not exist|for access method)"
)
EXTENSIONS = {
    "citext": "citext",
    "hstore": "hstore",
    "ltree": "ltree",
    "lquery": "ltree",
    "cube": "cube",
    "isbn": "isn",
    "vector": "vector",
    "geometry": "postgis",
    "geography": "postgis",
    "raster": "postgis_raster",
    "gin_trgm_ops": "pg_trgm",
    "gist_trgm_ops": "pg_trgm",
    "similarity": "pg_trgm",
    "word_similarity": "pg_trgm",
    "show_trgm": "pg_trgm",
    "unaccent": "unaccent",
    "uuid_generate_v1": "uuid-ossp",
    "uuid_generate_v4": "uuid-ossp",
    "crypt": "pgcrypto",
    "digest": "pgcrypto",
    "gen_salt": "pgcrypto",
    "bloom": "bloom",
    "earth": "earthdistance",
    "ll_to_earth": "earthdistance",
    "levenshtein": "fuzzystrmatch",
    "soundex": "fuzzystrmatch",
    "crosstab": "tablefunc",
}
"""What an extension brings, and its name. Operator classes of btree_gin and btree_gist are named by their types."""
OPERATIONS = {
    "CITextExtension": "citext",
    "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent",
    "CryptoExtension": "pgcrypto",
    "BloomExtension": "bloom",
    "BtreeGinExtension": "btree_gin",
    "BtreeGistExtension": "btree_gist",
    "VectorExtension": "vector",
}
FIELDS = {"CITextField": "citext", "CICharField": "citext", "CIEmailField": "citext", "HStoreField": "hstore"}


@rule(
    "postgres-concurrent-index-atomic",
    title="a migration does in a transaction what PostgreSQL only does outside of one",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/ref/contrib/postgres/operations/#concurrent-index-operations",
)
def postgres_concurrent_index_atomic(case: Case) -> Iterator[Clue]:
    """CREATE INDEX CONCURRENTLY and its like need `atomic = False` on the migration."""
    for _, trouble, node in applied(case):
        owner = migration_class(case, node.file)
        if not node.is_atomic or not IN_TRANSACTION.search(trouble.words) or owner is None:
            continue
        first = owner.body[0]
        if isinstance(first, ast.Expr) and len(owner.body) > 1:
            first = owner.body[1]
        text = f"{' ' * first.col_offset}atomic = False\n"
        patch = Patch(tree=case.tree, path=node.file).before_line(first.lineno, text)
        yield Clue(
            path=node.file,
            line=line_with(case, node.file, "concurrently") or _line_of_call(case, node) or owner.lineno,
            evidence=f"{node.app}.{node.name} runs in a transaction (atomic is not False): {trouble.message.splitlines()[0]}.",
            fix=Fix(words="set atomic = False on the migration", changes=(patch.change(),)),
            is_explaining=True,
        )
        return


def _line_of_call(case: Case, node: Node) -> int:
    lines = [
        item.lineno
        for item in walk(case, node.file)
        if isinstance(item, ast.Call) and ast.unparse(item.func).endswith("Concurrently")
    ]
    return min(lines, default=0)


# ---------------------------------------------------------------- schemas


@rule(
    "postgres-db-table-with-schema",
    title="a model's table lies in a schema that no migration creates",
    depth=Depth.MIGRATIONS,
    link="https://www.postgresql.org/docs/current/ddl-schemas.html",
)
def postgres_db_table_with_schema(case: Case) -> Iterator[Clue]:
    """The test database has schema public only; the real one got the other by hand."""
    for trouble in case.troubles:
        said = NO_SCHEMA.search(trouble.words)
        model = _in_schema(case, said[1]) if said else None
        if said is None or model is None:
            continue
        graph = case.inspection.graph if case.inspection else None
        node = graph.node(trouble.migration) if graph and trouble.migration else None
        known = play(graph).of_table(model.table) if graph else None
        node = node or (known.created_by if known else None)
        yield Clue(
            path=model.file,
            line=line_in_class(case, model, "db_table"),
            evidence=f"the table of {model.app}.{model.name} is {model.table}, in schema {said[1]}, and no migration creates that "
            "schema: a test database has only public.",
            fix=Fix(
                words=f"create it first: migrations.RunSQL('CREATE SCHEMA IF NOT EXISTS {said[1]}')",
                changes=_first(case, node, f"migrations.RunSQL('CREATE SCHEMA IF NOT EXISTS \"{said[1]}\"', migrations.RunSQL.noop)"),
            ),
            is_explaining=True,
        )
        return


def _in_schema(case: Case, schema: str) -> Model | None:
    prefix = f'{schema}"."'.lower()
    return next((model for model in case.models if model.table.lower().lstrip('"').startswith(prefix)), None)


def _first(case: Case, node: Node | None, text: str, statement: str = "") -> tuple[Change, ...]:
    """Return the change that puts an operation before all others of a migration."""
    if node is None or not node.file:
        return ()
    patch = Patch(tree=case.tree, path=node.file)
    if not prepend_operation(case, patch, text):
        return ()
    return ((patch.ensure_import(statement) if statement else patch).change(),)


@rule(
    "postgres-schema-not-in-test-db",
    title="search_path names a schema that the test database does not have",
    depth=Depth.SETTINGS,
    link="https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH",
)
def postgres_schema_not_in_test_db(case: Case) -> Iterator[Clue]:
    """Tables are made in the first schema of the search_path that exists, and there is none."""
    for trouble in case.troubles:
        if not NOWHERE.search(trouble.words) and not NO_SCHEMA.search(trouble.words):
            continue
        settings = case.inspection.settings if case.inspection else None
        for entry in settings.databases if settings else ():
            if entry.vendor != "postgresql" or "search_path" not in str(entry.options):
                continue
            if trouble.alias and trouble.alias != entry.alias:
                continue
            item = entries.find(case, entry.alias, "OPTIONS", "options") or entries.find(case, entry.alias, "OPTIONS")
            yield Clue(
                path=item.path if item else next(iter(case.settings_files), ""),
                line=item.line if item else 0,
                setting=entries.label(entry.alias, "OPTIONS"),
                evidence=f"{entries.label(entry.alias, 'OPTIONS')} sets the search_path ({entry.options}); the schema is in the "
                "real database only, so in a fresh test database there is none to make tables in.",
                fix=Fix(
                    words="leave the search_path out of the tests' settings, or have public behind it, or create the schema first",
                    changes=(_with_public(case, item),) if item else (),
                ),
                is_explaining=True,
            )
            return


def _with_public(case: Case, item: entries.Item) -> Change:
    """Return the change that lets public follow in the search_path: where the schema is missing, it takes the tables."""
    patch = Patch(tree=case.tree, path=item.path)
    for node in ast.walk(item.value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "search_path" in node.value:
            value = re.sub(r"(search_path\s*=\s*)([^\s]+)", r"\1\2,public", node.value)
            return patch.replace(node, repr(value).replace("'", '"') if '"' not in value else repr(value)).change()
    return entries.without(case, item)


# ---------------------------------------------------------------- extensions


def _created(case: Case) -> frozenset[str]:
    """Return the extensions that migrations create."""
    graph = case.inspection.graph if case.inspection else None
    found: set[str] = set()
    for node in graph.nodes if graph else ():
        for operation, _, _ in operations(node):
            if operation.kind in OPERATIONS:
                found.add(OPERATIONS[operation.kind])
            found |= {name.strip('"').lower() for name in re.findall(r"extension\s+(?:if\s+not\s+exists\s+)?([\w\"-]+)", operation.sql, re.I)}
        if node.file:
            text = case.tree.text(node.file)
            found |= {name.lower() for name in re.findall(r"CreateExtension\(\s*(?:name\s*=\s*)?[\"']([\w-]+)", text)}
            found |= {name.lower() for name in re.findall(r"create extension (?:if not exists )?\"?([\w-]+)", text, re.IGNORECASE)}
    return frozenset(found)


def _extension_of(trouble: Trouble) -> tuple[str, str]:
    """Return the extension that a failure misses and what of it; empty if it does not tell of any."""
    for name in LACKING.findall(trouble.words):
        plain = name.rpartition(".")[2].lower()
        if plain in EXTENSIONS:
            return EXTENSIONS[plain], name
    found = re.search(r"data type (\w+) has no default operator class for access method \"(gin|gist)\"", trouble.words)
    return (f"btree_{found[2]}", f"{found[1]} in {found[2]}") if found else ("", "")


def _declared(case: Case) -> tuple[str, str]:
    """Return an extension that the models' fields need by their source and no migration creates, and the word for it."""
    made = _created(case)
    for path in case.tree.python():
        text = case.tree.text(path)
        if is_of_tests(path) or "db_type" not in text and "trgm_ops" not in text and not any(name in text for name in FIELDS):
            continue
        for function in functions(case.tree, path):
            for node in ast.walk(function.node) if function.name == "db_type" else ():
                if isinstance(node, ast.Constant) and (name := EXTENSIONS.get(str(node.value).lower(), "")) and name not in made:
                    return name, str(node.value)
        for node in walk(case, path):
            if isinstance(node, ast.Attribute | ast.Name):
                word = node.attr if isinstance(node, ast.Attribute) else node.id
                if word in FIELDS and FIELDS[word] not in made:
                    return FIELDS[word], word
    return "", ""


def _first_user(case: Case, word: str) -> Node | None:
    """Return the first of the project's migrations whose file speaks of a field's class or type."""
    graph = case.inspection.graph if case.inspection else None
    names = {word}
    for path in case.tree.python():
        for node in walk(case, path) if "db_type" in case.tree.text(path) else ():
            if isinstance(node, ast.ClassDef) and any(
                isinstance(item, ast.Constant) and item.value == word for item in ast.walk(node)
            ):
                names.add(node.name)
    for node in ordered(graph) if graph else ():
        if node.file and any(re.search(rf"\b{re.escape(name)}\b", case.tree.text(node.file)) for name in names):
            return node
    return None


@rule(
    "postgres-extension-type-missing",
    title="a column, index or function needs an extension that no migration creates",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/ref/contrib/postgres/operations/#creating-extension-using-migrations",
)
def postgres_extension_type_missing(case: Case) -> Iterator[Clue]:
    """The real database got the extension by hand; the test database, made from template1, does not have it."""
    graph = case.inspection.graph if case.inspection else None
    for trouble in case.troubles:
        extension, word = _extension_of(trouble)
        node = graph.node(trouble.migration) if graph and trouble.migration else None
        if not extension and NO_CREATEDB.search(trouble.words):
            # nothing was migrated yet; what migrating meets next can be read
            extension, word = _declared(case)
            node = _first_user(case, word) if extension else None
            if node is None:
                continue
        if not extension or extension in _created(case) and node is None:
            continue
        node = node or next((item for item in ordered(graph) if item.file), None) if graph else None
        if node is None or not node.file:
            continue
        yield Clue(
            path=node.file,
            line=line_with(case, node.file, word.rpartition(".")[2]),
            evidence=f"{node.app}.{node.name} needs {word}, which extension {extension} brings, and no migration before it "
            "creates that extension; the test database does not have what was installed into the real one by hand.",
            fix=Fix(
                words=f"create it first: CreateExtension('{extension}') as the first operation",
                changes=_first(
                    case,
                    node,
                    f'CreateExtension("{extension}")',
                    "from django.contrib.postgres.operations import CreateExtension",
                ),
            ),
            is_explaining=True,
        )
        return


# ---------------------------------------------------------------- the role


@rule(
    "postgres-no-createdb",
    title="the database's role may not create databases, so there is no test database",
    depth=Depth.SETTINGS,
    link=f"{DOCS}/topics/testing/overview/#the-test-database",
)
def postgres_no_createdb(case: Case) -> Iterator[Clue]:
    """A test database is a new one; making it takes CREATEDB."""
    for trouble in case.troubles:
        said = NO_CREATEDB.search(trouble.words)
        if said is None:
            continue
        settings = case.inspection.settings if case.inspection else None
        known = [item for item in (settings.databases if settings else ()) if item.vendor == "postgresql"]
        entry = next((item for item in known if item.alias == trouble.alias), next(iter(known), None))
        alias = entry.alias if entry else "default"
        item = entries.find(case, alias, "USER")
        role = (entry.user if entry else "") or "the role"
        yield Clue(
            path=item.path if item else next(iter(case.settings_files), ""),
            line=item.line if item else 0,
            setting=entries.label(alias, "USER"),
            evidence=f"role {role} of {entries.label(alias, 'USER')} may not create the test database"
            f"{' ' + entry.test_name if entry and entry.test_name else ''}: {said[0]}.",
            fix=Fix(
                words=f'as a superuser: ALTER ROLE "{role}" CREATEDB; or let the tests use a role that may create databases'
            ),
            is_explaining=True,
        )
        return


# ---------------------------------------------------------------- tables that are made before those they refer to


@rule(
    "unmigrated-app-fk-to-migrated-postgres",
    title="an app without migrations refers to one with migrations, whose tables are made later",
    depth=Depth.MIGRATIONS,
    link=f"{DOCS}/topics/migrations/#unmigrated-dependencies",
)
def unmigrated_app_fk_to_migrated_postgres(case: Case) -> Iterator[Clue]:
    """Apps without migrations get their tables first, with their keys; the table referred to is not there yet."""
    graph = case.inspection.graph if case.inspection else None
    off = case.inspection.migration_modules.off if case.inspection and case.inspection.migration_modules else frozenset()
    for trouble in case.troubles:
        target = case.inspection.model_of_table(trouble.table) if case.inspection and trouble.table else None
        if target is None or graph is None or trouble.migration or not graph.of(target.app):
            continue
        if not re.search(r"\b(alter|create) table\b", trouble.sql, re.IGNORECASE) and "syncdb" not in _functions(trouble):
            continue
        for model in case.models:
            is_without = model.app in graph.unmigrated and model.app not in off
            if not is_without or f"{target.app}.{target.name}" not in model.references or not is_own(case, model):
                continue
            app = case.inspection.app(model.app) if case.inspection else None
            yield Clue(
                path=model.file,
                line=_reference_line(case, model, target),
                evidence=f"{model.app} has no migrations, so {model.table} is made before any migration runs, with its key to "
                f"{target.table} of {target.app}, which has migrations and whose table is not there yet.",
                fix=Fix(
                    words=f"give {model.app} migrations: makemigrations {model.app}",
                    commands=(("python", "{manage}", "makemigrations", model.app),),
                ),
                is_explaining=app is not None,
            )
            return


def _functions(trouble: Trouble) -> str:
    return " ".join(frame.function for frame in trouble.stack)


def _reference_line(case: Case, model: Model, target: Model) -> int:
    """Return the line of the field that refers to a model, else of the class."""
    module = case.tree.module(model.file)
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.ClassDef) and node.name == model.name:
            for item in node.body:
                if isinstance(item, ast.Assign) and re.search(rf"\b{re.escape(target.name)}\b", ast.unparse(item.value)):
                    return item.lineno
    return line_in_class(case, model)

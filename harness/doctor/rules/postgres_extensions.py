"""Causes that lie in PostgreSQL's extensions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.finding import Clue, Depth, Fix
from harness.doctor.history import operations, ordered
from harness.doctor.inspection import Node
from harness.doctor.migration_source import line_with, walk
from harness.doctor.registry import rule
from harness.doctor.rules.postgres import DOCS, NO_CREATEDB
from harness.doctor.rules.postgres_schemas import first
from harness.doctor.source import functions, is_of_tests
from harness.doctor.trouble import Trouble

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


def _created(case: Case) -> frozenset[str]:
    """Return the extensions that migrations create."""
    graph = case.inspection.graph if case.inspection else None
    found: set[str] = set()
    for node in graph.nodes if graph else ():
        for operation, _, _ in operations(node):
            if operation.kind in OPERATIONS:
                found.add(OPERATIONS[operation.kind])
            found |= {
                name.strip('"').lower()
                for name in re.findall(r"extension\s+(?:if\s+not\s+exists\s+)?([\w\"-]+)", operation.sql, re.IGNORECASE)
            }
        if node.file:
            text = case.tree.text(node.file)
            found |= {name.lower() for name in re.findall(r"CreateExtension\(\s*(?:name\s*=\s*)?[\"']([\w-]+)", text)}
            found |= {
                name.lower()
                for name in re.findall(r"create extension (?:if not exists )?\"?([\w-]+)", text, re.IGNORECASE)
            }
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
    """Return an extension that fields need by their source and no migration creates, and the word for it."""
    made = _created(case)
    for path in case.tree.python():
        text = case.tree.text(path)
        if is_of_tests(path) or (
            "db_type" not in text and "trgm_ops" not in text and not any(name in text for name in FIELDS)
        ):
            continue
        for function in functions(case.tree, path):
            for node in ast.walk(function.node) if function.name == "db_type" else ():
                if (
                    isinstance(node, ast.Constant)
                    and (name := EXTENSIONS.get(str(node.value).lower(), ""))
                    and name not in made
                ):
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
    for migration in ordered(graph) if graph else ():
        text = case.tree.text(migration.file) if migration.file else ""
        if any(re.search(rf"\b{re.escape(name)}\b", text) for name in names):
            return migration
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
        if not extension or (extension in _created(case) and node is None):
            continue
        node = node or next((item for item in ordered(graph) if item.file), None) if graph else None
        if node is None or not node.file:
            continue
        yield Clue(
            path=node.file,
            line=line_with(case, node.file, word.rpartition(".")[2]),
            evidence=f"{node.app}.{node.name} needs {word}, which extension {extension} brings, and no migration "
            "before it "
            "creates that extension; the test database does not have what was installed into the real one by hand.",
            fix=Fix(
                words=f"create it first: CreateExtension('{extension}') as the first operation",
                changes=first(
                    case,
                    node,
                    f'CreateExtension("{extension}")',
                    "from django.contrib.postgres.operations import CreateExtension",
                ),
            ),
            is_explaining=True,
        )
        return

"""The published schema and the reference page say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from harness.config import document, schema

_SECTIONS: dict[str, type[BaseModel]] = {
    "`[matrix]`": document.MatrixTable,
    "A range of releases": document.VersionRangeTable,
    "`[database.NAME]`": document.DatabaseTable,
    "`[canary.NAME]`": document.CanaryTable,
    "`[[canary.NAME.lacks]]`": document.LackTable,
    "`[[exclude]]`": document.RuleTable,
    "`[[include]]`": document.RuleTable,
    "`[[expect]]`": document.ExpectTable,
    "`[profile.NAME]`": document.ProfileTable,
    "`[run]`": document.RunTable,
    "`[run.timeouts]`": document.TimeoutsTable,
}


@pytest.fixture
def page(pytestconfig: pytest.Config) -> str:
    """Return the reference page."""
    return (pytestconfig.rootpath / "docs" / "matrix.md").read_text(encoding="utf-8")


def _sections(page: str) -> dict[str, str]:
    parts = re.split(r"^#{2,3} (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_key_is_described(page: str) -> None:
    """The keys in the page's tables are, section by section, those that the file may have."""
    documented = {
        (section, key)
        for section, text in _sections(page).items()
        for key in re.findall(r"^\| `([a-z_]+)` \|", text, flags=re.MULTILINE)
    }
    existing = {(section, key) for section, model in _SECTIONS.items() for key in model.model_fields}
    assert documented == existing


def test_every_table_of_the_file_has_a_section(page: str) -> None:
    """The page's sections are the tables of the file."""
    assert set(_sections(page)) == set(_SECTIONS)
    top = {re.sub(r"[^a-z].*", "", section.strip("`[]")) for section in _SECTIONS if section.startswith("`")}
    assert top == set(document.Document.model_fields)


def test_every_key_has_an_example_that_loads(page: str, tmp_path: Path, read) -> None:
    """The page's examples, joined, are one good file in which every key occurs."""
    examples = re.findall(r"^```toml\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    text = "\n".join(examples)
    spec = read(text)
    assert [database.name for database in spec.databases] == [
        "sqlite-memory", "sqlite-file", "postgres-17", "mariadb-10.11",
    ]  # fmt: skip
    used = set(re.findall(r"([a-z_]+) ?=", text)) | set(re.findall(r"[\[.](lacks|timeouts)\b", text))
    keys = {key for model in _SECTIONS.values() for key in model.model_fields}
    assert keys <= used


def test_the_published_schema_is_current(pytestconfig: pytest.Config) -> None:
    """docs/matrix.schema.json is what the code prints."""
    path = pytestconfig.rootpath / "docs" / "matrix.schema.json"
    published = path.read_text(encoding="utf-8") if path.exists() else ""
    assert published == schema(), "accept with: python -m harness config schema > docs/matrix.schema.json"


def test_the_schema_is_json_that_describes_every_key() -> None:
    """Every field has a description, no table takes unknown keys but the axes."""
    plain = json.loads(schema())
    tables = [plain, *plain["$defs"].values()]
    assert all("description" in field for table in tables for field in table["properties"].values())
    open_tables = [name for name, table in plain["$defs"].items() if table.get("additionalProperties") is not False]
    assert open_tables == ["MatrixTable"]
    assert plain["$defs"]["MatrixTable"]["additionalProperties"]["type"] == "array"

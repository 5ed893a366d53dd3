"""What `harness init` writes for tests/projects. Accept: `python -m pytest tests/golden --accept`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import config
from harness.doctor.tree import Tree
from harness.interop.draft import Draft
from harness.interop.matrix_toml import written
from harness.interop.project.into_draft import draft
from harness.interop.project.question import take_default
from harness.interop.project.series import Released
from harness.interop.view import InitView
from harness.model import codec
from harness.report import init_json, init_text
from harness.report.init_json import InitDocument
from harness.report.schemas import Document, schema
from harness.workflow import doctor_copy, init_read

ROOT = Path(__file__).parents[2]
PROJECTS = ROOT / "tests" / "projects"
TODAY = dt.date(2026, 11, 22)
NAMES = ("ledger", "library", "notes", "shop", "broken/does-not-install", "broken/needs-variable", "broken/no-tests")
RELEASES = tuple(
    Released(version=version, uploaded=dt.datetime.fromisoformat(f"{date}T00:00:00+00:00"))
    for version, date in (
        ("5.1", "2024-08-07"),
        ("5.2", "2025-04-02"),
        ("5.2.8", "2025-11-05"),
        ("6.0", "2025-12-03"),
        ("6.1", "2026-08-05"),
    )
)
Check = Callable[[str, str], None]


def drafted(name: str) -> Draft:
    """Return the draft of a project, on a day, with an index that never changes."""
    folder = PROJECTS / name
    tree = Tree(root=folder, paths=tuple(sorted(doctor_copy.names(folder))))
    reading = init_read.read(tree, take_default)
    return draft(
        tree,
        reading.basis,
        reading.told,
        path=Path(),
        name=folder.name,
        releases=lambda: RELEASES,
        unbuilt=lambda requirements, pythons: frozenset(),
        today=TODAY,
        ask=take_default,
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_matrix_of_a_project(name: str, is_as_expected: Check, tmp_path: Path) -> None:
    """It reads well, and loads."""
    text = written(drafted(name))
    is_as_expected(f"init/{name.rpartition('/')[2]}.toml", text)
    path = tmp_path / "matrix.toml"
    path.write_text(text, encoding="utf-8")
    spec = config.load(path, today=TODAY)
    assert [canary.project is not None for canary in spec.canaries] == [True]


def test_what_is_told(is_as_expected: Check, render: Callable[..., str]) -> None:
    """Each finding with its source, what to look at, what to do next."""
    made = drafted("library")
    view = InitView(path=Path("my shop/matrix.toml"), text=written(made), draft=made)
    is_as_expected("init.txt", render(init_text.init(view)))
    text = init_json.document(view)
    is_as_expected("init.json", f"{text}\n")
    assert set(json.loads(text)) == set(json.loads(schema(Document.INIT))["properties"])
    assert codec.loads(InitDocument, text).path == "my shop/matrix.toml"


def test_the_readme_shows_what_is_told(render: Callable[..., str]) -> None:
    """Its example is the project of that name."""
    made = drafted("notes")
    told = render(init_text.init(InitView(path=Path("matrix.toml"), text=written(made), draft=made)))
    assert f"$ harness init --yes\n{told}$ harness run\n" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_published_schema_is_current() -> None:
    """docs/init.schema.json is what the code prints."""
    published = (ROOT / "docs" / "init.schema.json").read_text(encoding="utf-8")
    assert published == schema(Document.INIT), (
        "accept with: python -m harness config schema init > docs/init.schema.json"
    )

"""docs/investigation.md is what was observed, in the words of its prose, and nothing else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness import config
from harness.model.spec import MatrixSpec

DJANGO, PYTEST_DJANGO, DATABASES = ("5.2", "6.0"), ("4.11.1", "4.14.0"), ("sqlite-memory", "postgres-17")
CELLS = sorted((a, b, c) for a in DJANGO for b in PYTEST_DJANGO for c in DATABASES)
PROSE = {
    "title": "T",
    "intro": "i",
    "answer": "a",
    "table_note": "n",
    "not_crossed": "c",
    "again": "g",
    "attempt": [{"number": "1", "why": "w", "variant": [{"what": "x", "healthy": "h", "empty": "e"}]}],
    "claim": [{"text": "t", "check": [{"of": "o", "canary": "h", "predicts": {"state": "fail"}}]}],
}
Plant = Callable[..., Any]


@pytest.fixture
def spec(folder: Path) -> MatrixSpec:
    """The scenarios."""
    return config.load(folder / "matrix.toml", today=dt.date(2026, 11, 15))


@pytest.fixture
def prose(folder: Path) -> dict[str, Any]:
    """The words."""
    return tomllib.loads((folder / "prose.toml").read_text(encoding="utf-8"))


@pytest.fixture
def plant(rows: ModuleType) -> Plant:
    """Returns a builder of observations: both trees pass, but for the healthy tree's cells that *change* names."""

    def build(change: dict[tuple[str, str, str], dict[str, Any]] | None = None) -> Any:
        good = rows.Facts(state="pass", tests=3, is_test_database=True, set_up_by=("django_db_setup at p.py",))
        return rows.Export(
            as_of="2026-11-15",
            versions=(("django", "5.2", "5.2.19"), ("django", "6.0", "6.0.10")),
            rows=tuple(
                rows.Row(
                    canary=canary,
                    mode="plain",
                    runner="pytest-django",
                    at=at,
                    facts=dataclasses.replace(good, **((change or {}).get(at, {}) if canary == "h" else {})),
                )
                for canary in ("e", "h")
                for at in CELLS
            ),
        )

    return build


# ---------------------------------------------------------------- what is committed


def test_the_document_is_current(folder: Path, rows: ModuleType, document: ModuleType, prose: dict[str, Any]) -> None:
    """It is what comes of the observations that lie beside it."""
    found = rows.loads((folder / "records.json").read_text(encoding="utf-8"))
    page = (folder.parent / "investigation.md").read_text(encoding="utf-8")
    assert page == document.render(found, prose), "accept with: python -m docs.investigation --document"


def test_the_observations_are_written_in_one_way(folder: Path, rows: ModuleType) -> None:
    """Read and written again they are the same bytes."""
    text = (folder / "records.json").read_text(encoding="utf-8")
    assert rows.dumps(rows.loads(text)) == text


def test_nothing_of_the_matrix_is_missing(folder: Path, rows: ModuleType, spec: MatrixSpec) -> None:
    """Each scenario was observed on each database that it is for, with each pair of releases."""
    found = rows.loads((folder / "records.json").read_text(encoding="utf-8"))
    seen = {(row.canary, *row.at) for row in found.rows if row.mode == "plain" and row.runner == "pytest-django"}
    django, pytest_django, databases = (spec.axis(axis).values for axis in rows.VARIED)
    wanted = {
        (canary.name, a, b, c)
        for canary in spec.canaries
        for a in django
        for b in pytest_django
        for c in databases
        if c in canary.databases or canary.databases == ("*",)
    }
    assert seen == wanted


def test_every_scenario_is_spoken_of(spec: MatrixSpec, prose: dict[str, Any]) -> None:
    """What is run and what is told are the same canaries."""
    variants = [variant for attempt in prose["attempt"] for variant in attempt["variant"]]
    told = {variant[tree] for variant in variants for tree in ("healthy", "empty") if tree in variant}
    assert told == set(spec.axis("canary").values) == {canary.name for canary in spec.canaries}


# ---------------------------------------------------------------- how it is told


def test_what_holds_everywhere_is_told_without_a_place(plant: Plant, document: ModuleType) -> None:
    """One row per variant, with counts."""
    page = document.render(plant(), PROSE)
    assert "| 1 | x | **pass** 8 of 8 | **pass** 8 of 8 | `p.py` | a test database | – |" in page


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ([at for at in CELLS if at[2] == "postgres-17"], "(database postgres-17)"),
        ([at for at in CELLS if at[0] == "6.0"], "(django 6.0)"),
        ([at for at in CELLS if at[1] == "4.14.0"], "(pytest-django 4.14.0)"),
        ([CELLS[0], CELLS[-1]], "(5.2 × 4.11.1 × postgres-17; 6.0 × 4.14.0 × sqlite-memory)"),
    ],
)
def test_a_difference_is_told_with_its_place(
    where: list[tuple[str, str, str]], told: str, plant: Plant, document: ModuleType
) -> None:
    """One cell that differs can't be hidden in a count."""
    failed = {"state": "fail", "failure": "Error: x"}
    page = document.render(plant(dict.fromkeys(where, failed)), PROSE)
    assert f"**fail** {len(where)} of 8 {told}" in page
    assert "`Error: x`" in page


def test_what_became_of_the_projects_own_file_is_told(plant: Plant, rows: ModuleType, document: ModuleType) -> None:
    """Rows that are gone by the name of their table; a database of the project's own stands out."""
    file = rows.OwnFile(existed=True, exists=True, is_changed=True, tables=2, rows_changed=(("users", 1, 0),))
    page = document.render(plant({at: {"own_file": file, "is_test_database": False} for at in CELLS}), PROSE)
    assert "healthy: **the project's own database**<br>empty: a test database" in page
    assert "healthy: **changed: users 1 → 0 rows**<br>empty: –" in page


def test_observations_survive_the_file(plant: Plant, rows: ModuleType) -> None:
    """Whatever differs between the cells of one scenario."""
    found = plant({CELLS[3]: {"state": "fail", "missing": 1, "applied": 7}})
    assert rows.loads(rows.dumps(found)) == found


@pytest.mark.parametrize("part", ["attempt", "claim"])
def test_prose_about_nothing_is_refused(part: str, plant: Plant, document: ModuleType) -> None:
    """A claim about cells that were not observed would be neither true nor false."""
    about = {
        "attempt": [{"number": "1", "why": "w", "variant": [{"what": "x", "healthy": "gone"}]}],
        "claim": [{"text": "t", "check": [{"of": "o", "canary": "gone", "predicts": {"state": "fail"}}]}],
    }
    with pytest.raises(ValueError, match="nothing was observed of"):
        document.render(plant(), PROSE | {part: about[part]})


# ---------------------------------------------------------------- claims


@pytest.mark.parametrize(
    ("failing", "verdict"), [(CELLS, "true"), (CELLS[:3], "true in part"), ([], "false")], ids=["all", "some", "none"]
)
def test_a_claim_is_worth_what_its_predictions_are(
    failing: list[tuple[str, str, str]], verdict: str, plant: Plant, claims: ModuleType
) -> None:
    """All, some or none of the cells show what it predicts."""
    found = claims.checks(PROSE["claim"][0], plant({at: {"state": "fail"} for at in failing}).rows)
    assert claims.truth(found).value == verdict
    assert found[0].holding == len(failing)


def test_a_check_may_be_about_some_cells(plant: Plant, claims: ModuleType) -> None:
    """Those with a value of an axis, and all but one pair."""
    changed = plant({at: {"state": "fail"} for at in CELLS if at[:2] == ("6.0", "4.11.1")}).rows
    asked = {"of": "o", "canary": "h", "predicts": {"state": "fail"}}
    (pair,) = claims.checks({"check": [asked | {"django": "6.0", "pytest-django": "4.11.1"}]}, changed)
    (rest,) = claims.checks({"check": [asked | {"not": {"django": "6.0", "pytest-django": "4.11.1"}}]}, changed)
    assert (pair.holding, pair.cells) == (2, 2)
    assert (rest.holding, rest.cells) == (0, 6)

"""The projects under tests/cases: well formed, complete, and silent about their faults."""

import tomllib
from pathlib import Path

import pytest

CASES = Path(__file__).resolve().parent.parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/case.toml"))
CAUSES = tomllib.loads((CASES / "causes.toml").read_text(encoding="utf-8"))["causes"]
NOT_FILES = ("(command line)", "(environment)")


def read(folder: Path):
    return tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))


def test_every_cause_has_its_project():
    """Each cause has a project of its name, which expects that cause."""
    assert {slug: read(CASES / slug)["expected_cause"] for slug in CAUSES} == {slug: slug for slug in CAUSES}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case_is_well_formed(folder: Path):
    """A case names known causes and files that exist, and brings what heals it."""
    told = read(folder)
    assert told["slug"] == folder.name
    if told["kind"] == "healthy":
        assert (told["expected_cause"], told["expected_also"], told["expect"]["exit"]) == ("", [], 0)
        return
    assert told["kind"] == "broken"
    assert {told["expected_cause"], *told["expected_also"]} <= CAUSES.keys()
    for evidence in told["evidence"]:
        path = folder / "project" / evidence["path"]
        is_made = told["expect"]["setup"] and path.suffix == ".sqlite3"  # by the commands before
        assert evidence["path"] in NOT_FILES or is_made or path.exists()
        if "line" in evidence:
            assert 0 < evidence["line"] <= len(path.read_text(encoding="utf-8").splitlines())
    for name in told.get("fixed", {}).get("delete", ()):
        assert (folder / "project" / name).is_file()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_project_does_not_name_its_fault(folder: Path):
    """Rules read evidence: neither the slug nor a cause's identifier stands in a project's files."""
    for path in (folder / "project").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert folder.name not in text
            assert not [cause for cause in CAUSES if cause in text]

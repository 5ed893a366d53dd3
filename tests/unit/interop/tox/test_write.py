"""Environments as a tox file, and that file read back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.interop.tox import exported
from harness.interop.tox.ask import ask
from harness.interop.tox.write import FOLDER, Written, files, text
from harness.model.cell import Cell
from harness.model.spec import AxisSpec, CanarySpec, MatrixSpec, Per, VersionRange
from harness.workflow.export_tox import environment_names

CELL = "canary=shop,database=sqlite-memory,django={},mode=plain,python={}"
MATRIX = {"matrix": {"python": ["3.11"]}, "canary": {"shop": {"path": "."}}}


def written(django: str, python: str, **more) -> Written:
    """Return one environment."""
    return Written(
        name=f"py{python.replace('.', '')}-django{django}",
        cell_id=CELL.format(django, python),
        base_python=f"python{python}",
        lock="abc",
        pins=("django==5.2.8", "pytest==9.0.0"),
        hashed="django==5.2.8 \\\n    --hash=sha256:00\n",
        commands=(("python", "-m", "pytest", "a b"), ("make", "test")),
        set_env=(("NAMES", '{"default": {"NAME": "{env_tmp_dir}/x", "HOST": "{env:PG_HOST:}"}}'),),
        **more,
    )


def test_tox_understands_what_is_written(tmp_path, tmp_path_factory):
    """Pins by reference, words as they are, variables filled in, programs from outside allowed."""
    made = text([written("5.2", "3.11"), written("6.0", "3.12")], MATRIX, is_hashed=False)
    (tmp_path / "tox.toml").write_text(made)
    found = ask(tmp_path / "tox.toml", scratch=tmp_path_factory.mktemp("scratch"), environ={"PATH": "/usr/bin:/bin"})
    first, second = found.environments
    assert (first.name, second.base_python) == ("py311-django5.2", ("python3.12",))
    assert first.deps == ("django==5.2.8", "pytest==9.0.0")
    assert first.commands == ("python -m pytest 'a b'", "make test")
    folder = found.work_dir / "py311-django5.2" / "tmp"
    assert dict(first.set_env)["NAMES"] == f'{{"default": {{"NAME": "{folder}/x", "HOST": ""}}}}'
    assert tomllib.loads(made)["env"]["py311-django5.2"]["allowlist_externals"] == ["make"]
    assert tomllib.loads(made)["harness"] == MATRIX
    assert exported.cells(found) == (Cell.parse(CELL.format("5.2", "3.11")), Cell.parse(CELL.format("6.0", "3.12")))


def test_hashes_are_in_files():
    """Which then hold the pins; a project that lies elsewhere is installed beside them."""
    made = [written("5.2", "3.11", local="-e ./shop")]
    environment = tomllib.loads(text(made, MATRIX, is_hashed=True))["env"]["py311-django5.2"]
    assert environment["deps"] == [f"-r {FOLDER}/abc.txt"]
    assert environment["commands_pre"] == [["uv", "pip", "install", "--no-deps", "-e", "./shop"]]
    assert files(made, is_hashed=True) == (("abc.txt", made[0].hashed),)
    assert tomllib.loads(text(made, MATRIX, is_hashed=False))["env"]["py311-django5.2"]["deps"][1] == "-e ./shop"
    assert files(made, is_hashed=False) == ()


def test_a_file_of_cells_and_others_is_refused(tmp_path, tmp_path_factory):
    """What was added by hand is no cell of the matrix."""
    made = text([written("5.2", "3.11")], MATRIX, is_hashed=False)
    made = made.replace("env_list = [", 'env_list = [\n    "mine",').replace(
        "[env.", "[env.mine]\ncommands = []\n\n[env.", 1
    )
    (tmp_path / "tox.toml").write_text(made)
    found = ask(tmp_path / "tox.toml", scratch=tmp_path_factory.mktemp("scratch"), environ={"PATH": "/usr/bin:/bin"})
    with pytest.raises(UsageError, match="mine: no cell is named"):
        exported.cells(found)


def test_the_values_of_a_range_come_by_their_version():
    """As the matrix orders what it lists itself."""
    spec = MatrixSpec(
        path=Path("/work/matrix.toml"),
        axes=(
            AxisSpec(name="python", values=("3.12", "3.11")),
            AxisSpec(name="django", values=("5.2", VersionRange(since="4.2", until=None, per=Per.MINOR))),
            AxisSpec(name="database", values=("sqlite-memory",)),
            AxisSpec(name="canary", values=("shop", "other")),
            AxisSpec(name="mode", values=("plain",)),
        ),
        databases=(),
        canaries=(
            CanarySpec(name="shop", path=Path("/work/shop"), settings=""),
            CanarySpec(name="other", path=Path("/work/other"), settings=""),
        ),
    )
    wanted = [Cell.parse(CELL.format(*one)) for one in (("10.0", "3.11"), ("5.2", "3.12"), ("4.2", "3.11"))]
    made = exported.draft(spec, wanted, Path("/work"))
    values = {axis.name: axis.values for axis in made.axes}
    assert values["python"] == ("3.12", "3.11")
    assert values["django"] == ("5.2", "4.2", "10.0")
    assert [(canary.name, canary.path) for canary in made.canaries] == [("shop", Path("shop"))]


def test_environments_are_called_after_what_tells_them_apart():
    """A factor never looks like a Python, and no name comes twice."""
    cells = [
        Cell.of({"python": "3.12", "django": django, "database": database, "canary": "a b", "mode": "plain"})
        for django in ("5.2", "==5.2.1")
        for database in ("postgres-17", "17")
    ]
    assert environment_names(cells) == (
        "py312-django5.2-postgres_17",
        "py312-django5.2-x17",
        "py312-django5.2.1-postgres_17",
        "py312-django5.2.1-x17",
    )
    alike = [Cell.of({"python": "3.12", "django": "5.2", "canary": name}) for name in ("a-b", "a_b")]
    assert environment_names(alike) == ("py312-a_b", "py312-a_b-x2")

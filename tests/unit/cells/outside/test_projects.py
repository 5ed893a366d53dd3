"""Scripts of projects do what a cell does: run by sh, with a uv that only makes an environment of this Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from harness.cells.outside import bundle, script
from harness.cells.outside.recipe import Recipe, recipe
from harness.model.spec import DatabaseSpec, Engine, Injection, Mode, ProjectSpec
from harness.model.wheel import Wheel, with_wheel

ODD = 'it\'s a "token" $HOME `x` \\ %41'
# a command that writes down what it was given, and ends as its file `code` says
SHOW = """
import json, os, pathlib, sys
seen = pathlib.Path(os.environ["HOME"])
number = len(list(seen.glob("told-*.json"))) + 1
(seen / f"told-{number}.json").write_text(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ), sys.path]))
sys.exit(int((seen / "code").read_text()) if "fails" in sys.argv else 0)
"""
WHEEL = Wheel(name="a-shop", version="1.2.dev3", file="a_shop-1.2.dev3-py3-none-any.whl", digest="ff")


@pytest.fixture
def make_project(make_recipe: Callable[..., Recipe]) -> Callable[..., Recipe]:
    """Returns a builder of recipes of a project whose command shows what it was given; keywords are the project's."""

    def build(
        *commands: tuple[str, ...],
        is_built: bool = False,
        mode: Mode = Mode.PLAIN,
        canary: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Recipe:
        commands = commands or (("python3.1", "show.py"),)
        project = ProjectSpec(commands=commands, wheels=(("3.12", WHEEL),) if is_built else (), **fields)
        found = make_recipe(mode, project=project, **({"settings": ""} | (canary or {})))
        (found.job.canary.path / "show.py").write_text(SHOW)
        (found.job.canary.path / "pytest.py").write_text(SHOW)
        if is_built:
            found = replace(found, job=replace(found.job, lock=with_wheel(found.job.lock, WHEEL)))
        return found

    return build


def told(tmp_path: Path, number: int = 1) -> tuple[list[str], str, dict[str, str], list[str]]:
    """Return the arguments, folder, variables and import path of the command that was run as the *number*th."""
    return tuple(json.loads((tmp_path / "seen" / f"told-{number}.json").read_text()))


def count(tmp_path: Path) -> int:
    """Return how many commands were run."""
    return len(list((tmp_path / "seen").glob("told-*.json")))


def commands_of(found: Recipe) -> str:
    """Return the block to paste."""
    return script.pasted(found, canary=script.working_copy(found, "projects/shop", ()), python="3")


def written(found: Recipe, folder: Path) -> Path:
    """Write the bundle and return its script."""
    bundle.write(found, folder, canary=found.job.canary.path, changes=())
    return folder / bundle.SCRIPT


@pytest.mark.parametrize("is_pasted", [False, True], ids=["bundle", "pasted"])
def test_a_project_is_told_what_a_cell_tells_it(make_project, run, tmp_path: Path, is_pasted: bool) -> None:
    """Its database by address and in parts, its own variables filled in, yours that it asks for and no others."""
    env = (("A", "${HARNESS_DB_NAME} ${TOKEN} 5$$"), ("HOMELY", "${HOME}|${UNSET}"), ("PYTHONPATH", "own place"))
    found = make_project(env=env, pass_env=("TOKEN", "UNSET"))
    odd = tmp_path / "it's 100% odd"
    odd.mkdir()
    what = commands_of(found) if is_pasted else written(found, tmp_path / "out")
    done = run(what, TOKEN=ODD, TMPDIR=str(odd), DJANGO_SETTINGS_MODULE="another")
    assert (done.returncode, done.stderr) == (0, "")
    _, folder, variables, _ = told(tmp_path)
    name = f"{Path(folder).parent}/default.sqlite3"
    assert (variables["HARNESS_DB_NAME"], variables["HARNESS_DB_PORT"]) == (name, "")
    address = urlsplit(variables["DATABASE_URL"])
    assert (address.scheme, unquote(address.path)) == ("sqlite", f"/{name}")
    assert variables["A"] == f"{name} {ODD} 5$"
    assert variables["HOMELY"] == f"{tmp_path / 'seen'}|"
    assert (variables["TOKEN"], variables["PYTHONPATH"]) == (ODD, "own place")
    assert variables["PATH"].startswith(f"{Path(folder).parent}/venv/bin:")
    assert not {"UNSET", "SECRET", "DJANGO_SETTINGS_MODULE"} & set(variables)
    assert list(odd.iterdir()) == []


@pytest.mark.parametrize("password", ["plain", 'quo"te', "a/b:c@d", "back\\slash", "dollar$HOME `x` %41"])
def test_an_address_holds_whatever_password(make_project, run, tmp_path: Path, password: str) -> None:
    """The server at hand may have any: the address is quoted, its parts are not."""
    found = make_project()
    spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17")
    path = written(recipe(replace(found.job, database=spec)), tmp_path / "out")
    done = run(path, REPRO_HOST="db.local", REPRO_USER="me@x", REPRO_PASSWORD=password, REPRO_NAME="mine")
    assert (done.returncode, done.stderr) == (0, "")
    _, _, variables, _ = told(tmp_path)
    parts = urlsplit(variables["DATABASE_URL"])
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == ("me@x", password)
    assert (parts.hostname, parts.port, parts.path) == ("db.local", 5432, "/mine_default")
    assert variables["HARNESS_DB_PASSWORD"] == password
    assert variables["HARNESS_DB_URL"] == variables["DATABASE_URL"]


@pytest.mark.parametrize("is_pasted", [False, True], ids=["bundle", "pasted"])
def test_settings_are_put_in(make_project, run, tmp_path: Path, is_pasted: bool) -> None:
    """The module that wraps the project's lies on the import path alone, and is told of the project's."""
    found = make_project(inject=Injection.SETTINGS, canary={"settings": "shop.settings"})
    what = commands_of(found) if is_pasted else written(found, tmp_path / "out")
    assert run(what).returncode == 0
    _, folder, variables, path = told(tmp_path)
    place = f"{Path(folder).parent}/harness_settings"
    assert variables["DJANGO_SETTINGS_MODULE"] == "harness_settings"
    assert (variables["HARNESS_SETTINGS"], variables["PYTHONPATH"]) == ("shop.settings", place)
    assert place in path
    there = tmp_path / "out" / "injection"
    assert is_pasted or [item.name for item in there.iterdir()] == ["harness_settings.py"]


@pytest.mark.parametrize("is_editable", [False, True])
def test_the_project_is_installed_from_its_files(make_project, run, tmp_path: Path, is_editable: bool) -> None:
    """Its own wheel is on no index: it is built anew, with the record's version, beside the working copy unless it is
    used from there."""
    found = make_project(is_built=True, is_editable=is_editable)
    done = run(written(found, tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    seen = tmp_path / "seen"
    packages, project = (seen / "pip").read_text().splitlines()
    assert "--require-hashes" in packages
    assert "a-shop" not in (seen / "requirements.txt").read_text()
    assert project.startswith("1.2.dev3 pip install ")
    assert "--no-deps" in project
    assert project.endswith("/shop" if is_editable else "/tmp/project")
    assert ("--editable" in project) == is_editable
    assert (seen / "installed" / "show.py").exists()


def test_a_project_that_does_not_build_is_told_apart(make_project, run, tmp_path: Path) -> None:
    """It ends with 10, and no command is run."""
    path = written(make_project(is_built=True), tmp_path / "out")
    (tmp_path / "bin" / "uv").write_text('#!/bin/sh\ncase "$*" in *project) exit 1;; esac\n')
    done = run(path)
    assert (done.returncode, done.stderr) == (10, "repro: the project could not be installed\n")
    assert count(tmp_path) == 0


@pytest.mark.parametrize("is_pasted", [False, True], ids=["bundle", "pasted"])
def test_commands_are_run_until_one_fails(make_project, run, tmp_path: Path, is_pasted: bool) -> None:
    """In the project's folder for them, preparations in its root; the exit code is that of the one that failed."""
    show = ("python", "../show.py")
    found = make_project(
        (*show, ODD), (*show, "fails"), (*show, "never"), cwd="inner place", canary={"prepare": (("show.py", "first"),)}
    )
    (found.job.canary.path / "inner place").mkdir()
    (found.job.canary.path / "inner place" / "x").touch()
    (tmp_path / "seen" / "code").write_text("3")
    results = tmp_path / "results"
    results.mkdir()
    what = commands_of(found) if is_pasted else written(found, tmp_path / "out")
    assert run(what, REPRO_RESULTS=str(results)).returncode == 3
    assert [told(tmp_path, number)[0] for number in range(1, count(tmp_path) + 1)] == [["first"], [ODD], ["fails"]]
    assert [Path(told(tmp_path, number)[1]).name for number in (1, 2)] == ["shop", "inner place"]
    codes = {path.name: path.read_text() for path in results.glob("*.code")}
    assert codes == ({} if is_pasted else {"prepare-1.code": "0\n", "run-1.code": "0\n", "run-2.code": "3\n"})


def test_nothing_is_run_unprepared(make_project, run, tmp_path: Path) -> None:
    """A preparing command that fails ends it with its code."""
    found = make_project(canary={"prepare": (("show.py", "fails"),)})
    (tmp_path / "seen" / "code").write_text("4")
    results = tmp_path / "results"
    results.mkdir()
    assert run(written(found, tmp_path / "out"), REPRO_RESULTS=str(results)).returncode == 4
    assert (results / "prepare-1.code").read_text() == "4\n"
    assert count(tmp_path) == 1
    assert run(commands_of(found)).returncode == 4


def test_pytest_leaves_its_results_wherever_it_is_run(make_project, run, tmp_path: Path) -> None:
    """By its options, or by PYTEST_ADDOPTS below a script; where the project has it write them, they are copied."""
    found = make_project(
        ("python", "-m", "pytest", "-q", "--", "a"),
        ("python", "-m", "pytest", "--junitxml", "own.xml"),
        ("sh", "-c", "echo own >own.xml; python show.py"),
        env=(("PYTEST_ADDOPTS", "-x ${TOKEN}"),),
        pass_env=("TOKEN",),
        junit="own.xml",
    )
    (found.job.canary.path / "own.xml").write_text("of pytest")
    results = tmp_path / "my results"
    results.mkdir()
    path = written(found, tmp_path / "out")
    assert run(path, REPRO_RESULTS=str(results), TOKEN="odd").returncode == 0
    style = ["--override-ini=junit_family=xunit1", "--tb=native"]
    assert told(tmp_path, 1)[0] == ["-q", f"--junitxml={results}/run-1.xml", *style, "--", "a"]
    assert told(tmp_path, 2)[0] == ["--junitxml", "own.xml", *style]
    assert told(tmp_path, 3)[2]["PYTEST_ADDOPTS"] == " ".join(["-x odd", f"'--junitxml={results}/run-3.xml'", *style])
    assert told(tmp_path, 1)[2]["PYTEST_ADDOPTS"] == "-x odd"
    assert {item.name: item.read_text() for item in results.glob("*.xml")} == {
        "run-2.xml": "of pytest",
        "report.xml": "own\n",
    }
    assert run(path).returncode == 0
    assert [told(tmp_path, number)[0] for number in (4, 5)] == [["-q", "--", "a"], ["--junitxml", "own.xml"]]
    assert told(tmp_path, 6)[2]["PYTEST_ADDOPTS"] == "-x "


def test_a_mode_that_runs_twice(make_project, run, tmp_path: Path) -> None:
    """Each run has all commands; what is no pytest gets no options of the mode's."""
    found = make_project(("python", "show.py"), ("python", "-m", "pytest"), mode=Mode.REUSE_DB)
    assert run(commands_of(found)).returncode == 0
    seen = [told(tmp_path, number) for number in (1, 2, 3, 4)]
    assert [arguments for arguments, *_ in seen] == [[], ["--migrations", "--reuse-db"]] * 2
    assert [variables["HARNESS_RUN"] for _, _, variables, _ in seen] == ["1", "1", "2", "2"]


def test_what_is_no_project_s_own_stays_behind(make_project, run, tmp_path: Path) -> None:
    """Pasted in the folder where people work, the commands copy no version control, no environment, no records."""
    listing = "import pathlib; print(sorted(str(p) for p in pathlib.Path('.').rglob('*')))"
    found = make_project(("python", "-c", listing))
    for name in (".git/HEAD", ".venv/x", ".harness/y", "src/__pycache__/z.pyc", "src/.hidden"):
        path = found.job.canary.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    done = run(commands_of(found))
    assert done.stdout == "['manage.py', 'pytest.py', 'show.py', 'src', 'src/.hidden']\n", done.stderr


def test_one_command_where_nothing_is_installed(make_project) -> None:
    """In memory, of a project that is used as it lies; what the project is told goes before it."""
    found = make_project(("python3.12", "show.py"), env=(("A", "it's ${HARNESS_DB_NAME}"),), pass_env=("TOKEN",))

    def in_memory(one: Recipe) -> Recipe:
        return replace(one, job=replace(one.job, database=replace(one.job.database, version="memory")))

    assert not script.is_simple(found)
    assert script.is_simple(in_memory(found))
    for other in ({"is_built": True}, {"cwd": "x"}, {"inject": Injection.SETTINGS}, {"env": (("A", "${TMPDIR}"),)}):
        assert not script.is_simple(in_memory(make_project(**other)))
    line = script.one_line(in_memory(found), canary="my shop", python="3.12")
    assert line.startswith("(cd 'my shop' && HARNESS_DB_URL=sqlite://:memory: ")
    assert " A='it'\"'\"'s :memory:' " in line
    assert "TOKEN" not in line
    assert "DJANGO_SETTINGS_MODULE" not in line
    assert line.endswith(" -- python show.py)")


def test_a_bundle_says_what_is_passed_on(make_project) -> None:
    """By name alone, to containers as well."""
    found = make_project(is_built=True, pass_env=("TOKEN",))
    texts = bundle.texts(found)
    assert "| `TOKEN` | passed on to the project |" in texts["README.md"]
    assert "docker run --rm -e TOKEN repro" in texts["README.md"]
    spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17")
    texts = bundle.texts(recipe(replace(found.job, database=spec)))
    assert texts["compose.yaml"].endswith("      REPRO_PASSWORD: repro\n      TOKEN:\n")

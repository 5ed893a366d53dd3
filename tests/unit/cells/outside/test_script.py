"""Scripts do what they say: run by sh, with a uv that only makes an environment of this Python."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cells.outside import bundle, databases, script
from harness.cells.outside.recipe import Recipe, recipe, requirements
from harness.databases.names import lease_names
from harness.model.package import Pin
from harness.model.spec import Change, DatabaseSpec, Engine, Mode

ODD = 'it\'s a "shop" $HOME `x` \\'
PYTEST = """
import json, os, pathlib, sys
seen = pathlib.Path(os.environ["HOME"])
number = os.environ["HARNESS_RUN"]
(seen / f"run-{number}.json").write_text(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]))
sys.exit(int((seen / "code").read_text()) if number == "1" else 0)
"""


def observed(tmp_path: Path, number: int = 1) -> tuple[list[str], str, dict[str, str]]:
    """Return the arguments, folder and variables of a run of the stand-in for pytest."""
    return tuple(json.loads((tmp_path / "seen" / f"run-{number}.json").read_text()))


def with_pytest(found: Recipe) -> Recipe:
    """Put a stand-in for pytest into the canary, where ``python -m`` looks first."""
    (found.job.canary.path / "pytest.py").write_text(PYTEST)
    return found


def written(found: Recipe, folder: Path) -> Path:
    """Write the bundle and return its script."""
    bundle.write(found, folder, canary=found.job.canary.path, changes=found.job.canary.changes)
    return folder / bundle.SCRIPT


def test_odd_names_arrive_as_they_are(make_recipe, run, tmp_path: Path) -> None:
    """Folders, settings, arguments and preparing commands with quotes, spaces, dollars and backslashes."""
    found = with_pytest(
        make_recipe(name="it's my $shop", settings=ODD, args=("-k", ODD), prepare=(("-c", f"assert {ODD!r}"),))
    )
    done = run(written(found, tmp_path / "a bundle's folder"))
    assert (done.returncode, done.stderr) == (0, "")
    arguments, folder, variables = observed(tmp_path)
    assert arguments == ["--migrations", "-k", ODD]
    assert Path(folder).name == "it's my $shop"
    assert variables["DJANGO_SETTINGS_MODULE"] == ODD


@pytest.mark.parametrize("is_pasted", [False, True], ids=["bundle", "pasted"])
def test_a_run_sees_a_cell_s_variables_and_no_others(make_recipe, run, tmp_path: Path, is_pasted: bool) -> None:
    """The databases lie in the working copy's folder; nothing of the user's but the allow-list; no trace is left."""
    found = with_pytest(make_recipe(aliases=("default", "other")))
    canary = script.working_copy(found, "projects/shop", ())
    what = script.pasted(found, canary=canary, python="3") if is_pasted else written(found, tmp_path / "out")
    done = run(what, DJANGO_SETTINGS_MODULE="another", PYTHONPATH="/elsewhere", PYTEST_ADDOPTS="--boom")
    assert (done.returncode, done.stderr) == (0, "")
    _, folder, variables = observed(tmp_path)
    work = str(Path(folder).parent)
    told = json.loads(variables["HARNESS_DATABASES"])
    assert told["other"]["NAME"] == f"{work}/other.sqlite3"
    assert told["default"]["TEST"] == {"NAME": f"{work}/default-t.sqlite3"}
    assert variables["DJANGO_SETTINGS_MODULE"] == "config.settings"
    assert variables["HARNESS_MODE"] == "migrations"
    assert not {"SECRET", "PYTHONPATH", "PYTEST_ADDOPTS"} & set(variables)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert (tmp_path / "seen" / "requirements.txt").read_text() == requirements(found.job.lock)


def test_a_mode_that_runs_twice_ends_with_the_first_failure(make_recipe, run, tmp_path: Path) -> None:
    """Both runs are made, and the exit code is that of the one that failed; the codes are kept where wanted."""
    found = with_pytest(make_recipe(Mode.CREATE_DB))
    path = written(found, tmp_path / "out")
    (tmp_path / "seen" / "code").write_text("3")
    results = tmp_path / "results"
    results.mkdir()
    assert run(path, REPRO_RESULTS=str(results)).returncode == 3
    arguments, _, _ = observed(tmp_path, 2)
    assert arguments[:3] == ["--migrations", "--reuse-db", "--create-db"]
    assert f"--junitxml={results}/run-2.xml" in arguments
    assert [(results / f"run-{number}.code").read_text() for number in (1, 2)] == ["3\n", "0\n"]


@pytest.mark.parametrize("is_pasted", [False, True], ids=["bundle", "pasted"])
def test_tests_do_not_begin_unprepared(make_recipe, run, tmp_path: Path, is_pasted: bool) -> None:
    """A preparing command that fails ends it with its code."""
    found = with_pytest(make_recipe(prepare=(("manage.py", "0"), ("manage.py", "5"))))
    canary = script.working_copy(found, "projects/shop", ())
    what = script.pasted(found, canary=canary, python="3") if is_pasted else written(found, tmp_path / "out")
    assert run(what).returncode == 5
    assert not (tmp_path / "seen" / "run-1.json").exists()


def test_what_failed_before_the_tests_is_told_apart(make_recipe, run, tmp_path: Path) -> None:
    """Without uv it says so and ends with 10, as it does when the packages cannot be installed."""
    path = written(make_recipe(), tmp_path / "out")
    (tmp_path / "bin" / "uv").write_text("#!/bin/sh\n[ $1 = venv ]\n")
    done = run(path)
    assert (done.returncode, done.stderr) == (10, "repro: the packages could not be installed\n")
    (tmp_path / "bin" / "uv").unlink()
    done = run(path)
    assert (done.returncode, done.stderr) == (10, "repro: uv is not on PATH\n")


def test_a_scenario_s_changes_are_made(make_recipe, run, tmp_path: Path) -> None:
    """An overlay is laid over the copy, then what the patterns name goes, as the harness itself does it."""
    found = with_pytest(make_recipe())
    shop, over = found.job.canary.path, tmp_path / "over it"
    for name in ("kept/a.py", "gone/b.py", "gone/deep/c.py"):
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).touch()
    (over / "gone").mkdir(parents=True)
    (over / "gone" / "new.py").touch()
    (over / "kept").mkdir()
    (over / "kept" / "a.py").write_text("changed")
    changes = (Change(overlay=over, remove=("gone/*",)),)
    listing = "import os, pathlib; print(sorted(str(p) for p in pathlib.Path('.').rglob('*') if p.suffix == '.py'))"
    canary = script.working_copy(found, "projects/shop", changes)
    found = replace(
        found, job=replace(found.job, canary=replace(found.job.canary, prepare=(("-c", listing),), changes=changes))
    )
    done = run(script.pasted(found, canary=canary, python="3"))
    by_bundle = run(written(found, tmp_path / "out"))
    assert done.stdout == by_bundle.stdout == "['kept/a.py', 'manage.py', 'pytest.py']\n"


@pytest.mark.parametrize("password", ["plain", 'quo"te', "back\\slash", "dollar$HOME `x`"])
def test_a_server_at_hand_is_told_by_variables(make_recipe, run, tmp_path: Path, password: str) -> None:
    """Host, port, user, password and the beginning of names go into HARNESS_DATABASES; Docker is not asked."""
    found = make_recipe()
    spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17")
    identity = replace(found.job.server, version="17.5")
    job = replace(found.job, database=spec, server=identity)
    path = written(with_pytest(recipe(job)), tmp_path / "out")
    done = run(path, REPRO_HOST="db.local", REPRO_USER="me", REPRO_PASSWORD=password, REPRO_NAME="mine")
    assert (done.returncode, done.stderr) == (0, "")
    _, _, variables = observed(tmp_path)
    assert json.loads(variables["HARNESS_DATABASES"])["default"] == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "mine_default",
        "USER": "me",
        "PASSWORD": password,
        "HOST": "db.local",
        "PORT": "5432",
        "OPTIONS": {},
        "TEST": {"NAME": "mine_default_t"},
    }
    (tmp_path / "bin" / "docker").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "docker").chmod(0o755)
    done = run(path)
    assert (done.returncode, done.stderr) == (10, "repro: the server did not start\n")


def test_one_command_where_one_does(make_recipe) -> None:
    """In memory, one run, files as they lie: a single line of uv; else it takes a block."""
    found = make_recipe(settings="a b")
    memory = replace(found.job.database, version="memory")
    simple = replace(found, job=replace(found.job, database=memory))
    assert not script.is_simple(found)
    assert script.is_simple(simple)
    line = script.one_line(simple, canary="my shop", python="3.12")
    assert line.startswith("(cd 'my shop' && DJANGO_SETTINGS_MODULE='a b' uv run ")
    assert "--with django==6.0.2" in line
    assert "\n" not in line


def test_pins_keep_every_hash(make_job) -> None:
    """A pin with several hashes, one a line, and pins without any."""
    lock = replace(make_job().lock, pins=(Pin(name="a", version="1", hashes=("sha256:x", "sha256:y")),))
    assert requirements(lock) == "a==1 \\\n    --hash=sha256:x \\\n    --hash=sha256:y\n"
    assert requirements(lock, is_hashed=False) == "a==1\n"


def test_names_of_databases_are_the_leases(make_recipe) -> None:
    """What a lease is called fits what the script asks for: the prefix, then the alias as leases spell it."""
    aliases = ("default", "Ana_lytics", "x" * 40)
    job = make_recipe(aliases=aliases).job
    leased = lease_names("0123abcd", "repro", aliases)
    assert [f"{leased.role}_{name}" for _, name in databases.names(job)] == [name for _, name in leased.databases]

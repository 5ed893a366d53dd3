"""`matrix.lock` from end to end: written, used without an index, renewed, found stale, refused when it is broken."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.relocked import LockView
from harness.lockfile import document
from harness.model import codec
from harness.model.package import Lock

NO_INDEX = {
    "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "UV_HTTP_RETRIES": "0",
}
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SPRING, AUTUMN = "2026-05-01", "2026-09-01"
OPEN = {"django": ["5.2"], "pytest-django": ["latest"], "pytest": ["9"]}
PLUGIN = {SPRING: "4.12.0", AUTUMN: "4.14.0"}


@pytest.fixture
def undated(matrix):
    """Returns a builder of matrices that name no date."""

    def build(*canary: str, **more: Any) -> str:
        text = matrix(*canary, **({"packages": OPEN} | more))
        return re.sub(r"^as_of = .*$", "", text, flags=re.MULTILINE)

    return build


def lock_of(checkout) -> str:
    """Return the lock's text."""
    return (checkout.folder / "matrix.lock").read_text(encoding="utf-8")


def change(checkout, old: str, new: str) -> None:
    """Make the lock one that was written with *new* in place of *old*."""
    text = lock_of(checkout)
    assert old in text
    plain = tomllib.loads(text := text.replace(old, new))
    text = text.replace(plain["checksum"], document.checksum(plain))
    (checkout.folder / "matrix.lock").write_text(text, encoding="utf-8")


def locked(checkout, *arguments: str, **more: Any) -> LockView:
    """Lock, and return what that came to."""
    ran = checkout.harness("lock", "--json", *arguments, **more)
    assert ran.code == 0, ran.err
    return codec.loads(LockView, ran.out)


def test_the_same_matrix_gives_the_same_bytes(make_checkout, undated, tmp_path: Path) -> None:
    """Twice, and in another folder with another cache; no address, no host, no path is in it."""
    here, there = make_checkout(), make_checkout(HARNESS_CACHE_DIR=str(tmp_path / "cache"))
    text = undated(database=("sqlite-memory", "postgres-17"), mode=("migrations", "xdist"))
    first = locked(here.matrix(text), "--as-of", SPRING)
    assert (first.is_new, first.is_written, first.servers) == (True, True, 1)
    assert first.size_bytes == len(lock_of(here).encode())
    again = locked(here)
    assert (again.is_new, again.is_written, again.moved.is_nothing) == (False, False, True)
    locked(there.matrix(text), "--as-of", SPRING)
    assert lock_of(there) == lock_of(here)
    assert not re.search(r"://|/(root|home|tmp|usr|work)/|simple/", lock_of(here))
    assert str(here.folder) not in lock_of(here)


def test_a_locked_matrix_needs_no_index(make_checkout, undated, tmp_path: Path) -> None:
    """With environments built, nothing that was resolved or listed is looked up again; without the lock, it is."""
    cache = tmp_path / "cache"
    checkout = make_checkout(HARNESS_CACHE_DIR=str(cache)).matrix(undated())
    locked(checkout, "--as-of", SPRING)
    assert checkout.run().code == 0
    shutil.rmtree(cache / "locks", ignore_errors=True)
    shutil.rmtree(cache / "index", ignore_errors=True)
    planned = checkout.harness("plan", "--json", env=NO_INDEX)
    assert planned.code == 0, planned.err
    assert planned.document["warnings"] == []
    ran = checkout.run("--rerun", "--json", env=NO_INDEX)
    assert ran.code == 0, ran.err
    assert (ran.document["ran"], ran.states(), ran.document["warnings"]) == (1, {"pass": 1}, [])
    assert not list((cache / "locks").rglob("*.json"))
    assert not list((cache / "index").rglob("*.json"))
    assert checkout.harness("lock", "--check", env=NO_INDEX).code == 0
    assert checkout.harness("lock", env=NO_INDEX).code == 0
    (checkout.folder / "matrix.lock").unlink()
    assert checkout.run(env=NO_INDEX).code == 10


def test_the_lock_says_what_is_run_until_another_date_is_asked(checkout, undated) -> None:
    """A newer release waits for --upgrade; --as-of and --refresh leave the lock aside and say so."""
    checkout.matrix(undated())
    locked(checkout, "--as-of", SPRING)
    ran = checkout.run("--json")
    assert ran.code == 0, ran.err
    assert ran.document["as_of"] == f"{SPRING}T23:59:59+00:00"
    assert ["pytest-django", PLUGIN[SPRING]] in ran.document["cells"][0]["exact"]
    explained = checkout.harness("explain")
    assert (explained.code, "matrix.lock" in explained.err) == (0, False)
    dated = checkout.harness("plan", "--as-of", AUTUMN, "--json").document
    assert dated["as_of"] == f"{AUTUMN}T23:59:59+00:00"
    assert dated["warnings"][0].startswith(f"matrix.lock is left aside: resolved as of {AUTUMN}")
    fresh = checkout.harness("plan", "--refresh")
    assert "matrix.lock is left aside" in fresh.out
    assert "harness lock --upgrade" in fresh.out
    assert checkout.harness("plan", "--json").document["as_of"] == f"{SPRING}T23:59:59+00:00"
    missing = checkout.harness("bisect", "--axis", "pytest-django", "--good", "4.11.1", "--bad", PLUGIN[AUTUMN])
    assert missing.code == 4
    assert "no such release by the as-of date" in missing.err


def test_axes_are_renewed_alone_or_all_together(checkout, undated) -> None:
    """What moved is told; what was not named stays; a run goes by both dates."""
    checkout.matrix(undated())
    before = locked(checkout, "--as-of", SPRING)
    one = locked(checkout, "--upgrade", "pytest_django", "--as-of", AUTUMN)
    assert [(item.axis, item.value, item.old, item.new) for item in one.moved.values] == [
        ("pytest-django", "latest", PLUGIN[SPRING], PLUGIN[AUTUMN])
    ]
    (environment,) = one.moved.environments
    assert [item.name for item in environment.packages] == ["pytest-django"]
    assert (one.as_of, [axis for axis, _ in one.renewed]) == (before.as_of, ["pytest-django"])
    ran = checkout.run("--json")
    assert (ran.code, ran.document["warnings"]) == (0, []), ran.err
    assert ["pytest-django", PLUGIN[AUTUMN]] in ran.document["cells"][0]["exact"]
    both = locked(checkout, "--upgrade", "--as-of", AUTUMN)
    assert (both.renewed, both.old_as_of, str(both.as_of.date())) == ((), before.as_of, AUTUMN)
    assert "django" in {item.axis for item in both.moved.values}
    text = checkout.harness("lock", "--as-of", SPRING).out
    assert f"pytest-django latest: {PLUGIN[AUTUMN]} → {PLUGIN[SPRING]}" in text


def test_a_stale_lock_is_told_and_the_rest_goes_on(checkout, undated) -> None:
    """A new value is resolved as of the lock's date; --check ends 1; `harness lock` adds it and moves nothing else."""
    checkout.matrix(undated())
    locked(checkout, "--as-of", SPRING)
    checkout.matrix(undated(packages=OPEN | {"pytest-django": ["latest", "4.11"]}))
    ran = checkout.run("--json")
    assert (ran.code, ran.states()) == (0, {"pass": 2}), ran.err
    assert ran.document["as_of"] == f"{SPRING}T23:59:59+00:00"
    stale, lacking = ran.document["warnings"]
    assert stale.startswith("matrix.lock is stale: pytest-django 4.11 is new; what it lacks is resolved as of")
    assert "`harness lock` adds it" in stale
    assert lacking.startswith("matrix.lock lacks 1 of 2 environments")
    assert stale in ran.err
    assert stale in checkout.harness("plan").out
    kept = lock_of(checkout)
    check = checkout.harness("lock", "--check", "--json")
    assert (check.code, check.document["exit_code"]) == (1, 1)
    assert [(item["kind"], item["words"]) for item in check.document["stale"]] == [
        ("value", "pytest-django 4.11 is new")
    ]
    assert "pytest-django 4.11 is new" in checkout.harness("lock", "--check").out
    assert lock_of(checkout) == kept
    added = locked(checkout)
    assert [(item.value, item.old) for item in added.moved.values] == [("4.11", "")]
    assert (added.moved.environments, added.moved.added) == ((), 1)
    assert checkout.harness("lock", "--check").code == 0
    assert checkout.run("--json").document["warnings"] == []


def test_what_others_locked_stays_and_what_is_lacking_here_is_told(checkout, undated) -> None:
    """A lock of another platform's machine is used as far as it goes, and completed beside what it holds."""
    checkout.matrix(undated())
    locked(checkout, "--as-of", SPRING)
    change(checkout, f'"{PYTHON} linux', f'"{PYTHON} elsewhere')
    planned = checkout.harness("plan", "--json").document
    (line,) = planned["warnings"]
    assert f"matrix.lock lacks 1 of 1 environments (Python {PYTHON} " in line
    assert planned["as_of"] == f"{SPRING}T23:59:59+00:00"
    both = locked(checkout)
    assert [target.split()[1].partition("-")[0] for target in both.targets] == ["elsewhere", "linux"]
    assert (both.locks, both.environments) == (1, 2)
    assert checkout.harness("plan", "--json").document["warnings"] == []


def test_what_cannot_be_met_is_locked_with_its_words(make_checkout, undated, tmp_path: Path) -> None:
    """Planning needs no uv to know it; locked again, it has the same bytes."""
    packages = {"django": ["5.2"], "pytest-django": ["4.12"], "pytest": ["6", "9"]}
    cache = tmp_path / "cache"
    checkout = make_checkout(HARNESS_CACHE_DIR=str(cache)).matrix(undated(packages=packages))
    locked(checkout, "--as-of", SPRING)
    (impossible,) = tomllib.loads(lock_of(checkout))["impossible"]
    assert impossible["requires"] == ["pytest-django==4.12.0", "pytest==6.2.5"]
    assert "pytest" in impossible["words"]
    assert not locked(checkout).is_written
    shutil.rmtree(cache / "locks")
    planned = checkout.harness("plan", "--json", env=NO_INDEX)
    assert planned.code == 0, planned.err
    (left_out,) = [one for one in planned.document["left_out"] if one["nogood"]["why"] == "unresolvable"]
    assert ["pytest", "6"] in left_out["nogood"]["values"]
    assert left_out["nogood"]["detail"] == impossible["words"]


def test_another_server_than_the_pinned_is_told(checkout, undated) -> None:
    """In the run's output, --quiet or not: never silently different. `--upgrade database` takes it over."""
    checkout.matrix(undated(database=("postgres-17",)))
    locked(checkout, "--as-of", SPRING)
    (pinned,) = tomllib.loads(lock_of(checkout))["server"]
    assert (pinned["database"], pinned["provider"], len(pinned["digest"])) == ("postgres-17", "embedded", 64)
    change(checkout, pinned["digest"], "0" * 64)
    ran = checkout.run("--quiet")
    assert ran.code == 0, ran.err
    assert f"postgres-17: embedded {pinned['source']} {pinned['version']} is not what matrix.lock pins" in ran.out
    (line,) = checkout.run("--json").document["warnings"]
    assert "harness lock --upgrade database" in line
    assert not locked(checkout).is_written
    renewed = locked(checkout, "--upgrade", "database")
    assert [(item.old.digest, item.new.digest) for item in renewed.moved.servers] == [("0" * 64, pinned["digest"])]
    assert checkout.harness("plan", "--json").document["warnings"] == []


@pytest.mark.parametrize(
    "command", [["run"], ["plan"], ["lock"], ["lock", "--check"], ["bisect"], ["lock", "--upgrade"]]
)
@pytest.mark.parametrize(
    ("text", "words"),
    [("version = 99\n", "version 99"), ("<<<<<<< ours\nversion = 1\n", "is not TOML"), ("version = 1\n", "is no lock")],
)
def test_a_lock_that_cannot_be_read(checkout, undated, command: list[str], text: str, words: str) -> None:
    """Exit 4 with the file and the remedy; it stays as it is, and nothing is recorded."""
    if command == ["bisect"]:
        command = ["bisect", "--axis", "pytest-django", "--good", "4.11.1", "--bad", "4.12.0"]
    checkout.matrix(undated())
    (checkout.folder / "matrix.lock").write_text(text)
    ran = checkout.harness(*command)
    assert (ran.code, ran.out) == (4, "")
    assert words in ran.err
    assert "matrix.lock" in ran.err
    assert "harness lock" in ran.err.split("try: ")[1]
    assert lock_of(checkout) == text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--upgrade", "djagno"], "nearest: django"),
        (["--upgrade", "python"], "no axis of that name has versions to renew"),
        (["django"], "harness lock --upgrade"),
        (["--check", "--upgrade"], "--check writes nothing"),
        (["--as-of", "2999-01-01"], "lies in the future"),
        (["--as-of", "someday"], "is no date"),
    ],
)
def test_what_cannot_be_meant(checkout, undated, arguments: list[str], words: str) -> None:
    """Exit 4, and nothing is written."""
    ran = checkout.matrix(undated()).harness("lock", *arguments)
    assert (ran.code, ran.out) == (4, "")
    assert words in ran.err
    assert not (checkout.folder / "matrix.lock").exists()


def test_a_matrix_with_a_date_has_its_lock_at_that_date(checkout, matrix) -> None:
    """Locked as of another, it would be left aside by every run; where the matrix changes its mind, that is told."""
    checkout.matrix(matrix())
    refused = checkout.harness("lock", "--as-of", AUTUMN)
    assert (refused.code, "would be left aside" in refused.err) == (4, True)
    assert str(locked(checkout, "--upgrade").as_of) == f"{SPRING} 00:00:00+00:00"
    checkout.matrix(matrix().replace(SPRING, AUTUMN))
    assert "matrix.lock is left aside" in checkout.harness("plan").out
    assert "[run] as_of says" in checkout.harness("lock", "--check").out
    assert locked(checkout).is_written
    assert checkout.harness("lock", "--check").code == 0


def test_without_an_index_nothing_is_written(make_checkout, undated, tmp_path: Path) -> None:
    """Exit 10; a lock that is there stays as it is."""
    checkout = make_checkout(HARNESS_CACHE_DIR=str(tmp_path / "cache")).matrix(undated())
    ran = checkout.harness("lock", env=NO_INDEX)
    assert ran.code == 10
    assert "index" in ran.err
    assert not (checkout.folder / "matrix.lock").exists()
    locked(checkout, "--as-of", SPRING)
    before = lock_of(checkout)
    assert checkout.harness("lock", "--upgrade", env=NO_INDEX).code == 10
    assert lock_of(checkout) == before


def test_other_files_of_a_pinned_version_are_told(checkout, undated) -> None:
    """What is resolved beside the lock must not bring another file of the same name and version unseen."""
    checkout.matrix(undated())
    locked(checkout, "--as-of", SPRING)
    change(checkout, f'"{PYTHON} linux', f'"{PYTHON} elsewhere')
    path = checkout.folder / "matrix.lock"
    lock = document.read(path)
    (environment,) = lock.environments
    pins = tuple(replace(pin, hashes=("sha256:0",)) if pin.name == "pytest" else pin for pin in environment.lock.pins)
    changed = replace(environment, lock=Lock(pins=pins))
    path.write_text(document.dumps(replace(lock, environments=(changed,))), encoding="utf-8")
    _, files = checkout.harness("plan", "--json").document["warnings"]
    assert re.fullmatch(r"other files than matrix\.lock pins: pytest==9\.[\d.]+", files)


def test_an_axis_that_cannot_be_renewed_alone(checkout, undated) -> None:
    """Its new release needs what was uploaded after the lock's date: that is told, with what renews it."""
    packages = {"django": ["5.1"], "pytest-django": ["4.10"], "pytest": ["8"], "celery": ["latest", "5.3"]}
    checkout.matrix(undated(packages=packages))
    locked(checkout, "--as-of", "2025-03-20")
    alone = locked(checkout, "--upgrade", "celery", "--as-of", "2025-05-01")
    (moved,) = alone.moved.values
    assert (moved.axis, moved.old) == ("celery", "5.4.0")
    (note,) = alone.notes
    assert note.startswith(f"cannot be met as of 2025-03-20: celery=={moved.new}; `harness lock --upgrade`")
    assert (alone.moved.removed, alone.environments) == (1, 1)
    assert "2025-06" not in lock_of(checkout)  # uv hints at what was uploaded since, which is another each day
    assert locked(checkout, "--upgrade", "--as-of", "2025-05-01").environments == 2


def test_all_profiles_and_absent_servers_are_locked(checkout, undated) -> None:
    """A machine that has Docker, or runs the dense profile, finds its environments in the lock of one that has not."""
    packages = {"django": ["4.2", "5.2"], "pytest-django": ["4.11", "4.12"], "pytest": ["8", "9"]}
    more = '[profile.dense]\nstrength = "full"\n[database.mariadb-x]\nengine = "mariadb"\nversion = "10.11"\n'
    more += 'providers = ["docker"]\n'
    checkout.matrix(undated(packages=packages, database=("sqlite-memory", "mariadb-x"), more=more))
    made = locked(checkout, "--as-of", SPRING, env={"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
    assert (made.environments, made.servers) == (16, 0)
    dense = checkout.harness("plan", "--profile", "dense", "--axis", "database=sqlite-memory", "--json")
    assert (len(dense.document["cells"]), dense.document["warnings"]) == (8, []), dense.err

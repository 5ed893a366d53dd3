"""Locks and environments with real uv, a real index, and the Pythons of this machine."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import IndexUnreachable
from harness.model.package import Environment, Interpreter, Lock, Unresolvable
from harness.packages import gc
from harness.packages.environments import Environments, packages_of
from harness.packages.files import guard
from harness.packages.index import Index
from harness.packages.interpreters import find, match
from harness.packages.resolve import Resolver
from harness.packages.uv import Uv

ROOT = Path(__file__).resolve().parents[2]
AS_OF = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
DEAD = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
DJANGO = ("django==6.0.*", "pytest-django==4.12.0", "pytest==9.0.2")
SMALL = ("pytest==9.0.2",)


def now() -> dt.datetime:
    """Return the time."""
    return dt.datetime.now(dt.UTC)


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests that only add to it, and for all workers of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "harness-cache"


@pytest.fixture(scope="session")
def pythons(shared_cache: Path) -> tuple[Interpreter, ...]:
    """The Pythons here."""
    return find(shared_cache, environ=os.environ)


@pytest.fixture(scope="session")
def python(pythons: tuple[Interpreter, ...]) -> Interpreter:
    """A Python that Django 6.0 supports."""
    found = match("3.12", pythons) or match("3.13", pythons)
    assert found is not None, "these tests need Python 3.12 or 3.13"
    return found


@pytest.fixture
def uv_at() -> Callable[..., Uv]:
    """Build a uv over a cache, with more in its environment."""

    def build(cache: Path, **more: str) -> Uv:
        return Uv(cache=cache, environ={**os.environ, **more}, as_of=AS_OF, now=now)

    return build


@pytest.fixture
def resolver_at(uv_at: Callable[..., Uv]) -> Callable[..., Resolver]:
    """Build a resolver over a cache, with more in its environment."""

    def build(cache: Path, **more: str) -> Resolver:
        return Resolver(cache, uv=uv_at(cache, **more), as_of=AS_OF)

    return build


@pytest.fixture
def lock(shared_cache: Path, python: Interpreter, resolver_at: Callable[..., Resolver]) -> Callable[..., Lock]:
    """Resolve what can be resolved."""

    def ask(*requirements: str) -> Lock:
        answer = resolver_at(shared_cache).lock(requirements, python)
        assert isinstance(answer, Lock), answer
        return answer

    return ask


def run(environment: Environment, *arguments: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the environment's Python."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | more
    return subprocess.run(
        [environment.python, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def bytecode(environment: Environment) -> set[Path]:
    """Return all bytecode in an environment and in the packages that it links to."""
    path = Path(environment.path)
    known = packages_of(path)
    assert known is not None
    folders = [path, *(path.parent.parent / "packages" / name for name in known[1])]
    return {file for folder in folders for file in folder.rglob("*.pyc")}


def test_finds_the_pythons_that_pyenv_has(pythons: tuple[Interpreter, ...]) -> None:
    """uv does not look there; each that starts says its own version."""
    folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    expected = {path.name for path in folder.glob("3.*.*") if path.name.replace(".", "").isdigit()}
    assert expected <= {one.version for one in pythons}
    for one in pythons:
        said = subprocess.run([one.path, "-V"], capture_output=True, text=True, check=True)
        assert said.stdout.strip() == f"Python {one.version}"


def test_real_releases_by_the_date(shared_cache: Path, uv_at: Callable[..., Uv]) -> None:
    """What ENGINE.md measured: the newest as of 2026-01-20."""
    as_of = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
    index = Index(shared_cache, as_of=as_of, urls=uv_at(shared_cache).urls, now=now)
    assert index.releases("django")[-1].version == "6.0.1"
    assert index.releases("pytest-django")[-1].version == "4.11.1"
    assert index.releases("pytest")[-1].version == "9.0.2"
    assert index.releases("django")[-1].requires_python == ">=3.12"


def test_locks_a_real_set(lock: Callable[..., Lock]) -> None:
    """Exact pins with hashes, nothing newer than the as-of date; the same again is the same."""
    locked = lock(*DJANGO)
    assert locked.version_of("pytest-django") == "4.12.0"
    assert (locked.version_of("django") or "").startswith("6.0.")
    assert all(pin.hashes and all(digest.startswith("sha256:") for digest in pin.hashes) for pin in locked.pins)
    assert lock(*reversed(DJANGO)) == locked


def test_unresolvable_carries_uv_s_words(
    shared_cache: Path, pythons: tuple[Interpreter, ...], python: Interpreter, resolver_at: Callable[..., Resolver]
) -> None:
    """A Python too old, and two packages that exclude one another; verbatim, compared with uv itself."""
    resolver = resolver_at(shared_cache)
    old = match("3.11", pythons)
    assert old is not None
    too_old = resolver.lock(["django==6.0.1"], old)
    assert isinstance(too_old, Unresolvable)
    assert "django==6.0.1 depends on Python>=3.12" in too_old.words
    conflict = resolver.lock(["pytest-django==4.14.0", "pytest<7"], python)
    assert isinstance(conflict, Unresolvable)
    said = resolver._uv.run(
        ["pip", "compile", "-", "--python", python.path, "--exclude-newer", "2026-09-01T00:00:00Z"],
        stdin="pytest-django==4.14.0\npytest<7\n",
        timeout_s=60,
    )
    assert conflict.words == said.words
    assert conflict.words.startswith("No solution found when resolving dependencies")
    assert "pytest-django>=4.14.0 depends on pytest>=7.0.0" in conflict.words


def test_conflict_names_the_axes_that_clash_and_no_other(
    shared_cache: Path, python: Interpreter, resolver_at: Callable[..., Resolver]
) -> None:
    """Each of them is needed: without it the rest can be met."""
    resolver = resolver_at(shared_cache)
    contributions = {
        "canary": ("iniconfig",),
        "django": ("django==5.2.*",),
        "pytest": ("pytest<7",),
        "pytest-django": ("pytest-django==4.14.0",),
    }
    assert resolver.conflict(contributions, python) == ("pytest", "pytest-django")
    assert resolver.conflict({"pytest": ("pytest==9.0.2",), "canary": ("iniconfig",)}, python) == ()


def test_wheels_only_unless_allowed(shared_cache: Path, python: Interpreter, uv_at: Callable[..., Uv]) -> None:
    """A package that has no wheel is unresolvable, unless it may be built; then it is, and runs."""
    uv = uv_at(shared_cache)
    refused = Resolver(shared_cache, uv=uv, as_of=AS_OF).lock(["docopt==0.6.2"], python)
    assert isinstance(refused, Unresolvable)
    assert "no usable wheels" in refused.words
    allowed = Resolver(shared_cache, uv=uv, as_of=AS_OF, allow_build=["Docopt"]).lock(["docopt==0.6.2"], python)
    assert isinstance(allowed, Lock)
    with Environments(shared_cache, uv=uv, allow_build=["Docopt"]) as environments:
        environment = environments.ensure(allowed, python)
    said = run(environment, "-c", "import docopt; print(docopt.__version__)", cwd=shared_cache)
    assert said.stdout == "0.6.2\n", said.stderr


def test_what_is_known_needs_no_index(
    shared_cache: Path,
    python: Interpreter,
    lock: Callable[..., Lock],
    uv_at: Callable[..., Uv],
    resolver_at: Callable[..., Resolver],
) -> None:
    """With the index dead: releases, locks and environments that are known are used, others are unreachable."""
    locked = lock(*SMALL)
    with Environments(shared_cache, uv=uv_at(shared_cache)) as environments:
        environment = environments.ensure(locked, python)
    Index(shared_cache, as_of=AS_OF, urls=uv_at(shared_cache).urls, now=now).releases("pytest")
    dead = Index(shared_cache, as_of=AS_OF, urls=uv_at(shared_cache, **DEAD).urls, now=now)
    assert dead.releases("pytest")
    for more in (DEAD, {"UV_OFFLINE": "1"}):
        # uv's own cache would help it out: the point is what *we* remember
        resolver = resolver_at(shared_cache, UV_CACHE_DIR=str(shared_cache / "no-uv-cache"), **more)
        assert resolver.lock(SMALL, python) == locked
        with pytest.raises(IndexUnreachable):
            resolver.lock(["pytest==8.0.0"], python)
        uv = uv_at(shared_cache, UV_CACHE_DIR=str(shared_cache / "no-uv-cache"), **more)
        with Environments(shared_cache, uv=uv) as environments:
            assert environments.ensure(locked, python) == environment


def test_missing_package_with_a_dead_index_is_unreachable(
    tmp_path: Path, python: Interpreter, lock: Callable[..., Lock], uv_at: Callable[..., Uv]
) -> None:
    """No half environment stays behind."""
    uv = uv_at(tmp_path, UV_CACHE_DIR=str(tmp_path / "no-uv-cache"), **DEAD)
    with Environments(tmp_path, uv=uv) as environments, pytest.raises(IndexUnreachable):
        environments.ensure(lock(*SMALL), python)
    assert not (tmp_path / "environments").exists()
    assert list((tmp_path / "packages").iterdir()) == []


def test_environment_is_an_ordinary_one(
    shared_cache: Path, python: Interpreter, lock: Callable[..., Lock], uv_at: Callable[..., Uv], tmp_path: Path
) -> None:
    """Imports, metadata, entry points and programs; isolated; and the first pytest run compiles nothing."""
    locked = lock(*DJANGO)
    with Environments(shared_cache, uv=uv_at(shared_cache)) as environments:
        environment = environments.ensure(locked, python)
    script = (
        "import sys, django, pytest_django, importlib.metadata as m\n"
        "print(django.__file__)\nprint(sys.prefix)\n"
        "print(sorted((d.name.lower(), d.version) for d in m.distributions()))\n"
        "print([e.name for e in m.entry_points(group='pytest11')])\n"
    )
    said = run(environment, "-c", script, cwd=tmp_path).stdout.splitlines()
    series = ".".join(python.version.split(".")[:2])
    assert said[0] == f"{environment.path}/lib/python{series}/site-packages/django/__init__.py"
    assert said[1] == environment.path
    assert said[2] == str([(pin.name, pin.version) for pin in locked.pins])
    assert said[3] == "['django']"
    admin = subprocess.run(
        [Path(environment.path) / "bin" / "django-admin", "--version"], capture_output=True, text=True, check=False
    )
    assert admin.stdout.strip() == locked.version_of("django"), admin.stderr
    (tmp_path / "conftest.py").write_text(
        "from django.conf import settings\n"
        "def pytest_configure():\n"
        "    settings.configure(\n"
        "        STATIC_URL='/s/', INSTALLED_APPS=['django.contrib.auth', 'django.contrib.contenttypes'],\n"
        "        DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}})\n"
    )
    (tmp_path / "test_it.py").write_text("def test_it(db, client, live_server, settings, mailoutbox): pass\n")
    before = bytecode(environment)
    ended = run(environment, "-m", "pytest", "-q", cwd=tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="")
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr
    assert bytecode(environment) == before
    assert any("pytest_django" in str(path) and "-pytest-" in path.name for path in before)


def test_packages_are_shared_between_environments(
    shared_cache: Path, python: Interpreter, lock: Callable[..., Lock], uv_at: Callable[..., Uv], tmp_path: Path
) -> None:
    """Two locks with pytest in common have one copy of it; the same lock has one environment."""
    with Environments(shared_cache, uv=uv_at(shared_cache)) as environments:
        one, two = environments.ensure(lock(*SMALL), python), environments.ensure(lock(*DJANGO), python)
        assert environments.ensure(lock(*SMALL), python) == one
    assert one.path != two.path
    script = "import os, _pytest; print(os.path.realpath(_pytest.__file__))"
    assert run(one, "-c", script, cwd=tmp_path).stdout == run(two, "-c", script, cwd=tmp_path).stdout


def test_binary_wheels_and_namespaces_work(
    shared_cache: Path, pythons: tuple[Interpreter, ...], uv_at: Callable[..., Uv], resolver_at: Callable[..., Resolver]
) -> None:
    """A wheel with shared libraries beside it finds them through the links, on the oldest Python with a probe."""
    old = match("3.10", pythons) or match("3.11", pythons)
    assert old is not None
    locked = resolver_at(shared_cache).lock(["psycopg[binary]"], old)
    assert isinstance(locked, Lock)
    with Environments(shared_cache, uv=uv_at(shared_cache)) as environments:
        environment = environments.ensure(locked, old)
    said = run(environment, "-c", "import psycopg; print(psycopg.pq.__impl__)", cwd=shared_cache)
    assert said.stdout == "binary\n", said.stderr


MAKE = """
import datetime as dt, os, sys, time
from pathlib import Path
from harness.model import codec
from harness.model.package import Interpreter, Lock
from harness.packages.environments import Environments, packages_of
from harness.packages.uv import Uv
cache, lock, python = Path(sys.argv[1]), codec.loads(Lock, sys.argv[2]), codec.loads(Interpreter, sys.argv[3])
uv = Uv(cache=cache, environ=os.environ, as_of=None, now=lambda: dt.datetime.now(dt.UTC))
with Environments(cache, uv=uv) as environments:
    environment = environments.ensure(lock, python)
    print(environment.python, os.stat(Path(environment.path) / "complete.json").st_ino, flush=True)
    sys.stdin.readline()
"""


def make(cache: Path, lock: Lock, python: Interpreter) -> subprocess.Popen[str]:
    """Start another process that makes an environment, and keeps it until it may read a line."""
    from harness.model import codec

    return subprocess.Popen(
        [sys.executable, "-c", MAKE, cache, codec.dumps(lock), codec.dumps(python)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_two_processes_make_one_environment(tmp_path: Path, python: Interpreter, lock: Callable[..., Lock]) -> None:
    """At once, in an empty cache: made once, whole for both, nothing left over."""
    locked = lock(*SMALL)
    others = [make(tmp_path, locked, python) for _ in range(2)]
    said = [other.communicate("\n", timeout=60)[0] for other in others]
    assert said[0]
    assert said[0] == said[1]
    assert subprocess.run([said[0].split()[0], "-c", "import pytest"], check=False).returncode == 0
    for folder in ("environments", "packages", "tmp"):
        assert [path.name for path in (tmp_path / folder).iterdir() if path.name.startswith((".", "uv-"))] == []


def test_what_a_killed_process_began_is_never_used(
    tmp_path: Path, python: Interpreter, lock: Callable[..., Lock], uv_at: Callable[..., Uv]
) -> None:
    """`kill -9` in the middle of an installation: the next one makes it whole, and `gc` removes the rest."""
    locked = lock(*SMALL)
    other = make(tmp_path, locked, python)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("packages/.making-*/lib")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(other.pid, signal.SIGKILL)
    other.communicate()
    halves = list(tmp_path.glob("packages/.making-*"))
    assert halves, "the process ended before it could be killed"
    with Environments(tmp_path, uv=uv_at(tmp_path)) as environments:
        environment = environments.ensure(locked, python)
    assert run(environment, "-c", "import pytest", cwd=tmp_path).returncode == 0
    for half in halves:
        os.utime(half, (0, 0))
    gc.collect(tmp_path, keep_lock_hashes=[locked.hash])
    assert not list(tmp_path.glob("packages/.making-*"))


def test_damaged_environments_are_made_again(
    tmp_path: Path, python: Interpreter, lock: Callable[..., Lock], uv_at: Callable[..., Uv]
) -> None:
    """One whose packages somebody removed, or whose interpreter's link is dead."""
    locked = lock("iniconfig==2.1.0")
    with Environments(tmp_path, uv=uv_at(tmp_path)) as environments:
        environment = environments.ensure(locked, python)
        (package,) = (tmp_path / "packages").iterdir()
        shutil.rmtree(package)
        environments.ensure(locked, python)
        assert run(environment, "-c", "import iniconfig", cwd=tmp_path).returncode == 0
        Path(environment.python).unlink()
        Path(environment.python).symlink_to("/nowhere")
        environments.ensure(locked, python)
        assert run(environment, "-c", "import iniconfig", cwd=tmp_path).returncode == 0


def test_gc_frees_what_nobody_wants(
    tmp_path: Path, python: Interpreter, lock: Callable[..., Lock], uv_at: Callable[..., Uv]
) -> None:
    """Not what is kept, young, or in use by a live run (which dies); packages go with their last environment."""
    wanted, unwanted = lock("iniconfig==2.1.0"), lock("iniconfig==2.1.0", "pluggy==1.6.0")
    other = make(tmp_path, unwanted, python)
    assert other.stdout is not None
    assert other.stdout.readline()
    with Environments(tmp_path, uv=uv_at(tmp_path)) as environments:
        kept = environments.ensure(wanted, python)

    def collect(grace_s: float) -> int:
        freed = gc.collect(tmp_path, keep_lock_hashes=[wanted.hash], grace_s=grace_s)
        assert (freed.count > 0) == (freed.bytes > 0)
        return freed.count

    assert collect(-60) == 0, "a live run uses it"
    os.killpg(other.pid, signal.SIGKILL)
    other.communicate()
    assert collect(3600) == 0, "it is young"
    with guard(tmp_path, next(path.name for path in (tmp_path / "packages").iterdir() if "pluggy" in path.name),
               timeout_s=1):  # fmt: skip
        assert collect(-60) == 1, "the environment goes, the package that someone is at work on stays"
    assert collect(-60) == 1
    assert [path.name.split("-")[0] for path in (tmp_path / "packages").iterdir()] == ["iniconfig"]
    assert run(kept, "-c", "import iniconfig", cwd=tmp_path).returncode == 0
    assert not list((tmp_path / "leases").iterdir())


def test_gc_forgets_old_answers(tmp_path: Path, python: Interpreter, resolver_at: Callable[..., Resolver]) -> None:
    """Locks that were not asked for; asking for one renews it."""
    resolver_at(tmp_path).lock(["iniconfig==2.1.0"], python)
    (path,) = tmp_path.glob("locks/*/*.json")
    os.utime(path, (0, 0))
    resolver_at(tmp_path, **DEAD).lock(["iniconfig==2.1.0"], python)
    assert gc.collect(tmp_path, keep_lock_hashes=[]).count == 0
    os.utime(path, (0, 0))
    assert gc.collect(tmp_path, keep_lock_hashes=[]).count == 1
    assert not path.exists()

"""The Pythons on a machine, each asked once."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import IndexUnreachable, Infrastructure, UsageError
from harness.model.package import Interpreter
from harness.packages import interpreters
from harness.packages.interpreters import find, looked_in, match
from harness.packages.uv import Uv

REAL = Path(os.path.realpath(sys.executable))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose folders are all below one; the running Python is pyenv's and uv's."""
    for place in ("home/.pyenv/versions/x/bin", "home/.local/share/uv/python/y/bin", "bin"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "home/.pyenv/versions/x/bin/python3").symlink_to(REAL)
    (tmp_path / "home/.local/share/uv/python/y/bin/python3.99").symlink_to(REAL)
    return tmp_path


def search(machine: Path) -> tuple[Interpreter, ...]:
    """Find what lies below *machine*, leaving out what the real machine has in /usr."""
    found = find(machine / "cache", environ={"HOME": str(machine / "home"), "PATH": str(machine / "bin")})
    here = [*machine.rglob("python*")]
    return tuple(one for one in found if one.path == str(REAL) or Path(one.path) in here)


def test_describes_the_running_python(machine: Path) -> None:
    """Two links to one program are one interpreter, whose facts are its own."""
    (found,) = search(machine)
    assert found.version == platform.python_version()
    assert found.implementation == "CPython"
    import sqlite3

    assert found.sqlite_version == sqlite3.sqlite_version
    from packaging import tags

    assert found.tags == tuple(str(tag) for tag in tags.sys_tags())


def test_unchanged_programs_are_not_started_again(machine: Path) -> None:
    """Even what is no Python is remembered as such; a file that changes is asked anew."""
    program = machine / "bin" / "python3.50"
    program.write_bytes(Path("/bin/true").read_bytes())
    program.chmod(0o755)
    search(machine)
    kept = json.loads((machine / "cache" / "interpreters.json").read_text())["interpreters"]
    assert [said for key, said in kept.items() if "python3.50" in key] == [{}]
    stamp = (machine / "cache" / "interpreters.json").stat().st_mtime_ns
    search(machine)
    assert (machine / "cache" / "interpreters.json").stat().st_mtime_ns == stamp
    os.utime(program)
    search(machine)
    assert (machine / "cache" / "interpreters.json").stat().st_mtime_ns != stamp


def test_shims_and_broken_programs_are_left_out(machine: Path) -> None:
    """A script called python, a link to nothing, a file nobody may run."""
    (machine / "bin" / "python3.12").write_text("#!/bin/sh\nexit 3\n")
    (machine / "bin" / "python3.12").chmod(0o755)
    (machine / "bin" / "python3.11").symlink_to(machine / "gone")
    (machine / "bin" / "python3.10").write_bytes(b"\x7fELF")
    (machine / "bin" / "python3").symlink_to("/bin/true")
    assert [one.path for one in search(machine)] == [str(REAL)]


@pytest.mark.parametrize("fact", ["implementation", "is_free_threaded", "is_debug"])
def test_other_kinds_are_left_out(machine: Path, fact: str) -> None:
    """PyPy, free-threaded and debug builds are found, and not offered."""
    search(machine)
    path = machine / "cache" / "interpreters.json"
    plain = json.loads(path.read_text())
    for said in plain["interpreters"].values():
        if said:
            said[fact] = "PyPy" if fact == "implementation" else True
    path.write_text(json.dumps(plain))
    assert search(machine) == ()


def test_match_takes_the_newest_that_fits(interpreter: Callable[..., Interpreter]) -> None:
    """Final before pre-release, and of equals the first found."""
    here = [
        interpreter("3.12.1", path="/first"),
        interpreter("3.12.1", path="/second"),
        interpreter("3.12.0"),
        interpreter("3.13.0"),
        interpreter("3.13.1rc1"),
        interpreter("3.1.5"),
    ]

    def path(requested: str) -> str | None:
        found = match(requested, here)
        return found.path if found else None

    assert path("3.12") == path("3.12.1") == path("==3.12.1") == "/first"
    assert path("3.13") == "/nowhere/3.13.0/python"
    assert path("3.13.1rc1") == "/nowhere/3.13.1rc1/python"
    assert path("3.1") == "/nowhere/3.1.5/python"
    assert path("==3.12") == "/nowhere/3.12.0/python"  # as PEP 440 says
    assert path("3.14") is path("3.12.2") is None


def test_looked_in_names_the_folders(tmp_path: Path) -> None:
    """With what the environment says about them."""
    text = looked_in({"HOME": "/h", "PYENV_ROOT": "/p"})
    assert text.startswith("PATH, /h/.local/share/uv/python/*/bin, /p/versions/*/bin, ")


def test_download_that_fails_says_so(tmp_path: Path) -> None:
    """It is announced first; a mirror that is out of reach is told from a version that nobody offers."""
    env = {**os.environ, "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons"), "UV_HTTP_RETRIES": "0"}
    env["UV_PYTHON_INSTALL_MIRROR"] = "http://127.0.0.1:9"
    uv = Uv(cache=tmp_path, environ=env, now=lambda: dt.datetime.now(dt.UTC))
    said: list[str] = []

    def download(version: str) -> None:
        interpreters.download(version, uv=uv, cache=tmp_path, environ=env, report=said.append, timeout_s=60)

    with pytest.raises(IndexUnreachable, match=r"Python 3\.12 could not be downloaded: Failed to install"):
        download("==3.12")
    with pytest.raises(Infrastructure, match=r"uv python install 3\.99: No download found"):
        download("3.99")
    assert said == [f"downloading Python {version} with uv python install {version}" for version in ("3.12", "3.99")]


def test_download_refuses_what_is_no_version(tmp_path: Path) -> None:
    """Nothing but a version reaches uv's command line."""
    uv = Uv(cache=tmp_path, environ=os.environ, now=lambda: dt.datetime.now(dt.UTC))
    with pytest.raises(UsageError, match="--force"):
        interpreters.download(
            "--force", uv=uv, cache=tmp_path, environ=os.environ, report=lambda text: pytest.fail(text), timeout_s=5
        )

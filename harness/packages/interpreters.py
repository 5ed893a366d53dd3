"""Finds the Pythons on this machine."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from packaging import tags
from packaging.version import Version

from harness import process
from harness.errors import IndexUnreachable, Infrastructure, UsageError
from harness.model.package import Interpreter
from harness.packages.files import read_if_there, write_whole
from harness.packages.uv import Uv
from harness.process import Cancel

SCHEME = 1
ASK_S = 20.0
_NAME = re.compile(r"python3(\.\d+)?|python")
_ASK = """
import json, platform, sys, sysconfig
try:
    import sqlite3
    sqlite_version = sqlite3.sqlite_version
except ImportError:
    sqlite_version = ""
print(json.dumps({
    "version": platform.python_version(),
    "implementation": platform.python_implementation(),
    "sys": sys.version,
    "machine": [platform.machine(), list(platform.libc_ver())],
    "platform": sysconfig.get_platform(),
    "sqlite_version": sqlite_version,
    "is_free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "is_debug": hasattr(sys, "gettotalrefcount"),
}))
"""


def find(cache: Path, *, environ: Mapping[str, str], cancel: Cancel | None = None) -> tuple[Interpreter, ...]:
    """Return the CPythons on PATH and in the folders of uv, pyenv, mise, asdf and the system, newest first.

    Each is asked once what it is, side by side; the answer is kept below *cache* while the file stays the same.
    Shims, virtual environments' copies, free-threaded builds and what does not start are left out.

    Raises:
        Interrupted: *cancel* was set.
    """
    path = cache / "interpreters.json"
    known = _remembered(path)
    programs = {key: program for program in _programs(_folders(environ)) if (key := _key(program)) is not None}
    new = {key: program for key, program in programs.items() if key not in known}
    if new:
        with ThreadPoolExecutor(max_workers=min(len(new), (os.cpu_count() or 1) * 2)) as pool:
            answers = pool.map(lambda program: _ask(program, cancel), new.values())
            known |= {key: said for key, said in zip(new, answers, strict=True) if said is not None}
        write_whole(path, json.dumps({"scheme": SCHEME, "interpreters": known}, sort_keys=True))
    found = [_interpreter(programs[key], known[key]) for key in programs if known.get(key)]
    usable = [interpreter for interpreter in found if interpreter is not None]
    return tuple(sorted(usable, key=lambda interpreter: Version(interpreter.version), reverse=True))


def match(requested: str, interpreters: Iterable[Interpreter]) -> Interpreter | None:
    """Return the newest interpreter that *requested* ("3.12", "3.12.1", "==3.12.1") stands for, final before
    pre-release; None if there is none. Among equals the first found wins."""
    asked = Version(requested.removeprefix("=="))
    is_series = len(asked.release) < 3 and not requested.startswith("==") and not asked.is_prerelease
    fitting = []
    for interpreter in interpreters:
        version = Version(interpreter.version)
        if version == asked or (is_series and version.release[: len(asked.release)] == asked.release):
            fitting.append(interpreter)
    # max keeps the first of equals
    return max(
        fitting,
        key=lambda one: (not Version(one.version).is_prerelease, Version(one.version)),
        default=None,
    )


def looked_in(environ: Mapping[str, str]) -> str:
    """Return the places where `find` looks, for a message."""
    return "PATH, " + ", ".join(f"{folder}" for folder in _known_folders(environ))


def download(
    requested: str,
    *,
    uv: Uv,
    cache: Path,
    environ: Mapping[str, str],
    report: Callable[[str], None],
    timeout_s: float,
    cancel: Cancel | None = None,
) -> Interpreter:
    """Let uv put a Python into its own folder (nothing is put on PATH) and return it; *report* is told first.

    Raises:
        IndexUnreachable: the place it comes from gave no answer.
        Infrastructure: uv has no such Python, or it does not run here.
        UsageError: *requested* is no version.
    """
    version = requested.removeprefix("==")
    if not re.fullmatch(r"3(\.\d+){1,2}\w*", version):
        raise UsageError(f"python = {requested!r} is not a version that uv could install")
    report(f"downloading Python {version} with uv python install {version}")
    try:
        answer = uv.run(["python", "install", "--no-bin", version], timeout_s=timeout_s, cancel=cancel)
    except IndexUnreachable as error:
        words = error.message.partition(": ")[2]
        raise IndexUnreachable(
            f"Python {version} could not be downloaded: {words}",
            remedy="check the network, or UV_PYTHON_INSTALL_MIRROR; or install it in another way",
        ) from error
    if answer.code:
        raise Infrastructure(f"uv python install {version}: {answer.words}")
    found = match(requested, find(cache, environ=environ, cancel=cancel))
    if found is None:
        raise Infrastructure(f"uv installed Python {version}, which was then not found in {looked_in(environ)}")
    return found


def _known_folders(environ: Mapping[str, str]) -> list[Path]:
    """Return the folders where Pythons are installed, a pattern each, without asking any program."""
    home = Path(environ.get("HOME") or Path.home())
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv")
    mise = Path(environ.get("MISE_DATA_DIR") or data / "mise")
    asdf = Path(environ.get("ASDF_DATA_DIR") or home / ".asdf")
    return [
        uv / "*/bin",
        pyenv / "versions/*/bin",
        mise / "installs/python/*/bin",
        asdf / "installs/python/*/bin",
        Path("/usr/bin"),
        Path("/usr/local/bin"),
        Path("/opt/homebrew/bin"),
    ]


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    for text in environ.get("PATH", "").split(os.pathsep):
        if text:
            yield Path(text)
    for pattern in _known_folders(environ):
        star = next((number for number, part in enumerate(pattern.parts) if part == "*"), None)
        if star is None:
            yield pattern
        else:
            with contextlib.suppress(OSError):  # another user's folder, inherited with the environment
                yield from sorted(Path(*pattern.parts[:star]).glob("/".join(pattern.parts[star:])))


def _programs(folders: Iterable[Path]) -> list[Path]:
    """Return the real programs called python in *folders*, each once; a shim's real path is not called so."""
    found: dict[Path, None] = {}
    for folder in folders:
        try:
            names = sorted(entry.name for entry in os.scandir(folder) if _NAME.fullmatch(entry.name))
        except OSError:
            continue
        for name in names:
            program = Path(os.path.realpath(folder / name))
            is_new = program.name.startswith("python") and program not in found
            if is_new and os.access(program, os.X_OK) and not _is_script(program):
                found[program] = None
    return list(found)


def _is_script(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True


def _key(program: Path) -> str | None:
    try:
        stat = program.stat()
    except OSError:
        return None
    return f"{program}|{stat.st_mtime_ns}|{stat.st_size}"


def _remembered(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(read_if_there(path) or "{}")
    except ValueError:
        return {}
    return dict(plain["interpreters"]) if plain.get("scheme") == SCHEME else {}


def _ask(program: Path, cancel: Cancel | None) -> dict[str, Any] | None:
    """Return what a Python says about itself, {} where it does not run; None (not to be kept) where it hangs."""
    try:
        ended = process.capture([program, "-I", "-c", _ASK], timeout_s=ASK_S, cancel=cancel)
    except Infrastructure:
        return None
    try:
        return dict(json.loads(ended.stdout)) if ended.code == 0 else {}
    except ValueError:
        return {}


def _interpreter(program: Path, said: Mapping[str, Any]) -> Interpreter | None:
    if said["implementation"] != "CPython" or said["is_free_threaded"] or said["is_debug"]:
        return None
    major, minor = Version(said["version"]).release[:2]
    identity = json.dumps([said["sys"], said["platform"], said["machine"]])
    return Interpreter(
        path=str(program),
        version=said["version"],
        implementation=said["implementation"],
        build=hashlib.sha256(identity.encode()).hexdigest()[:16],
        platform=said["platform"],
        sqlite_version=said["sqlite_version"],
        tags=_tags(major, minor, said["platform"]),
    )


@functools.cache
def _tags(major: int, minor: int, platform: str) -> tuple[str, ...]:
    """Return the wheel tags that such a CPython can install, best first.

    The platforms are those of the running process, which has the same C library, if the interpreter is of its kind.
    """
    import sysconfig

    platforms: Sequence[str] | None = None
    if platform != sysconfig.get_platform():
        platforms = [re.sub(r"[-.]", "_", platform)]
    abis = [f"cp{major}{minor}m"] if (major, minor) < (3, 8) and sys.platform != "win32" else [f"cp{major}{minor}"]
    specific = tags.cpython_tags((major, minor), abis, platforms)
    common = tags.compatible_tags((major, minor), f"cp{major}{minor}", platforms)
    return tuple(dict.fromkeys(str(tag) for tag in (*specific, *common)))

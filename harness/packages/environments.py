"""Makes environments, one per lock and interpreter."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from harness.errors import Infrastructure
from harness.model import codec
from harness.model.package import Environment, Interpreter, Lock
from harness.packages.files import guard, in_the_making, read_if_there
from harness.packages.leases import Lease
from harness.packages.package_store import PackageStore, site_packages
from harness.packages.tree import merge
from harness.packages.uv import Uv
from harness.process import Cancel

FOLDER = "environments"
COMPLETE = "complete.json"
APART = "-apart"
SCHEME = 1
SIDE_BY_SIDE = 3
"""Installations at once within one environment; several environments are made at once besides."""


class Environments:
    """Environments below ``cache/environments``, shared read-only by all cells with one lock and interpreter.

    An environment is a virtual environment whose packages are links into the `PackageStore`: what is imported, its
    ``__file__``, metadata and scripts are as in an ordinary one. A context manager: on exit, its environments may be
    collected by `gc`. Safe to share among threads, and with other processes on the same *cache*.
    """

    def __init__(self, cache: Path, *, uv: Uv, allow_build: Iterable[str] = (), timeout_s: float = 300) -> None:
        self._cache = cache.absolute()  # scripts and links hold it
        self._lease = Lease(self._cache)
        self._uv = uv
        self._store = PackageStore(self._cache, uv=uv, lease=self._lease, allow_build=allow_build)
        self._timeout_s = timeout_s

    def __enter__(self) -> Environments:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lease.end()

    def use(self, name: str) -> None:
        """Say that this run uses the folder called *name* somewhere in the cache, so that `gc` spares it."""
        self._lease.add(name)

    def ensure(
        self, lock: Lock, interpreter: Interpreter, *, is_apart: bool = False, cancel: Cancel | None = None
    ) -> Environment:
        """Return the environment of *lock* on *interpreter*, made first where it was not.

        *is_apart*: with files of its own, for whoever tells a project's files from others by where they really lie, as
        coverage does.

        Raises:
            IndexUnreachable: a package has to be downloaded, and the index gave no answer.
            Infrastructure: uv failed, the disk is full, or it took too long.
            Interrupted: *cancel* was set.
        """
        path = self._cache / FOLDER / f"{name_of(lock.hash, interpreter)}{APART if is_apart else ''}"
        self._lease.add(path.name)
        with guard(self._cache, path.name, timeout_s=self._timeout_s, cancel=cancel):
            entries = [self._store.entry(pin, interpreter) for pin in lock.pins]
            for entry in entries:
                self._lease.add(entry.name)
            try:
                if not is_complete(path, entries):
                    self._make(path, lock, interpreter, cancel, is_apart=is_apart)
                os.utime(path / COMPLETE)  # `gc` spares what was wanted lately
            except OSError as error:
                raise Infrastructure(f"cannot make the environment {path}: {error}") from error
        return Environment(path=str(path), python=str(path / "bin" / "python"), lock=lock, interpreter=interpreter)

    def _make(self, path: Path, lock: Lock, interpreter: Interpreter, cancel: Cancel | None, *, is_apart: bool) -> None:
        # Environments made at once share most packages: each begins elsewhere, so as not to wait for the other.
        offset = int(lock.hash, 16) % max(1, len(lock.pins))
        with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
            made = pool.map(
                lambda pin: self._store.ensure(pin, interpreter, timeout_s=self._timeout_s, cancel=cancel),
                (*lock.pins[offset:], *lock.pins[:offset]),
            )
            entries = sorted(made)
        with in_the_making(path) as folder:
            _link(entries, folder, path, interpreter, is_apart=is_apart)
            if not is_apart and (pytest_version := lock.version_of("pytest")):
                python = folder / "bin" / "python"
                self._store.rewrite_plugins(entries, python, pytest_version, timeout_s=self._timeout_s)
            facts = {
                "scheme": SCHEME,
                "lock": codec.to_plain(lock),
                "lock_hash": lock.hash,
                "packages": sorted(entry.name for entry in entries),
            }
            (folder / COMPLETE).write_text(json.dumps(facts, sort_keys=True), encoding="utf-8")

    def with_editable(
        self, made: Environment, folder: Path, project: Path, *, version: str, cancel: Cancel | None = None
    ) -> Environment:
        """Return an environment at *folder* that is one cell's own: the packages of *made*, and a project installed so
        that it is used from its files in *project*. *version* is for build backends that would ask version control.

        Raises:
            IndexUnreachable: what builds it has to be downloaded, and the index gave no answer.
            Infrastructure: uv failed, or it took too long.
            Interrupted: *cancel* was set.
        """
        entries = [self._store.entry(pin, made.interpreter) for pin in made.lock.pins]
        try:
            folder.mkdir()
            _link(entries, folder, folder, made.interpreter, is_apart=True)
        except OSError as error:
            raise Infrastructure(f"cannot make the environment {folder}: {error}") from error
        python = folder / "bin" / "python"
        answer = self._uv.run(
            ["pip", "install", "--quiet", "--python", str(python), "--no-deps", "--editable", str(project)],
            timeout_s=self._timeout_s,
            cancel=cancel,
            extra={"SETUPTOOLS_SCM_PRETEND_VERSION": version},
        )
        if answer.code:
            raise Infrastructure(f"uv could not install the project from its files: {answer.words}")
        return Environment(path=str(folder), python=str(python), lock=made.lock, interpreter=made.interpreter)


def _link(entries: Sequence[Path], folder: Path, final: Path, interpreter: Interpreter, *, is_apart: bool) -> None:
    """Fill *folder*, which becomes *final*, with a virtual environment of links to installed packages."""
    _skeleton(folder, interpreter)
    site = folder / "lib" / f"python{_series(interpreter)}" / "site-packages"
    merge([found for entry in entries if (found := site_packages(entry)) is not None], site, is_apart=is_apart)
    _scripts(entries, folder, final)


def name_of(lock_hash: str, interpreter: Interpreter) -> str:
    """Return the name of an environment's folder."""
    return f"{lock_hash}-{interpreter.build}"


def is_complete(path: Path, entries: Iterable[Path]) -> bool:
    """Tell whether an environment is whole, its interpreter and packages still there."""
    return (
        (path / COMPLETE).exists()
        and (path / "bin" / "python").exists()
        and all((entry / COMPLETE).exists() for entry in entries)
    )


def packages_of(path: Path) -> tuple[str, tuple[str, ...]] | None:
    """Return the lock's hash and the names in the package store of an environment, None where it is not whole."""
    try:
        plain = json.loads(read_if_there(path / COMPLETE) or "")
        return str(plain["lock_hash"]), tuple(plain["packages"])
    except (ValueError, KeyError):
        return None


def lock_in_cache(cache: Path, lock_hash: str) -> Lock | None:
    """Return the lock with that hash out of an environment that it was installed in; None if there is none left."""
    for path in sorted((cache / FOLDER).glob(f"{lock_hash}-*/{COMPLETE}")):
        try:
            lock = codec.from_plain(Lock, json.loads(read_if_there(path) or "")["lock"])
        except (ValueError, KeyError):
            continue
        if isinstance(lock, Lock) and lock.hash == lock_hash:
            return lock
    return None


def _series(interpreter: Interpreter) -> str:
    return ".".join(interpreter.version.split(".")[:2])


def _skeleton(folder: Path, interpreter: Interpreter) -> None:
    """Make what makes a folder a virtual environment, as the standard library's `venv` does with symbolic links."""
    (folder / "bin").mkdir()
    for name in ("python", "python3", f"python{_series(interpreter)}"):
        (folder / "bin" / name).symlink_to(interpreter.path if name == "python" else "python")
    (folder / "lib").mkdir()
    if not (folder / "lib64").exists():
        (folder / "lib64").symlink_to("lib")
    (folder / "pyvenv.cfg").write_text(
        f"home = {Path(interpreter.path).parent}\n"
        "include-system-site-packages = false\n"
        f"version = {interpreter.version}\n"
        f"executable = {interpreter.path}\n",
        encoding="utf-8",
    )


def _scripts(entries: Iterable[Path], folder: Path, final: Path) -> None:
    """Put the packages' programs into ``bin``, with the environment's Python where they name an interpreter's."""
    python = str(final / "bin" / "python")
    for entry in entries:
        for program in sorted((entry / "bin").iterdir()) if (entry / "bin").is_dir() else ():
            target = folder / "bin" / program.name
            if target.is_symlink() or target.exists():
                continue
            with program.open("rb") as file:
                is_script = file.read(2) == b"#!"
            if not is_script:
                target.symlink_to(program)
                continue
            target.write_bytes(_with_python(program.read_bytes(), python))
            target.chmod(0o755)


def _with_python(script: bytes, python: str) -> bytes:
    """Return *script* started by *python*, whether its first line names a Python or goes through a shell."""
    head, _, body = script.partition(b"\n")
    if head == b"#!/bin/sh" and body.startswith(b"'''exec'"):
        body = body.split(b"\n", 2)[2]
    elif b"python" not in head:
        return script
    if len(python) > 120 or " " in python:  # beyond what a kernel reads of a first line
        return f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n".encode() + body
    return f"#!{python}\n".encode() + body

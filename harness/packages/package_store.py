"""Installs each package once, compiled, for all environments to link to."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name

from harness import process
from harness.errors import Infrastructure
from harness.model.package import Interpreter, Pin
from harness.packages import wheels
from harness.packages.files import guard, in_the_making
from harness.packages.leases import Lease
from harness.packages.uv import Uv
from harness.process import Cancel

FOLDER = "packages"
COMPLETE = "complete.json"

# Pytest rewrites the modules of its plugins and keeps the result beside Python's own bytecode, under its own version.
# `pytest` has no public function for that; where this one changes, the first test run writes them instead.
_REWRITE = """
import pathlib, sys
sys.dont_write_bytecode = True
from _pytest.assertion import rewrite
for name in sys.argv[1:]:
    for source in sorted(pathlib.Path(name).rglob("*.py")):
        try:
            pyc = source.parent / "__pycache__" / (source.name[:-3] + rewrite.PYC_TAIL)
            stat, code = rewrite._rewrite_test(source, None)
            rewrite._write_pyc(None, code, stat, pyc)
        except Exception as error:
            print(source, error, file=sys.stderr)
"""


class PackageStore:
    """Installed packages below ``cache/packages``, a folder per (pin, minor version of Python, platform), laid out as
    a prefix (``lib/pythonX.Y/site-packages``, ``bin``). Never changed once complete.
    """

    def __init__(self, cache: Path, *, uv: Uv, lease: Lease, allow_build: Iterable[str] = ()) -> None:
        self._cache, self._uv, self._lease = cache, uv, lease
        self._allow_build = frozenset(str(canonicalize_name(name)) for name in allow_build)

    def entry(self, pin: Pin, interpreter: Interpreter) -> Path:
        """Return the folder of a pin, there or not."""
        digest = hashlib.sha256("\n".join(pin.hashes).encode()).hexdigest()[:12]
        major, minor = interpreter.version.split(".")[:2]
        version = "".join(letter if letter.isalnum() or letter in ".+" else "_" for letter in pin.version)
        return self._cache / FOLDER / f"{pin.name}-{version}-{digest}-cp{major}{minor}-{interpreter.platform}"

    def ensure(self, pin: Pin, interpreter: Interpreter, *, timeout_s: float, cancel: Cancel | None = None) -> Path:
        """Return the folder of a pin, installed there first where it was not.

        Raises:
            IndexUnreachable: its file has to be downloaded, and the index gave no answer.
            Infrastructure: uv failed, or took longer than *timeout_s*.
            Interrupted: *cancel* was set.
        """
        entry = self.entry(pin, interpreter)
        self._lease.add(entry.name)
        with guard(self._cache, entry.name, timeout_s=timeout_s, cancel=cancel):
            if not (entry / COMPLETE).exists():
                with in_the_making(entry) as folder:
                    self._install(pin, interpreter, folder, timeout_s=timeout_s, cancel=cancel)
                    (folder / COMPLETE).write_text(json.dumps({"name": pin.name, "version": pin.version}))
            os.utime(entry / COMPLETE)  # `gc` spares what was wanted lately
        return entry

    def rewrite_plugins(self, entries: Iterable[Path], python: Path, pytest_version: str, *, timeout_s: float) -> None:
        """Let *python*'s pytest write the bytecode of the plugins among *entries* that it would write on first loading.

        A failure is no error: the first test run does it then.
        """
        mark = f"rewritten-by-pytest-{pytest_version}"
        plugins = [entry for entry in entries if _is_plugin(entry) and not (entry / mark).exists()]
        if not plugins:
            return
        with contextlib.ExitStack() as stack:
            for entry in sorted(plugins):  # in one order, so that two processes cannot wait for one another
                stack.enter_context(guard(self._cache, entry.name, timeout_s=timeout_s))
            plugins = [entry for entry in plugins if not (entry / mark).exists()]
            folders = [folder for entry in plugins for folder in (entry / "lib").glob("python*/site-packages")]
            if plugins:
                process.capture([python, "-I", "-c", _REWRITE, *folders], timeout_s=timeout_s)
            for entry in plugins:
                (entry / mark).touch()

    def _install(
        self, pin: Pin, interpreter: Interpreter, folder: Path, *, timeout_s: float, cancel: Cancel | None
    ) -> None:
        hashes = " ".join(f"--hash={digest}" for digest in pin.hashes)
        own = wheels.local(self._cache, pin.hashes)
        line = f"{pin.name} @ {own.as_uri()} {hashes}\n" if own else f"{pin.name}=={pin.version} {hashes}\n"
        arguments = ["pip", "install", "--quiet", "--python", interpreter.path, "--prefix", str(folder), "--no-deps"]
        arguments += ["--require-hashes", "--compile-bytecode", "--only-binary", ":all:"]
        answer = self._uv.run([*arguments, "-r", "-"], timeout_s=timeout_s, stdin=line, cancel=cancel)
        if answer.code and pin.name in self._allow_build:
            arguments += ["--no-binary", pin.name]
            answer = self._uv.run([*arguments, "-r", "-"], timeout_s=timeout_s, stdin=line, cancel=cancel)
        if answer.code:
            raise Infrastructure(f"uv could not install {pin.name} {pin.version}: {answer.words}")
        (folder / ".lock").unlink(missing_ok=True)  # uv's own


def site_packages(prefix: Path) -> Path | None:
    """Return the folder that a prefix's packages lie in, None where it has none."""
    return next(iter(sorted((prefix / "lib").glob("python*/site-packages"))), None)


def _is_plugin(entry: Path) -> bool:
    for path in (entry / "lib").glob("python*/site-packages/*.dist-info/entry_points.txt"):
        if "[pytest11]" in path.read_text(encoding="utf-8", errors="replace"):
            return True
    return False

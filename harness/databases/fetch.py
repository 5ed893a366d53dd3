"""Fetching of server binaries: unpacked once, checked, shared by all runs of this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from harness import process
from harness.databases.context import Context
from harness.errors import Infrastructure

FETCH_S = 300
MANIFEST = "MANIFEST"


def keep(folder: Path, unpack: Callable[[Path], None]) -> str:
    """Return the checksum of what lies in *folder*, which *unpack* fills if it is missing or damaged.

    The checksum is of the manifest: path, size and SHA-256 of each file. Later uses compare presence and sizes.

    Raises:
        Infrastructure: it can be neither used nor fetched.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock", timeout=FETCH_S * 2):
            digest = check(folder)
            if digest:
                return digest
            for left in (folder, *folder.parent.glob(f".{folder.name}-*")):  # by one that was killed
                shutil.rmtree(left, ignore_errors=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            try:
                unpack(draft)
                _make_readable(draft)
                (draft / MANIFEST).write_text(_manifest(draft))
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            return check(folder)
    except OSError as error:
        raise Infrastructure(f"cannot keep server binaries in {folder.parent}: {error}") from error


def check(folder: Path) -> str:
    """Return the checksum of an unpacked folder; "" if a file is missing or has another size."""
    try:
        manifest = (folder / MANIFEST).read_text()
        for line in manifest.splitlines():
            _, size, path = line.split(" ", 2)
            if (folder / path).stat().st_size != int(size):
                return ""
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(manifest.encode()).hexdigest()


def unpack_wheel(folder: Path, *, package: str, version: str, sha256: tuple[str, ...], context: Context) -> None:
    """Install one wheel into *folder* with uv, which checks its hash.

    Raises:
        Infrastructure: uv's words, when the index has no fitting wheel or does not answer.
    """
    requirement = f"{package}=={version} " + " ".join(f"--hash=sha256:{digest}" for digest in sha256)
    with context.ledger.temporary("harness-fetch-") as scratch:
        file = scratch / "requirements.txt"
        file.write_text(requirement + "\n")
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--link-mode", "copy", "--no-config"]
        if not context.is_network_allowed:
            options.append("--offline")
        done = process.capture(
            [context.uv, "pip", "install", "--python", sys.executable, "--target", folder, *options, "-r", file],
            timeout_s=FETCH_S,
            cwd=scratch,
            cancel=context.cancel,
        )
    if done.code:
        raise Infrastructure(f"{package} {version}: {_last_words(done.stderr)}")


def unpack_npm(folder: Path, *, package: str, version: str, integrity: str, npm: str, context: Context) -> None:
    """Fetch one package of npm into *folder* and check its SHA-512.

    Raises:
        Infrastructure: npm's words, or another checksum than *integrity*.
    """
    with context.ledger.temporary("harness-fetch-") as scratch:
        done = process.capture(
            [npm, "pack", "--silent", f"{package}@{version}"],
            timeout_s=FETCH_S,
            cwd=scratch,
            cancel=context.cancel,
        )
        archives = list(scratch.glob("*.tgz"))
        if done.code or len(archives) != 1:
            raise Infrastructure(f"{package} {version}: {_last_words(done.stderr)}")
        found = "sha512-" + base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
        if found != integrity:
            raise Infrastructure(f"{package} {version}: checksum {found} instead of {integrity}")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(folder, filter="data")
    _link(folder / "package")


def ask_npm(package: str, field: str, *, npm: str, context: Context) -> object:
    """Return what npm's metadata says about a package ("versions", "dist.integrity").

    Raises:
        Infrastructure: the registry does not answer or does not know it.
    """
    done = process.capture([npm, "view", package, field, "--json"], timeout_s=60, cancel=context.cancel)
    try:
        return json.loads(done.stdout) if done.code == 0 else None
    except ValueError:
        return None


def _link(package: Path) -> None:
    """Give an unpacked package of npm its links and its executable bits: npm's archives have neither."""
    links = package / "native" / "pg-symlinks.json"
    for link in json.loads(links.read_text()) if links.exists() else []:
        target = (package / link["target"]).absolute()
        if package.absolute() in target.parents and not target.is_symlink():
            target.symlink_to(os.path.relpath(package / link["source"], target.parent))
    for program in (package / "native" / "bin").iterdir():
        program.chmod(0o755)


def _make_readable(folder: Path) -> None:
    """Let every user read it: as root, the server runs as another."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _manifest(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and ".dist-info" not in str(p))
    return "".join(
        f"{hashlib.sha256(p.read_bytes()).hexdigest()} {p.stat().st_size} {p.relative_to(folder)}\n" for p in files
    )


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " ".join(lines[-8:])[-400:] or "no answer"

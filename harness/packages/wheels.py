"""Builds a project's wheel, once per content of its files."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from packaging.metadata import Metadata
from packaging.utils import canonicalize_name, parse_wheel_filename

from harness.errors import Infrastructure
from harness.model import codec
from harness.model.package import Interpreter
from harness.model.wheel import Wheel
from harness.packages.files import guard, read_if_there, write_whole
from harness.packages.uv import Uv
from harness.process import Cancel

FOLDER = "wheels"
EPOCH = "1704067200"
"""Time stamps in a wheel (SOURCE_DATE_EPOCH): the same files make the same bytes. No earlier date suits zip files
and every build backend."""

_TREES = "trees"
_FALLBACK_VERSION = "0.0.1"


class NotBuilt(Exception):
    """A project does not build; its words are those of the build."""


def build(
    tree_hash: str,
    copy: Callable[[Path], None],
    interpreter: Interpreter,
    cache: Path,
    *,
    uv: Uv,
    version_control: Path | None,
    timeout_s: float,
    cancel: Cancel | None = None,
) -> Wheel:
    """Return the wheel of the files whose hash is *tree_hash*, built by *interpreter* where it is not there yet.

    *copy* makes a copy of them at a path. *version_control* is the project's ``.git``: many a version is read from it.

    Raises:
        NotBuilt: the build failed.
        IndexUnreachable: what builds it has to be downloaded, and the index gave no answer.
        Infrastructure: it took too long, or cannot be written.
    """
    minor = ".".join(interpreter.version.split(".")[:2])
    known = cache / FOLDER / _TREES / f"{tree_hash}-cp{minor.replace('.', '')}.json"
    with guard(cache, f"wheel-{tree_hash}", timeout_s=timeout_s + 30, cancel=cancel):
        if (found := _remembered(known, cache)) is not None:
            return found
        with tempfile.TemporaryDirectory(dir=_made(cache / "tmp"), prefix="wheel-") as place:
            made = _build(Path(place), copy, interpreter, uv, version_control, timeout_s, cancel)
            wheel = _described(made)
            target = file_of(cache, wheel.digest, wheel.file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(made, target)
        write_whole(known, codec.dumps(wheel))
        return wheel


def file_of(cache: Path, digest: str, name: str) -> Path:
    """Return where the wheel with that hash lies."""
    return cache / FOLDER / digest / name


def local(cache: Path, hashes: tuple[str, ...]) -> Path | None:
    """Return the file of a pin that is a project's wheel, None where it is a package of the index."""
    if len(hashes) != 1:
        return None
    return next(iter((cache / FOLDER / hashes[0].removeprefix("sha256:")).glob("*.whl")), None)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _remembered(known: Path, cache: Path) -> Wheel | None:
    text = read_if_there(known)
    if text is None:
        return None
    try:
        wheel = codec.loads(Wheel, text)
    except (ValueError, KeyError):
        return None
    file = file_of(cache, wheel.digest, wheel.file)
    if not file.is_file():
        return None
    os.utime(file)  # `gc` spares what was wanted lately
    os.utime(known)
    return wheel


def _build(
    place: Path,
    copy: Callable[[Path], None],
    interpreter: Interpreter,
    uv: Uv,
    version_control: Path | None,
    timeout_s: float,
    cancel: Cancel | None,
) -> Path:
    source, out = place / "project", place / "out"
    try:
        copy(source)
        if version_control is not None:
            (source / ".git").symlink_to(version_control)
    except OSError as error:
        raise Infrastructure(f"cannot copy the project to {source}: {error.strerror}") from error
    arguments = ["build", "--wheel", "--quiet", "--out-dir", str(out), "--python", interpreter.path, str(source)]
    variables = {"SOURCE_DATE_EPOCH": EPOCH, "GIT_OPTIONAL_LOCKS": "0"}  # the project's own index is not written to
    answer = uv.run(arguments, timeout_s=timeout_s, cancel=cancel, extra=variables)
    if answer.code and "SETUPTOOLS_SCM_PRETEND_VERSION" in answer.words:
        # setuptools-scm, and hatch-vcs through it, found no version; it names this variable itself
        pretended = variables | {"SETUPTOOLS_SCM_PRETEND_VERSION": _FALLBACK_VERSION}
        answer = uv.run(arguments, timeout_s=timeout_s, cancel=cancel, extra=pretended)
    if answer.code:
        raise NotBuilt(answer.words.replace(str(source), "."))
    found = sorted(out.glob("*.whl"))
    if len(found) != 1:
        raise NotBuilt(f"its build made {len(found)} wheels, not one")
    return found[0]


def _described(path: Path) -> Wheel:
    """Return what a wheel says of itself."""
    import zipfile  # only where a wheel was built

    called, version, _, _ = parse_wheel_filename(path.name)
    with zipfile.ZipFile(path) as archive:
        inner = next(item for item in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", item))
        metadata = Metadata.from_email(archive.read(inner), validate=False)
    return Wheel(
        name=str(canonicalize_name(called)),
        version=str(version),
        file=path.name,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        requires_python=str(metadata.requires_python or ""),
        requires=tuple(str(item) for item in metadata.requires_dist or ()),
    )

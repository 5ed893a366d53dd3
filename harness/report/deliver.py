"""Writes documents where they were asked for."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from harness.analysis.reported import RunReport
from harness.errors import UsageError
from harness.report.formats import Format, github
from harness.report.formats.document import Document, text

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable that names the file which GitHub Actions shows as the step's summary."""

MANIFEST = ".harness-report.json"
"""What earlier reports wrote into a folder, by format: what is not written again is removed, and nothing else is."""

_DISK_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


def deliver(formats: Sequence[Format], report: RunReport, output: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Write the documents to *output*, a file or a folder; if empty or ``-``, yield what goes to standard output.

    It is a folder if it is one, ends with a slash, has no suffix, or several formats are wanted. A file gets a format's
    main document. GitHub's summary is appended to the file that Actions names.

    Raises:
        UsageError: it cannot be written, or the formats are nothing for standard output.
        OSError: the disk failed or is full; what was there before is whole.
    """
    if output not in ("", "-"):
        try:
            _write(formats, report, output)
        except OSError as error:
            if error.errno in _DISK_TROUBLE:
                raise
            raise UsageError(
                f"cannot write {error.filename or output}: {error.strerror}", remedy="another --output"
            ) from error
        return
    names = ", ".join(one.name for one in formats)
    if len(formats) > 1 or not formats[0].is_text:
        raise UsageError(f"{names}: nothing for standard output", remedy="--output FOLDER/")
    if formats[0].name == "github":
        yield from _to_github(report, environ.get(STEP_SUMMARY, ""))
    else:
        yield text(next(formats[0].make(report)))


def _to_github(report: RunReport, path: str) -> Iterator[str]:
    """Append the summary where Actions wants it, else give it out; the annotations are read from the log."""
    compared = report.archive.comparison()
    if not path or not _append(Path(path), lambda room: github.summary(report, compared, room)):
        yield github.summary(report, compared)
    yield github.commands(report, compared)


def _append(path: Path, make: Callable[[int], str]) -> bool:
    """Append what *make* returns for the bytes that are left; tell whether there were any: past them, all is lost."""
    try:
        used = path.read_bytes() if path.is_file() else b""
        begin = "" if used[-1:] in (b"", b"\n") else "\n"
        room = github.LIMIT_BYTES - len(used) - len(begin)
        if room < github.LEAST_BYTES:
            return False
        with path.open("a", encoding="utf-8") as stream:
            stream.write(begin + make(room))
    except OSError as error:
        if error.errno in _DISK_TROUBLE:
            raise
        raise UsageError(f"cannot write {STEP_SUMMARY} ({path}): {error.strerror}") from error
    return True


def _write(formats: Sequence[Format], report: RunReport, output: str) -> None:
    target = Path(output)
    is_folder = target.is_dir() or output.endswith(("/", os.sep)) or not target.suffix or len(formats) > 1
    if not is_folder:
        _replace(target, next(formats[0].make(report)))
        return
    target.mkdir(parents=True, exist_ok=True)
    known = _known(target)
    for one in formats:
        names = _write_all(target, one.make(report))
        for stale in known.get(one.name, []):
            if stale not in names:
                (target / stale).unlink(missing_ok=True)
        known[one.name] = names
    text = json.dumps(known, indent=1, sort_keys=True) + "\n"
    _replace(target / MANIFEST, Document(name=MANIFEST, content=text))


def _write_all(folder: Path, documents: Iterable[Document]) -> list[str]:
    names = []
    for document in documents:
        _replace(folder / document.name, document)
        names.append(document.name)
    return names


def _replace(path: Path, document: Document) -> None:
    """Write a document beside its place, then put it there: what was there stays whole until then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name[:100]}.{os.getpid()}")
    try:
        if isinstance(document.content, str):
            draft.write_text(document.content, encoding="utf-8", newline="\n")
        else:
            document.content(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _known(folder: Path) -> dict[str, list[str]]:
    """Return what the folder's manifest lists; what it says of places outside of the folder is not heard."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {
            str(name): [str(path) for path in paths if not {"..", "/"} & set(PurePosixPath(path).parts)]
            for name, paths in found.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}

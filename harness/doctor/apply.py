"""Applies changes to files below a folder."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from harness.doctor.finding import Change
from harness.errors import UsageError


def apply(changes: Iterable[Change], root: Path) -> tuple[str, ...]:
    """Write the changes; return the paths that were written, made or removed.

    A file that has changed meanwhile keeps what was changed elsewhere in it.

    Raises:
        UsageError: a file cannot be written, or was changed in the very place.
    """
    done = []
    for change in changes:
        path = _inside(root, change.path)
        try:
            if change.after is None:
                path.unlink(missing_ok=True)
            else:
                text = change.after
                if change.before is not None and path.exists():
                    text = _merged(change, path.read_text(encoding="utf-8-sig"))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"cannot write {path}: {error.strerror}", remedy="apply the change shown by hand"
            ) from error
        done.append(change.path)
    return tuple(done)


def _inside(root: Path, name: str) -> Path:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        raise UsageError(f"{name} lies outside of the project", remedy="apply the change shown by hand")
    return root / name


def _merged(change: Change, current: str) -> str:
    """Return *current* with the change's replaced lines replaced where they lie now."""
    before, after = change.before or "", change.after or ""
    if current == before:
        return after
    old, new, now = (text.splitlines(keepends=True) for text in (before, after, current))
    where: dict[int, int] = {}
    for block in difflib.SequenceMatcher(None, old, now, autojunk=False).get_matching_blocks():
        where |= {block.a + n: block.b + n for n in range(block.size)}
    where[len(old)] = len(now)
    for kind, first, last, new_first, new_last in reversed(
        difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    ):
        if kind == "equal":
            continue
        if any(n not in where for n in range(first, last)) or (first not in where and first - 1 not in where):
            raise UsageError(f"{change.path} was changed in the same place", remedy="apply the change shown by hand")
        start = where[first] if first in where else where[first - 1] + 1
        now[start : start + last - first] = new[new_first:new_last]
    return "".join(now)

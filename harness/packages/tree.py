"""Merges several folders into one of links."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

# Where Python itself may write: never a link into someone else's folder.
_ALWAYS_REAL = frozenset({"__pycache__"})


_OF_PYTEST = "-pytest-"
"""In the name of bytecode that pytest made of a plugin: it carries the path that it was made at."""


def merge(sources: Sequence[Path], target: Path, *, is_apart: bool = False) -> None:
    """Fill *target* (made if need be) with symbolic links to what the *sources* hold.

    *is_apart*: its folders are its own and its files hard links, so that whoever follows links stays in *target*;
    bytecode that would lead out of it is left out.

    What one source alone has is one link, a whole folder included; folders that several share (namespace packages) are
    made and filled in turn. Of files that clash, the first source's wins.
    """
    target.mkdir(parents=True, exist_ok=True)
    holders: defaultdict[str, list[Path]] = defaultdict(list)
    for source in sources:
        for entry in source.iterdir():
            holders[entry.name].append(entry)
    for name, entries in sorted(holders.items()):
        folders = [entry for entry in entries if entry.is_dir()]
        if len(folders) == len(entries) and (is_apart or len(entries) > 1 or name in _ALWAYS_REAL):
            merge(folders, target / name, is_apart=is_apart)
        elif is_apart:
            if _OF_PYTEST not in name:
                _link(entries[0], target / name)
        else:
            (target / name).symlink_to(entries[0])


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)

"""Merges several folders into one of symbolic links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

# Where Python itself may write: never a link into someone else's folder.
_ALWAYS_REAL = frozenset({"__pycache__"})


def merge(sources: Sequence[Path], target: Path) -> None:
    """Fill *target* (made if need be) with links to what the *sources* hold.

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
        if len(folders) == len(entries) and (len(entries) > 1 or name in _ALWAYS_REAL):
            merge(folders, target / name)
        else:
            (target / name).symlink_to(entries[0])

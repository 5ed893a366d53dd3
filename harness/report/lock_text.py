"""What `harness lock` did or found, as text."""

from __future__ import annotations

from collections import defaultdict

from rich.console import Group, RenderableType
from rich.text import Text

from harness.analysis.locks import Moved
from harness.analysis.relocked import LockView, MovedServer, Relocked
from harness.model.lockfile import NAME, LockedServer
from harness.report.style import counted, plain

SHOWN = 6
"""Environments named of those in which the same packages moved."""


def lock(view: LockView, *, is_verbose: bool) -> RenderableType:
    """Return what is locked now and what moved."""
    lines: list[Text] = [] if view.is_new else list(_moved(view.moved, is_verbose=is_verbose))
    lines += [plain(note, "yellow") for note in view.notes]
    lines.append(_headline(view))
    return Group(*lines)


def check(view: LockView) -> RenderableType:
    """Return what is stale, a line each, and what to type."""
    if not view.stale:
        return plain(f"{NAME} is what matrix.toml asks for (as of {view.as_of:%Y-%m-%d})", "green")
    lines = [plain(f"{NAME} is stale", "bold red")]
    lines += [
        plain(f"  {item.words}" + ("" if item.is_gap else "  (it holds more than is asked)")) for item in view.stale
    ]
    lines.append(plain("  try: harness lock", "yellow"))
    return Group(*lines)


def _headline(view: LockView) -> Text:
    assert view.as_of is not None  # only a check can find none
    done = "written" if view.is_new else "renewed" if view.is_written else "unchanged"
    parts = [
        counted(view.releases, "release"),
        f"{counted(view.environments, 'environment')} in {counted(view.locks, 'distinct lock')}",
        counted(view.servers, "server"),
        f"{view.size_bytes / 1000:.0f} kB",
    ]
    line = plain(f"{NAME} {done}: as of {view.as_of:%Y-%m-%d %H:%M} UTC, {', '.join(parts)}", "bold")
    for axis, date in view.renewed:
        line.append_text(plain(f"\n  {axis} as of {date:%Y-%m-%d %H:%M} UTC"))
    return line.append_text(plain(f"\n  for Python {', '.join(view.targets)}" if view.targets else "", "dim"))


def _moved(moved: Relocked, *, is_verbose: bool) -> list[Text]:
    lines = [plain(f"{one.axis} {one.value}: {_step(one.old, one.new)}") for one in moved.values]
    lines += _environments(moved, is_verbose=is_verbose)
    lines += [plain(_server(one)) for one in moved.servers]
    if moved.other_files:
        lines.append(plain(f"other files of the same version: {', '.join(moved.other_files)}", "yellow"))
    for count, word in ((moved.added, "new"), (moved.removed, "gone")):
        if count:
            lines.append(plain(f"{counted(count, 'environment')} {word}"))
    return lines


def _environments(moved: Relocked, *, is_verbose: bool) -> list[Text]:
    """Return what moved within environments, those with the same moves together."""
    values = {(one.axis, one.old, one.new) for one in moved.values}
    groups: defaultdict[tuple[Moved, ...], list[str]] = defaultdict(list)
    for one in moved.environments:
        rest = tuple(item for item in one.packages if (item.name, item.old, item.new) not in values)
        if rest:  # the axes' own are told already
            groups[rest].append(f"{', '.join(one.requires)} on {one.on}")
    lines = []
    for packages, names in groups.items():
        told = ", ".join(f"{item.name} {_step(item.old, item.new)}" for item in packages)
        lines.append(plain(f"{told} in {counted(len(names), 'environment')}"))
        shown = names if is_verbose else names[:SHOWN] if len(groups) > 1 else []
        lines += [plain(f"  {name}", "dim") for name in shown]
        if shown and len(shown) < len(names):
            lines.append(plain(f"  and {len(names) - len(shown)} more (-v lists them)", "dim"))
    return lines


def _server(moved: MovedServer) -> str:
    one = moved.new or moved.old
    assert one is not None  # else nothing moved
    old, new = (_version(side) for side in (moved.old, moved.new))
    if moved.old and moved.new and moved.old.version == moved.new.version:
        return f"{one.database} ({one.provider.value} {one.source}, {one.platform}): {old}, other contents"
    return f"{one.database} ({one.provider.value} {one.source}, {one.platform}): {_step(old, new)}"


def _version(server: LockedServer | None) -> str:
    return server.version if server else ""


def _step(old: str, new: str) -> str:
    if not old:
        return f"{new} (new)"
    return f"{old} → {new}" if new else f"{old} (gone)"

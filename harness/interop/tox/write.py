"""Writes environments as a `tox.toml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomli_w
import tomlkit
from tomlkit.items import Array, Table

CELL = "HARNESS_CELL"
"""The variable that says which cell an environment is."""
MATRIX = "harness"
"""The table that has the matrix in it; tox does not look at it."""
FOLDER = "tox-harness"
"""What holds the files that a `tox.toml` refers to, beside it."""
LOCKS = "locks"

_HEAD = ("Made by `harness export tox`: an environment for each cell of the plan, with the packages that it has.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One environment: a cell."""

    name: str
    cell_id: str
    base_python: str
    lock: str  # a short name; environments with the same have the same pins
    pins: tuple[str, ...]  # "django==5.2.8"
    hashed: str  # the pins with their hashes, as a requirement file
    package: str = "skip"  # or "wheel", "editable": the project in the folder of the file
    local: str = ""  # a project that lies elsewhere, as a requirement: "-e ./shop"
    set_env: tuple[tuple[str, str], ...] = ()
    pass_env: tuple[str, ...] = ()
    commands_pre: tuple[tuple[str, ...], ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    change_dir: str = "{tox_root}"
    files: tuple[tuple[str, str], ...] = ()  # name below `FOLDER` → text


def text(environments: Sequence[Written], matrix: Mapping[str, Any], *, is_hashed: bool) -> str:
    """Return a `tox.toml`. *matrix* is the file that it is made from; *is_hashed*: pins are in files of their own."""
    document = tomlkit.document()
    for line in (*_HEAD, f"The matrix that it is made from is at the end, in [{MATRIX}]; tox does not look at it."):
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document["min_version"] = "4.30"
    document["env_list"] = _lines([one.name for one in environments])
    if not is_hashed:
        document[LOCKS] = {one.lock: _lines(one.pins) for one in environments}
    above = tomlkit.table(is_super_table=True)
    for one in environments:
        above.add(one.name, _environment(one, is_hashed=is_hashed))
    document["env"] = above
    return tomlkit.dumps(document) + "\n" + tomli_w.dumps({MATRIX: dict(matrix)})


def files(environments: Sequence[Written], *, is_hashed: bool) -> tuple[tuple[str, str], ...]:
    """Return the files that go with it: name below `FOLDER`, and text."""
    found = {name: content for one in environments for name, content in one.files}
    if is_hashed:
        found |= {_file(one): one.hashed for one in environments}
    return tuple(sorted(found.items()))


def _environment(one: Written, *, is_hashed: bool) -> Table:
    by_name = tomlkit.inline_table()
    by_name.update({"replace": "ref", "of": [LOCKS, one.lock], "extend": True})
    deps: list[Any] = [by_name, *([one.local] if one.local else [])]
    before = list(one.commands_pre)
    if is_hashed:  # what has no hash cannot be among what has
        deps = [f"-r {FOLDER}/{_file(one)}"]
        before = [*([("uv", "pip", "install", "--no-deps", *one.local.split())] if one.local else []), *before]
    outside = sorted({words[0] for words in (*before, *one.commands)} - {"python", "pytest"})
    found: dict[str, Any] = {
        "description": one.cell_id,
        "base_python": [one.base_python],
        "package": one.package,
        "skip_install": one.package == "skip",
        "deps": _inline(deps),
        "pass_env": list(one.pass_env),
        "change_dir": one.change_dir,
        "allowlist_externals": outside,
        "commands_pre": _lines([list(words) for words in before]) if before else [],
        "commands": _lines([list(words) for words in one.commands]),
        "set_env": {CELL: one.cell_id, **dict(one.set_env)},
    }
    table = tomlkit.table()
    for key, value in found.items():
        if value not in ([], False):
            table.add(key, value)
    table.add(tomlkit.nl())
    return table


def _inline(items: Sequence[object]) -> Array:
    """Return a list in one line, tables in it as well."""
    array = tomlkit.array()
    array.extend(items)
    return array


def _lines(items: Sequence[object]) -> Array:
    """Return a list that has a line for each of its items."""
    return _inline(items).multiline(True)


def _file(one: Written) -> str:
    return f"{one.lock}.txt"

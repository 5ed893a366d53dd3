"""Writes a draft as a commented `matrix.toml`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, InlineTable, Table

from harness.interop.draft import Draft
from harness.model.condition import Condition
from harness.model.spec import CanarySpec, DatabaseSpec, Engine, Rule, Strength

WIDTH = 100
"""A list or an inline table that makes a longer line is spread over several."""
HEAD = "What is tested against what. `harness plan` shows what comes of it, `harness run` runs it."


def written(draft: Draft) -> str:
    """Return the file's text. *draft* holds projects: scenarios (`changes`, `lacks`) have no draft."""
    because = dict(draft.because)
    document = tomlkit.document()
    for line in (HEAD, *(f"To look at: {text}" for text in draft.left)):
        document.add(tomlkit.comment(_one_line(line)))
    document.add(tomlkit.nl())
    document["matrix"] = _axes(draft)
    if draft.databases:
        document["database"] = _tables([(item.name, _database(item, because)) for item in draft.databases])
    if draft.canaries:
        document["canary"] = _tables([(item.name, _canary(item, because)) for item in draft.canaries])
    if draft.excludes:
        document["exclude"] = _rules(draft.excludes)
    if draft.strength is not Strength.PAIRS:
        document["profile"] = _tables([("default", _profile(draft.strength, because))])
    if draft.allow_build or draft.test_s:
        document["run"] = _run(draft, because)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _axes(draft: Draft) -> Table:
    table = tomlkit.table()
    for axis in draft.axes:
        _put(table, axis.name, list(axis.values), axis.because)
    table.add(tomlkit.nl())
    return table


def _database(item: DatabaseSpec, because: Mapping[str, str]) -> Table:
    values: dict[str, object] = {
        "engine": item.engine.value,
        "version": item.version,
        "providers": [provider.value for provider in item.providers],
        "image": list(item.images),
        "url_env": item.url_env,
        "driver": list(item.driver),
    }
    return _filled(f"database.{item.name}", values, because)


def _canary(item: CanarySpec, because: Mapping[str, str]) -> Table:
    project = item.project
    values: dict[str, object] = {
        "path": item.path.as_posix(),
        "install": list(project.install) if project else [],
        "requires": list(item.requires),
        "settings": item.settings,
        "command": [shlex.join(words) for words in project.commands] if project else [],
        "cwd": project.cwd if project and project.cwd != "." else "",
        "args": list(item.args),
        "prepare": [list(words) for words in item.prepare],
        "databases": list(item.databases) if item.databases != ("*",) else [],
        "aliases": list(item.aliases) if item.aliases != ("default",) else [],
        "inject": project.inject.value if project else "",
        "junit": project.junit if project else "",
        "pass_env": list(project.pass_env) if project else [],
        "env": dict(project.env) if project else {},
    }
    table = _filled(f"canary.{item.name}", values, because)
    if item.allow_skips is (project is None):  # a project's default is to allow them, a canary's is not
        table.add("allow_skips", item.allow_skips)
    return table


def _rules(rules: Sequence[Rule]) -> AoT:
    found = tomlkit.aot()
    for rule in rules:
        table = tomlkit.table()
        table.add("when", _when(rule.when))
        table.add("reason", rule.reason)
        if rule.issue:
            table.add("issue", rule.issue)
        if rule.until:
            table.add("until", rule.until)
        if rule is rules[-1]:
            table.add(tomlkit.nl())
        found.append(table)
    return found


def _when(condition: Condition) -> InlineTable:
    terms = condition.terms
    return _inline({axis: options[0] if len(options) == 1 else list(options) for axis, options in terms})


def _profile(strength: Strength, because: Mapping[str, str]) -> Table:
    value: object = strength.value if strength is Strength.FULL else int(strength.value)
    return _filled("profile.default", {"strength": value}, because)


def _run(draft: Draft, because: Mapping[str, str]) -> Table:
    timeouts = {"test_s": draft.test_s} if draft.test_s else {}
    return _filled("run", {"allow_build": list(draft.allow_build), "timeouts": timeouts}, because)


def _tables(items: Sequence[tuple[str, Table]]) -> Table:
    above = tomlkit.table(is_super_table=True)
    for name, table in items:
        above.add(name, table)
    return above


def _filled(place: str, values: Mapping[str, object], because: Mapping[str, str]) -> Table:
    """Return a table of the values that are not empty; those that are tables come last, as TOML wants it."""
    table = tomlkit.table()
    known = {key: value for key, value in values.items() if value}
    for key, value in sorted(known.items(), key=lambda item: _is_subtable(item[1])):
        _put(table, key, value, because.get(f"{place}.{key}", ""))
    table.add(tomlkit.nl())
    return table


def _is_subtable(value: object) -> bool:
    return isinstance(value, dict) and len(_inline(value).as_string()) > WIDTH


def _put(table: Table, key: str, value: object, because: str) -> None:
    """Add a value with what is known of it: behind it where the line stays readable, else above."""
    item = _item(value)
    comment = _one_line(because)
    length = len(key) + len(" = ") + len(item.as_string()) + len("  # ") + len(comment)
    is_behind = bool(comment) and (length <= WIDTH + 20 or isinstance(item, Table))
    if comment and not is_behind:
        table.add(tomlkit.comment(comment))
    table.add(key, item)
    if is_behind:
        item.comment(comment)


def _item(value: object) -> Any:  # tomlkit's items share no type that says so
    match value:
        case dict() if _is_subtable(value):
            table = tomlkit.table()
            for key, inner in value.items():
                table.add(key, inner)
            return table
        case dict():
            return _inline(value)
        case list():
            return _array(value)
        case _:
            return tomlkit.item(value)


def _inline(value: Mapping[str, object]) -> InlineTable:
    """Return an inline table as people write it: tomlkit's own have no blanks inside the braces."""
    items = ", ".join(
        f"{tomlkit.key(key).as_string()} = {tomlkit.item(item).as_string()}" for key, item in value.items()
    )
    found = tomlkit.value(f"{{ {items} }}")
    assert isinstance(found, InlineTable)
    return found


def _array(values: Sequence[object]) -> Array:
    array = tomlkit.array()
    array.extend(values)
    if len(array.as_string()) > WIDTH:
        array.multiline(True)
    return array


def _one_line(text: str) -> str:
    """Return a text that a comment can hold: TOML allows it no control characters."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def name_of(engine: Engine, version: str) -> str:
    """Return what a database of a draft is called: "postgres-17"."""
    return f"{'postgres' if engine is Engine.POSTGRESQL else engine.value}-{version}"

"""Where an item of DATABASES is written in the settings' text, with edits of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change
from harness.doctor.source import assignments


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A value of a nested dictionary, as it is written."""

    path: str
    line: int  # of its key
    value: ast.expr
    holder: ast.Dict | None  # the dictionary that it is written in, None where it is assigned by itself
    index: int = 0  # in the holder
    statement: ast.stmt | None = None  # that assigns it
    keyword: ast.keyword | None = None  # of a call, where it is one


def label(*keys: str) -> str:
    """Return an item's name as a person writes it."""
    return "DATABASES" + "".join(f"['{key}']" for key in keys)


def find(case: Case, *keys: str, files: tuple[str, ...] = ()) -> Item | None:
    """Return where ``DATABASES[key][…]`` is decided: the last place of the first of the settings' files that has it."""
    for path in files or case.settings_files:
        found = list(_in_file(case, path, keys))
        if found:
            return found[-1]
    return None


def _in_file(case: Case, path: str, keys: tuple[str, ...]) -> Iterator[Item]:
    for statement in _statements(case.tree.module(path)):
        if isinstance(statement, ast.Expr):
            yield from _updated(case, path, statement.value, keys)
            continue
        for target in statement.targets:
            names = _subscripts(target)
            if names is None or names != keys[: len(names)]:
                continue
            if len(names) == len(keys):
                yield Item(path=path, line=statement.lineno, value=statement.value, holder=None, statement=statement)
            else:
                yield from _within(case, path, statement.value, keys[len(names) :])


def _updated(case: Case, path: str, call: ast.expr, keys: tuple[str, ...]) -> Iterator[Item]:
    """Yield what ``DATABASES["a"].update(…)`` sets; the receiver may be ``….setdefault("TEST", {})``."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "update":
        return
    names = _subscripts(call.func.value)
    if names is None or len(names) >= len(keys) or names != keys[: len(names)]:
        return
    for value in (call, *call.args):
        yield from _within(case, path, value, keys[len(names) :])


def _statements(module: ast.Module | None) -> Iterator[ast.Assign | ast.Expr]:
    """Yield the assignments and calls of a module in their order, those under `if`, `try` and `for` included."""
    found: list[ast.Assign | ast.Expr] = []
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.Assign | ast.Expr):
            found.append(node)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            found.append(ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node))
    yield from sorted(found, key=lambda item: item.lineno)


def _subscripts(node: ast.expr) -> tuple[str, ...] | None:
    """Return the keys of ``DATABASES["a"]["b"]``, () of DATABASES itself, None of anything else."""
    keys: list[str] = []
    while True:
        match node:
            case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
                pass
            case ast.Call(func=ast.Attribute(value=inner, attr="setdefault"), args=[ast.Constant(value=key), *_]):
                pass
            case _:
                break
        keys.insert(0, str(key))
        node = inner
    return tuple(keys) if isinstance(node, ast.Name) and node.id == "DATABASES" else None


def _within(case: Case, path: str, value: ast.expr, keys: tuple[str, ...]) -> Iterator[Item]:
    match value:
        case ast.Dict():
            for index, (key, item) in enumerate(zip(value.keys, value.values, strict=True)):
                if key is None:
                    yield from _within(case, path, item, keys)
                elif isinstance(key, ast.Constant) and key.value == keys[0]:
                    if len(keys) == 1:
                        yield Item(path=path, line=key.lineno, value=item, holder=value, index=index)
                    else:
                        yield from _within(case, path, item, keys[1:])
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                if keyword.arg == keys[0] and len(keys) == 1:
                    yield Item(path=path, line=keyword.lineno, value=keyword.value, holder=None, keyword=keyword)
                elif keyword.arg == keys[0]:
                    yield from _within(case, path, keyword.value, keys[1:])
        case ast.BinOp(left=left, right=right):
            yield from _within(case, path, left, keys)
            yield from _within(case, path, right, keys)
        case ast.Name(id=name):
            for assignment in assignments(case.tree, path, name)[-1:]:
                if not isinstance(assignment.value, ast.Name):
                    yield from _within(case, path, assignment.value, keys)
        case _:
            pass


def without(case: Case, item: Item) -> Change:
    """Return the change that removes an item with its key."""
    patch = Patch(tree=case.tree, path=item.path)
    holder = item.holder
    if holder is None:
        if item.statement is not None:
            end = item.statement.end_lineno or item.statement.lineno
            return patch.remove_lines(item.statement.lineno, end).change()
        return _without_keyword(patch, item).change()
    keys, values = holder.keys, holder.values
    key = keys[item.index] or values[item.index]
    if item.index + 1 < len(keys):
        after = keys[item.index + 1] or values[item.index + 1]
        return patch.cut(patch.at(key.lineno, key.col_offset), patch.at(after.lineno, after.col_offset)).change()
    last = values[item.index]
    end = patch.at(last.end_lineno or last.lineno, last.end_col_offset or 0)
    if item.index:
        before = values[item.index - 1]
        return patch.cut(patch.at(before.end_lineno or before.lineno, before.end_col_offset or 0), end).change()
    rest = patch.text[end:]
    comma = len(rest) - len(rest.lstrip().removeprefix(","))
    return patch.cut(patch.at(key.lineno, key.col_offset), end + comma).change()


def _without_keyword(patch: Patch, item: Item) -> Patch:
    value, keyword = item.value, item.keyword
    if keyword is None:
        return patch.replace(value, "None")
    start = patch.at(keyword.lineno, keyword.col_offset)
    end = patch.at(value.end_lineno or value.lineno, value.end_col_offset or 0)
    rest, before = patch.text[end:], patch.text[:start].rstrip()
    if rest.lstrip().startswith(","):
        after = rest.lstrip()[1:]
        return patch.cut(start, end + len(rest) - len(after.lstrip()))
    return patch.cut(len(before) - 1 if before.endswith(",") else start, end)


def with_item(case: Case, keys: tuple[str, ...], value: str) -> tuple[str, int, Change | None]:
    """Return where ``DATABASES[key][…] = value`` belongs, and the change that sets it; keys of two or three."""
    found = find(case, *keys)
    if found is not None:
        return found.path, found.line, Patch(tree=case.tree, path=found.path).replace(found.value, value).change()
    for size in range(len(keys) - 1, 0, -1):
        above = find(case, *keys[:size])
        if above is None:
            continue
        text = value
        for key in reversed(keys[size + 1 :]):
            text = f'{{"{key}": {text}}}'
        change = _added(case, above, keys[size], text)
        if change is not None:
            return above.path, above.line, change
    alias = find(case, keys[0])  # what is no literal, say a call that reads a URL, is added to where it stands
    path = alias.path if alias else case.settings_files[0] if case.settings_files else ""
    if not path:
        return "", 0, None
    patch = Patch(tree=case.tree, path=path)
    head = "".join(f'["{key}"]' for key in keys[:-1])
    line = f'DATABASES{head}["{keys[-1]}"] = {value}'
    if len(keys) == 3:
        line = f'DATABASES["{keys[0]}"].setdefault("{keys[1]}", {{}})["{keys[2]}"] = {value}'
    start = "" if patch.text.endswith("\n") else "\n"
    return path, alias.line if alias else 0, patch.insert(len(patch.text), f"{start}{line}\n").change()


def _added(case: Case, above: Item, key: str, text: str) -> Change | None:
    """Return the change that adds a key to a dictionary, None if the item is no literal."""
    patch = Patch(tree=case.tree, path=above.path)
    value = above.value
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "dict":
        end = patch.at(value.end_lineno or 0, (value.end_col_offset or 1) - 1)
        return patch.insert(end, f"{', ' if value.keywords or value.args else ''}{key}={text}").change()
    if not isinstance(value, ast.Dict):
        return None
    if not value.keys:
        return patch.replace(value, f'{{"{key}": {text}}}').change()
    last, first = value.values[-1], value.keys[-1] or value.values[-1]
    end = patch.at(last.end_lineno or last.lineno, last.end_col_offset or 0)
    if last.lineno == value.lineno:
        return patch.insert(end, f', "{key}": {text}').change()
    return patch.insert(end, f',\n{" " * first.col_offset}"{key}": {text}').change()

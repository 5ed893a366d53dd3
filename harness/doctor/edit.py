"""Edits of a project's files, made as changes: what a fix consists of."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.doctor.finding import Change
from harness.doctor.pytest_config import IniFile
from harness.doctor.source import Assignment, Function
from harness.doctor.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Replacements in one file, collected by position in its text as it lies, applied together."""

    tree: Tree
    path: str
    _spans: list[tuple[int, int, str]] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """Return the file as it lies."""
        return self.tree.text(self.path)

    def at(self, line: int, column: int = 0) -> int:
        """Return the offset of a line (from 1) and a column in UTF-8 bytes, as `ast` counts them."""
        lines = self.text.splitlines(keepends=True)
        before = sum(len(item) for item in lines[: line - 1])
        current = lines[line - 1] if line <= len(lines) else ""
        return before + len(current.encode()[:column].decode("utf-8", "ignore"))

    def replace(self, node: ast.expr | ast.stmt, text: str) -> Patch:
        """Put *text* in place of a node."""
        end = self.at(node.end_lineno or node.lineno, node.end_col_offset or 0)
        self._spans.append((self.at(node.lineno, node.col_offset), end, text))
        return self

    def insert(self, offset: int, text: str) -> Patch:
        """Insert *text* at an offset."""
        self._spans.append((offset, offset, text))
        return self

    def cut(self, start: int, end: int) -> Patch:
        """Remove what lies between two offsets."""
        self._spans.append((start, end, ""))
        return self

    def before_line(self, line: int, text: str) -> Patch:
        """Insert whole lines before a line."""
        return self.insert(self.at(line), text)

    def remove_lines(self, first: int, last: int) -> Patch:
        """Remove whole lines, with the blank ones that follow."""
        lines = self.text.splitlines(keepends=True)
        while last < len(lines) and not lines[last].strip():
            last += 1
        self._spans.append((self.at(first), self.at(last + 1), ""))
        return self

    def change(self) -> Change:
        """Return the file with everything applied. Of replacements that overlap, the first one counts."""
        text, done = self.text, len(self.text) + 1
        for start, end, new in sorted(self._spans, key=lambda span: (span[0], span[1]), reverse=True):
            if end <= done:
                text, done = text[:start] + new + text[end:], start
        return Change(path=self.path, before=self.text, after=text)

    # ------------------------------------------------ what rules ask for

    def add_parameter(self, function: Function, name: str) -> Patch:
        """Let a function ask for a fixture."""
        args = [*function.node.args.posonlyargs, *function.node.args.args]
        if args and args[0].arg in ("self", "cls"):
            first = args[0]
            return self.insert(self.at(first.end_lineno or first.lineno, first.end_col_offset or 0), f", {name}")
        if args:
            return self.insert(self.at(args[0].lineno, args[0].col_offset), f"{name}, ")
        start = self.text.index("(", self.at(function.line, function.node.col_offset))
        has_more = bool(function.node.args.kwonlyargs or function.node.args.vararg or function.node.args.kwarg)
        return self.insert(start + 1, f"{name}, " if has_more else name)

    def add_decorator(self, function: Function, text: str) -> Patch:
        """Put a decorator on a function, above those that it has."""
        return self.before_line(function.first_line, f"{' ' * function.node.col_offset}@{text}\n")

    def ensure_import(self, statement: str) -> Patch:
        """Import what is not imported yet, after a docstring and what must come first."""
        if re.search(rf"^{re.escape(statement)}\b", self.text, re.MULTILINE):
            return self
        module = self.tree.module(self.path)
        for node in module.body if module is not None else ():
            is_first = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not is_first and not is_future:
                return self.before_line(min([node.lineno, *_decorated(node)]), f"{statement}\n")
        return self.insert(len(self.text), f"{statement}\n")

    def add_to_list(self, assignment: Assignment, item: str) -> bool:
        """Add a string to the list that an assignment holds; False if there is no list to add it to."""
        found = _last_list(assignment.value)
        if found is None:
            return False
        text = f'"{item}"'
        if not found.elts:
            self.replace(found, f"[{text}]" if isinstance(found, ast.List) else f"({text},)")
            return True
        last = found.elts[-1]
        end = self.at(last.end_lineno or last.lineno, last.end_col_offset or 0)
        if last.lineno == found.lineno:
            self.insert(end, f", {text}")
        else:
            self.insert(end, f",\n{' ' * last.col_offset}{text}")
        return True


def _decorated(node: ast.stmt) -> list[int]:
    return [item.lineno for item in getattr(node, "decorator_list", ())]


def _last_list(node: ast.expr) -> ast.List | ast.Tuple | None:
    match node:
        case ast.List() | ast.Tuple():
            return node
        case ast.BinOp(left=left, right=right):
            return _last_list(right) or _last_list(left)
        case ast.Call(args=args):
            return next((found for item in args if (found := _last_list(item))), None)
        case _:
            return None


# ---------------------------------------------------------------- whole files


def create(path: str, text: str) -> Change:
    """Make a file."""
    return Change(path=path, before=None, after=text)


def delete(tree: Tree, path: str) -> Change:
    """Remove a file."""
    return Change(path=path, before=tree.text(path), after=None)


def rename(tree: Tree, path: str, to: str) -> tuple[Change, ...]:
    """Give a file another name."""
    return delete(tree, path), create(to, tree.text(path))


# ---------------------------------------------------------------- pytest's options


def set_option(tree: Tree, ini: IniFile | None, name: str, value: str) -> Change:
    """Set an option of pytest's; without a file that configures it, make a pytest.ini."""
    if ini is None:
        return create("pytest.ini", f"[pytest]\n{name} = {value}\n")
    text = tree.text(ini.path)
    is_toml = ini.path.endswith(".toml")
    line = f'{name} = "{value}"' if is_toml else f"{name} = {value}"
    existing = re.search(rf"^{re.escape(name)}\s*=.*$", text, re.MULTILINE)
    if existing:
        return Change(path=ini.path, before=text, after=text[: existing.start()] + line + text[existing.end() :])
    header = re.search(rf"^\[{_section(ini)}\][^\n]*\n?", text, re.MULTILINE)
    if header is None:
        after = f"{text.rstrip()}\n\n[{_section(ini, plain=True)}]\n{line}\n".lstrip()
    else:
        start = text[: header.end()]
        after = f"{start if start.endswith(chr(10)) else start + chr(10)}{line}\n{text[header.end() :]}"
    return Change(path=ini.path, before=text, after=after)


def set_options(tree: Tree, ini: IniFile, options: Mapping[str, str]) -> Change:
    """Set several options of a file that configures pytest."""
    text = tree.text(ini.path)
    after = text
    for name, value in reversed(list(options.items())):
        staged = Tree(root=tree.root, paths=tree.paths, _texts={ini.path: after})
        after = set_option(staged, ini, name, value).after or ""
    return Change(path=ini.path, before=text, after=after)


def _section(ini: IniFile, *, plain: bool = False) -> str:
    name = ini.path.rpartition("/")[2]
    section = {"setup.cfg": "tool:pytest", "pyproject.toml": "tool.pytest.ini_options"}.get(name, "pytest")
    return section if plain else re.escape(section)


def add_addopts(tree: Tree, ini: IniFile | None, words: str) -> Change:
    """Add words to addopts."""
    given = ini.options.get("addopts", "") if ini else ""
    if ini is not None and ini.path.endswith(".toml"):
        text = tree.text(ini.path)
        found = re.search(r"^addopts\s*=\s*\[", text, re.MULTILINE)
        if found:
            items = ", ".join(f'"{word}"' for word in words.split())
            return Change(path=ini.path, before=text, after=f"{text[: found.end()]}{items}, {text[found.end() :]}")
    return set_option(tree, ini, "addopts", f"{' '.join(given.split())} {words}".strip())


def remove_words(tree: Tree, ini: IniFile, *flags: str) -> Change | None:
    """Take options out of addopts, with "-p no:django" as one of them; None if none is there."""
    text = tree.text(ini.path)
    lines = text.splitlines(keepends=True)
    found = next((n for n, line in enumerate(lines) if re.match(r"\s*addopts\b", line)), None)
    if found is None:
        return None
    last = found + 1
    while last < len(lines) and _goes_on(lines[found], lines[last], is_toml=ini.path.endswith(".toml")):
        last += 1
    block = "".join(lines[found:last])
    new = block
    for flag in flags:
        first, _, value = flag.partition(" ")
        glued = rf"[\s\"',]+{re.escape(value)}|{re.escape(first)}{re.escape(value)}" if value else r"(?:=[^\s\"',\]]+)?"
        pattern = rf"{re.escape(first)}{glued}" if not value else rf"(?:{re.escape(first)}{glued})"
        new = re.sub(rf"(?<![\w-])[\"']{pattern}[\"'],?[ \t]*", "", new)
        new = re.sub(rf"(?<![\w-]){pattern}(?![\w-])[ \t]*", "", new)
    if new == block:
        return None
    new = re.sub(r"[ \t]+$", "", new, flags=re.MULTILINE)
    if re.fullmatch(r"\s*addopts\s*=\s*(\[\s*\]|\"\s*\"|'\s*')?\s*", new):
        new = ""
    return Change(path=ini.path, before=text, after="".join([*lines[:found], new, *lines[last:]]))


def _goes_on(first: str, line: str, *, is_toml: bool) -> bool:
    if is_toml:
        return "[" in first and "]" not in first and not re.match(r"\w+\s*=|\[\w", line)
    return line[:1] in (" ", "\t") and bool(line.strip())


def remove_option(tree: Tree, ini: IniFile, name: str) -> Change | None:
    """Remove an option with its continuation lines; None if it is not there."""
    text = tree.text(ini.path)
    found = re.search(rf"^{re.escape(name)}[ \t]*[=:].*\n?(?:[ \t]+\S.*\n?)*", text, re.MULTILINE)
    if found is None:
        return None
    return Change(path=ini.path, before=text, after=text[: found.start()] + text[found.end() :])

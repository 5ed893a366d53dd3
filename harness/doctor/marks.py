"""Where a test says which databases it uses, with edits of that."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.doctor.case import Case
from harness.doctor.edit import Patch
from harness.doctor.finding import Change
from harness.doctor.requests import place_of
from harness.doctor.source import FunctionNode
from harness.doctor.trouble import Trouble

DJANGO_CLASSES = ("TestCase", "TransactionTestCase", "LiveServerTestCase", "StaticLiveServerTestCase", "APITestCase")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The django_db mark of a test, else its class of Django's, else its function."""

    path: str
    line: int
    node: ast.expr | ast.ClassDef | FunctionNode

    @property
    def key(self) -> tuple[str, int]:
        """Return what tells it from others."""
        return self.path, self.line

    def words(self) -> dict[str, ast.expr]:
        """Return the mark's keywords, or the class's attributes."""
        if isinstance(self.node, ast.Call):
            return {item.arg: item.value for item in self.node.keywords if item.arg}
        found: dict[str, ast.expr] = {}
        for item in self.node.body if isinstance(self.node, ast.ClassDef) else ():
            if isinstance(item, ast.Assign):
                found |= {ast.unparse(target): item.value for target in item.targets}
        return found

    def is_true(self, name: str) -> bool:
        """Tell whether a keyword is given and true."""
        value = self.words().get(name)
        return isinstance(value, ast.Constant) and bool(value.value)

    @property
    def is_transactional(self) -> bool:
        """Tell whether the test's changes are really committed."""
        if isinstance(self.node, ast.ClassDef):
            return not any(
                ast.unparse(base).endswith(".TestCase") or ast.unparse(base) == "TestCase" for base in self.node.bases
            )
        return self.is_true("transaction")


def site_of(case: Case, trouble: Trouble) -> Site | None:
    """Return where the test of a failure says which databases it uses; None if the test is not found."""
    place = place_of(case, trouble)
    if place is None:
        return None
    function = place.function
    module = case.tree.module(function.path)
    owners = [
        node for node in ast.walk(module or ast.Module(body=[], type_ignores=[])) if isinstance(node, ast.ClassDef)
    ]
    owner = next((node for node in owners if node.name == function.owner.rpartition(".")[2]), None)
    candidates: list[ast.expr] = [*function.node.decorator_list, *(owner.decorator_list if owner else ())]
    for node in (*(owner.body if owner else ()), *(module.body if module else ())):
        if isinstance(node, ast.Assign) and any(ast.unparse(item) == "pytestmark" for item in node.targets):
            candidates += node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
    for node in candidates:
        called = node.func if isinstance(node, ast.Call) else node
        if ast.unparse(called).endswith("mark.django_db"):
            return Site(path=function.path, line=node.lineno, node=node)
    if owner is not None and owner.bases and not any(ast.unparse(base) == "object" for base in owner.bases):
        return Site(path=function.path, line=owner.lineno, node=owner)
    return Site(path=function.path, line=function.line, node=function.node)


def databases(site: Site) -> tuple[str, ...] | None:
    """Return the aliases that a site allows; default if it does not say, None if that is no literal list."""
    value = site.words().get("databases")
    if value is None:
        return ("default",)
    if isinstance(value, ast.List | ast.Tuple | ast.Set) and all(isinstance(item, ast.Constant) for item in value.elts):
        return tuple(str(item.value) for item in value.elts if isinstance(item, ast.Constant))
    return None


def changed(case: Case, sites: Iterable[tuple[Site, Mapping[str, str]]]) -> tuple[Change, ...]:
    """Return the changes that give each site these words, a file each; each site counts once."""
    patches: dict[str, Patch] = {}
    done: set[tuple[str, int]] = set()
    for site, words in sites:
        if site.key in done:
            continue
        done.add(site.key)
        patch = patches.setdefault(site.path, Patch(tree=case.tree, path=site.path))
        _change(patch, site, words)
    return tuple(patch.change() for patch in patches.values())


def _change(patch: Patch, site: Site, words: Mapping[str, str]) -> None:
    known = site.words()
    for name, text in words.items():
        if name in known and not isinstance(site.node, ast.ClassDef):
            patch.replace(known[name], text)
    new = {name: text for name, text in words.items() if name not in known}
    inner = ", ".join(f"{name}={text}" for name, text in new.items())
    match site.node:
        case ast.Call(args=args, keywords=keywords) as node:
            if inner:
                end = patch.at(node.end_lineno or node.lineno, (node.end_col_offset or 1) - 1)
                patch.insert(end, f", {inner}" if args or keywords else inner)
        case ast.ClassDef() as node:
            _change_class(patch, node, known, words)
        case ast.FunctionDef() | ast.AsyncFunctionDef() as node:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            patch.before_line(first, f"{' ' * node.col_offset}@pytest.mark.django_db({inner})\n")
            patch.ensure_import("import pytest")
        case node:
            patch.replace(node, f"{ast.unparse(node)}({inner})")


def _change_class(patch: Patch, node: ast.ClassDef, known: Mapping[str, ast.expr], words: Mapping[str, str]) -> None:
    for name, text in words.items():
        if name == "transaction":
            for base in node.bases:
                if ast.unparse(base) == "TestCase":
                    patch.replace(base, "TransactionTestCase")
                    patch.ensure_import("from django.test import TransactionTestCase")
                elif ast.unparse(base).endswith(".TestCase"):
                    patch.replace(base, f"{ast.unparse(base).rpartition('.')[0]}.TransactionTestCase")
            continue
        value = f"{{{text[1:-1]}}}" if text.startswith("[") else text
        if name in known:
            patch.replace(known[name], value)
            continue
        first = node.body[0]
        line = min([first.lineno, *(item.lineno for item in getattr(first, "decorator_list", ()))])
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            line = (first.end_lineno or first.lineno) + 1
        patch.before_line(line, f"{' ' * first.col_offset}{name} = {value}\n")


def listed(aliases: Iterable[str]) -> str:
    """Return aliases as a list literal."""
    return "[" + ", ".join(f'"{alias}"' for alias in dict.fromkeys(aliases)) + "]"

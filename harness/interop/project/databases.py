"""How a project's settings come by their databases, read from their syntax."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from harness.interop.project.conditions import URL_NAME, holds, text_of
from harness.interop.project.files import Files
from harness.interop.project.settings_chain import Chain
from harness.interop.project.variables import variable_of, variables_in
from harness.model.spec import Engine

PARTS = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
_URL_READERS = re.compile(r"dj_database_url\.(?:config|parse)|(?:^|\.)(?:db|db_url|dj_db_url|database_url)$")
_SCHEME = re.compile(r"(postgres|postgis|pgsql|mysql|mariadb|sqlite|spatialite)\w*(?:\+\w+)?:/")
DEFAULT_URL = "DATABASE_URL"


class How(Enum):
    """How an entry of DATABASES gets its values."""

    WRITTEN = "written out"
    URL = "from a URL in a variable"
    VARIABLES = "from variables, each part from its own"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One way in which one alias is set; a settings module may have several, chosen by conditions."""

    alias: str
    how: How
    engines: tuple[Engine, ...]  # as far as they are known
    backend: str  # ENGINE as it is written, where it is
    variables: tuple[tuple[str, str], ...]  # part ("URL", "HOST", …) → variable
    is_certain: bool  # not under a condition on anything but its own variable
    is_mirror: bool
    path: str
    line: int


def read(files: Files, chain: Chain, *, is_every: bool = False) -> tuple[Entry, ...]:
    """Return the entries of DATABASES, those that a later statement replaces left out.

    Of a choice those are returned that are taken where no variable is set, as far as that can be known; with
    *is_every* all.
    """
    found: dict[str, list[Entry]] = {}
    for path in chain.paths:
        module = files.module(path)
        if module is not None:
            _statements(module.body, chain, path, (), found, is_every=is_every)
    return tuple(entry for entries in found.values() for entry in entries)


_Conditions = tuple[ast.expr, ...]


def _statements(
    body: list[ast.stmt],
    chain: Chain,
    path: str,
    conditions: _Conditions,
    found: dict[str, list[Entry]],
    *,
    is_every: bool,
) -> None:
    for node in body:
        match node:
            case ast.Assign(targets=[target], value=value):
                _assigned(target, value, chain, path, conditions, found)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                _assigned(target, value, chain, path, conditions, found)
            case ast.Expr(value=ast.Call() as call):
                _called(call, chain, path, conditions, found)
            case ast.If(test=test):
                is_taken = None if is_every else holds(test, chain.names)
                within = conditions if is_taken is not None else (*conditions, test)
                for inner, is_left in ((node.body, is_taken is False), (node.orelse, is_taken is True)):
                    _statements([] if is_left else inner, chain, path, within, found, is_every=is_every)
            case ast.Try():
                for inner in (node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody):
                    _statements(inner, chain, path, (*conditions, ast.Constant(value=None)), found, is_every=is_every)
            case ast.With() | ast.FunctionDef():
                _statements(node.body, chain, path, conditions, found, is_every=is_every)
            case _:
                pass


def _assigned(
    target: ast.expr,
    value: ast.expr,
    chain: Chain,
    path: str,
    conditions: _Conditions,
    found: dict[str, list[Entry]],
) -> None:
    match target:
        case ast.Name(id="DATABASES"):
            items = dict(_items(chain, value)) if _is_dict(_followed(chain, value)) else {"default": value}
            if not conditions:
                found.clear()
            for alias, item in items.items():
                found.setdefault(alias, []).append(_entry(alias, item, chain, path, conditions))
        case ast.Subscript(value=ast.Name(id="DATABASES"), slice=ast.Constant(value=str() as alias)):
            kept = found.get(alias, []) if conditions else []
            found[alias] = [*kept, _entry(alias, value, chain, path, conditions)]
        case _:
            pass


def _called(call: ast.Call, chain: Chain, path: str, conditions: _Conditions, found: dict[str, list[Entry]]) -> None:
    """Take in ``DATABASES["default"].update(…)`` and ``settings.configure(DATABASES=…)``."""
    match call:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Subscript(value=ast.Name(id="DATABASES"), slice=ast.Constant(value=str() as alias)),
                attr="update",
            ),
            args=[value],
        ):
            entry = _entry(alias, value, chain, path, conditions)
            if entry.how is not How.WRITTEN or entry.engines:
                found.setdefault(alias, []).append(entry)
        case ast.Call(func=ast.Attribute(attr="configure"), keywords=keywords):
            for item in keywords:
                if item.arg == "DATABASES":
                    _assigned(ast.Name(id="DATABASES"), item.value, chain, path, conditions, found)
        case _:
            pass


def _followed(chain: Chain, node: ast.expr) -> ast.expr:
    """Return what a name stands for, other expressions as they are."""
    for _ in range(4):
        inner = chain.names.get(node.id) if isinstance(node, ast.Name) else None
        if not isinstance(inner, ast.expr):
            break
        node = inner
    return node


def _is_dict(node: ast.expr) -> bool:
    return isinstance(node, ast.Dict) or (isinstance(node, ast.Call) and ast.unparse(node.func) == "dict")


def _items(chain: Chain, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the items of a dictionary that is written out; of ``**more`` those that are, too."""
    match _followed(chain, node):
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is None:
                    yield from _items(chain, value)
                elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.Call(func=ast.Name(id="dict"), args=args, keywords=keywords):
            for argument in args:
                yield from _items(chain, argument)
            for item in keywords:
                if item.arg is None:
                    yield from _items(chain, item.value)
                else:
                    yield item.arg, item.value
        case _:
            return


def _entry(alias: str, value: ast.expr, chain: Chain, path: str, conditions: _Conditions) -> Entry:
    node = _followed(chain, value)
    parts = dict(_items(chain, node)) if _is_dict(node) else {}
    nodes = list(chain.reached(node))
    url = _url_variable(nodes)
    backend = _backend(chain, parts)
    engines = _engines_of(backend) or _default_engine(chain, parts)
    variables: tuple[tuple[str, str], ...] = ()
    if url:
        how, variables = How.URL, (("URL", url),)
        engines = tuple(dict.fromkeys(engine for text in _texts(nodes) for engine in _engines_of_url(text)))
    elif not parts:
        how = How.COMPUTED
    elif variables := tuple(_part_variables(parts)):
        how = How.VARIABLES
    else:
        how = How.WRITTEN
    return Entry(
        alias=alias,
        how=how,
        engines=engines,
        backend=backend,
        variables=variables,
        is_certain=not conditions or (bool(url) and _is_about(chain, conditions, url)),
        is_mirror="MIRROR" in dict(_items(chain, parts["TEST"])) if "TEST" in parts else False,
        path=path,
        line=value.lineno,
    )


def _is_about(chain: Chain, conditions: _Conditions, name: str) -> bool:
    """Tell whether every condition asks for one variable."""
    return all(name in set(_texts(chain.reached(condition))) for condition in conditions)


def _texts(nodes: Iterator[ast.AST] | list[ast.AST]) -> Iterator[str]:
    return (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _url_variable(nodes: list[ast.AST]) -> str:
    """Return the variable whose URL tells the database, empty if none does."""
    for node in nodes:
        if isinstance(node, ast.Call) and _URL_READERS.search(ast.unparse(node.func)):
            named = [item.value for item in node.keywords if item.arg == "env"] or node.args[:1]
            for item in named:
                if isinstance(item, ast.Constant) and isinstance(item.value, str) and "/" not in item.value:
                    return item.value
            inside = [found.name for item in node.args for found in variables_in(item)]
            return inside[0] if inside else DEFAULT_URL
    names = [found.name for node in nodes if isinstance(node, ast.expr) and (found := variable_of(node)) is not None]
    return next((name for name in names if URL_NAME.search(name)), "")


def _backend(chain: Chain, parts: Mapping[str, ast.expr]) -> str:
    node = _followed(chain, parts["ENGINE"]) if "ENGINE" in parts else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _part_variables(parts: Mapping[str, ast.expr]) -> Iterator[tuple[str, str]]:
    for part in PARTS:
        if part in parts and (found := variable_of(parts[part])) is not None:
            yield part, found.name


def _default_engine(chain: Chain, parts: Mapping[str, ast.expr]) -> tuple[Engine, ...]:
    """Return what ENGINE comes to where its variable, or the one that is a part of it, is not set."""
    if "ENGINE" not in parts:
        return ()
    if whole := _engines_of(text_of(parts["ENGINE"], chain.names)):
        return whole
    found = next(variables_in(parts["ENGINE"]), None)
    return _engines_of(found.default or "") if found is not None else ()


def _engines_of(backend: str) -> tuple[Engine, ...]:
    """Return the engine that a backend is for, none for one that the harness has no server for."""
    words = backend.lower()
    if "sqlite" in words or "spatialite" in words:
        return (Engine.SQLITE,)
    if any(word in words for word in ("postgres", "postgis", "psqlextra", "psycopg")):
        return (Engine.POSTGRESQL,)
    return (Engine.MYSQL,) if "mysql" in words or "mariadb" in words else ()


def _engines_of_url(text: str) -> tuple[Engine, ...]:
    found = _SCHEME.match(text)
    return _engines_of("postgresql" if found[1] == "pgsql" else found[1]) if found else ()

"""Environment variables that a Python file asks for, as its syntax tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_READER = re.compile(r"env|config|secret", re.IGNORECASE)
_WITHOUT_DEFAULT = ("get", "getenv", "setdefault", "pop")
"""Readers that give None, or something else, where the variable is not set."""
_SCHEMES = ("Env", "FileAwareEnv")
_CONVERTERS = ("int", "str", "float", "bool", "Path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One reading of an environment variable."""

    name: str
    default: str | None  # as far as it is written out
    is_required: bool  # without it the file cannot be imported
    line: int


def variable_of(node: ast.expr) -> Variable | None:
    """Return the variable whose value, whole, is the value of an expression; None where it is something else."""
    match node:
        case ast.Subscript(value=holder, slice=ast.Constant(value=str() as name)) if is_environ(holder):
            return Variable(name=name, default=None, is_required=True, line=node.lineno)
        case ast.Call(func=ast.Name(id=function), args=[inner]) if function in _CONVERTERS:
            return variable_of(inner)
        case ast.BoolOp(op=ast.Or(), values=[first, *rest]) if (found := variable_of(first)) is not None:
            return Variable(name=found.name, default=_text(rest[-1]), is_required=found.is_required, line=found.line)
        case ast.Call(func=function, args=[ast.Constant(value=str() as name), *rest]) if _NAME.fullmatch(name):
            dotted = ast.unparse(function)
            last = dotted.rpartition(".")[2]
            if not _READER.search(dotted):
                return None
            given = [*rest, *(item.value for item in node.keywords if item.arg == "default")]
            return Variable(
                name=name,
                default=_text(given[0]) if given else None,
                is_required=not given and last not in _WITHOUT_DEFAULT,
                line=node.lineno,
            )
        case _:
            return None


def variables_in(node: ast.AST) -> Iterator[Variable]:
    """Yield every variable that is read at or below a node."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Subscript | ast.Call) and (found := variable_of(inner)) is not None:
            yield found


def required(module: ast.Module | None) -> tuple[Variable, ...]:
    """Return the variables without which a file cannot be used: read for certain, with no default.

    That Django will not start without a SECRET_KEY makes one of a variable that it is taken from.
    """
    if module is None:
        return ()
    have_default = set(_of_schemes(module))
    found: dict[str, Variable] = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.AugAssign):
            for variable in variables_in(statement):
                if (variable.is_required or _is_secret_key(statement)) and variable.name not in have_default:
                    found.setdefault(variable.name, variable)
    return tuple(found.values())


def _is_secret_key(statement: ast.stmt) -> bool:
    """Tell whether SECRET_KEY is what a variable gives, and nothing where it is not set."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="SECRET_KEY")], value=ast.Call(args=[ast.Constant()], keywords=[])):
            return True
        case _:
            return False


def _of_schemes(module: ast.Module) -> Iterator[str]:
    """Yield the names that an ``environ.Env(DEBUG=(bool, False))`` gives defaults."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _SCHEMES:
            for item in node.keywords:
                if item.arg and isinstance(item.value, ast.Tuple) and len(item.value.elts) == 2:
                    yield item.arg


def is_environ(node: ast.expr) -> bool:
    """Tell whether an expression is the environment: ``os.environ``, ``env``."""
    return ast.unparse(node).rpartition(".")[2].lower() in ("environ", "env", "environment")


def _text(node: ast.expr) -> str | None:
    return str(node.value) if isinstance(node, ast.Constant) and node.value is not None else None

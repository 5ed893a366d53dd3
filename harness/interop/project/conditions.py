"""What an expression in settings comes to where no variable is set, as far as its syntax tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from enum import Enum

from harness.interop.project.variables import is_environ, variable_of

URL_NAME = re.compile(r"(?:^|_)(?:URL|DSN|URI)$|DATABASE_URL|^DATABASE$")
"""Variables with the address of a database: a cell has them."""
_WORDS: Mapping[str, object] = {"True": True, "False": False}
_METHODS = ("lower", "upper", "strip")
_CONVERTERS = ("bool", "str")
_MAX_DEPTH = 8


class Unknown(Enum):
    """A value that cannot be known."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


def holds(test: ast.expr, names: Mapping[str, ast.AST]) -> bool | None:
    """Tell whether a condition holds, None where that cannot be known; *names* are those that the settings define."""
    found = _value(test, names, 0)
    return None if found is UNKNOWN else bool(found)


def text_of(node: ast.expr, names: Mapping[str, ast.AST]) -> str:
    """Return the text that an expression comes to, empty where that cannot be known."""
    found = _value(node, names, 0)
    return found if isinstance(found, str) else ""


def _value(node: ast.expr, names: Mapping[str, ast.AST], depth: int) -> object:
    if depth > _MAX_DEPTH:
        return UNKNOWN
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if isinstance(inner := names.get(name), ast.expr):
            return _value(inner, names, depth + 1)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            found = tuple(_value(item, names, depth + 1) for item in items)
            return UNKNOWN if UNKNOWN in found else found
        case ast.JoinedStr(values=parts):
            return _joined([_value(part, names, depth + 1) for part in parts])
        case ast.FormattedValue(value=inner_node, conversion=-1, format_spec=None):
            return _value(inner_node, names, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([_value(part, names, depth + 1) for part in (left, right)])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner_value = _value(operand, names, depth + 1)
            return UNKNOWN if inner_value is UNKNOWN else not inner_value
        case ast.BoolOp(op=operator, values=values):
            return _chained(isinstance(operator, ast.And), [_value(item, names, depth + 1) for item in values])
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _compared(left, operator, right, names, depth)
        case ast.Subscript() | ast.Call() if (variable := variable_of(node)) is not None:
            is_known = not variable.is_required and not URL_NAME.search(variable.name)
            return _WORDS.get(str(variable.default), variable.default) if is_known else UNKNOWN
        case ast.Call(func=ast.Attribute(value=base, attr=method), args=[]) if method in _METHODS:
            text = _value(base, names, depth + 1)
            return getattr(text, method)() if isinstance(text, str) else UNKNOWN
        case ast.Call(func=ast.Name(id=function), args=[argument]) if function in _CONVERTERS:
            return _value(argument, names, depth + 1)
        case _:
            return UNKNOWN


def _joined(parts: list[object]) -> object:
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else UNKNOWN


def _chained(is_and: bool, values: list[object]) -> object:
    """Return ``a and b`` or ``a or b``: what is known may decide it before what is not."""
    for value in values[:-1]:
        if value is UNKNOWN:
            rest = values[values.index(value) + 1 :]
            is_decided = any(item is not UNKNOWN and bool(item) is not is_and for item in rest)
            return not is_and if is_decided else UNKNOWN
        if bool(value) is not is_and:
            return value
    return values[-1]


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr, names: Mapping[str, ast.AST], depth: int) -> object:
    first = _value(left, names, depth + 1)
    if isinstance(operator, ast.In | ast.NotIn) and is_environ(right):
        is_there = UNKNOWN if not isinstance(first, str) or URL_NAME.search(first) else False
        return is_there if is_there is UNKNOWN else is_there is isinstance(operator, ast.In)
    second = _value(right, names, depth + 1)
    if first is UNKNOWN or second is UNKNOWN:
        return UNKNOWN
    match operator:
        case ast.Eq() | ast.Is():
            return first == second
        case ast.NotEq() | ast.IsNot():
            return first != second
        case ast.In() if isinstance(second, str | tuple):
            return first is not None and first in second
        case ast.NotIn() if isinstance(second, str | tuple):
            return first is None or first not in second
        case _:
            return UNKNOWN

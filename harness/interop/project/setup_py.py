"""What a setup.py says, as far as its syntax tells: it is not run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

_FUNCTIONS = ("setup", "setuptools.setup", "core.setup", "distutils.core.setup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The arguments of ``setup(…)`` that are written out; others are empty."""

    name: str
    requires_python: str
    classifiers: tuple[str, ...]
    dependencies: tuple[str, ...]
    extras: tuple[tuple[str, tuple[str, ...]], ...]
    tests: tuple[str, ...]


def read(module: ast.Module | None) -> Setup | None:
    """Return what a setup.py says, None where it calls no ``setup(…)``."""
    if module is None:
        return None
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call) and ast.unparse(node.func) in _FUNCTIONS]
    if not calls:
        return None
    names = _assigned(module)
    words = {item.arg: _value(item.value, names) for item in calls[-1].keywords if item.arg}
    extras = words.get("extras_require")
    return Setup(
        name=_text(words.get("name")),
        requires_python=_text(words.get("python_requires")),
        classifiers=_texts(words.get("classifiers")) or _classifiers(module),
        dependencies=_texts(words.get("install_requires")),
        extras=tuple((str(key), _texts(value)) for key, value in extras.items()) if isinstance(extras, dict) else (),
        tests=_texts(words.get("tests_require")),
    )


def _assigned(module: ast.Module) -> dict[str, ast.expr]:
    return {
        target.id: node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _value(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 0) -> object:
    """Return a constant expression's value, names of the module followed; None of what cannot be known."""
    if depth > 8:
        return None
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in names:
            return _value(names[name], names, depth + 1)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, names, depth + 1) for item in items]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            found = (_value(left, names, depth + 1), _value(right, names, depth + 1))
            return [*found[0], *found[1]] if isinstance(found[0], list) and isinstance(found[1], list) else None
        case ast.Dict(keys=keys, values=values):
            return {
                _value(key, names, depth + 1): _value(value, names, depth + 1)
                for key, value in zip(keys, values, strict=True)
                if key is not None
            }
        case ast.Subscript(value=inner, slice=key):
            found_in, at = _value(inner, names, depth + 1), _value(key, names, depth + 1)
            return found_in.get(at) if isinstance(found_in, dict) and isinstance(at, str) else None
        case _:
            return None


def _classifiers(module: ast.Module) -> tuple[str, ...]:
    """Return the classifiers written anywhere in the file: they are like nothing else."""
    texts = [node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return tuple(text for text in texts if text.startswith(("Framework :: ", "Programming Language :: ")))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(line.strip() for line in value.splitlines() if line.strip())
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

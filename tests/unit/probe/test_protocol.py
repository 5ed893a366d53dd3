"""The probe, the reader and the documentation name the same events and keys."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from harness.model import protocol

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "evidence.md"


def documented() -> dict[str, set[str]]:
    """Return the keys of each event as the page has them; those of lists and objects without what they are in."""
    _, _, text = DOCUMENT.read_text(encoding="utf-8").partition("## Events")
    events = {}
    for section in re.split(r"^### ", text.partition("\n## ")[0], flags=re.MULTILINE)[1:]:
        name = section.splitlines()[0].strip()
        keys = re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE)
        events[name] = {key.rpartition(".")[2] for key in keys}
    return events


def read() -> dict[str, set[str]]:
    """Return the keys that the reader asks each event for."""
    tree = ast.parse(inspect.getsource(protocol))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    events = {"hello": keys_in(functions["_finish"]) | keys_in(functions["parse"]) - {"e"}}
    for case in (node for node in ast.walk(functions["_take"]) if isinstance(node, ast.match_case)):
        if isinstance(case.pattern, ast.MatchValue) and isinstance(case.pattern.value, ast.Constant):
            events[str(case.pattern.value.value)] = set().union(*(keys_in(node) for node in case.body))
    events["test"] = set().union(*(keys_in(functions[name]) for name in ("_test", "_failure", "_described")))
    return events


def keys_in(tree: ast.AST) -> set[str]:
    """Return the literal keys of `x["key"]` and `x.get("key")`."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(key)), ctx=ast.Load()):
                found.add(key)
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
                found.add(key)
    return found


def emitted(probe_file: Path) -> dict[str, set[str]]:
    """Return the keys that calls of `emit` in the probe spell out."""
    events: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(probe_file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="emit" | "emit_changed"),
                args=[ast.Constant(value=str(kind))],
                keywords=keywords,
            ):
                events.setdefault(kind, set()).update(word.arg for word in keywords if word.arg)
    return events


def test_the_page_and_the_reader_agree() -> None:
    """Each event and key that is read is documented, and the other way round."""
    assert documented() == read()


def test_the_page_and_the_probe_agree_on_events(probe_file: Path) -> None:
    """The probe emits the documented events and no other; `cut` it writes past its own limit."""
    assert set(emitted(probe_file)) | {"cut"} == set(documented())


def test_the_probe_spells_no_key_that_is_not_documented(probe_file: Path) -> None:
    """Keys put together elsewhere (`database`, `test`) are compared on real evidence in tests/cells."""
    known = documented()
    assert {kind: keys - known[kind] for kind, keys in emitted(probe_file).items() if keys - known[kind]} == {}


def test_variables_of_the_page_are_those_of_the_probe(probe_file: Path) -> None:
    """Each environment variable that the probe asks for is in the page's table."""
    names = set(re.findall(r'environ\.get\("(\w+)"', probe_file.read_text(encoding="utf-8")))
    text = DOCUMENT.read_text(encoding="utf-8")
    assert names - {"DJANGO_SETTINGS_MODULE"} == set(re.findall(r"`(HARNESS_\w+|PYTEST_\w+)`", text))

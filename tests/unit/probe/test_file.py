"""What the probe's file must be, for it is injected into foreign processes."""

from __future__ import annotations

import ast
import sys
import warnings
from pathlib import Path

OBSERVED = {"django", "pytest"}  # imported by functions that run only where the project imported them before


def test_it_is_alone_in_its_folder(probe_file: Path) -> None:
    """The folder is on the path of every cell: what lies beside the probe could be imported by a project."""
    assert [path.name for path in probe_file.parent.iterdir() if path.name != "__pycache__"] == [probe_file.name]


def test_it_is_python_3_8(probe_file: Path) -> None:
    """It has the grammar of the oldest interpreter, and compiles without a warning on this one."""
    source = probe_file.read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile(source, probe_file.name, "exec")


def test_it_is_not_rewritten_by_pytest(probe_file: Path) -> None:
    """Rewriting assertions of a file that has none would cost each cell time."""
    docstring = ast.get_docstring(ast.parse(probe_file.read_text(encoding="utf-8")))
    assert docstring is not None
    assert "PYTEST_DONT_REWRITE" in docstring


def test_it_imports_the_standard_library_only(probe_file: Path) -> None:
    """At import it takes what every interpreter has loaded anyway; Django and pytest only inside of functions."""
    tree = ast.parse(probe_file.read_text(encoding="utf-8"))
    at_import = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert at_import == {"json", "os", "sys"}
    assert not [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
    assert foreign == OBSERVED


def test_its_lines_fit(probe_file: Path) -> None:
    """ruff does not look at it, so its lines are measured here."""
    lines = probe_file.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []

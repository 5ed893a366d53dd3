"""The five floors of harness: imports point down, rooms on one floor do not know each other (DESIGN §3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[2] / "harness"
FLOORS = (
    {"__main__"},
    {"cli"},
    {"workflow", "report"},
    {"cells"},
    {"plan", "packages", "databases", "store", "analysis", "config", "lockfile", "doctor", "interop"},
    {"model", "process", "errors", "ledger"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# What runs inside a cell or a project's own interpreter: imports nothing of harness, is imported by nothing.
FOREIGN = {"probe", "inspector", "guard", "injection", "canaries"}
STARTS_PROGRAMS = {"subprocess", "pty", "multiprocessing"}
STARTERS = ("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile", "create_subprocess_exec")
PRINTERS = ("rich.print", "rich.console.Console", "rich.live.Live", "rich.progress.Progress")


def violations(root: Path) -> Iterator[str]:
    """Yield each import or call below *root* that the floors forbid. Imports inside of functions count."""
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        room = parts[0]
        if room == "canaries" or room == "__init__":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = list(imported(tree, ("harness", *parts[:-1])))
        for line, name in names:
            reason = bad_import(room, name)
            if reason:
                yield f"{'/'.join(parts)}:{line} {reason}"
        for line, name in calls(tree):
            is_start = name.startswith(("os.exec", "os.spawn")) or name.partition(".")[2] in STARTERS
            if is_start and name.partition(".")[0] in ("os", "asyncio") and room not in ("process", "probe"):
                yield f"{'/'.join(parts)}:{line} starts a program by {name}"
            if name in ("print", "sys.stdout.write", "sys.stderr.write") and room not in ("cli", "probe"):
                yield f"{'/'.join(parts)}:{line} prints"


def bad_import(room: str, name: str) -> str:
    """Return what is wrong with *name* imported in *room*, or an empty string."""
    top, _, rest = name.partition(".")
    target = rest.partition(".")[0]
    if top in STARTS_PROGRAMS and room not in ("process", "probe"):
        return f"imports {name}: only process.py starts programs"
    if name in PRINTERS and room != "cli":
        return f"imports {name}: only cli prints"
    if top != "harness" or not target:
        return ""
    if room in FOREIGN or target in FOREIGN:
        return f"imports {name}, but {'/'.join(sorted(FOREIGN))} and harness do not import each other"
    if room not in FLOOR_OF or target not in FLOOR_OF:
        return f"imports {name}: a room without a floor; redraw the list"
    is_own = room == target
    is_below = FLOOR_OF[target] > FLOOR_OF[room]
    is_ground = FLOOR_OF[room] == FLOOR_OF[target] == len(FLOORS) - 1 and room != "model"
    return "" if is_own or is_below or is_ground else f"imports {name}, which is not below {room}"


def imported(tree: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything imported, relative imports resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every call and every attribute that could be called later."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, node.func.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


def test_imports_point_down() -> None:
    """In all of harness, lazy imports included."""
    assert list(violations(HARNESS)) == []


def test_every_room_has_a_floor() -> None:
    """A folder or module that is added has to be put on one."""
    found = {path.stem for path in HARNESS.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert found - {"__init__", "__pycache__", "py"} <= set(FLOOR_OF) | FOREIGN


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("model/cell.py", "from harness.plan import cover", "not below model"),
        ("model/cell.py", "import harness.errors", "not below model"),
        ("plan/cover.py", "from harness.store.store import Store", "not below plan"),
        ("plan/cover.py", "from ..store import Store", "not below plan"),
        ("plan/cover.py", "from harness import store", "not below plan"),
        ("analysis/blame.py", "def f():\n    from harness.workflow import run", "not below analysis"),
        ("report/text.py", "import harness.workflow.run", "not below report"),
        ("cells/execute.py", "if True:\n    from harness.canaries import seed", "do not import each other"),
        ("probe/harness_probe.py", "import harness.model.cell", "do not import each other"),
        ("extra/new.py", "import harness.model", "without a floor"),
        ("store/store.py", "import subprocess", "only process.py"),
        ("store/store.py", "from subprocess import run", "only process.py"),
        ("store/store.py", "import os\nos.system('true')", "starts a program"),
        ("store/store.py", "import os\nf = os.execvp", "starts a program"),
        ("store/store.py", "print('hello')", "prints"),
        ("report/text.py", "import sys\nsys.stdout.write('x')", "prints"),
        ("report/text.py", "from rich.console import Console", "only cli prints"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, path: str, source: str, expected: str) -> None:
    """Each kind of it."""
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source)
    (found,) = violations(tmp_path)
    assert found.startswith(path.removesuffix(".py"))
    assert expected in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("plan/cover.py", "from harness.model.cell import Cell\nfrom harness.plan import array\nimport json"),
        ("workflow/run.py", "from harness.cells.job import Job\nfrom harness.analysis import expect"),
        ("cli/main.py", "from harness.workflow import run\nfrom harness.report import text\nprint('x')"),
        ("process.py", "import subprocess\nfrom harness.errors import Infrastructure"),
        ("ledger.py", "from harness import process"),
        ("report/text.py", "from rich.console import Group"),
        ("canaries/seed/manage.py", "import subprocess\nprint('x')"),
    ],
)
def test_what_is_allowed_is_not_complained_about(tmp_path: Path, path: str, source: str) -> None:
    """Downwards, within a room, and on the ground floor."""
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    assert list(violations(tmp_path)) == []
